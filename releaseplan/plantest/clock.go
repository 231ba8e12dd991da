package plantest

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A Time tells the time and lets it pass. [Clock] is one for tests of a Service,
// [Bubble] one for tests with a Runner.
type Time interface {
	Now() time.Time
	Advance(d time.Duration)
}

// A Clock stands still until it is told to go on: its Now is made for
// releaseplan.Config.Now. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a Clock that shows a time; the zero time means [Start].
func NewClock(at time.Time) *Clock {
	if at.IsZero() {
		at = Start()
	}
	return &Clock{now: at}
}

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance lets the clock go on by d. A clock never goes back: a negative d counts as 0.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
}

// Bubble is the clock of a testing/synctest bubble, which goes on by itself when
// everything in it waits. Outside of one it is that of the wall, and Advance takes
// as long as it says.
type Bubble struct{}

// Now returns time.Now.
func (Bubble) Now() time.Time { return time.Now() }

// Advance waits for d.
func (Bubble) Advance(d time.Duration) { <-time.After(d) }

// IDs returns a source of ids that are the same in every run: prefix-1, prefix-2 and so on. It
// is made for releaseplan.Config.NewID, and safe for concurrent use.
func IDs(prefix string) func() string {
	var n atomic.Int64
	return func() string { return prefix + "-" + strconv.FormatInt(n.Add(1), 10) }
}
