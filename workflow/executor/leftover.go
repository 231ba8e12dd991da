package executor

import (
	"sync"
	"time"
)

const sweepPause = time.Minute // at least between looks that nothing calls for

// A sweeper ends processes that hosts have left which were killed.
type sweeper struct {
	mu   sync.Mutex
	next time.Time // when it looks by itself
}

// sweep looks for attempts below dir: if it must, or has not for a while. It returns when they are gone.
func (s *sweeper) sweep(dir string, must bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if must || !time.Now().Before(s.next) {
		endLeftovers(dir)
		s.next = time.Now().Add(sweepPause)
	}
}
