package plantest_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/plantest"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// folded makes a plan of a trail that somebody altered, which no command could make.
func folded(t *testing.T, trail []releaseplan.Change, more ...releaseplan.Change) *releaseplan.Plan {
	t.Helper()
	p, err := releaseplan.Fold(append(slices.Clone(trail), more...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func moved(from, to releaseplan.State) releaseplan.Change {
	return releaseplan.Change{Kind: releaseplan.PlanMoved, At: plantest.Start(), From: string(from), To: string(to)}
}

func TestCheckPlanFinds(t *testing.T) {
	_, draft := plantest.Lived(t, releaseplan.Draft)
	live, exposed := plantest.Lived(t, plantest.MilestoneLive)
	for _, c := range []struct {
		rule string
		p    *releaseplan.Plan
		want string
	}{
		{"what runs without its approval", folded(t, draft, moved(releaseplan.Draft, releaseplan.Running)), "an approval is bound to the content"},
		{"what is completed too early", folded(t, draft, moved(releaseplan.Draft, releaseplan.Completed)), "a completed plan is settled"},
		{"what waits for nobody", func() *releaseplan.Plan {
			p := plantest.In(t, releaseplan.AwaitingApproval)
			_, trail := plantest.Lived(t, releaseplan.AwaitingApproval)
			return folded(t, trail, moved(p.State(), releaseplan.Finalized))
		}(), "who waits for an approval has asked"},
		{"what was due and was left", folded(t, exposed, releaseplan.Change{Kind: releaseplan.PlanCommented, At: live.Status().Updated.At.Add(9 * time.Hour)}),
			"nothing that was due is left"},
	} {
		if err := plantest.CheckPlan(c.p, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.rule, err, c.want)
		}
	}
}

func TestCheckTrailFindsWhatIsMissing(t *testing.T) {
	p, trail := plantest.Lived(t, releaseplan.Paused)
	if err := plantest.CheckTrail(p, trail); err != nil {
		t.Fatal(err)
	}
	for name, altered := range map[string][]releaseplan.Change{
		"one less": trail[:len(trail)-1], "one twice": append(slices.Clone(trail), trail[len(trail)-1]), "nothing": {},
	} {
		if err := plantest.CheckTrail(p, altered); err == nil {
			t.Errorf("%s: it is no fault", name)
		}
	}
}

func TestCheckStepFinds(t *testing.T) {
	p, trail := plantest.Lived(t, releaseplan.Running)
	start := releaseplan.Command{Action: releaseplan.Start, Task: p.Tasks()[0].ID}
	take := func() plantest.Step {
		var step plantest.Step
		for step = range plantest.Replay(p, []plantest.Move{{Command: start, By: plantest.Owner(), At: plantest.Start().Add(time.Hour)}}, trail...) {
			step.Changes = slices.Clone(step.Changes)
		}
		return step
	}
	if err := plantest.CheckStep(take()); err != nil {
		t.Fatal(err)
	}
	_, approved := plantest.Lived(t, releaseplan.Draft)
	for _, c := range []struct {
		rule  string
		alter func(s *plantest.Step)
		want  string
	}{
		{"what was refused and changed", func(s *plantest.Step) { s.Err = &penstock.RefusedError{} }, "what is refused changes nothing"},
		{"an error of no kind", func(s *plantest.Step) { s.Err, s.After, s.Changes = errors.New("oh"), s.Before, nil }, "an error is of a kind"},
		{"what Can allows and Do refuses", func(s *plantest.Step) { s.Err, s.After, s.Changes = &penstock.RefusedError{}, s.Before, nil }, "Can agrees with Do: Can allows"},
		{"what Can refuses and Do does", func(s *plantest.Step) { s.By = plantest.Stranger() }, "Can agrees with Do: Can refuses"},
		{"what comes out in two ways", func(s *plantest.Step) { s.After = s.After.At(plantest.Start().AddDate(1, 0, 0)) }, "the same command does the same"},
		{"a time that goes back", func(s *plantest.Step) { s.Changes[0].At = plantest.Start().Add(-time.Second) }, "time never goes back"},
		{"a move from nowhere", func(s *plantest.Step) { s.Changes[0].From = string(releaseplan.TaskDone) }, "a move begins where it was"},
		{"a change that is not told", func(s *plantest.Step) { s.Changes = nil }, "the changes tell what happened"},
		{"a change that the trail does not have", func(s *plantest.Step) { s.Trail = s.Trail[:len(s.Trail)-1] }, "the trail makes the plan"},
		{"a final state that is left", func(s *plantest.Step) {
			s.Before = folded(t, approved, moved(releaseplan.Draft, releaseplan.Canceled))
			s.Changes = []releaseplan.Change{moved(releaseplan.Canceled, releaseplan.Draft)}
		}, "a final state stays"},
		{"a start without an approval", func(s *plantest.Step) {
			s.Before = folded(t, approved, moved(releaseplan.Draft, releaseplan.Running))
			s.After, s.Changes, s.Err = s.Before.Do(s.Command, s.By, s.At)
		}, "nothing starts without its approval"},
		{"a start outside the window", func(s *plantest.Step) { s.Changes[0].At = plantest.Start().AddDate(1, 0, 0) }, "nothing starts outside the window"},
		{"a start before its turn", func(s *plantest.Step) { s.Changes[0].Task = s.Before.Tasks()[1].ID }, "what comes before is settled"},
		{"an outcome of another attempt", func(s *plantest.Step) {
			s.Before = s.After
			s.Command = releaseplan.Command{Action: releaseplan.Complete, Task: start.Task}
			s.After, s.Changes, s.Err = s.Before.Do(s.Command, s.By, s.At)
			s.Command.Attempt = "another"
		}, "an outcome is that of its attempt"},
		{"who wakes late and has another plan", func(s *plantest.Step) { s.After = folded(t, trail) }, "it does not matter who wakes when"},
	} {
		s := take()
		c.alter(&s)
		if err := plantest.CheckStep(s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.rule, err, c.want)
		}
	}
}

func TestCheckStepFindsMilestonesThatMustNot(t *testing.T) {
	p, trail := plantest.Lived(t, plantest.MilestoneLive)
	all := p.Content().Milestones
	for _, c := range []struct {
		rule string
		from plantest.Situation
		add  releaseplan.Change
		want string
	}{
		{"one that is none", plantest.MilestoneLive, releaseplan.Change{Kind: releaseplan.ExposureStarted, Milestone: "x"}, "what goes live is a milestone"},
		{"one that is live", plantest.MilestoneLive, releaseplan.Change{Kind: releaseplan.ExposureStarted, Milestone: all[0].ID, Serves: p.Status().Rollout.Serves}, "what is live does not go live"},
		{"forward after a trip", plantest.SafeguardTripped, releaseplan.Change{Kind: releaseplan.ExposureStarted, Milestone: all[1].ID}, "a milestone goes forward in a running plan"},
		{"by itself while paused", plantest.RolloutPaused, releaseplan.Change{Kind: releaseplan.ExposureStarted, Action: "progress", Milestone: all[1].ID}, "by itself"},
		{"a resume after a trip", plantest.SafeguardTripped, releaseplan.Change{Kind: releaseplan.RolloutResumed}, "what tripped holds the rollout"},
	} {
		before := plantest.In(t, c.from)
		c.add.At = before.Status().Updated.At
		s := plantest.Step{Before: before, After: before, By: plantest.Owner(), At: c.add.At, Changes: []releaseplan.Change{c.add},
			Command: releaseplan.Command{Action: releaseplan.Advance}}
		if err := plantest.CheckStep(s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.rule, err, c.want)
		}
	}
	if err := plantest.CheckPlan(p, trail); err != nil {
		t.Error(err)
	}
}

