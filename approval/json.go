package approval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/penstock-go/penstock"
)

// wire is how a request is stored. The format is kept for good: members may be
// added, and empty ones are left out.
type wire struct {
	terms
	State    State          `json:"state"`
	Votes    []Vote         `json:"votes,omitempty"`
	Instance string         `json:"instance,omitempty"`
	ClosedAt time.Time      `json:"closed_at,omitzero"`
	ClosedBy penstock.Party `json:"closed_by,omitzero"`
}

// MarshalJSON returns the stored form of the request, all of it. The format is
// kept for good.
func (r *Request) MarshalJSON() ([]byte, error) {
	return json.Marshal(wire{r.terms, r.state, r.votes, r.instance, r.closedAt, r.closedBy})
}

// UnmarshalJSON reads what [Request.MarshalJSON] wrote, exactly. Unknown members
// and whatever no request can hold are [penstock.ErrInvalid], every fault with
// its path; r is unchanged then.
func (r *Request) UnmarshalJSON(text []byte) error {
	var w wire
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&w); err != nil {
		return penstock.Invalid("", "not a stored approval request: %v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return penstock.Invalid("", "not a stored approval request: something follows it")
	}
	w.Opened = instant(w.Opened)
	if !w.ClosedAt.IsZero() {
		w.ClosedAt = instant(w.ClosedAt)
	}
	for i := range w.Votes {
		w.Votes[i].At = instant(w.Votes[i].At)
	}
	next := &Request{w.terms, w.State, w.Votes, w.Instance, w.ClosedAt, w.ClosedBy}
	if f := next.check(); f != nil {
		return f.join()
	}
	*r = *next
	return nil
}

// check reports what Open, and the moves that follow it, could not have made.
func (r *Request) check() (f faults) {
	opening := Opening{
		ID: r.RequestID, Policy: r.Asks, Subject: r.Subject, At: r.Opened,
		By: penstock.Actor{ID: r.By.ID, Name: r.By.Name},
	}
	f = append(f, opening.check()...)
	if len(r.Panels) == 0 || len(r.Panels) != len(r.Asks.Nodes) {
		f.add("nodes", "must be those of the policy, %d, not %d", len(r.Asks.Nodes), len(r.Panels))
	}
	for i, p := range r.Panels {
		if p.Needed < 1 || p.Needed > len(p.Approvers) || len(p.Approvers) > MaxVoters {
			f.add(fmt.Sprintf("nodes[%d]", i), "must need from 1 to %d approvals, not %d", len(p.Approvers), p.Needed)
		}
		for j, a := range p.Approvers {
			if a.ID == "" || a.Type != penstock.User {
				f.add(fmt.Sprintf("nodes[%d].approvers[%d]", i, j), "must be a user with an id")
			}
		}
	}
	f = append(f, r.checkAnswer(Answer{Outcome: Pending, Votes: r.votes})...)
	if f != nil {
		return f // the rest reads the nodes and the votes
	}
	return r.checkState()
}

func (r *Request) checkState() (f faults) {
	if r.state != Pending && !life.IsFinal(r.state) {
		f.add("state", "must be one of %v", life.States())
	}
	if closed := r.state != Pending; closed == r.closedAt.IsZero() {
		f.add("closed_at", "must be set if the request is closed, and only then")
	}
	if r.Kind().Remote() {
		return f
	}
	for i, v := range r.votes {
		if r.approver(v.Node, v.Who.ID) == nil {
			f.add(fmt.Sprintf("votes[%d].who", i), "must be an approver of the node")
		}
	}
	verdict := r.verdict()
	if decided := r.state == Approved || r.state == Rejected; (decided || verdict != Pending) && verdict != r.state {
		f.add("state", "must be %s, as the votes say", verdict)
	}
	if r.instance != "" {
		f.add("instance", "must be empty for a native approval")
	}
	return f
}
