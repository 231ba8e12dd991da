package releaseplan

// An Action is a verb asked of a plan or of one of its tasks, or made by rule.
type Action string

// The actions that move a plan.
const (
	Finalize        Action = "finalize" // the planning is over
	RequestApproval Action = "request_approval"
	Withdraw        Action = "withdraw" // the request for approval
	Execute         Action = "execute"
	Pause           Action = "pause" // nothing more starts; what runs ends
	Resume          Action = "resume"
	Recheck         Action = "recheck" // a failed check begins a new round
	Reopen          Action = "reopen"  // back to draft
	Cancel          Action = "cancel"
)

// The actions that leave a plan in its state.
const (
	Edit         Action = "edit"          // Command.Content
	SetVariables Action = "set_variables" // Command.Variables: of existing ones, the value
	Vote         Action = "vote"          // Command.Vote
	AnswerGate   Action = "answer_gate"   // Command.Code, Command.Answer
	Finish       Action = "finish"        // a plan with milestones may end
	Comment      Action = "comment"       // Command.Remark
	Archive      Action = "archive"
	Unarchive    Action = "unarchive"
	Duplicate    Action = "duplicate" // asked of a Service
	ExportPlan   Action = "export"    // asked of a Service
	Delete       Action = "delete"    // asked of a Service
	Advance      Action = "advance"   // only what time does by itself

	OverrideCalendar Action = "override_calendar" // Command.Calendar holds nothing of this plan until Command.Until; Command.Remark says why
	EndOverride      Action = "end_override"      // of Command.Calendar

	ReportApproval Action = "report_approval" // a provider's answer: Command.Report, Command.Instance
	Retracted      Action = "retracted"       // a provider has dropped Command.Instance, since nobody waits for it
)

// The actions on milestones. Command.Milestone names one by its id or name; if it is
// empty, StartMilestone and SkipMilestone are about the next one, and
// CompleteMilestone and SetInterval about the live one. The others are about all.
const (
	StartMilestone    Action = "start_milestone"    // makes it live, now or at Command.Start
	SkipMilestone     Action = "skip_milestone"     // it is passed over; Command.Remark says why
	CompleteMilestone Action = "complete_milestone" // it is live and now through: the next one starts
	SetInterval       Action = "set_interval"       // its After is Command.Interval from now on
	PauseRollout      Action = "pause_rollout"      // what is live stays so, and nothing goes on by itself
	ResumeRollout     Action = "resume_rollout"
	StopRollout       Action = "stop_rollout"    // nothing is served any more
	ClearSafeguard    Action = "clear_safeguard" // Command.Safeguard is taken care of; Command.Remark says how
	Observe           Action = "observe"         // Command.Safeguard has measured Command.Sample
)

// The actions on a task: Command.Task names it.
const (
	Start        Action = "start"
	Complete     Action = "complete" // of the attempt in Command.Attempt, or of the one under way
	Fail         Action = "fail"     // likewise; Command.Remark says why
	Skip         Action = "skip"     // Command.Remark says why
	Retry        Action = "retry"
	Abort        Action = "abort"
	Hold         Action = "hold"
	Release      Action = "release"
	Claim        Action = "claim"
	ReleaseClaim Action = "release_claim"
	Reassign     Action = "reassign"  // to Command.Assignee
	Lease        Action = "lease"     // a Runner takes an attempt that a person started: Command.Lease
	Interrupt    Action = "interrupt" // the process that carried the attempt out is gone
)

// The moves by rule: nobody asks for them.
const (
	pass    Action = "pass"    // a gate
	fail    Action = "fail"    // a gate, or the plan; a person may ask it of a task
	approve Action = "approve" // the deciding vote was cast
	reject  Action = "reject"
	lapse   Action = "lapse"   // the request for approval
	expire  Action = "expire"  // the window
	finish  Action = "finish"  // all is done
	resumed Action = "recover" // the last failed task was taken care of
	settle  Action = "settle"  // canceled, and nothing runs any more

	repeat    Action = "repeat"      // a failed task, by its retry policy
	appointed Action = "appointment" // a milestone, at its time
	advanced  Action = "progress"    // a milestone, when it is its turn
	timeout   Action = "timeout"     // a task
	stop      Action = "stop"        // a task, since its plan is canceled
	abandon   Action = "abandon"     // a task that was told to stop has stopped: it failed
	drop      Action = "drop"        // a task of a canceled plan
)
