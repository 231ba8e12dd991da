package workflow

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock"
)

// Can tells of every action on the run whether by could do it now, and if not,
// everything that stands against it: see [Run.Can]. The Authorizer is asked for the right
// of each action. Of a run that is queued it also tells, as an [Admit], what
// keeps it waiting.
func (s *Service) Can(ctx context.Context, id string, by penstock.Actor) ([]Verdict, error) {
	st, err := s.readRun(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	now := s.now()
	r, all := st.run.At(now), st.run.Can(by, now)
	if err := s.askRights(ctx, all, by, r.Resource()); err != nil {
		return nil, err
	}
	for i := range all {
		if err := s.judge(ctx, r, &all[i], by); err != nil {
			return nil, err
		}
	}
	if r.st.State != RunQueued {
		return all, nil
	}
	waits, err := s.canAdmit(ctx, r)
	return append(all, waits), err
}

// askRights adds to verdicts what the Authorizer says against them; each right is asked for once.
func (s *Service) askRights(ctx context.Context, all []Verdict, by penstock.Actor, on penstock.Resource) error {
	said := map[penstock.Right]error{penstock.Read: nil} // who asks may read
	for i := range all {
		v := &all[i]
		right := v.Action.Right()
		err, asked := said[right]
		if !asked {
			err = s.authorizer.Ask(ctx, by, right, on)
			said[right] = err
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, penstock.ErrForbidden) {
			return err
		}
		v.refuse(Refusal{Rule: "permitted", Needs: needsOf(err), Err: err})
	}
	return nil
}

// canAdmit tells what keeps a queued run waiting for its turn.
func (s *Service) canAdmit(ctx context.Context, r *Run) (Verdict, error) {
	v := Verdict{Action: Admit, Allowed: true}
	d, err := s.latest(ctx, r)
	if err != nil {
		return v, err
	}
	if n, limited := d.Limit(); limited && n == 0 {
		v.refuse(Refusal{Rule: "limit", Needs: needsLimit})
		return v, nil
	}
	switch _, err := s.place(ctx, r); {
	case errors.Is(err, errFull):
		v.refuse(Refusal{Rule: "limit", Needs: "another run of the workflow to end or to pause", Err: err})
	case errors.Is(err, errAllFull):
		v.refuse(Refusal{Rule: "limit", Needs: "a run of any workflow to end or to pause", Err: err})
	case err != nil:
		return v, err
	}
	return v, nil
}

// refuse adds to what stands against an action, unless it was said already.
func (v *Verdict) refuse(x Refusal) {
	v.Allowed = false
	for _, said := range v.Refusals {
		if said.Rule == x.Rule && said.Needs == x.Needs {
			return
		}
	}
	v.Refusals = append(v.Refusals, x)
}
