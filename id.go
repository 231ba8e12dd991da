package penstock

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// IDs makes ids: ULIDs that sort by the time of their making and, within one
// source, strictly by order. It is safe for concurrent use.
type IDs struct {
	mu      sync.Mutex
	now     func() time.Time
	last    uint64 // the latest millisecond that was used
	entropy *ulid.MonotonicEntropy
}

// NewIDs returns a source of ids that takes the time from now, or from
// [time.Now] if now is nil.
func NewIDs(now func() time.Time) *IDs {
	if now == nil {
		now = time.Now
	}
	return &IDs{now: now, entropy: ulid.Monotonic(rand.Reader, 0)}
}

// New returns an id that was never returned before.
func (s *IDs) New() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ms := min(uint64(max(s.now().UnixMilli(), 0)), ulid.MaxTime()-1)
	s.last = max(s.last, ms) // a clock that goes back does not disturb the order
	id, err := ulid.New(s.last, s.entropy)
	if err != nil { // the 80 random bits of this millisecond overflowed
		s.last++
		id = ulid.MustNew(s.last, s.entropy)
	}
	return id.String()
}
