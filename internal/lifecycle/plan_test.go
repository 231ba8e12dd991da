package lifecycle_test

import "github.com/penstock-go/penstock/internal/lifecycle"

// A plan is a thing of realistic size: 18 states, 9 moves by rule.
type plan struct {
	flags uint16
}

type (
	state  string
	action string
	guard  = lifecycle.Guard[*plan]
	rule   = lifecycle.Rule[*plan, state]
)

const (
	draft            state = "draft"
	finalizeCheck    state = "finalize_check"
	finalizeFailed   state = "finalize_check_failed"
	finalized        state = "finalized"
	awaitingApproval state = "awaiting_approval"
	approved         state = "approved"
	denied           state = "denied"
	executeCheck     state = "execute_check"
	executeFailed    state = "execute_check_failed"
	running          state = "running"
	paused           state = "paused"
	failed           state = "failed"
	completeCheck    state = "complete_check"
	completeFailed   state = "complete_check_failed"
	expired          state = "expired"
	canceling        state = "canceling"
	completed        state = "completed"
	canceled         state = "canceled"

	finalize        action = "finalize"
	execute         action = "execute"
	recheck         action = "recheck"
	requestApproval action = "request_approval"
	withdraw        action = "withdraw"
	pause           action = "pause"
	resume          action = "resume"
	reopen          action = "reopen"
	cancel          action = "cancel"
	archive         action = "archive"

	pass    action = "pass"
	fail    action = "fail"
	approve action = "approve"
	reject  action = "reject"
	lapse   action = "lapse"
	finish  action = "finish"
	expire  action = "expire"
	restore action = "recover"
	settle  action = "settle"
)

// flag is a guard that holds if the nth flag of the plan is up.
func flag(n int, name, needs string) guard {
	return guard{Rule: name, Needs: needs, Holds: func(p *plan) bool { return p.flags>>n&1 == 1 }}
}

var (
	content    = flag(0, "content", "something to do")
	windowOpen = flag(1, "window_open", "an open window")
	idle       = flag(2, "idle", "nothing running")
	gatePasses = flag(3, "passed", "a gate that passes")
	gateFails  = flag(4, "refused", "a gate that fails")
	quorum     = flag(5, "quorum", "a quorum")
	vetoed     = flag(6, "vetoed", "a veto")
	overdue    = flag(7, "overdue", "the end of the window")
	settled    = flag(8, "settled", "every task settled")
	broken     = flag(9, "broken", "a failed task")
	mended     = flag(10, "mended", "no failed task")

	toDraft    = rule{To: draft, If: []guard{idle}}
	toCanceled = rule{To: canceling}
	toExpired  = rule{To: expired, If: []guard{overdue}}
)

var life = lifecycle.Machine[*plan, state, action]{
	Initial: draft,
	Final:   []state{completed, canceled},
	ByRule:  []action{reject, approve, lapse, restore, finish, fail, pass, expire, settle},
	Rules: map[state]map[action]rule{
		draft: {
			finalize: {To: finalizeCheck, If: []guard{content}},
			execute:  {To: executeCheck, If: []guard{content, windowOpen}},
			cancel:   toCanceled,
		},
		finalizeCheck: {
			pass:   {To: finalized, If: []guard{gatePasses}},
			fail:   {To: finalizeFailed, If: []guard{gateFails}},
			reopen: toDraft,
			cancel: toCanceled,
		},
		finalizeFailed: {recheck: {To: finalizeCheck}, reopen: toDraft, cancel: toCanceled},
		finalized: {
			requestApproval: {To: awaitingApproval},
			execute:         {To: executeCheck, If: []guard{windowOpen}},
			reopen:          toDraft,
			cancel:          toCanceled,
		},
		awaitingApproval: {
			approve:  {To: approved, If: []guard{quorum}},
			reject:   {To: denied, If: []guard{vetoed}},
			lapse:    {To: denied, If: []guard{overdue}},
			withdraw: {To: finalized},
			reopen:   toDraft,
			cancel:   toCanceled,
		},
		approved: {execute: {To: executeCheck, If: []guard{windowOpen}}, reopen: toDraft, cancel: toCanceled},
		denied:   {requestApproval: {To: awaitingApproval}, reopen: toDraft, cancel: toCanceled},
		executeCheck: {
			pass:   {To: running, If: []guard{gatePasses}},
			fail:   {To: executeFailed, If: []guard{gateFails}},
			expire: toExpired,
			reopen: toDraft,
			cancel: toCanceled,
		},
		executeFailed: {recheck: {To: executeCheck}, expire: toExpired, reopen: toDraft, cancel: toCanceled},
		running: {
			pause:  {To: paused},
			finish: {To: completeCheck, If: []guard{settled}},
			fail:   {To: failed, If: []guard{broken}},
			expire: toExpired,
			reopen: toDraft,
			cancel: toCanceled,
		},
		paused: {resume: {To: running, If: []guard{windowOpen}}, expire: toExpired, reopen: toDraft, cancel: toCanceled},
		failed: {restore: {To: running, If: []guard{mended}}, expire: toExpired, reopen: toDraft, cancel: toCanceled},
		completeCheck: {
			pass:   {To: completed, If: []guard{gatePasses}},
			fail:   {To: completeFailed, If: []guard{gateFails}},
			reopen: toDraft,
			cancel: toCanceled,
		},
		completeFailed: {recheck: {To: completeCheck}, reopen: toDraft, cancel: toCanceled},
		expired:        {reopen: toDraft, cancel: toCanceled},
		canceling:      {settle: {To: canceled, If: []guard{idle}}},
		completed:      {archive: {To: completed, If: []guard{idle}}},
	},
}