func TestCheckAllFindsADamagedStore(t *testing.T) {
	clock, db := plantest.NewClock(time.Time{}), memory.New()
	plans := releaseplan.New(releaseplan.Config{Store: db, Now: clock.Now, CacheBytes: -1})
	p := plantest.File(t, plans, clock, releaseplan.Paused)
	if err := plantest.CheckAll(t.Context(), plans, plantest.Admin()); err != nil {
		t.Fatal(err)
	}
	damaged := damagedStore{Store: db, alter: func(doc []byte) []byte { // the status of the plan, not its trail
		return []byte(strings.Replace(string(doc), `"state":"paused"`, `"state":"failed"`, 2))
	}}
	err := plantest.CheckAll(t.Context(), releaseplan.New(releaseplan.Config{Store: damaged, Now: clock.Now, CacheBytes: -1}), plantest.Admin())
	if err == nil || !strings.Contains(err.Error(), p.ID()) {
		t.Errorf("%v", err)
	}
	forbidden := releaseplan.New(releaseplan.Config{Store: db, Now: clock.Now, Authorizer: func(context.Context, penstock.Actor, penstock.Right, penstock.Resource) error {
		return errors.New("away")
	}})
	if err := plantest.CheckAll(t.Context(), forbidden, plantest.Admin()); err == nil {
		t.Error("who may not look finds nothing wrong")
	}
}

