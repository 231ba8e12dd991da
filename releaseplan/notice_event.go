package releaseplan

import "github.com/penstock-go/penstock/store/outbox"

// A telling finds out what people are told of one change.
type telling struct {
	was, now *Plan // before and after it
	change   *Change
	notices  []notice
	places   map[string]int // of notices, by what makes two of them one
}

// noticesOf returns what people are told of a change that brought a plan from was
// to now. [NoticeData] says which event a change is.
func noticesOf(was *Plan, c *Change, now *Plan) ([]outbox.Notice, error) {
	t := &telling{was: was, now: now, change: c, places: make(map[string]int)}
	if c.Task != "" { // from cause to effect
		t.tasks()
		t.phases()
		t.plan()
	} else {
		t.plan()
		t.phases()
		t.tasks()
	}
	return t.written()
}

// planEvent returns what it is for a plan to enter a state; "" if nothing that
// can be listened to.
func planEvent(to State) (Event, verb) {
	switch to {
	case Paused:
		return EventPaused, verb{one: "is paused"}
	case Failed:
		return EventFailed, failed
	case FinalizeCheckFailed:
		return EventFailed, verb{one: "did not pass the finalize check"}
	case ExecuteCheckFailed:
		return EventFailed, verb{one: "did not pass the execute check"}
	case CompleteCheckFailed:
		return EventFailed, verb{one: "did not pass the complete check"}
	case Denied:
		return EventFailed, verb{one: "was denied"}
	case Completed:
		return EventFinished, finished
	case Canceled:
		return EventCanceled, canceled
	case Expired:
		return EventExpired, expired
	case AwaitingApproval:
		return EventWaiting, verb{one: "waits for an approval"}
	default:
		return "", verb{}
	}
}

func (t *telling) plan() {
	switch c := t.change; c.Kind {
	case PlanMissed:
		t.tell(EventFailed, verb{one: "missed its schedule"}, onPlan, taskRef{})
	case GateOpened:
		t.tell(EventWaiting, verb{one: "waits for the " + string(c.Gate.On) + " check"}, onPlan, taskRef{})
	case PlanMoved:
		event, what := planEvent(State(c.To))
		if State(c.To) == Running && t.was.st.Started.IsZero() {
			event, what = EventStarted, started
		}
		if event != "" {
			t.tell(event, what, onPlan, taskRef{})
		}
	default: // nothing happens to the plan as a whole
	}
	t.milestone()
	if t.now.waitsForFinish() && !t.was.waitsForFinish() {
		t.tell(EventWaiting, verb{one: "waits to be finished"}, onPlan, taskRef{})
	}
}

// movedTo reports whether the change brought the plan to a state.
func (t *telling) movedTo(s State) bool {
	return t.change.Kind == PlanMoved && t.change.To == string(s)
}

// ref returns where the task is that the change is about.
func (t *telling) ref() (r taskRef, ok bool) {
	r, ok = t.now.def.index[t.change.Task]
	return r, ok && t.change.Task != ""
}

// phases tells of phases. A task that does not end its phase touches no other.
func (t *telling) phases() {
	if ref, ok := t.ref(); ok && t.was.current() == t.now.current() {
		t.phase(ref.phase)
		return
	}
	for i := range t.now.def.phases {
		t.phase(i)
	}
}

func (t *telling) phase(i int) {
	phase := t.now.def.phases[i]
	if len(phase.Listeners) == 0 && phase.Owner.IsZero() || t.now.phases[i].enabled() == 0 {
		return
	}
	old := t.was.phaseNamed(phase.ID, i)
	was, now := t.was.PhaseState(old), t.now.PhaseState(i)
	at := taskRef{phase: i}
	switch {
	case t.movedTo(Expired) && now != PhaseDone:
		t.tell(EventExpired, expired, onPhase, at)
		return
	case t.movedTo(Canceled) && now == PhaseCanceled:
		t.tell(EventCanceled, canceled, onPhase, at)
		return
	case t.now.st.Started.IsZero():
		return
	}
	if (was == "" || was == PhaseDraft || was == PhaseWaiting) && (now == PhaseRunning || now == PhasePaused) {
		t.tell(EventStarted, started, onPhase, at)
	}
	switch {
	case t.movedTo(Paused) && now == PhasePaused:
		t.tell(EventPaused, verb{one: "is paused", many: "are paused"}, onPhase, at)
	case now == PhaseFailed && was != PhaseFailed:
		t.tell(EventFailed, failed, onPhase, at)
	case now == PhaseDone && was != PhaseDone:
		t.tell(EventFinished, finished, onPhase, at)
	}
	if phase.awaited && t.now.phaseWaits(i) && !t.was.phaseWaits(old) {
		t.tell(EventWaiting, verb{one: "waits for somebody", many: "wait for somebody"}, onPhase, at)
	}
}

