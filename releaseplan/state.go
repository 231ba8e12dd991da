package releaseplan

// A State is where a plan is in its life.
type State string

// The states of a plan.
const (
	Draft               State = "draft"
	FinalizeCheck       State = "finalize_check"
	FinalizeCheckFailed State = "finalize_check_failed"
	Finalized           State = "finalized"
	AwaitingApproval    State = "awaiting_approval"
	Approved            State = "approved"
	Denied              State = "denied"
	ExecuteCheck        State = "execute_check"
	ExecuteCheckFailed  State = "execute_check_failed"
	Running             State = "running"
	Paused              State = "paused"
	Failed              State = "failed"
	CompleteCheck       State = "complete_check"
	CompleteCheckFailed State = "complete_check_failed"
	Expired             State = "expired"
	Canceling           State = "canceling"
	Completed           State = "completed"
	Canceled            State = "canceled"
)

// Final reports whether nothing leaves s.
func (s State) Final() bool { return planLife.IsFinal(s) }

// known reports whether s is a state of a plan.
func (s State) known() bool {
	_, moves := planLife.Rules[s]
	return moves || s.Final()
}

// A TaskState is where a task is in its life.
type TaskState string

// The states of a task that are stored.
const (
	TaskTodo      TaskState = "todo"
	TaskRunning   TaskState = "running"
	TaskCanceling TaskState = "canceling" // told to stop, not yet stopped
	TaskDone      TaskState = "done"
	TaskFailed    TaskState = "failed"
	TaskSkipped   TaskState = "skipped"
	TaskCanceled  TaskState = "canceled"
)

// The states of a task that are derived from those and from its surroundings,
// each a finer word for todo: see [TaskView].
const (
	TaskPending  TaskState = "pending"  // the plan does not run
	TaskWaiting  TaskState = "waiting"  // something it needs is open
	TaskReady    TaskState = "ready"    // can start
	TaskPaused   TaskState = "paused"   // held
	TaskDisabled TaskState = "disabled" // will not be carried out
)

// settled reports whether a task in s satisfies a need.
func (s TaskState) settled() bool { return s == TaskDone || s == TaskSkipped }

// active reports whether an attempt is under way.
func (s TaskState) active() bool { return s == TaskRunning || s == TaskCanceling }

// taskStates lists the stored states; a state's place in it is its place in the
// counters of a phase.
var taskStates = [...]TaskState{TaskTodo, TaskRunning, TaskCanceling, TaskDone, TaskFailed, TaskSkipped, TaskCanceled}

const (
	countTodo = iota
	countRunning
	countCanceling
	countDone
	countFailed
	countSkipped
	countCanceled
)

// ordinal is the place of s in taskStates.
func (s TaskState) ordinal() int {
	switch s {
	case TaskTodo, "":
		return countTodo
	case TaskRunning:
		return countRunning
	case TaskCanceling:
		return countCanceling
	case TaskDone:
		return countDone
	case TaskFailed:
		return countFailed
	case TaskSkipped:
		return countSkipped
	case TaskCanceled:
		return countCanceled
	default:
		return -1
	}
}

// A PhaseState is derived from the plan and the tasks of the phase; it is never
// stored.
type PhaseState string

// The states of a phase.
const (
	PhaseDraft    PhaseState = "draft"    // the plan was not executed
	PhaseWaiting  PhaseState = "waiting"  // an earlier phase is not through
	PhaseRunning  PhaseState = "running"  // its tasks can run
	PhasePaused   PhaseState = "paused"   // the plan is paused, or does not go on by itself
	PhaseFailed   PhaseState = "failed"   // a task failed
	PhaseDone     PhaseState = "done"     // every enabled task is done or skipped
	PhaseCanceled PhaseState = "canceled" // the plan was canceled before it was through
)
