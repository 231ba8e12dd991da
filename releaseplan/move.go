package releaseplan

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// prepare adds to a move what goes with it.
func (t *transition) prepare(c *Change) (err error) {
	p := t.p
	switch c.Action {
	case Execute:
		if p.st.Effective == nil && p.st.Started.IsZero() {
			var start time.Time
			if t.asked(Execute) {
				start = instant(t.command.Start)
			}
			c.Effective, err = effective(p.def.content.Planned, t.at, start)
		}
		if p.def.content.Start.Mode == Scheduled {
			c.Schedule = p.def.content.Start.At // done by hand, it is not missed
		}
		return err
	case RequestApproval:
		c.Request, err = approval.Open(approval.Opening{
			ID:      p.derivedID("request", p.st.Changes+1),
			Policy:  p.def.content.Approval.Clone(),
			Subject: approval.Subject{Hash: p.def.hash, Author: p.st.Created.By.ID, LastEditor: p.st.Edited.By.ID},
			Members: t.command.Members, By: t.by, At: t.at,
		})
		return err
	case Withdraw:
		if p.requestIs(approval.Pending) {
			c.Request, err = p.st.Request.Withdraw(t.by, t.at)
		}
		return err
	case Reopen, Cancel:
		if p.requestIs(approval.Pending) {
			c.Request, err = p.st.Request.Cancel(t.at)
		}
		return err
	default:
		return nil
	}
}

// derivedID returns a UUID that the plan, a kind and a number determine, so that
// deciding the same twice names it the same.
func (p *Plan) derivedID(kind string, n int64) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "penstock:%s/%s/%d", p.id, kind, n)).String()
}

// openGate begins the check that a state waits for, if it is configured.
func (t *transition) openGate(s State) error {
	g := t.p.gate(gateOf(s))
	if g == nil {
		return nil
	}
	status := GateStatus{On: g.On, Code: t.p.code(t.p.st.Rounds + 1), Opened: t.at}
	if !g.Timeout.IsZero() {
		status.Deadline = instant(g.Timeout.AddTo(t.at))
	}
	return t.record(Change{Kind: GateOpened, Gate: &status})
}

