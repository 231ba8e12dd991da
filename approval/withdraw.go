package approval

import (
	"time"

	"github.com/penstock-go/penstock"
)

// Withdraw returns the request as it is once by took it back. Who may do so is
// for the owner of the subject to say; here by must only have an id. It is
// refused ([penstock.ErrRefused]) unless the request is pending, and from the
// deadline on: it lapses then.
func (r *Request) Withdraw(by penstock.Actor, at time.Time) (*Request, error) {
	at, err := r.instantOf(at)
	if err != nil {
		return nil, err
	}
	if f := checkActor(by); f != nil {
		return nil, f.join()
	}
	to, err := life.Next(moment{request: r, at: at}, r.state, withdraw)
	if err != nil {
		return nil, err
	}
	next := r.closed(to, at)
	next.closedBy = partyOf(by)
	return next, nil
}

func checkActor(by penstock.Actor) (f faults) {
	f.under("by", checkParty(partyOf(by), true))
	return f
}

func partyOf(a penstock.Actor) penstock.Party {
	return penstock.Party{Type: penstock.User, ID: a.ID, Name: a.Name}
}
