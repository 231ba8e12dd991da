package releaseplan

import (
	"context"
	"time"

	"github.com/penstock-go/penstock"
)

// Explain is [Plan.Explain] of a stored plan, now. The Authorizer is asked for the right to read
// the plan, and for that of the action.
func (s *Service) Explain(ctx context.Context, id string, a Action, task string, by penstock.Actor) (Verdict, error) {
	var all []Verdict
	var err error
	if task != "" || a.onTask() {
		all, err = s.CanTask(ctx, id, task, by)
	} else {
		all, err = s.Can(ctx, id, by)
	}
	if err != nil {
		return Verdict{}, err
	}
	for _, v := range all {
		if v.Action == a {
			return v, nil
		}
	}
	return Verdict{}, notAskable(a, task)
}

// NextOpening is [Plan.NextOpening] of a stored plan, from now on. It takes the right to read the plan.
func (s *Service) NextOpening(ctx context.Context, id, task string, d time.Duration, by penstock.Actor) (time.Time, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if err != nil {
		return time.Time{}, err
	}
	return st.plan.NextOpening(task, d, s.now())
}
