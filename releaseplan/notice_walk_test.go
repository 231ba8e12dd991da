package releaseplan_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/noticetest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/plantest"
)

// Whatever becomes of a plan, what its commits tell people is what its trail
// tells, and that is what the rules say.
func TestNoticesOfWalks(t *testing.T) {
	t.Parallel()
	seen := make(map[string]int)
	for seed := range uint64(60) {
		a, told := noticeWalk(t, seed, noticetest.ListenToAll)
		if diff := cmp.Diff(noticeLines(told), noticeLines(noticesOfTrail(t, a.trail))); diff != "" {
			t.Fatalf("seed %d: told and found in the trail (-told +trail):\n%s", seed, diff)
		}
		if diff := cmp.Diff(noticeExpected(t, a.trail), noticeLines(told)); diff != "" {
			t.Fatalf("seed %d: notices (-rules +told):\n%s", seed, diff)
		}
		for _, n := range told {
			seen[n.Event+" "+n.On()]++
		}
	}
	for _, e := range noticetest.Events() {
		for _, on := range []string{"plan", "phase", "task"} {
			if seen[string(e)+" "+on] == 0 {
				t.Errorf("the walks never told that a %s is %s", on, e)
			}
		}
	}
}

// The owner of a plan hears of each task that fails once, and of no other.
func TestOwnerHearsOnceOfEachFailure(t *testing.T) {
	t.Parallel()
	failures := 0
	for seed := range uint64(80) {
		a, told := noticeWalk(t, seed, func(c releaseplan.Content) releaseplan.Content {
			c.Owner, c.Listeners, c.NotifyOwnerOnError = penstock.UserParty("ann"), nil, nil
			for i := range c.Phases {
				c.Phases[i].Owner, c.Phases[i].Listeners = penstock.Party{}, nil
				for j := range c.Phases[i].Tasks {
					d := &c.Phases[i].Tasks[j]
					if d.Owner, d.Listeners = (penstock.Party{}), nil; j%2 == 0 {
						d.Retry = releaseplan.RetryPolicy{}
					}
				}
			}
			return c
		})
		got := make(map[string]int)
		for _, n := range told {
			if n.On() == "task" && n.Event == "failed" {
				if to := noticeTo(n); !slices.Equal(to, []string{"user:ann"}) || len(n.Facts.Tasks) != 1 {
					t.Errorf("%q is told to %s", n.Title, to)
				}
				got[fmt.Sprint(n.Seq, n.Facts.Tasks[0].ID)]++
			}
		}
		want := make(map[string]int)
		for i, c := range a.trail {
			if c.Kind == releaseplan.TaskEnded && c.To == "failed" && !noticeRepeated(a.trail, i) {
				want[fmt.Sprint(i+1, c.Task)] = 1
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: failures (-trail +told):\n%s", seed, diff)
		}
		failures += len(want)
	}
	if failures < 10 {
		t.Errorf("only %d tasks failed", failures)
	}
}

// noticeWalk takes a plan of any shape through any commands, and returns what
// each of them tells.
func noticeWalk(t *testing.T, seed uint64, listen func(releaseplan.Content) releaseplan.Content) (*aLife, []noticetest.Told) {
	t.Helper()
	w := plantest.Walker{Steps: 150, Content: func(seed uint64) releaseplan.Content { return listen(plantest.Random(seed)) },
		Edited: func(_ *rand.Rand, c *releaseplan.Content) { *c = listen(*c) }}
	p, trail, err := w.Plan(seed)
	if err != nil {
		t.Fatal(err)
	}
	a := &aLife{TB: t, p: p, now: aStart, trail: trail}
	events, err := releaseplan.Notices(nil, p, trail)
	told := noticetest.Read(t, cMust(t, events, err))
	for s := range w.Walk(seed, p, trail...) {
		a.p, a.trail = s.After, s.Trail
		told = append(told, a.told(s.Before)...)
	}
	return a, told
}

// noticesOfTrail returns what a trail tells, read as it is stored, in one piece.
func noticesOfTrail(t *testing.T, trail []releaseplan.Change) []noticetest.Told {
	t.Helper()
	stored, err := json.Marshal(trail)
	var read []releaseplan.Change
	if err := json.Unmarshal(cMust(t, stored, err), &read); err != nil {
		t.Fatal(err)
	}
	p, err := releaseplan.Fold(read)
	events, noticeErr := releaseplan.Notices(nil, cMust(t, p, err), read)
	return noticetest.Read(t, cMust(t, events, noticeErr))
}

// noticeLines writes notices as "seq event of task id", one for each thing.
func noticeLines(all []noticetest.Told) (lines []string) {
	for _, n := range all {
		switch on := n.On(); on {
		case "plan":
			lines = append(lines, fmt.Sprint(n.Seq, " ", n.Event, " plan"))
		default:
			for _, part := range slices.Concat(n.Facts.Phases, n.Facts.Tasks) {
				lines = append(lines, fmt.Sprint(n.Seq, " ", n.Event, " ", on, " ", part.ID))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func noticeRepeated(trail []releaseplan.Change, i int) bool {
	return i+1 < len(trail) && trail[i+1].Action == "repeat" && trail[i+1].To == "todo" && trail[i+1].Task == trail[i].Task
}

// noticeExpected says by the rules what a trail tells people who listen to
// everything: it looks only at the changes and at the plan after each.
func noticeExpected(t *testing.T, trail []releaseplan.Change) (lines []string) {
	t.Helper()
	now := &releaseplan.Plan{}
	var was *releaseplan.Plan
	for i := range trail {
		var err error
		if now, err = releaseplan.After(now, trail[i]); err != nil {
			t.Fatal(err)
		}
		if noticeRepeated(trail, i) {
			continue
		}
		if was != nil {
			add := func(e releaseplan.Event, on string) { lines = append(lines, fmt.Sprint(i+1, " ", e, " ", on)) }
			expectPlan(was, now, trail[i], add)
			expectPhases(was, now, trail[i], add)
			expectTasks(was, now, trail[i], add)
		}
		was = now
	}
	slices.Sort(lines)
	return lines
}

func expectPlan(was, now *releaseplan.Plan, c releaseplan.Change, add func(releaseplan.Event, string)) {
	asks := func(p *releaseplan.Plan) bool {
		st := p.Status()
		return st.State == releaseplan.Running && len(p.Content().Milestones) > 0 && !st.FinishAsked && expectNoneOpen(p) && expectNext(p) == nil && expectOver(p)
	}
	if next := expectAwaitedMilestone(now); next != "" && next != expectAwaitedMilestone(was) {
		add("waiting", "plan")
	}
	switch to := releaseplan.State(c.To); {
	case c.Kind == releaseplan.ExposureMissed, c.Kind == releaseplan.SafeguardTripped, c.Kind == releaseplan.RolloutPaused && c.Milestone != "":
		add("failed", "plan")
	case c.Kind == releaseplan.RolloutPaused && c.Action == releaseplan.PauseRollout, c.Kind == releaseplan.RolloutStopped && c.Action == releaseplan.StopRollout:
		add("paused", "plan")
	case c.Kind == releaseplan.PlanMissed:
		add("failed", "plan")
	case c.Kind == releaseplan.GateOpened, asks(now) && !asks(was) && c.Kind != releaseplan.PlanMoved:
		add("waiting", "plan")
	case c.Kind != releaseplan.PlanMoved:
	case to == releaseplan.Running:
		if was.Status().Started.IsZero() {
			add("started", "plan")
		}
		if asks(now) {
			add("waiting", "plan")
		}
	case releaseplan.EventOf(to) != "":
		add(releaseplan.EventOf(to), "plan")
	}
}

func expectNoneOpen(p *releaseplan.Plan) bool {
	n := p.TaskCount()
	return n.Todo+n.Running+n.Canceling+n.Failed+n.Canceled == 0
}

// expectNext returns the milestone behind the live one that is not skipped.
func expectNext(p *releaseplan.Plan) *releaseplan.Milestone {
	r, behind := expectRollout(p), expectRollout(p).Live == ""
	for _, m := range p.Content().Milestones {
		if e := expectExposure(p, m.ID); behind && !e.Skipped {
			return &m
		}
		behind = behind || m.ID == r.Live
	}
	return nil
}

func expectRollout(p *releaseplan.Plan) releaseplan.RolloutStatus {
	if r := p.Status().Rollout; r != nil {
		return *r
	}
	return releaseplan.RolloutStatus{}
}

func expectExposure(p *releaseplan.Plan, id string) releaseplan.Exposure {
	for _, e := range expectRollout(p).Each {
		if e.Milestone == id {
			return e
		}
	}
	return releaseplan.Exposure{}
}

// expectOver reports whether the live milestone, if there is one, does not end by itself.
func expectOver(p *releaseplan.Plan) bool {
	r := expectRollout(p)
	for _, m := range p.Content().Milestones {
		if m.ID != r.Live || r.Through {
			continue
		}
		after := m.After
		if e := expectExposure(p, m.ID); e.After != nil {
			after = e.After
		}
		return after == nil || after.IsZero()
	}
	return true
}

// expectAwaitedMilestone returns the id of the milestone that only a person starts, and now.
func expectAwaitedMilestone(p *releaseplan.Plan) string {
	st, r, next := p.Status(), expectRollout(p), expectNext(p)
	if next == nil || st.State != releaseplan.Running || st.FinishAsked || !r.Paused.IsZero() || !r.Stopped.IsZero() || len(r.Tripped) > 0 {
		return ""
	}
	for _, t := range p.Tasks() {
		var spec releaseplan.ExposeSpec
		if t.Kind == releaseplan.Expose && !t.Disabled && json.Unmarshal(t.Spec, &spec) == nil && spec.Milestone == next.Name {
			return ""
		}
	}
	e, at := expectExposure(p, next.ID), next.At
	if !e.At.IsZero() {
		at = e.At
	}
	timed := !at.IsZero() && !at.Equal(e.AtUsed)
	if timed || r.Live == "" && (!expectNoneOpen(p) || next.Start != releaseplan.ByHand) || !expectOver(p) {
		return ""
	}
	return next.ID
}

func expectPhases(was, now *releaseplan.Plan, c releaseplan.Change, add func(releaseplan.Event, string)) {
	old := make(map[string]int)
	for i, p := range was.Content().Phases {
		old[p.ID] = i + 1
	}
	moved := func(s releaseplan.State) bool { return c.Kind == releaseplan.PlanMoved && c.To == string(s) }
	for i, p := range now.Content().Phases {
		if !slices.ContainsFunc(p.Tasks, func(t releaseplan.Task) bool { return !t.Disabled }) {
			continue
		}
		before, after, on := was.PhaseState(old[p.ID]-1), now.PhaseState(i), "phase "+p.ID
		unbegun := before == "" || before == releaseplan.PhaseDraft || before == releaseplan.PhaseWaiting
		begun := !now.Status().Started.IsZero()
		switch {
		case moved(releaseplan.Expired) && after != releaseplan.PhaseDone:
			add("expired", on)
			continue
		case moved(releaseplan.Canceled) && after == releaseplan.PhaseCanceled:
			add("canceled", on)
		case begun && unbegun && (after == releaseplan.PhaseRunning || after == releaseplan.PhasePaused):
			add("started", on)
		case begun && moved(releaseplan.Paused) && after == releaseplan.PhasePaused:
			add("paused", on)
		case begun && after == releaseplan.PhaseFailed && before != after:
			add("failed", on)
		case begun && after == releaseplan.PhaseDone && before != after:
			add("finished", on)
		}
		awaited := func(p *releaseplan.Plan, i int) bool {
			return slices.ContainsFunc(p.Tasks(), func(t releaseplan.TaskView) bool { return t.Phase == i && expectAwaited(p, t) })
		}
		if awaited(now, i) && !awaited(was, old[p.ID]-1) {
			add("waiting", on)
		}
	}
}

// expectAwaited reports whether a person has to do or to start a task.
func expectAwaited(p *releaseplan.Plan, t releaseplan.TaskView) bool {
	byHand := t.Kind == releaseplan.Manual || t.Start == releaseplan.ByHand || p.Content().Phases[t.Phase].Kind == releaseplan.Free
	return t.State == releaseplan.TaskReady && byHand
}

func expectTasks(was, now *releaseplan.Plan, c releaseplan.Change, add func(releaseplan.Event, string)) {
	moved := func(s releaseplan.State) bool { return c.Kind == releaseplan.PlanMoved && c.To == string(s) }
	for _, t := range now.Tasks() {
		on := "task " + t.ID
		old, err := was.Task(t.ID)
		if err != nil {
			old = releaseplan.TaskView{}
		}
		before, after := old.Status.State, t.Status.State
		switch {
		case c.Kind == releaseplan.TaskLate:
		case c.Task == t.ID && c.Kind == releaseplan.TaskStarted:
			add("started", on)
		case c.Task == t.ID && c.Action == "timeout":
			add("expired", on)
		case c.Task == t.ID && c.Action == releaseplan.Hold:
			add("paused", on)
		case after == releaseplan.TaskCanceled && before != after:
			add("canceled", on)
		case c.Task == t.ID && after == releaseplan.TaskFailed && before != after:
			add("failed", on)
		case c.Task == t.ID && after == releaseplan.TaskDone && before != after:
			add("finished", on)
		case moved(releaseplan.Expired) && !t.Disabled && (after == releaseplan.TaskTodo || after == releaseplan.TaskRunning || after == releaseplan.TaskCanceling):
			add("expired", on)
		}
		if expectAwaited(now, t) && !expectAwaited(was, old) {
			add("waiting", on)
		}
	}
}
