package platform

import (
	"maps"
	"sync"
	"time"
)

// Seen remembers for a while which messages came, so that one that comes again can be
// told from a new one. It is bounded: when it is full it remembers nothing further.
// The zero value is ready, and safe for concurrent use.
type Seen struct {
	mu   sync.Mutex
	keys map[string]time.Time // until when each is kept
	tidy time.Time            // when to look next for what need not be kept
}

// maxSeen is how many messages are remembered at most.
const maxSeen = 10_000

// Has reports whether key was added and is still remembered.
func (s *Seen) Has(key string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.keys[key]
	return ok && now.Before(until)
}

// Add remembers key until that time.
func (s *Seen) Add(key string, now, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		s.keys = make(map[string]time.Time)
	}
	if len(s.keys) >= maxSeen && !now.Before(s.tidy) {
		s.tidy = now.Add(time.Minute)
		maps.DeleteFunc(s.keys, func(_ string, until time.Time) bool { return !now.Before(until) })
	}
	if len(s.keys) < maxSeen {
		s.keys[key] = until
	}
}
