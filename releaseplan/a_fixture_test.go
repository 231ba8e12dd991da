package releaseplan_test

import (
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
)

// aStart is when the plans of these tests are made.
var aStart = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// ann owns the plans; bob, cleo and dan are their approvers.
var (
	aAnn  = penstock.Actor{ID: "ann"}
	aBob  = penstock.Actor{ID: "bob"}
	aCleo = penstock.Actor{ID: "cleo"}
	aRoot = penstock.Actor{ID: "root", Admin: true}
	aEve  = penstock.Actor{ID: "eve"}
)

// An aLife is a plan on its way, with its trail and a clock.
type aLife struct {
	testing.TB
	p     *releaseplan.Plan
	now   time.Time
	trail []releaseplan.Change
	last  []releaseplan.Change // of the latest command
}

// aNew makes ann's plan at aStart. When the test ends, the trail must make the
// same plan again, and so must its export.
func aNew(t testing.TB, c releaseplan.Content) *aLife {
	t.Helper()
	return aNewAt(t, c, aStart, nil)
}

func aNewAt(t testing.TB, c releaseplan.Content, at time.Time, rules *releaseplan.Rules) *aLife {
	t.Helper()
	if c.Name == "" {
		c.Name = "Checkout 2.4"
	}
	p, changes, err := releaseplan.NewPlan(releaseplan.Identity{ID: "p1", Number: 7, Key: []byte("0123456789abcdef"), Rules: rules}, c, aAnn, at)
	if err != nil {
		t.Fatalf("NewPlan: %v", err)
	}
	a := &aLife{TB: t, p: p, now: at, trail: changes, last: changes}
	t.Cleanup(func() {
		if !t.Failed() {
			aSame(t, a.p, a.trail)
		}
	})
	return a
}

// aSame checks that the plan is what its trail folds to, and what its export
// says, counters included.
func aSame(t testing.TB, p *releaseplan.Plan, trail []releaseplan.Change) {
	t.Helper()
	want := aExport(t, p)
	stored, err := json.Marshal(trail)
	if err != nil {
		t.Fatal(err)
	}
	var read []releaseplan.Change
	if err := json.Unmarshal(stored, &read); err != nil {
		t.Fatal(err)
	}
	for name, changes := range map[string][]releaseplan.Change{"the trail": trail, "the stored trail": read} {
		folded, err := releaseplan.Fold(changes)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, aExport(t, folded)); diff != "" {
			t.Errorf("%s folds to another plan (-plan +folded):\n%s", name, diff)
		}
	}
	imported, err := releaseplan.Import([]byte(want))
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	if diff := cmp.Diff(want, aExport(t, imported)); diff != "" {
		t.Errorf("import is another plan:\n%s", diff)
	}
	if why := releaseplan.Inconsistent(p); why != "" {
		t.Error(why)
	}
}

func aExport(t testing.TB, p *releaseplan.Plan) string {
	t.Helper()
	doc, err := releaseplan.Export(p)
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	return string(doc)
}

// wait lets time pass; nothing is asked of the plan.
func (a *aLife) wait(d time.Duration) *aLife {
	a.now = a.now.Add(d)
	return a
}

// at sets the clock to d after aStart.
func (a *aLife) at(d time.Duration) *aLife {
	a.now = aStart.Add(d)
	return a
}

// doAs makes by ask for something that must be allowed.
func (a *aLife) doAs(by penstock.Actor, c releaseplan.Command) *aLife {
	a.Helper()
	next, changes, err := a.p.Do(a.named(c), by, a.now)
	if err != nil {
		a.Fatalf("%s of %q by %s: %v", c.Action, c.Task, by.ID, err)
	}
	a.p, a.last = next, changes
	a.trail = append(a.trail, changes...)
	return a
}

func (a *aLife) do(c releaseplan.Command) *aLife { a.Helper(); return a.doAs(aAnn, c) }

// act asks for actions on the plan, one after another.
func (a *aLife) act(actions ...releaseplan.Action) *aLife {
	a.Helper()
	for _, do := range actions {
		a.do(releaseplan.Command{Action: do})
	}
	return a
}

// on asks for an action on each of the tasks, by name.
func (a *aLife) on(do releaseplan.Action, tasks ...string) *aLife {
	a.Helper()
	for _, name := range tasks {
		a.do(releaseplan.Command{Action: do, Task: name, Remark: "because"})
	}
	return a
}

// lease starts a task as a Runner does.
func (a *aLife) lease(task string) *aLife {
	a.Helper()
	return a.doAs(penstock.System(), releaseplan.Command{Action: releaseplan.Start, Task: task, Lease: "runner-1"})
}

// advance lets happen what is due by now.
func (a *aLife) advance() *aLife {
	a.Helper()
	return a.doAs(penstock.System(), releaseplan.Command{Action: releaseplan.Advance})
}

func (a *aLife) vote(by penstock.Actor, d approval.Decision) *aLife {
	a.Helper()
	return a.doAs(by, releaseplan.Command{Action: releaseplan.Vote, Vote: d})
}

