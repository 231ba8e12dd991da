package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
)

// An Origin is the task of a release plan that started a run. Only Go code can give
// one, to [Service.StartFor]: no JSON of a caller does. It is stored with the run, which
// then refuses to be retried by itself: its task is. A clone has none.
type Origin struct {
	Plan     string `json:"plan"`                // id
	PlanName string `json:"plan_name,omitempty"` // for people
	Task     string `json:"task"`                // id
	TaskName string `json:"task_name,omitempty"` // for people

	// Digest stands for what the task asked for, so that who follows the run can tell
	// whether it is what would be asked for now. At most 255 characters; may be empty.
	Digest string `json:"digest,omitempty"`

	Approval *Granted `json:"approval,omitempty"` // passed on: see [Granted]; default: the run asks by itself
}

// Origin returns which task of which plan started the run, as a copy, or nil.
func (r *Run) Origin() *Origin { return r.start.Origin.clone() }

// StartFor is [Service.StartAs] for a task of a release plan, which the run remembers. A
// run with the id that is there already is returned, whatever became of its
// workflow since; one that something else than that task started is an ErrExists.
//
// What is wrong with the origin is an ErrInvalid. If it passes an approval on, the
// Authorizer is asked whether by has the right to approve on the workflow, besides that to
// execute it.
func (s *Service) StartFor(ctx context.Context, id, key string, in Start, origin Origin, by penstock.Actor) (*Run, error) {
	if err := origin.check(); err != nil {
		return nil, err
	}
	in.Origin = origin.clone()
	return s.startOnce(ctx, id, key, in, by)
}

// same reports whether two runs were started by the same: a task of a plan, or no plan.
func (o *Origin) same(other *Origin) bool {
	if o == nil || other == nil {
		return o == other
	}
	return o.Plan == other.Plan && o.Task == other.Task
}

func (o *Origin) clone() *Origin {
	if o == nil {
		return nil
	}
	c := *o
	if o.Approval != nil {
		granted := *o.Approval
		granted.By = slices.Clone(granted.By)
		c.Approval = &granted
	}
	return &c
}

func (o *Origin) check() error {
	if o == nil {
		return nil
	}
	var c Checker
	at := c.At("origin")
	at.Name("plan", o.Plan)
	at.Short("plan_name", o.PlanName)
	at.Name("task", o.Task)
	at.Short("task_name", o.TaskName)
	at.Short("digest", o.Digest)
	o.Approval.check(at.At("approval"))
	return c.Faults()
}

// label names the task for people.
func (o *Origin) label() string {
	return fmt.Sprintf("task %q of plan %q", first(o.TaskName, o.Task), first(o.PlanName, o.Plan))
}

// toRetry says, for a run of a plan, what the static text of a guard cannot: which task
// is to be retried.
func (r *Run) toRetry(needs string) string {
	if needs == ofNoPlan.Needs && r.start.Origin != nil {
		return "a person to retry " + r.start.Origin.label() + " instead"
	}
	return needs
}

// named returns a refusal with that said.
func (r *Run) named(err error) error {
	if refused, ok := errors.AsType[*penstock.RefusedError](err); ok && r.start.Origin != nil {
		for i, needs := range refused.Needs {
			refused.Needs[i] = r.toRetry(needs)
		}
	}
	return err
}

// secretsKept reports values that are secrets elsewhere and would be shown here.
func (s *Start) secretsKept(d *Definition) error {
	var c Checker
	for i, a := range s.Params {
		if p := d.Param(a.Name); slices.Contains(s.Secrets, a.Name) && p != nil && !p.IsSecret() {
			c.Fault(fmt.Sprintf("parameters[%d].value", i), "is a secret, and the parameter %q is none", short(a.Name))
		}
	}
	return c.Faults()
}
