package releaseplan

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
)

// A ListenerStatus is a listener where it is, with what the Directory says of
// its recipients now.
type ListenerStatus struct {
	Listener
	Phase string `json:"phase,omitempty"` // the id of the phase that has it, or of its task's
	Task  string `json:"task,omitempty"`  // the id of the task that has it; neither: the plan has it

	// Recipients that are unknown or inactive: they hear of nothing.
	Invalid []penstock.Party `json:"invalid_recipients,omitempty"`
}

// Listeners returns every listener of the plan, then of its phases and tasks in
// their order, as they are now: the Directory is asked each time, about each
// party once. It takes the right to read the plan. An error of the Directory other
// than an ErrNotFound is returned as it is.
func (s *Service) Listeners(ctx context.Context, id string, by penstock.Actor) ([]ListenerStatus, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	all := st.plan.listeners()
	invalid := make(map[string]bool)
	for i := range all {
		for _, r := range all[i].Recipients {
			key := partyKey(r)
			bad, known := invalid[key]
			if !known {
				if bad, err = s.hearsNothing(ctx, r); err != nil {
					return nil, err
				}
				invalid[key] = bad
			}
			if bad {
				all[i].Invalid = append(all[i].Invalid, r)
			}
		}
	}
	return all, nil
}

// hearsNothing reports whether a party is unknown or inactive.
func (s *Service) hearsNothing(ctx context.Context, p penstock.Party) (bool, error) {
	info, err := s.directory.Party(ctx, p)
	switch {
	case errors.Is(err, penstock.ErrNotFound):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("recipient %s: %w", short(p.Label()), err)
	default:
		return !info.Active, nil
	}
}

// listeners returns every listener of the plan, without looking anybody up.
func (p *Plan) listeners() (all []ListenerStatus) {
	add := func(listeners []Listener, phase, task string) {
		for _, l := range listeners {
			all = append(all, ListenerStatus{Listener: l.clone(), Phase: phase, Task: task})
		}
	}
	add(p.def.content.Listeners, "", "")
	for _, phase := range p.def.phases {
		add(phase.Listeners, phase.ID, "")
		for j := range phase.Tasks {
			if phase.listened {
				add(phase.Tasks[j].Listeners, phase.ID, phase.Tasks[j].ID)
			}
		}
	}
	return all
}
