package releaseplan

import (
	"context"

	"github.com/penstock-go/penstock"
)

// CanTasks is [Service.CanTask] for every task of the plan, by the id of the task: the plan is read
// once, and the Authorizer asked once for each right.
func (s *Service) CanTasks(ctx context.Context, id string, by penstock.Actor) (map[string][]Verdict, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	now, size := s.now(), len(taskActions())
	var all []Verdict
	for _, phase := range st.plan.def.phases {
		for j := range phase.Tasks {
			verdicts, err := st.plan.CanTask(phase.Tasks[j].ID, by, now)
			if err != nil {
				return nil, err
			}
			all = append(all, verdicts...)
		}
	}
	if err := s.askRights(ctx, all, by, st.plan.Resource()); err != nil {
		return nil, err
	}
	byTask := make(map[string][]Verdict, len(all)/size)
	for ; len(all) > 0; all = all[size:] {
		byTask[all[0].Task] = all[:size:size]
	}
	return byTask, nil
}
