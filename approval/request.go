package approval

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock"
)

// A Request asks the people of a [Policy] for their approval of one thing. It
// is immutable: methods that move it return the next value and leave the
// receiver alone, so it is safe for concurrent use. [Open] makes it, and
// [Request.UnmarshalJSON] reads it back.
type Request struct {
	terms
	state    State
	votes    []Vote
	instance string
	closedAt time.Time
	closedBy penstock.Party
}

// terms are what was settled when the request was opened.
type terms struct {
	RequestID string         `json:"id"`
	Asks      Policy         `json:"policy"`
	Subject   Subject        `json:"subject"`
	By        penstock.Party `json:"opened_by"`
	Opened    time.Time      `json:"opened_at"`
	Panels    []panel        `json:"nodes"`
}

// A panel is a node whose groups were expanded.
type panel struct {
	Needed    int              `json:"needed"`
	Approvers []penstock.Party `json:"approvers"`
	Excluded  []Exclusion      `json:"excluded,omitempty"`
}

// A Subject is what a request approves.
type Subject struct {
	Hash       string `json:"hash"`                  // of the content: the approval is good for this and nothing else
	Author     string `json:"author,omitempty"`      // id of the user who made it
	LastEditor string `json:"last_editor,omitempty"` // id of the user who changed it last; empty: the author
}

// An Exclusion is an approver without a vote.
type Exclusion struct {
	Party penstock.Party `json:"party"`
	Why   Reason         `json:"why"`
}

// A Reason says what somebody is excluded for.
type Reason string

// The reasons.
const (
	IsAuthor     Reason = "author"
	IsLastEditor Reason = "last_editor"
)

// A Vote is what one approver decided. A vote is never changed or taken back.
type Vote struct {
	Who      penstock.Party `json:"who"`
	Node     int            `json:"node"` // index of the node that it counts in
	Decision Decision       `json:"decision"`
	Comment  string         `json:"comment,omitempty"` // at most MaxText bytes
	At       time.Time      `json:"at"`
}

// A Decision is yes or no.
type Decision string

// The decisions.
const (
	Approve Decision = "approve"
	Reject  Decision = "reject"
)

// ID returns the id that the request was opened with. It is the idempotency
// key of [Provider.Create].
func (r *Request) ID() string { return r.RequestID }

// Kind says where the request is decided.
func (r *Request) Kind() Kind { return r.Asks.Kind }

// Policy returns a copy of the policy as it was when the request was opened.
func (r *Request) Policy() Policy { return r.Asks.Clone() }

// State returns where the request is in its life.
func (r *Request) State() State { return r.state }

// Hash returns the hash of the content that the request is bound to.
func (r *Request) Hash() string { return r.Subject.Hash }

// OpenedBy returns who opened the request.
func (r *Request) OpenedBy() penstock.Party { return r.By }

// OpenedAt returns when the request was opened.
func (r *Request) OpenedAt() time.Time { return r.Opened }

// Deadline returns when the request lapses if it is still pending; zero means
// never. Votes do not move it.
func (r *Request) Deadline() time.Time {
	if r.Asks.TimeoutMinutes == 0 {
		return time.Time{}
	}
	return r.Opened.Add(time.Duration(r.Asks.TimeoutMinutes) * time.Minute)
}

// ClosedAt returns when the request left pending; zero while it has not.
func (r *Request) ClosedAt() time.Time { return r.closedAt }

// ClosedBy returns who withdrew the request; the zero Party otherwise.
func (r *Request) ClosedBy() penstock.Party { return r.closedBy }

// Votes returns the votes in the order in which they were cast.
func (r *Request) Votes() []Vote { return slices.Clone(r.votes) }

// Instance returns the code under which a [Provider] knows the request; empty
// until [Request.WithInstance].
func (r *Request) Instance() string { return r.instance }

// Valid reports whether the request is approved and bound to hash. Content that
// was changed afterwards has another hash, and so no approval.
func (r *Request) Valid(hash string) bool {
	return r.state == Approved && hash == r.Subject.Hash
}

// MayExecute reports whether the separation of duties lets the user with
// actorID execute what was approved: under NotExecutor, nobody who approved it,
// and nobody without an id.
func (r *Request) MayExecute(actorID string) bool {
	if !r.Asks.Separation.NotExecutor {
		return true
	}
	return actorID != "" && !slices.ContainsFunc(r.votes, func(v Vote) bool {
		return v.Who.ID == actorID && v.Decision == Approve
	})
}

// instant is how times are kept: UTC, in microseconds.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// instantOf returns at as it is kept, or what is wrong with it.
func (r *Request) instantOf(at time.Time) (time.Time, error) {
	if at = instant(at); at.Before(r.Opened) || at.Year() > maxYear {
		return at, penstock.Invalid("at", "must be from %s on", r.Opened.Format(time.RFC3339))
	}
	return at, nil
}

// maxYear is the last one that RFC 3339 can write.
const maxYear = 9999
