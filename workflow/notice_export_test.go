package workflow

import (
	"context"

	"github.com/penstock-go/penstock/store"
)

// Announce returns the events that tell people of changes, which brought a run from base, or
// nil, to next; before is how the run before ended, if anybody asks.
func Announce(base, next *Run, changes []Change, before *RunState) ([]store.Event, error) {
	return announce(base, next, changes, before)
}

// IsHeard reports whether anybody is to be told of what becomes of the run.
func IsHeard(r *Run) bool { return r.graph.listening != nil }

// Told returns what a Service commits to tell people of the changes that made a run.
func Told(s *Service, r *Run, changes []Change) ([]store.Event, error) {
	return s.told(context.Background(), nil, r, changes)
}
