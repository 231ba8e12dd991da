package releaseplan

import (
	"slices"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// announce returns the events that carry what people are told of changes, which
// brought a plan from before to after; before is nil if they made the plan. They
// belong to the commit of the changes: what they say is what was so at that moment,
// and nobody has to find out later. What was so in between is found by
// doing the changes once more, but only if anybody may have to be told.
func announce(before, after *Plan, changes []Change) (events []store.Event, err error) {
	if !anyHeard(before, after, changes) {
		return nil, nil
	}
	if before == nil {
		before = &Plan{}
	}
	told, plan := before, before // told is the plan of which everything was told
	for i := range changes {
		if plan, err = plan.with(changes[i], after.def); err != nil {
			return nil, err
		}
		if repeatsAtOnce(changes[i:]) {
			continue
		}
		var notices []outbox.Notice
		if told.def != nil {
			if notices, err = noticesOf(told, &changes[i], plan); err != nil {
				return nil, err
			}
		}
		told = plan
		if len(notices) == 0 {
			continue
		}
		e, err := outbox.Announce(planKey(plan.id), plan.st.Changes, changes[i].At, notices...)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// with returns the plan after a change. What a change makes of the content need
// not be made again if it is the latest.
func (p *Plan) with(c Change, latest *definition) (*Plan, error) {
	next := *p
	if c.Birth != nil && latest.version == 1 || c.Revision != nil && c.Revision.Version == latest.version {
		c.def = latest
	}
	if err := next.apply(&c); err != nil {
		return nil, err
	}
	return &next, nil
}

// anyHeard reports whether anybody may have to be told of changes.
func anyHeard(before, after *Plan, changes []Change) bool {
	some := func(does func(*definition) bool) bool {
		return does(after.def) || before != nil && before.def != after.def && does(before.def)
	}
	if some((*definition).listened) {
		return slices.ContainsFunc(changes, audible)
	}
	return some(func(d *definition) bool { return d.content.NotifiesOwner() }) && slices.ContainsFunc(changes, isError)
}

// audible reports whether a change can be one that listeners hear of.
func audible(c Change) bool {
	switch c.Kind {
	case PlanMoved, PlanMissed, PlanEdited, GateOpened, TaskStarted, TaskStopped, TaskEnded, TaskMoved, TaskChanged:
		return true
	case ExposureStarted, ExposureCompleted, ExposureChanged, ExposureMissed, RolloutPaused, RolloutResumed, RolloutStopped, SafeguardTripped, SafeguardCleared:
		return true
	default:
		return false
	}
}

// isError reports whether a change is one that an owner hears of without asking.
func isError(c Change) bool {
	switch c.Kind {
	case PlanMissed, ExposureMissed, SafeguardTripped:
		return true
	case RolloutPaused:
		return c.Milestone != "" // it cannot be served
	case PlanMoved:
		event, _ := planEvent(State(c.To))
		return event == EventFailed || event == EventExpired
	case TaskEnded:
		return c.To == string(TaskFailed)
	default:
		return false
	}
}

// repeatsAtOnce reports whether the first change is a failure that the second,
// by the task's retry policy, takes back. Nobody hears of it.
func repeatsAtOnce(changes []Change) bool {
	return len(changes) > 1 && changes[0].To == string(TaskFailed) && changes[1].Action == repeat && changes[1].Task == changes[0].Task
}

// listened reports whether anything of the plan has a listener.
func (d *definition) listened() bool {
	return len(d.content.Listeners) > 0 || slices.ContainsFunc(d.phases, func(p *phaseDef) bool { return p.listened })
}
