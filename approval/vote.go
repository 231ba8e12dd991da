package approval

import (
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
)

// Vote returns the request as it is once by has voted, settled already: the vote
// that decides also approves or rejects. Only v's Decision and Comment are
// read; who, where and when are by, the open node and at.
//
// Who is not among those who may vote is forbidden ([*penstock.ForbiddenError],
// right [penstock.Approve]): a stranger, an approver whom the separation of
// duties excludes, and an admin too. A decision that is neither Approve nor
// Reject and a comment that is too long or not UTF-8 are
// [*penstock.InvalidError]. A vote is refused ([*penstock.RefusedError]) when
// the request is closed, from the deadline on (lapse it first), if by has voted
// in the open node before or is asked in another one, and if the request is not native.
func (r *Request) Vote(v Vote, by penstock.Actor, at time.Time) (*Request, error) {
	if err := r.mayVote(by); err != nil {
		return nil, err
	}
	at, err := r.instantOf(at)
	if f := checkVote(v, by); f != nil || err != nil {
		if err != nil {
			f = append(f, err)
		}
		return nil, f.join()
	}
	if _, err := life.Next(moment{request: r, at: at, voter: by.ID}, r.state, vote); err != nil {
		return nil, err
	}
	node := r.Current()
	who := *r.approver(node, by.ID)
	if by.Name != "" {
		who.Name = by.Name
	}
	return r.WithVote(Vote{Who: who, Node: node, Decision: v.Decision, Comment: v.Comment, At: at}), nil
}

// WithVote returns the request as it is with a vote that [Request.Vote] took
// before: the last of its Votes then. It is how recorded events are replayed, so
// it decides nothing anew, whoever voted and whenever. A vote that no request
// could hold — r is closed, there is no such node, the voter has voted in it —
// leaves r as it is.
func (r *Request) WithVote(v Vote) *Request {
	if life.IsFinal(r.state) || v.Node < 0 || v.Node >= len(r.Panels) || r.voted(v.Node, v.Who.ID) {
		return r
	}
	v.At = instant(v.At)
	next := *r
	next.votes = append(slices.Clip(r.votes), v) // clipped: the receiver's array is shared
	return moment{request: &next, at: v.At}.settled()
}

// mayVote says whether by has a vote in any node.
func (r *Request) mayVote(by penstock.Actor) error {
	for i := range r.Panels {
		if r.approver(i, by.ID) != nil {
			return nil
		}
	}
	forbidden := &penstock.ForbiddenError{
		Right: penstock.Approve, On: penstock.Resource{Kind: "approval", ID: r.RequestID},
	}
	if e := r.exclusion(by.ID); e != nil {
		return fmt.Errorf("%w: separation of duties excludes %s", forbidden, e)
	}
	return forbidden
}

// exclusion returns why the user with id, who is named, has no vote, or nil.
func (r *Request) exclusion(id string) *Exclusion {
	for _, p := range r.Panels {
		if i := slices.IndexFunc(p.Excluded, func(e Exclusion) bool { return e.Party.ID == id }); i >= 0 {
			return &p.Excluded[i]
		}
	}
	return nil
}

func checkVote(v Vote, by penstock.Actor) (f faults) {
	if v.Decision != Approve && v.Decision != Reject {
		f.add("decision", "must be %s or %s", Approve, Reject)
	}
	f.text("comment", v.Comment, MaxText)
	return append(f, checkActor(by)...)
}