// phaseNamed returns the place of the phase with an id, which is likely to be i, or -1.
func (p *Plan) phaseNamed(id string, i int) int {
	if i < len(p.def.phases) && p.def.phases[i].ID == id {
		return i
	}
	for k, phase := range p.def.phases {
		if phase.ID == id {
			return k
		}
	}
	return -1
}

// phaseWaits reports whether a task of the phase at place i waits for somebody.
func (p *Plan) phaseWaits(i int) bool {
	if p.st.State != Running || i != p.current() || i == len(p.phases) {
		return false
	}
	for r := range p.startable {
		if !p.automatic(r) && p.task(r).NotBefore.IsZero() {
			return true
		}
	}
	return false
}

func (t *telling) tasks() {
	ref, ok := t.ref()
	switch {
	case ok:
		t.task(ref)
		t.awaited(ref)
	case t.movedTo(Running):
		t.allAwaited()
	case t.movedTo(Expired):
		t.eachListened(func(r taskRef) {
			if s := t.now.task(r).State; !t.now.def.task(r).Disabled && (s == TaskTodo || s.active()) {
				t.tell(EventExpired, expired, onTask, r)
			}
		})
	case t.movedTo(Canceling):
		t.eachListened(func(r taskRef) {
			if t.now.task(r).State == TaskCanceled && t.was.task(r).State != TaskCanceled {
				t.tell(EventCanceled, canceled, onTask, r)
			}
		})
	}
}

// task tells of the task that the change is about.
func (t *telling) task(r taskRef) {
	switch c := t.change; {
	case c.Kind == TaskStarted:
		t.tell(EventStarted, started, onTask, r)
	case c.Kind == TaskEnded && c.To == string(TaskDone):
		t.tell(EventFinished, finished, onTask, r)
	case c.Kind == TaskEnded && c.To == string(TaskFailed):
		t.tell(EventFailed, failed, onTask, r)
	case c.Kind == TaskEnded && c.To == string(TaskCanceled):
		t.tell(EventCanceled, canceled, onTask, r)
	case c.Kind == TaskStopped && c.Action == timeout:
		t.tell(EventExpired, verb{one: "ran out of time"}, onTask, r)
	case c.Kind == TaskChanged && c.Action == Hold:
		t.tell(EventPaused, verb{one: "is held"}, onTask, r)
	}
}

// awaited tells of tasks that wait for somebody since something happened to one:
// that one, or others if it is settled now.
func (t *telling) awaited(ref taskRef) {
	if !t.now.task(ref).State.settled() {
		t.waits(ref)
		return
	}
	t.allAwaited()
}

func (t *telling) allAwaited() {
	i := t.now.current()
	if i == len(t.now.phases) || t.now.st.State != Running {
		return
	}
	for _, j := range t.now.def.phases[i].awaiting {
		t.waits(taskRef{i, j})
	}
}

// waits tells of a task if it begins to wait for somebody. No edit is under way:
// the task is in the same place as before.
func (t *telling) waits(r taskRef) {
	if t.now.automatic(r) || t.now.taskState(r) != TaskReady || t.was.taskState(r) == TaskReady {
		return
	}
	what := verb{one: "waits to be started", many: "wait to be started"}
	if t.now.def.task(r).Kind == Manual {
		what = verb{one: "waits to be done", many: "wait to be done"}
	}
	t.tell(EventWaiting, what, onTask, r)
}

// eachListened calls f with every task that has listeners.
func (t *telling) eachListened(f func(taskRef)) {
	for i, phase := range t.now.def.phases {
		if !phase.listened {
			continue
		}
		for j := range phase.Tasks {
			if len(phase.Tasks[j].Listeners) > 0 {
				f(taskRef{i, j})
			}
		}
	}
}

// enabled returns how many tasks of the phase are enabled.
func (s *phaseStatus) enabled() (n int) {
	for _, c := range s.counts {
		n += int(c)
	}
	return n
}
