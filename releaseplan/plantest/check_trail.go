package plantest

import (
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A follower goes along the changes of one step. It knows what they say and
// nothing else, so that it is no copy of what made them.
type follower struct {
	*breaches
	after   *releaseplan.Plan
	asked   releaseplan.Command
	content releaseplan.Content
	state   releaseplan.State
	hash    string
	request *approval.Request
	tasks   map[string]releaseplan.TaskState
	last    time.Time

	live            string
	serves          []rollout.Strategy
	paused, stopped bool
	tripped         map[string]bool
}

// follow holds the changes of a step against the rules.
func (b *breaches) follow(s Step) {
	st := s.Before.Status()
	w := &follower{breaches: b, after: s.After, asked: s.Command, content: s.Before.Content(), state: st.State, hash: s.Before.Hash(), request: st.Request,
		last: st.Updated.At, tasks: make(map[string]releaseplan.TaskState), tripped: make(map[string]bool)}
	for _, t := range s.Before.Tasks() {
		w.tasks[t.ID] = t.Status.State
	}
	if r := st.Rollout; r != nil {
		w.live, w.serves, w.paused, w.stopped = r.Live, r.Serves, !r.Paused.IsZero(), !r.Stopped.IsZero()
		for _, t := range r.Tripped {
			w.tripped[t.Safeguard] = true
		}
	}
	final := st.State.Final()
	for i := range s.Changes {
		w.change(&s.Changes[i])
		w.milestone(&s.Changes[i])
	}
	switch now := s.After.Status(); {
	case w.state != now.State:
		b.add("the changes tell what happened", "they end with %s, the plan is %s", w.state, now.State)
	case now.Changes != st.Changes+int64(len(s.Changes)):
		b.add("the changes tell what happened", "there are %d, counted are %d", len(s.Changes), now.Changes-st.Changes)
	case final && now.State != st.State:
		b.add("a final state stays", "it was %s and is %s", st.State, now.State)
	case now.Rollout != nil:
		w.served(st.Rollout, now.Rollout)
	}
}

func (w *follower) change(c *releaseplan.Change) {
	if c.At.Before(w.last) {
		w.add("time never goes back", "%s at %v, after %v", c, c.At, w.last)
	}
	w.last = c.At
	if c.Request != nil {
		w.request = c.Request
	}
	switch {
	case c.Kind == releaseplan.PlanMoved:
		w.moved(c)
	case c.Kind == releaseplan.PlanEdited:
		w.hash, w.content = c.Revision.Hash, w.after.Content()
		maps.DeleteFunc(w.tripped, func(id string, _ bool) bool { // with a safeguard goes that it tripped
			return !slices.ContainsFunc(w.content.Safeguards, func(g releaseplan.Safeguard) bool { return g.ID == id })
		})
		if w.state != releaseplan.Draft && w.state != releaseplan.Paused && w.state != releaseplan.Failed {
			w.add("what runs is not edited", "it was edited while %s", w.state)
		}
	case c.Task != "" && c.Status != nil:
		w.task(c)
	}
}

func (w *follower) moved(c *releaseplan.Change) {
	if c.From != string(w.state) {
		w.add("a move begins where it was", "%s, but it was %s", c, w.state)
	}
	if w.state.Final() {
		w.add("a final state stays", "%s", c)
	}
	if (c.Action == releaseplan.Execute || c.Action == releaseplan.Resume) && !w.content.Window.Open(c.At) {
		w.add("nothing starts outside the window", "%s at %v", c, c.At)
	}
	w.state = releaseplan.State(c.To)
	if w.state == releaseplan.Draft {
		w.request = nil
	}
}

func (w *follower) task(c *releaseplan.Change) {
	from := w.tasks[c.Task]
	if from == "" {
		from = releaseplan.TaskTodo
	}
	if c.From != string(from) {
		w.add("a move begins where it was", "%s, but it was %s", c, from)
	}
	done := c.To == string(releaseplan.TaskDone)
	if from == releaseplan.TaskTodo && (done || c.To == string(releaseplan.TaskRunning)) {
		w.starts(c)
	}
	if done && from != releaseplan.TaskTodo && from != releaseplan.TaskRunning && c.Kind != releaseplan.TaskLate {
		w.add("a task is done by its attempt", "%s", c)
	}
	if n := len(c.Status.Attempts); c.Kind == releaseplan.TaskEnded && c.Task == w.asked.Task && c.Action == w.asked.Action && n > 0 &&
		w.asked.Attempt != "" && c.Status.Attempts[n-1].ID != w.asked.Attempt {
		w.add("an outcome is that of its attempt", "%s, by one of attempt %s", c, w.asked.Attempt)
	}
	w.tasks[c.Task] = releaseplan.TaskState(c.To)
}

// starts: in a running plan, inside its window, on approved content, and once all
// before it is settled.
func (w *follower) starts(c *releaseplan.Change) {
	if w.state != releaseplan.Running {
		w.add("nothing starts but in a running plan", "%s while it was %s", c, w.state)
	}
	if !w.content.Window.Open(c.At) {
		w.add("nothing starts outside the window", "%s at %v", c, c.At)
	}
	if policy := w.content.Approval; policy != nil && policy.Required() && (w.request == nil || !w.request.Valid(w.hash)) {
		w.add("nothing starts without its approval", "%s", c)
	}
	for _, phase := range w.content.Phases {
		for _, t := range phase.Tasks {
			switch settled := t.Disabled || w.tasks[t.ID] == releaseplan.TaskDone || w.tasks[t.ID] == releaseplan.TaskSkipped; {
			case t.ID == c.Task:
				w.needs(&t, c)
				return
			case !settled && (phase.Kind == releaseplan.Sequential || !within(&phase, c.Task)):
				w.add("what comes before is settled", "%s while %q was %s", c, t.Name, w.tasks[t.ID])
				return
			}
		}
	}
}

func (w *follower) needs(t *releaseplan.Task, c *releaseplan.Change) {
	if t.Disabled {
		w.add("what is disabled never starts", "%s", c)
	}
	for _, need := range t.Needs {
		other, err := w.after.Task(need)
		if err != nil || other.Disabled {
			continue // it was taken out by an edit since
		}
		if s := w.tasks[need]; s != releaseplan.TaskDone && s != releaseplan.TaskSkipped {
			w.add("what comes before is settled", "%s while %q was %s", c, other.Name, s)
		}
	}
}

// within reports whether a task is one of a phase.
func within(phase *releaseplan.Phase, task string) bool {
	for i := range phase.Tasks {
		if phase.Tasks[i].ID == task {
			return true
		}
	}
	return false
}

// milestone goes along what is said of milestones.
func (w *follower) milestone(c *releaseplan.Change) {
	switch c.Kind {
	case releaseplan.PlanMoved:
		if w.state == releaseplan.Canceling {
			w.live = ""
		}
	case releaseplan.RolloutPaused:
		w.paused = true
	case releaseplan.RolloutResumed:
		if w.paused = false; len(w.tripped) > 0 {
			w.add("what tripped holds the rollout", "resumed while %v had", w.tripped)
		}
	case releaseplan.RolloutStopped:
		w.live, w.stopped = "", true
	case releaseplan.SafeguardTripped:
		if w.tripped[c.Trip.Safeguard] {
			w.add("a safeguard trips once", "%s", c)
		}
		w.tripped[c.Trip.Safeguard] = true
	case releaseplan.SafeguardCleared:
		delete(w.tripped, c.Trip.Safeguard)
	case releaseplan.ExposureStarted:
		w.goesLive(c)
		w.live, w.serves, w.stopped = c.Milestone, c.Serves, false
	default: // the rest is not about what is served
	}
}

// goesLive: forward only in a running plan, inside the window, with no safeguard tripped; by
// itself only while the rollout goes on; what is live only if it serves something else.
func (w *follower) goesLive(c *releaseplan.Change) {
	to, live := w.place(c.Milestone), w.place(w.live)
	byItself := c.Action == "progress"
	switch {
	case to < 0:
		w.add("what goes live is a milestone", "%s", c)
	case c.Milestone == w.live && cmp.Equal(c.Serves, w.serves):
		w.add("what is live does not go live", "%s", c)
	case to >= live && (w.state != releaseplan.Running || !w.content.Window.Open(c.At) || len(w.tripped) > 0):
		w.add("a milestone goes forward in a running plan", "%s while it was %s, at %v, with %v tripped", c, w.state, c.At, w.tripped)
	case byItself && (w.state != releaseplan.Running || w.paused || w.stopped || !w.content.Window.Open(c.At)):
		w.add("a milestone goes forward in a running plan", "%s by itself while it was %s, paused %v, stopped %v", c, w.state, w.paused, w.stopped)
	}
	for i := range c.Serves {
		if c.Serves[i].Disabled {
			w.add("what is disabled is not served", "%s", c)
		}
	}
	if len(c.Serves) == 0 && w.content.Target != nil {
		w.add("nobody gets what was meant for nobody", "%s serves no strategy", c)
	}
}

// served compares where the changes end with what the plan serves.
func (w *follower) served(before, now *releaseplan.RolloutStatus) {
	switch {
	case now.Live != w.live:
		w.add("the changes tell what happened", "they end with %q live, the plan serves %q", w.live, now.Live)
	case len(now.Tripped) != len(w.tripped):
		w.add("the changes tell what happened", "they end with %v tripped, the plan with %v", w.tripped, now.Tripped)
	case before != nil && before.Live == now.Live && before.Since.Equal(now.Since) && now.Counted < before.Counted:
		w.add("time never goes back", "the milestone had %v, then %v", before.Counted, now.Counted)
	}
}

func (w *follower) place(id string) int {
	for i := range w.content.Milestones {
		if w.content.Milestones[i].ID == id {
			return i
		}
	}
	return -1
}
