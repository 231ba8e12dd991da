package workflow

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// mayGoOn checks for a retry, and for a stage that is executed by hand, what a start is checked for:
// both are ways in. The pre-approval ticket of the run has to allow what is run from then on, and by;
// a retry also takes a workflow that can be started, and the op that it returns sees to it that it still can be
// when the retry is committed.
func (s *Service) mayGoOn(ctx context.Context, r *Run, c Command, by penstock.Actor) (ops []store.Op, err error) {
	start := r.start
	switch c.Action {
	case RetryRun:
		pin, err := s.startable(ctx, r)
		if err != nil {
			return nil, err
		}
		ops = append(ops, pin)
	case ExecuteStage:
		if i := r.current(); len(c.Inputs) > 0 && i < len(r.graph.stages) {
			start = start.with(StageInputs{Stage: r.graph.stages[i].Name, Inputs: c.Inputs})
		}
	default:
		return nil, nil
	}
	err = s.ticketAllows(ctx, r.graph.def, start, by, r.starter())
	if refused, ok := errors.AsType[*penstock.RefusedError](err); ok {
		return nil, &penstock.RefusedError{Action: string(c.Action), State: string(r.st.State), Needs: refused.Needs, Earliest: refused.Earliest}
	}
	return ops, err
}

// startable refuses a retry of a run whose workflow cannot be started any more.
func (s *Service) startable(ctx context.Context, r *Run) (store.Op, error) {
	refusal := &penstock.RefusedError{Action: string(RetryRun), State: string(r.st.State)}
	d, _, pin, err := s.pinned(ctx, r.graph.def.Key)
	switch {
	case errors.Is(err, penstock.ErrNotFound):
		refusal.Needs = []string{"a workflow that was not deleted"}
		return pin, refusal
	case err != nil:
		return pin, err
	}
	if refusal.Needs = d.unfit(); len(refusal.Needs) > 0 {
		return pin, refusal
	}
	return pin, nil
}

// unfit returns what keeps every run of a definition from starting.
func (d *Definition) unfit() (needs []string) {
	if d.Disabled {
		needs = append(needs, "a workflow that is not disabled")
	}
	if n, limited := d.Limit(); limited && n == 0 {
		needs = append(needs, needsLimit)
	}
	return needs
}

const needsLimit = "a concurrency_limit that is not 0"

// judge adds to a verdict what stands against it besides the run itself.
func (s *Service) judge(ctx context.Context, r *Run, v *Verdict, by penstock.Actor) error {
	_, err := s.mayGoOn(ctx, r, Command{Action: v.Action, Stage: v.Stage}, by)
	refused, ok := errors.AsType[*penstock.RefusedError](err)
	switch {
	case err == nil:
	case ok:
		for _, needs := range refused.Needs {
			v.refuse(Refusal{Rule: "start", Needs: needs, Earliest: refused.Earliest, Err: err})
		}
	case errors.Is(err, penstock.ErrForbidden):
		v.refuse(Refusal{Rule: "permitted", Needs: needsOf(err), Err: err})
	case errors.Is(err, penstock.ErrNotFound):
		v.refuse(Refusal{Rule: "start", Needs: "its pre-approval ticket", Err: err})
	default:
		return err
	}
	return nil
}