// answer answers the open check.
func (a *aLife) answer(answer releaseplan.GateAnswer) *aLife {
	a.Helper()
	return a.doAs(aEve, releaseplan.Command{Action: releaseplan.AnswerGate, Code: a.p.Status().Gate.Code, Answer: answer, Remark: "so it is"})
}

// edit changes the content.
func (a *aLife) edit(f func(*releaseplan.Content)) *aLife {
	a.Helper()
	c := a.p.Content()
	f(&c)
	return a.do(releaseplan.Command{Action: releaseplan.Edit, Content: &c})
}

// refusedAs makes by ask for something that must be refused with an error of a
// kind and leave the plan as it is.
func (a *aLife) refusedAs(by penstock.Actor, c releaseplan.Command, kind error) error {
	a.Helper()
	before := aExport(a, a.p)
	next, changes, err := a.p.Do(a.named(c), by, a.now)
	switch {
	case !errors.Is(err, kind):
		a.Errorf("%s of %q by %s: error %v, want one of kind %v", c.Action, c.Task, by.ID, err, kind)
	case next != a.p || changes != nil:
		a.Errorf("%s was refused and made changes: %v", c.Action, changes)
	case aExport(a, a.p) != before:
		a.Errorf("%s was refused and wrote to the plan", c.Action)
	}
	return err
}

func (a *aLife) refused(c releaseplan.Command) *penstock.RefusedError {
	a.Helper()
	err := a.refusedAs(aAnn, c, penstock.ErrRefused)
	var refused *penstock.RefusedError
	if !errors.As(err, &refused) {
		return &penstock.RefusedError{}
	}
	return refused
}

// needs checks that something is refused for want of a need.
func (a *aLife) needs(c releaseplan.Command, need string) *penstock.RefusedError {
	a.Helper()
	e := a.refused(c)
	if !slices.Contains(e.Needs, need) {
		a.Errorf("%s %s needs %q, want %q", c.Action, c.Task, e.Needs, need)
	}
	return e
}

// named replaces a task's name by its id.
func (a *aLife) named(c releaseplan.Command) releaseplan.Command {
	for _, t := range a.p.Tasks() {
		if t.Name == c.Task {
			c.Task = t.ID
		}
	}
	return c
}

func (a *aLife) task(name string) releaseplan.TaskView {
	a.Helper()
	for _, t := range a.p.Tasks() {
		if t.Name == name {
			return t
		}
	}
	a.Fatalf("there is no task %q", name)
	return releaseplan.TaskView{}
}

// attempt returns the id of the latest attempt at a task.
func (a *aLife) attempt(task string) string {
	a.Helper()
	s := a.task(task).Status
	return s.Attempts[len(s.Attempts)-1].ID
}

// is checks the state of the plan and, as "name state", of tasks.
func (a *aLife) is(want releaseplan.State, tasks ...string) *aLife {
	a.Helper()
	if got := a.p.State(); got != want {
		a.Fatalf("the plan is %s, want %s", got, want)
	}
	for _, t := range tasks {
		name, state, _ := strings.Cut(t, " ")
		if got := a.task(name).State; string(got) != state {
			a.Fatalf("task %s is %s, want %s", name, got, state)
		}
	}
	return a
}

// moves checks the latest command's moves of the plan: "draft → finalize_check".
func (a *aLife) moves(want ...string) *aLife {
	a.Helper()
	var got []string
	for _, c := range a.last {
		if c.Kind == releaseplan.PlanMoved {
			got = append(got, c.From+" → "+c.To)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		a.Errorf("moves (-want +got):\n%s", diff)
	}
	return a
}

// happened returns the latest command's first change of a kind.
func (a *aLife) happened(kind releaseplan.ChangeKind) releaseplan.Change {
	a.Helper()
	for _, c := range a.last {
		if c.Kind == kind {
			return c
		}
	}
	a.Fatalf("there is no %s in %v", kind, a.last)
	return releaseplan.Change{}
}

// aTasks are tasks by name: "deploy" has a handler, "deploy!" is manual.
func aTasks(names ...string) []releaseplan.Task {
	var all []releaseplan.Task
	for _, name := range names {
		t := releaseplan.Task{Name: strings.TrimSuffix(name, "!"), Kind: "deploy"}
		if strings.HasSuffix(name, "!") {
			t.Kind = releaseplan.Manual
		}
		all = append(all, t)
	}
	return all
}

func aPhase(kind releaseplan.PhaseKind, tasks ...string) releaseplan.Phase {
	return releaseplan.Phase{Name: "phase", Kind: kind, Tasks: aTasks(tasks...)}
}

func aContent(phases ...releaseplan.Phase) releaseplan.Content {
	return releaseplan.Content{Phases: phases}
}

// aPolicy asks n of bob, cleo and dan.
func aPolicy(n int) *approval.Policy {
	return &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.KOf, K: n,
		Approvers: []penstock.Party{penstock.UserParty("bob"), penstock.UserParty("cleo"), penstock.UserParty("dan")}}}}
}

func aWindow(from, to time.Duration) *releaseplan.Window {
	return &releaseplan.Window{Start: aStart.Add(from), End: aStart.Add(to)}
}

func aMinutes(n int) penstock.Duration { return penstock.FromTime(time.Duration(n) * time.Minute) }