// A damagedStore returns other headers of plans than were stored.
type damagedStore struct {
	store.Store
	alter func(doc []byte) []byte
}

func (s damagedStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	records, err := s.Store.Get(ctx, keys...)
	for i := range records {
		if records[i].Kind == "plan" {
			records[i].Body = s.alter(records[i].Body)
		}
	}
	return records, err
}

func TestComparersTellTheDifference(t *testing.T) {
	one, two := plantest.In(t, releaseplan.Running), plantest.In(t, releaseplan.Paused)
	if diff := cmp.Diff(one, plantest.In(t, releaseplan.Running), plantest.Comparers()...); diff != "" {
		t.Errorf("the same: %s", diff)
	}
	if diff := cmp.Diff(one, two, plantest.Comparers()...); !strings.Contains(diff, "State:") || !strings.Contains(diff, "paused") {
		t.Errorf("another state: %s", diff)
	}
	if !cmp.Equal((*releaseplan.Plan)(nil), (*releaseplan.Plan)(nil), plantest.Comparers()) || cmp.Equal(one, nil, plantest.Comparers()) || cmp.Equal(one, (*releaseplan.Plan)(nil), plantest.Comparers()) {
		t.Error("a nil plan is no plan")
	}
	for _, c := range []struct {
		rule        string
		left, right any
		equal       bool
	}{
		{"no element and nil", releaseplan.Content{Phases: []releaseplan.Phase{}}, releaseplan.Content{}, true},
		{"a spec is JSON", releaseplan.Task{Spec: json.RawMessage(`{"a":1,"b":[]}`)}, releaseplan.Task{Spec: json.RawMessage(`{ "b": [], "a": 1 }`)}, true},
		{"another spec", releaseplan.Task{Spec: json.RawMessage(`{"a":1}`)}, releaseplan.Task{Spec: json.RawMessage(`{"a":2}`)}, false},
		{"a spec and none", releaseplan.Task{Spec: json.RawMessage(`{"a":1}`)}, releaseplan.Task{}, false},
		{"requests", plantest.In(t, releaseplan.Approved).Status().Request, plantest.In(t, releaseplan.Approved).Status().Request, true},
		{"other requests", plantest.In(t, releaseplan.Approved).Status().Request, plantest.In(t, releaseplan.Denied).Status().Request, false},
		{"a request and none", plantest.In(t, releaseplan.Approved).Status().Request, (*approval.Request)(nil), false},
		{"changes", changes(t), changes(t), true},
	} {
		if got := cmp.Equal(c.left, c.right, plantest.Comparers()...); got != c.equal {
			t.Errorf("%s: equal is %v", c.rule, got)
		}
	}
}

func changes(t *testing.T) []releaseplan.Change {
	t.Helper()
	_, trail := plantest.Lived(t, releaseplan.Completed)
	return trail
}
