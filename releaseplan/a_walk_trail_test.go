package releaseplan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// An aTrailing follows a trail: it knows only what changes say.
type aTrailing struct {
	*testing.T
	content releaseplan.Content
	state   releaseplan.State
	hash    string
	request *approval.Request
	tasks   map[string]releaseplan.TaskState
	last    time.Time
}

// aTrail holds the changes of one command against the rules: what moves moves
// from where it was, and nothing starts that must not.
func aTrail(t *testing.T, before, after *releaseplan.Plan, changes []releaseplan.Change) {
	t.Helper()
	st := before.Status()
	w := &aTrailing{T: t, content: before.Content(), state: st.State, hash: before.Hash(), request: st.Request, last: st.Updated.At,
		tasks: make(map[string]releaseplan.TaskState)}
	for _, task := range before.Tasks() {
		w.tasks[task.ID] = task.Status.State
	}
	for i := range changes {
		w.follow(&changes[i], after)
	}
	if w.state != after.State() {
		t.Errorf("the trail ends %s, the plan is %s", w.state, after.State())
	}
	if n := after.Status().Changes; n != st.Changes+int64(len(changes)) {
		t.Errorf("%d changes, counted %d", len(changes), n-st.Changes)
	}
	done := 0
	for _, task := range after.Tasks() {
		if task.Status.State == releaseplan.TaskDone && !task.Disabled {
			done++
		}
		n := len(task.Status.Attempts)
		if task.Status.State == releaseplan.TaskDone && (n == 0 || task.Status.Attempts[n-1].Result != releaseplan.TaskDone) {
			t.Errorf("%s is done, but its latest attempt is not", task.Name)
		}
	}
	if n := after.TaskCount().Done; n != done {
		t.Errorf("%d tasks count as done, %d are", n, done)
	}
}

func (w *aTrailing) follow(c *releaseplan.Change, after *releaseplan.Plan) {
	w.Helper()
	if c.At.Before(w.last) {
		w.Errorf("%s at %v, after %v", c.Kind, c.At, w.last)
	}
	w.last = c.At
	if c.Request != nil {
		w.request = c.Request
	}
	switch {
	case c.Kind == releaseplan.PlanMoved:
		if c.From != string(w.state) {
			w.Errorf("moves from %s, but is %s", c.From, w.state)
		}
		w.state = releaseplan.State(c.To)
		if w.state == releaseplan.Draft {
			w.request = nil
		}
		if w.state == releaseplan.Completed {
			if n := after.TaskCount(); n.Todo+n.Running+n.Canceling+n.Failed+n.Canceled > 0 {
				w.Errorf("completed with %+v", n)
			}
		}
	case c.Kind == releaseplan.PlanEdited:
		w.hash, w.content = c.Revision.Hash, after.Content()
		if w.state != releaseplan.Draft && w.state != releaseplan.Paused && w.state != releaseplan.Failed {
			w.Errorf("edited while %s", w.state)
		}
	case c.Task != "":
		from := w.tasks[c.Task]
		if from == "" {
			from = releaseplan.TaskTodo
		}
		if c.From != string(from) {
			w.Errorf("task moves from %s, but is %s", c.From, from)
		}
		if from == releaseplan.TaskTodo && (c.To == string(releaseplan.TaskRunning) || c.To == string(releaseplan.TaskDone)) {
			w.starts(c)
		}
		if c.To == string(releaseplan.TaskDone) && from != releaseplan.TaskTodo && from != releaseplan.TaskRunning && c.Kind != releaseplan.TaskLate {
			w.Errorf("from %s to done", from)
		}
		w.tasks[c.Task] = releaseplan.TaskState(c.To)
	}
}

// starts checks that a task may start: the plan runs, inside its window, on
// content that is approved, and all before it is settled.
func (w *aTrailing) starts(c *releaseplan.Change) {
	w.Helper()
	if w.state != releaseplan.Running {
		w.Errorf("%s starts while %s", c.Name, w.state)
	}
	if !w.content.Window.Open(c.At) {
		w.Errorf("%s starts outside the window", c.Name)
	}
	if w.content.Approval != nil && (w.request == nil || !w.request.Valid(w.hash)) {
		w.Errorf("%s starts without an approval of the content", c.Name)
	}
	settled := func(t *releaseplan.Task) bool {
		s := w.tasks[t.ID]
		return t.Disabled || s == releaseplan.TaskDone || s == releaseplan.TaskSkipped
	}
	byID := make(map[string]*releaseplan.Task)
	for i := range w.content.Phases {
		p := &w.content.Phases[i]
		for j := range p.Tasks {
			byID[p.Tasks[j].ID] = &p.Tasks[j]
		}
	}
	for i := range w.content.Phases {
		p := &w.content.Phases[i]
		at := slices.IndexFunc(p.Tasks, func(t releaseplan.Task) bool { return t.ID == c.Task })
		for j := range p.Tasks {
			if (at < 0 || p.Kind == releaseplan.Sequential && j < at) && !settled(&p.Tasks[j]) {
				w.Errorf("%s starts before %s is settled", c.Name, p.Tasks[j].Name)
			}
		}
		if at < 0 {
			continue
		}
		if p.Tasks[at].Disabled || w.tasks[c.Task] == releaseplan.TaskFailed {
			w.Errorf("%s starts, but is disabled or failed", c.Name)
		}
		for _, need := range p.Tasks[at].Needs {
			if !settled(byID[need]) {
				w.Errorf("%s starts, but needs %s", c.Name, byID[need].Name)
			}
		}
		return
	}
}
