package releaseplan_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestDuplicateIsTheSameUnderNewIDs(t *testing.T) {
	c := bRich()
	c.Variables = c.Variables[:2]
	p := bPlan(t, c)
	copied := p.Duplicate("copy")
	q, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "copy", Key: []byte("its own")}, copied, bBob, bNoon)
	if err != nil {
		t.Fatal(err)
	}
	if q.Hash() != p.Hash() {
		t.Error("the hash is another")
	}
	ids := make(map[string]bool)
	for _, c := range []content{p.Content(), q.Content()} {
		for _, m := range c.Milestones {
			ids[m.ID] = true
			for _, s := range m.Strategies {
				ids[s.ID] = true
			}
		}
		for _, g := range c.Safeguards {
			ids[g.ID] = true
		}
		for _, phase := range c.Phases {
			ids[phase.ID] = true
			for _, task := range phase.Tasks {
				ids[task.ID] = true
			}
		}
	}
	if len(ids) != 2*(3+2+4) {
		t.Errorf("%d ids, want 18", len(ids))
	}
	if got, want := bView(t, q, "test").Needs, []string{bID(t, q, "compile")}; !cmp.Equal(got, want) {
		t.Errorf("test needs %s, want %s", got, want)
	}
	if q.Content().Phases[0].Number != 0 || bView(t, q, "test").Number != 0 {
		t.Error("numbers were copied")
	}
	want, got := p.Content(), q.Content()
	for _, c := range []*content{&want, &got} {
		bForgetIDs(c)
		for i := range c.Phases {
			c.Phases[i].Number = 0
			for j := range c.Phases[i].Tasks {
				c.Phases[i].Tasks[j].Number = 0
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	mid, _ := midRun(t)
	if fresh := bPlan(t, mid.Duplicate("plan")); fresh.State() != releaseplan.Draft || fresh.TaskCount() != (releaseplan.TaskCount{Todo: 3}) {
		t.Errorf("a duplicate of a plan under way is %s: %+v", fresh.State(), fresh.TaskCount())
	}
}

func TestShiftMovesEveryTime(t *testing.T) {
	c := bRich()
	c.Planned.End = c.Planned.Start.Add(time.Hour)
	c.Phases[0].Tasks[0].Planned = &releaseplan.PlannedTime{Start: bNoon, End: bNoon.Add(time.Hour)}
	c.Phases[1].Tasks = append(c.Phases[1].Tasks,
		releaseplan.Task{Name: "until", Kind: releaseplan.Wait, Spec: json.RawMessage(`{"until":"2026-05-04T12:00:00Z"}`)},
		releaseplan.Task{Name: "for", Kind: releaseplan.Wait, Spec: json.RawMessage(`{"for":"PT1H"}`)})
	before, by := bRich(), 31*24*time.Hour
	if err := c.Shift(c.Planned.Start.Add(by)); err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]time.Time{
		"planned start": {before.Planned.Start, c.Planned.Start}, "planned end": {before.Planned.Start.Add(time.Hour), c.Planned.End},
		"window start": {before.Window.Start, c.Window.Start}, "window end": {before.Window.End, c.Window.End}, "schedule": {before.Start.At, c.Start.At},
		"task start": {bNoon, c.Phases[0].Tasks[0].Planned.Start}, "task end": {bNoon.Add(time.Hour), c.Phases[0].Tasks[0].Planned.End},
	} {
		if !pair[1].Equal(pair[0].Add(by)) {
			t.Errorf("%s: %s, want %s", what, pair[1], pair[0].Add(by))
		}
	}
	if got := string(c.Phases[1].Tasks[1].Spec); got != `{"until":"2026-06-04T12:00:00Z"}` {
		t.Errorf("a wait until: %s", got)
	}
	if got := string(c.Phases[1].Tasks[2].Spec); got != `{"for":"PT1H"}` {
		t.Errorf("a wait for: %s", got)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestShiftThatFailsChangesNothing(t *testing.T) {
	bad := func() content {
		c := bRich()
		c.Phases[1].Tasks[0].Kind = releaseplan.Wait
		return c
	}
	for rule, row := range map[string]struct {
		c     content
		start time.Time
		field string
	}{
		"no planned time":    {content{Name: "x"}, bNoon, "planned_time.start"},
		"no start":           {bRich(), time.Time{}, "start"},
		"a wait for nothing": {bad(), bNoon, "phases[1].tasks[0].spec"},
	} {
		before, err := json.Marshal(row.c)
		if err != nil {
			t.Fatal(err)
		}
		shiftErr := row.c.Shift(row.start)
		if faults := penstock.Faults(shiftErr); !errors.Is(shiftErr, penstock.ErrInvalid) || len(faults) != 1 || faults[0].Field != row.field {
			t.Errorf("%s: %v", rule, shiftErr)
		}
		after, err := json.Marshal(row.c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(before), string(after)); diff != "" {
			t.Errorf("%s: %s", rule, diff)
		}
	}
}