// code returns the one-time code of a round of checks. It names the round, so that
// a stale answer is known: nobody can tell it before the round begins, and whoever
// may read the plan can then. Who may answer is the host's to say.
func (p *Plan) code(round int) string {
	mac := hmac.New(sha256.New, p.key)
	fmt.Fprintf(mac, "gate\x00%s\x00%d", p.id, round)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// stand carries out an action that leaves the plan in its state.
func (t *transition) stand() error {
	p, c := t.p, t.command
	switch c.Action {
	case Edit:
		return t.edit(c.Content.clone())
	case SetVariables:
		return t.setVariables()
	case Vote:
		next, err := p.st.Request.Vote(approval.Vote{Decision: c.Vote, Comment: c.Remark}, t.by, t.at)
		if err != nil {
			return err
		}
		return t.record(Change{Kind: ApprovalVoted, Action: Vote, Vote: c.Vote, Remark: c.Remark, Request: next})
	case ReportApproval:
		return t.report()
	case Retracted:
		return t.retracted()
	case AnswerGate:
		return t.answerGate()
	case OverrideCalendar, EndOverride:
		return t.override()
	case Finish:
		return t.record(Change{Kind: PlanFinishing, Action: Finish, Remark: c.Remark})
	case StartMilestone, SkipMilestone, CompleteMilestone, SetInterval, PauseRollout, ResumeRollout, StopRollout, ClearSafeguard, Observe:
		return t.milestone()
	case Comment:
		return t.record(Change{Kind: PlanCommented, Action: Comment, Remark: c.Remark})
	case Archive:
		return t.record(Change{Kind: PlanArchived, Action: Archive, Remark: c.Remark})
	case Unarchive:
		return t.record(Change{Kind: PlanRestored, Action: Unarchive, Remark: c.Remark})
	case Delete:
		return t.record(Change{Kind: PlanDeleted, Action: Delete, Remark: c.Remark})
	case Duplicate, ExportPlan:
		return penstock.Invalid("action", "%s makes something new: ask a Service", c.Action)
	default:
		return penstock.Invalid("action", "%q is no action of a plan", short(string(c.Action)))
	}
}

// report records what an approval provider says.
func (t *transition) report() error {
	request := t.p.st.Request
	if t.command.Request != "" && t.command.Request != request.ID() {
		return nil // an answer to an earlier request says nothing of this one
	}
	next := request
	var err error
	if t.command.Instance != "" && request.Instance() == "" {
		if next, err = next.WithInstance(t.command.Instance); err != nil {
			return err
		}
	}
	if t.command.Report != nil {
		if next, err = next.Answer(*t.command.Report, t.at); err != nil {
			return err
		}
	}
	if next == request {
		return nil
	}
	return t.record(Change{Kind: ApprovalReported, Action: ReportApproval, Request: next})
}

// retracted records that a provider has dropped a request.
func (t *transition) retracted() error {
	if !slices.ContainsFunc(t.p.st.Retract, func(r Retraction) bool { return r.Instance == t.command.Instance }) {
		return nil
	}
	return t.record(Change{Kind: ApprovalRetracted, Action: Retracted, Instance: t.command.Instance})
}

// answerGate records the answer of a check. Only the code of the open round
// counts; a stale or wrong one changes nothing.
func (t *transition) answerGate() error {
	g := *t.p.st.Gate
	if !hmac.Equal([]byte(g.Code), []byte(t.command.Code)) {
		return &penstock.ForbiddenError{Right: penstock.Execute, On: t.p.Resource()}
	}
	g.Note, g.Answered, g.Answer = t.command.Remark, t.at, t.command.Answer
	return t.record(Change{Kind: GateAnswered, Action: AnswerGate, Gate: &g})
}

// A dueKind says what time does next by itself.
type dueKind int

const (
	dueNothing     dueKind = iota
	dueTask                // a task passes, runs out of time, or may be tried again
	dueMilestone           // the interval of the live milestone is over
	dueAppointment         // a milestone is to start
	dueExpire              // the window ends
	dueLapse               // the request for approval lapses
	dueGate                // a check was not answered in time
	dueSchedule            // the plan is to start
	dueWindow              // the window, or a calendar, opens for a plan that starts as soon as it may
	dueOpening             // a calendar opens for what would have started by itself
)

// due returns what time does next by itself, and when; zero and dueNothing if
// nothing. Of what is due at the same instant, the first in the order of the kinds
// comes first. What a calendar no longer holds back is due at now.
func (p *Plan) due(now time.Time) (when time.Time, what dueKind) {
	if p.Archived() || p.st.State.Final() {
		return time.Time{}, dueNothing
	}
	consider := func(at time.Time, kind dueKind) {
		if !at.IsZero() && (when.IsZero() || at.Before(when)) {
			when, what = at, kind
		}
	}
	for _, s := range p.phases {
		consider(s.due, dueTask)
	}
	if p.st.State != Canceling {
		consider(p.intervalEnds(now), dueMilestone)
		_, at := p.appointment()
		consider(at, dueAppointment)
	}
	if _, expires := planLife.Rules[p.st.State][expire]; expires && (p.st.State != Running || p.open() > 0) {
		consider(p.def.content.Window.expires(), dueExpire)
	}
	if p.requestIs(approval.Pending) {
		consider(p.st.Request.Deadline(), dueLapse)
	}
	if p.st.State == gateState(p.st.Gate) {
		consider(p.st.Gate.Deadline, dueGate)
	}
	if s := p.def.content.Start; s.Mode == Scheduled && !s.At.Equal(p.st.Scheduled) && p.st.State != Canceling {
		consider(s.At, dueSchedule)
	}
	if p.startsOnApproval() {
		consider(p.opens(now), dueWindow)
	}
	consider(p.opening(now), dueOpening)
	return when, what
}

// gateState returns the state that waits for an open check.
func gateState(g *GateStatus) State {
	if !g.open() || g.Deadline.IsZero() {
		return ""
	}
	switch g.On {
	case GateFinalize:
		return FinalizeCheck
	case GateExecute:
		return ExecuteCheck
	case GateComplete:
		return CompleteCheck
	default:
		return ""
	}
}

// advance lets everything happen that is due at or before limit.
func (t *transition) advance(limit time.Time) error {
	return t.asSystem(func() error {
		for {
			when, what := t.p.due(limit)
			if what == dueNothing || when.After(limit) {
				return nil
			}
			before := len(t.changes)
			t.at = later(when, t.p.st.Updated.At)
			if err := t.happen(what); err != nil {
				return err
			}
			if err := t.settle(); err != nil {
				return err
			}
			if len(t.changes) == before {
				return fmt.Errorf("plan %s: what is due at %s changed nothing", t.p.id, when)
			}
		}
	})
}

// happen does what is due but for the moves by rule that follow from it.
func (t *transition) happen(what dueKind) error {
	switch what {
	case dueTask:
		return t.taskDue()
	case dueMilestone:
		return t.progress(advanced)
	case dueAppointment:
		return t.keepAppointment()
	case dueLapse:
		return t.lapse()
	case dueGate:
		return t.gateTimeout()
	case dueSchedule:
		return t.schedule()
	case dueNothing, dueExpire, dueWindow, dueOpening: // the plan settles
	}
	return nil
}

func (t *transition) lapse() error {
	next, err := t.p.st.Request.Lapse(t.at)
	if err != nil {
		return err
	}
	return t.record(Change{Kind: ApprovalLapsed, Action: lapse, Request: next})
}

func (t *transition) gateTimeout() error {
	g := *t.p.st.Gate
	g.Answer, g.Note, g.Answered = GateFail, "no answer in time", t.at
	return t.record(Change{Kind: GateAnswered, Action: timeout, Gate: &g})
}

// schedule executes the plan at its time, or records that it was missed.
func (t *transition) schedule() error {
	if t.p.st.State == Approved || t.p.st.State == Finalized && !t.p.approvalRequired() {
		if _, err := planLife.Follow(t.situation(), t.p.st.State, Execute); err == nil {
			return t.move(Execute, planLife.Follow)
		}
	}
	return t.record(Change{Kind: PlanMissed, Schedule: t.p.def.content.Start.At, From: string(t.p.st.State), To: string(t.p.st.State),
		Remark: t.p.missedWhy(t.at)})
}

// startsOnApproval reports whether the plan is to be executed as soon as it may.
func (p *Plan) startsOnApproval() bool {
	return p.def.content.Start.Mode == OnApproval && (p.st.State == Approved || p.st.State == Finalized && !p.approvalRequired())
}

// settle applies moves by rule until none holds.
func (t *transition) settle() error {
	return t.asSystem(func() error {
		for {
			before := len(t.changes)
			if err := errors.Join(t.settleTasks(), t.beginRollout()); err != nil {
				return err
			}
			do, _, ok := planLife.Settle(t.situation(), t.p.st.State)
			switch {
			case t.p.Archived():
			case ok:
				if err := t.move(do, planLife.Follow); err != nil {
					return err
				}
			case t.p.st.State == AwaitingApproval && t.p.requestIs(approval.Canceled):
				if err := t.move(Withdraw, planLife.Follow); err != nil { // the provider canceled
					return err
				}
			case t.p.startsOnApproval():
				if _, err := planLife.Follow(t.situation(), t.p.st.State, Execute); err == nil {
					if err := t.move(Execute, planLife.Follow); err != nil {
						return err
					}
				}
			}
			if len(t.changes) == before {
				return nil
			}
		}
	})
}
