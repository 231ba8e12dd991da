package workflow

import (
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// request opens a request of the run for an approval.
func (r *Run) request(policy approval.Policy, kind string, at time.Time) (*approval.Request, error) {
	starter := r.st.Created.By.ID
	return approval.Open(approval.Opening{
		ID: r.derivedID(kind, r.st.Changes+1), Policy: policy.Clone(),
		Subject: approval.Subject{Hash: r.id, Author: starter, LastEditor: starter},
		Members: r.start.Members, By: penstock.System(), At: at,
	})
}

// jobRequest opens the request of an approval job, with its variables filled in.
func (r *Run) jobRequest(i int, at time.Time) (*approval.Request, error) {
	n := &r.graph.nodes[i]
	policy := n.policy
	if n.dynamic {
		text, err := n.filled(r.variables())
		if err != nil {
			return nil, err
		}
		filled := node{job: n.job, spec: text}
		if err := filled.interpret(nil); err != nil {
			return nil, err
		}
		policy = filled.policy
		policy.Description = r.masker().Mask(policy.Description) // everybody is shown it
	}
	return r.request(*policy, "job/"+n.key, at)
}

// canAsk reports what stands against requests that the run is sure to open: groups
// without members, people who may not vote. A run that could not open one would
// come to a halt there.
func (r *Run) canAsk(at time.Time) error {
	if r.granted() {
		return nil
	}
	var faults []error
	for _, s := range r.graph.stages {
		if s.Approval != nil && s.Approval.Required() {
			_, err := r.request(*s.Approval, "stage", at)
			faults = append(faults, under(fmt.Sprintf("stages[%d].approval", s.place), err))
		}
	}
	for i := range r.graph.nodes {
		if n := &r.graph.nodes[i]; n.policy != nil && !n.dynamic {
			_, err := r.jobRequest(i, at)
			faults = append(faults, under(n.path+".spec", err))
		}
	}
	return errors.Join(faults...)
}

// under returns the faults of a part with its path.
func under(path string, err error) error {
	var faults []error
	for _, f := range penstock.Faults(err) {
		faults = append(faults, &penstock.InvalidError{Field: joined(path, f.Field), Why: f.Why})
	}
	if faults == nil {
		return err
	}
	return errors.Join(faults...)
}
