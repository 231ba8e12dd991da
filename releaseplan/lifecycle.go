package releaseplan

import "github.com/penstock-go/penstock/internal/lifecycle"

type (
	planRule  = lifecycle.Rule[*situation, State]
	planGuard = lifecycle.Guard[*situation]
)

// planLife is everything that can happen to a plan's state. What is not here
// cannot. Reopen and cancel are the same wherever they stand.
var planLife = lifecycle.Machine[*situation, State, Action]{
	Initial: Draft,
	Final:   []State{Completed, Canceled},
	ByRule:  []Action{pass, approve, reject, finish, fail, resumed, settle, lapse, expire},
	Rules: map[State]map[Action]planRule{
		Draft: {
			Finalize: {To: FinalizeCheck, If: []planGuard{somethingToDo, lintFree}},
			Execute:  {To: ExecuteCheck, If: []planGuard{somethingToDo, lintFree, noApprovalRequired, noFinalizeGate, windowOpen, calendarsOpen}},
			Cancel:   canceling,
		},
		FinalizeCheck: {
			pass:   {To: Finalized, If: []planGuard{gatePassed}},
			fail:   {To: FinalizeCheckFailed, If: []planGuard{gateFailed}},
			Reopen: reopening, Cancel: canceling,
		},
		FinalizeCheckFailed: {
			Recheck: {To: FinalizeCheck},
			Reopen:  reopening, Cancel: canceling,
		},
		Finalized: {
			RequestApproval: {To: AwaitingApproval, If: []planGuard{approvalRequired}},
			Execute:         {To: ExecuteCheck, If: []planGuard{noApprovalRequired, windowOpen, calendarsOpen}},
			Reopen:          reopening, Cancel: canceling,
		},
		AwaitingApproval: {
			approve:  {To: Approved, If: []planGuard{requestApproved}},
			reject:   {To: Denied, If: []planGuard{requestRejected}},
			lapse:    {To: Denied, If: []planGuard{requestLapsed}},
			Withdraw: {To: Finalized},
			Reopen:   reopening, Cancel: canceling,
		},
		Approved: {
			Execute: {To: ExecuteCheck, If: []planGuard{contentApproved, windowOpen, calendarsOpen, executorPermitted}},
			Reopen:  reopening, Cancel: canceling,
		},
		Denied: {
			RequestApproval: {To: AwaitingApproval},
			Reopen:          reopening, Cancel: canceling,
		},
		ExecuteCheck: {
			pass:   {To: Running, If: []planGuard{gatePassed}},
			fail:   {To: ExecuteCheckFailed, If: []planGuard{gateFailed}},
			expire: {To: Expired, If: []planGuard{windowOver}},
			Reopen: reopening, Cancel: canceling,
		},
		ExecuteCheckFailed: {
			Recheck: {To: ExecuteCheck},
			expire:  {To: Expired, If: []planGuard{windowOver}},
			Reopen:  reopening, Cancel: canceling,
		},
		Running: {
			Pause:  {To: Paused},
			finish: {To: CompleteCheck, If: []planGuard{allSettled, finishAsked}},
			fail:   {To: Failed, If: []planGuard{stuck}},
			expire: {To: Expired, If: []planGuard{windowOver, tasksOpen}},
			Reopen: reopening, Cancel: canceling,
		},
		Paused: {
			Resume:          {To: Running, If: []planGuard{contentApproved, windowOpen, calendarsLetOn}},
			RequestApproval: {To: AwaitingApproval, If: []planGuard{approvalStale, nothingRuns}},
			expire:          {To: Expired, If: []planGuard{windowOver}},
			Reopen:          reopening, Cancel: canceling,
		},
		Failed: {
			resumed:         {To: Running, If: []planGuard{noFailedTask, contentApproved}},
			RequestApproval: {To: AwaitingApproval, If: []planGuard{approvalStale, nothingRuns}},
			expire:          {To: Expired, If: []planGuard{windowOver}},
			Reopen:          reopening, Cancel: canceling,
		},
		CompleteCheck: {
			pass:   {To: Completed, If: []planGuard{gatePassed}},
			fail:   {To: CompleteCheckFailed, If: []planGuard{gateFailed}},
			Reopen: reopening, Cancel: canceling,
		},
		CompleteCheckFailed: {
			Recheck: {To: CompleteCheck},
			Reopen:  reopening, Cancel: canceling,
		},
		Expired: {
			Reopen: reopening, Cancel: canceling,
		},
		Canceling: {
			settle: {To: Canceled, If: []planGuard{nothingRuns}},
		},
	},
}

var (
	reopening = planRule{To: Draft, If: []planGuard{nothingRuns}}
	canceling = planRule{To: Canceling}
)

// Diagram returns the life of a plan as a Mermaid state diagram, drawn from the
// table that is enforced. Moves by rule bear a star.
func Diagram() string { return planLife.Mermaid() }

// DiagramDOT returns the same as a Graphviz graph.
func DiagramDOT() string { return planLife.DOT() }
