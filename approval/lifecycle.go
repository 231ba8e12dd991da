package approval

import (
	"time"

	"github.com/penstock-go/penstock/internal/lifecycle"
)

// A State is where a request is in its life.
type State string

// The states of a request. All but Pending are final.
const (
	Pending   State = "pending"
	Approved  State = "approved"
	Rejected  State = "rejected"
	Lapsed    State = "lapsed"    // the deadline came first
	Withdrawn State = "withdrawn" // somebody took it back
	Canceled  State = "canceled"  // what it was about is gone, or the provider dropped it
)

type action string

const (
	vote     action = "vote"
	answer   action = "answer"
	approve  action = "approve"
	reject   action = "reject"
	lapse    action = "lapse"
	withdraw action = "withdraw"
	cancel   action = "cancel"
)

// A moment is what guards look at: a request, when, and who votes or what the
// provider said.
type moment struct {
	request *Request
	at      time.Time
	voter   string
	outcome State
}

type (
	rules = map[action]lifecycle.Rule[moment, State]
	given = []lifecycle.Guard[moment]
)

// life is everything that can happen to a request. What is not here cannot.
var life = lifecycle.Machine[moment, State, action]{
	Initial: Pending,
	Final:   []State{Approved, Rejected, Lapsed, Withdrawn, Canceled},
	ByRule:  []action{reject, approve, lapse},
	Rules: map[State]rules{
		Pending: {
			vote:     {To: Pending, If: given{native, inTime, turn, firstVote}},
			answer:   {To: Pending, If: given{remote, inTime}},
			approve:  {To: Approved, If: given{quorum}},
			reject:   {To: Rejected, If: given{rejection}},
			lapse:    {To: Lapsed, If: given{due}},
			withdraw: {To: Withdrawn, If: given{inTime}},
			cancel:   {To: Canceled},
		},
	},
}

var (
	native = lifecycle.Guard[moment]{
		Rule: "native", Needs: "a native request",
		Holds: func(m moment) bool { return !m.request.Kind().Remote() },
	}
	remote = lifecycle.Guard[moment]{
		Rule: "remote", Needs: "a provider that decides it",
		Holds: func(m moment) bool { return m.request.Kind().Remote() },
	}
	inTime = lifecycle.Guard[moment]{
		Rule: "in_time", Needs: "a deadline that has not come",
		Holds: func(m moment) bool { return !m.request.due(m.at) },
	}
	turn = lifecycle.Guard[moment]{
		Rule: "turn", Needs: "an approver of the open node",
		Holds: func(m moment) bool { return m.request.approver(m.request.Current(), m.voter) != nil },
	}
	firstVote = lifecycle.Guard[moment]{
		Rule: "first_vote", Needs: "a first vote in the node",
		Holds: func(m moment) bool { return !m.request.voted(m.request.Current(), m.voter) },
	}
	quorum = lifecycle.Guard[moment]{
		Rule: "quorum", Needs: "enough approvals in every node",
		Holds: func(m moment) bool {
			if m.request.Kind().Remote() {
				return m.outcome == Approved
			}
			return m.request.verdict() == Approved
		},
	}
	rejection = lifecycle.Guard[moment]{
		Rule: "rejection", Needs: "a rejection",
		Holds: func(m moment) bool {
			if m.request.Kind().Remote() {
				return m.outcome == Rejected
			}
			return m.request.verdict() == Rejected
		},
	}
	due = lifecycle.Guard[moment]{
		Rule: "due", Needs: "the deadline",
		Holds:  func(m moment) bool { return m.request.due(m.at) },
		Clears: func(m moment) time.Time { return m.request.Deadline() },
	}
)

// Diagram returns the life of a request as a Mermaid state diagram.
func Diagram() string { return life.Mermaid() }

// Lapse returns the request as it is once its deadline came. Before that, and
// when it is not pending, it is refused: a [*penstock.RefusedError] whose
// Earliest is the deadline.
func (r *Request) Lapse(at time.Time) (*Request, error) {
	to, err := life.Follow(moment{request: r, at: instant(at)}, r.state, lapse)
	if err != nil {
		return nil, err
	}
	if at, err = r.instantOf(at); err != nil {
		return nil, err
	}
	return r.closed(to, at), nil
}

// Cancel returns the request as it is once what it was about is gone. It is
// refused ([penstock.ErrRefused]) unless the request is pending; a deadline that
// has come does not stand in its way.
func (r *Request) Cancel(at time.Time) (*Request, error) {
	at, err := r.instantOf(at)
	if err != nil {
		return nil, err
	}
	to, err := life.Next(moment{request: r, at: at}, r.state, cancel)
	if err != nil {
		return nil, err
	}
	return r.closed(to, at), nil
}

func (r *Request) due(at time.Time) bool {
	deadline := r.Deadline()
	return !deadline.IsZero() && !at.Before(deadline)
}

// closed is the one place that writes a state other than the first.
func (r *Request) closed(to State, at time.Time) *Request {
	next := *r
	next.state, next.closedAt = to, at
	return &next
}

// settled makes the moves by rule that m allows.
func (m moment) settled() *Request {
	if _, to, ok := life.Settle(m, m.request.state); ok {
		return m.request.closed(to, m.at)
	}
	return m.request
}
