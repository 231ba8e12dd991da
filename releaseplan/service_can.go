package releaseplan

import (
	"context"
	"errors"
	"slices"

	"github.com/penstock-go/penstock"
)

// Can tells of every action on the plan whether by could do it now, and if not,
// everything that stands against it: see [Plan.Can]. The Authorizer is asked for the right
// of each action.
func (s *Service) Can(ctx context.Context, id string, by penstock.Actor) ([]Verdict, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	now := s.now()
	all := st.plan.Can(by, now)
	if err := s.askRights(ctx, all, by, st.plan.Resource()); err != nil {
		return nil, err
	}
	return all, s.canFinalize(ctx, st.plan.At(now), by, all)
}

// CanTask is Can for every action on one task.
func (s *Service) CanTask(ctx context.Context, id, task string, by penstock.Actor) ([]Verdict, error) {
	return s.can(ctx, id, by, func(p *Plan) ([]Verdict, error) { return p.CanTask(task, by, s.now()) })
}

// CanMilestone is Can for every action on one milestone, which is named by its id
// or name.
func (s *Service) CanMilestone(ctx context.Context, id, milestone string, by penstock.Actor) ([]Verdict, error) {
	return s.can(ctx, id, by, func(p *Plan) ([]Verdict, error) { return p.CanMilestone(milestone, by, s.now()) })
}

func (s *Service) can(ctx context.Context, id string, by penstock.Actor, judge func(*Plan) ([]Verdict, error)) ([]Verdict, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	all, err := judge(st.plan)
	if err != nil {
		return nil, err
	}
	return all, s.askRights(ctx, all, by, st.plan.Resource())
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
		refusal := Refusal{Rule: "permitted", Needs: needsOf(err), Err: err}
		if !slices.ContainsFunc(v.Refusals, func(r Refusal) bool { return r.Rule == refusal.Rule && r.Needs == refusal.Needs }) {
			v.Refusals = append(v.Refusals, refusal)
		}
		v.Allowed = false
	}
	return nil
}
