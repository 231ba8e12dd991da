package releaseplan

import "github.com/penstock-go/penstock/store"

// MaxNotices is how many notices one change makes, but for those that are merged.
const MaxNotices = maxNotices

// Notices returns the events that tell people of changes, which brought a plan
// from before to after.
func Notices(before, after *Plan, changes []Change) ([]store.Event, error) {
	return announce(before, after, changes)
}

// EventOf returns what it is for a plan to enter a state.
func EventOf(s State) Event {
	event, _ := planEvent(s)
	return event
}

// After returns the plan after a change, in the middle of a commit too.
func After(p *Plan, c Change) (*Plan, error) { return p.with(c, &definition{}) }
