package approval

import "time"

// A Pacer is a [Provider] that says how often it wants to be polled. One whose callback
// rings when there is news can be left alone for longer than one that has none, and one
// whose calls are counted has to be.
type Pacer interface {
	// Every returns how long to leave an instance alone between two polls; 0: DefaultEvery. It is
	// asked once, when a service is made.
	Every() time.Duration
}

// The bounds of how long an instance is left alone between two polls.
const (
	DefaultEvery  = 3 * time.Second
	ShortestEvery = time.Second
	LongestEvery  = 24 * time.Hour
)

// Every returns how long to leave an instance of from alone between two polls: what it says
// as a [Pacer], or the bound that is nearest to that; DefaultEvery if it says nothing.
func Every(from Provider) time.Duration {
	if p, ok := from.(Pacer); ok {
		if every := p.Every(); every > 0 {
			return min(max(every, ShortestEvery), LongestEvery)
		}
	}
	return DefaultEvery
}
