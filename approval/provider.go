package approval

import "context"

// A Provider is a system that decides requests of one [Kind]: an instant
// messenger, a ticket desk. It is the host's adapter. Its calls are made
// outside of any transaction and may be repeated, since a process can end
// between a call and the commit of what came of it. Implementations are safe
// for concurrent use, and return soon after their context has ended. They may be a
// [Checker] and a [Pacer], too.
type Provider interface {
	// Create opens an instance for r in that system and returns its code. It
	// asks the Approvers of [Request.Nodes] and nobody else, so that the
	// separation of duties holds there too. It is idempotent by [Request.ID]:
	// called again, it returns the same code and opens nothing.
	Create(ctx context.Context, r *Request) (instance string, err error)

	// Poll returns what the system has come to so far. An instance that is not
	// known there is a penstock.ErrNotFound.
	Poll(ctx context.Context, instance string) (Answer, error)

	// Cancel closes the instance, since nobody waits for its outcome any more.
	// An instance that is closed or gone is no error.
	Cancel(ctx context.Context, instance string) error
}

// An Answer is what a [Provider] reports of an instance.
type Answer struct {
	Outcome State `json:"outcome"` // Pending, Approved, Rejected or Canceled

	// Votes are all so far, in the order in which they were cast. Each has Who.ID,
	// Node, Decision and At.
	Votes []Vote `json:"votes,omitempty"`
}
