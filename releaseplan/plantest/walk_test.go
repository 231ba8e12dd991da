package plantest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/releaseplan/plantest"
)

func TestWalksHoldWhatIsTrueOfEveryPlan(t *testing.T) {
	plantest.Walks(t, 15, plantest.Random)
}

func TestWalksOfRemoteApprovalsHold(t *testing.T) {
	w := plantest.Walker{Content: plantest.Generator{Remote: []approval.Kind{approval.Lark}}.Content, Rules: &releaseplan.Rules{Providers: []approval.Kind{approval.Lark}}}
	w.Test(t, 1000, 10)
}

func TestWalksFromEverySituationHold(t *testing.T) {
	for _, s := range plantest.Situations() {
		p, trail := plantest.Lived(t, s)
		for step := range (plantest.Walker{Steps: 25}).Walk(1, p, trail...) {
			if err := plantest.CheckStep(step); err != nil {
				t.Fatalf("%s: %s: %v", s, step, err)
			}
		}
	}
}

func TestWalksComeAround(t *testing.T) {
	states, actions, kinds, refused := make(map[string]int), make(map[releaseplan.Action]int), make(map[releaseplan.ChangeKind]int), make(map[string]int)
	total, allowed := 0, 0
	night, err := calendar.NewSet(calendar.Calendar{Name: "night", Blackouts: []calendar.Blackout{{Start: plantest.Start().Add(2 * time.Hour), End: plantest.Start().Add(4 * time.Hour)}}})
	if err != nil {
		t.Fatal(err)
	}
	for seed := uint64(0); total < 12_000; seed++ {
		w := plantest.Walker{Steps: 80}
		if seed%4 == 0 { // with all that a host can add
			w.Content = plantest.Generator{Remote: []approval.Kind{approval.Lark}}.Content
			w.Rules = &releaseplan.Rules{Providers: []approval.Kind{approval.Lark}, Calendars: night}
		}
		p, trail, err := w.Plan(seed)
		if err != nil {
			t.Fatal(err)
		}
		for s := range w.Walk(seed, p, trail...) {
			total++
			states[string(s.After.State())]++
			for _, c := range s.Changes {
				kinds[c.Kind]++
				if c.Kind == releaseplan.PlanMoved {
					states[c.From]++
				}
			}
			if s.Err == nil {
				allowed++
				actions[s.Command.Action]++
			}
			for name, kind := range map[string]error{"refused": penstock.ErrRefused, "invalid": penstock.ErrInvalid, "forbidden": penstock.ErrForbidden,
				"not found": penstock.ErrNotFound, "conflict": penstock.ErrConflict} {
				if errors.Is(s.Err, kind) {
					refused[name]++
				}
			}
		}
	}
	for _, s := range statesIn(releaseplan.Diagram()) {
		if states[s] < 10 {
			t.Errorf("the walks were in %s only %d times", s, states[s])
		}
	}
	for _, a := range slices.Concat(plantest.PlanActions(), plantest.TaskActions(), plantest.MilestoneActions()) {
		if actions[a] == 0 && a != releaseplan.Duplicate && a != releaseplan.ExportPlan { // these are asked of a Service
			t.Errorf("no walk was allowed to %s", a)
		}
	}
	for _, name := range []string{"refused", "invalid", "forbidden", "not found", "conflict"} {
		if refused[name] == 0 {
			t.Errorf("nothing was %s", name)
		}
	}
	if allowed < total/3 {
		t.Errorf("only %d of %d commands were allowed", allowed, total)
	}
	t.Logf("%d of %d commands allowed; %v; %v", allowed, total, refused, kinds)
}

func TestWalksAreOfTheirSeed(t *testing.T) {
	walk := func(seed uint64) (all []string) {
		p, _ := plantest.New(t, plantest.Random(seed))
		for s := range plantest.Walk(seed, p, 30) {
			all = append(all, s.String())
		}
		return all
	}
	if diff := cmp.Diff(walk(3), walk(3)); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(walk(3), walk(4)) {
		t.Error("two seeds make one walk")
	}
}

func TestReplayIsTheWalk(t *testing.T) {
	p, trail := plantest.New(t, plantest.Random(5))
	var moves []plantest.Move
	var want []string
	for s := range (plantest.Walker{}).Walk(5, p, trail...) {
		moves, want = append(moves, s.Move()), append(want, s.String())
	}
	var got []string
	for s := range plantest.Replay(p, moves, trail...) {
		got = append(got, s.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWalksShrinkWhatFails(t *testing.T) {
	fake := new(recorder)
	fake.run(func() {
		plantest.Walks(fake, 100, func(uint64) releaseplan.Content { return plantest.Content() }, func(s plantest.Step) error {
			if s.After.State() == releaseplan.Completed {
				return errors.New("it must never be completed")
			}
			return nil
		})
	})
	// it takes an execute and a complete of each task; edits may have made another way
	if !fake.failed || !fake.said("it must never be completed") || !fake.said("seed ") {
		t.Fatalf("said %q", fake.log)
	}
	var seed uint64
	var moves int
	if _, err := fmt.Sscanf(fake.log[0], "plantest: seed %d breaks a rule, in %d moves", &seed, &moves); err != nil || moves > 8 || moves < 2 {
		t.Errorf("%d moves, %v:\n%s", moves, err, fake.log[0])
	}
}

func TestShrinkLeavesNothingOut(t *testing.T) {
	var moves []plantest.Move
	for i := range 100 {
		moves = append(moves, plantest.Move{Command: releaseplan.Command{Remark: fmt.Sprint(i)}})
	}
	has := func(moves []plantest.Move, remark string) bool {
		return slices.ContainsFunc(moves, func(m plantest.Move) bool { return m.Command.Remark == remark })
	}
	got := plantest.Shrink(moves, func(m []plantest.Move) bool { return has(m, "7") && has(m, "63") && has(m, "64") })
	if len(got) != 3 {
		t.Errorf("%v", got)
	}
}

func FuzzWalk(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(seed, []byte{byte(seed), 1, 200, 3})
	}
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		plantest.Walker{Data: data, Steps: 40}.Test(t, seed, 1)
	})
}
