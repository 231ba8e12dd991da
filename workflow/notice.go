package workflow

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// told returns the events that carry what people are told of changes, which brought a
// run from base, nil if there was none, to next. They belong to the commit of the changes.
func (s *Service) told(ctx context.Context, base *storedRun, next *Run, changes []Change) ([]store.Event, error) {
	l := next.graph.listening
	if l == nil {
		return nil, nil
	}
	audible, ends := false, false
	for i := range changes {
		audible = audible || l.audible(&changes[i])
		ends = ends || changes[i].Kind == RunMoved && RunState(changes[i].To).Ended()
	}
	if !audible {
		return nil, nil
	}
	var before *RunState
	if l.changed && ends {
		state, err := s.endedBefore(ctx, next)
		if err != nil {
			return nil, fmt.Errorf("look for the run before %s: %w", next.id, err)
		}
		before = &state
	}
	if base == nil {
		return announce(nil, next, changes, before)
	}
	return announce(base.run, next, changes, before)
}

// endedBefore returns how the run of the same workflow ended that was made before r, the
// latest of those that have ended; empty if there is none.
func (s *Service) endedBefore(ctx context.Context, r *Run) (RunState, error) {
	found, err := s.store.Find(ctx, store.Query{
		Kind: kindRun, Limit: 1, NoBody: true, Order: store.Order{Desc: true},
		After: &store.Cursor{Sort: r.st.Created.At.UnixMicro(), ID: r.id},
		Where: []store.Filter{store.Equals(runWorkflow, r.Workflow()), store.In(runState,
			string(RunPassed), string(RunSkipped), string(RunFailed), string(RunTimedOut), string(RunCanceled), string(RunRejected))},
	})
	if err != nil || len(found.Records) == 0 {
		return "", err
	}
	return RunState(first(found.Records[0].Fields[runState]...)), nil
}

// announce is [Service.told] without a store; before is how the run before ended, if
// anybody asked for that. What was so in between is found by doing the changes once more.
func announce(base, next *Run, changes []Change, before *RunState) (events []store.Event, err error) {
	var now *Run
	if base == nil {
		now, err = next.fresh()
	} else {
		now = base.copy()
	}
	if err != nil {
		return nil, err
	}
	t := &telling{run: now, before: before, passing: make(map[string]bool)}
	for i := range changes {
		c := &changes[i]
		if err := now.replay(c, next.start.Later); err != nil {
			return nil, err
		}
		l := now.graph.listening
		if l == nil || !l.audible(c) {
			continue
		}
		t.change, t.notices, t.masker = c, nil, nil
		if t.hear(l, changes[i+1:]); len(t.notices) == 0 {
			continue
		}
		e, err := outbox.Announce(runKey(now.id), now.st.Changes, c.At, t.notices...)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, t.err
}
