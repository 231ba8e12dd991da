package workflow

import (
	"context"
	"time"
)

// logDelay is after how long what was written is stored.
const logDelay = time.Second

// A logFlush is the goroutine that stores the chunks of a stream. There is one only
// while there is something to store.
type logFlush struct {
	urgent chan struct{} // tells it that it need not wait
	giveUp context.CancelFunc
	over   chan struct{} // closed at its end
}

// flushSoon makes sure that what was written is stored. The caller holds mu.
func (s *logStream) flushSoon() {
	if s.flushing == nil && !s.dead {
		ctx, cancel := context.WithCancel(context.Background())
		s.flushing = &logFlush{urgent: make(chan struct{}, 1), giveUp: cancel, over: make(chan struct{})}
		go s.flush(ctx, s.flushing)
	}
	if s.flushing != nil && (len(s.chunks) > 1 || s.closing) {
		select {
		case s.flushing.urgent <- struct{}{}:
		default:
		}
	}
}

// flush stores full chunks at once and the last one after a second, until there is
// nothing left, or it is given up.
func (s *logStream) flush(ctx context.Context, f *logFlush) {
	defer close(f.over)
	defer f.giveUp()
	delay := time.NewTimer(logDelay)
	defer delay.Stop()
	s.place(ctx)
	for {
		due := false
		select {
		case <-delay.C:
			due = true
			delay.Reset(logDelay)
		case <-f.urgent:
		}
		for c := s.oldest(due); c != nil; c = s.oldest(due) {
			if err := s.store(ctx, c); err != nil {
				s.die(c)
				return
			}
		}
		if s.idle() {
			return
		}
	}
}

// oldest returns the next chunk to be stored, and lets go of those that are. The last
// one is returned only when it is due.
func (s *logStream) oldest(due bool) *pendingChunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.chunks) > 1 && !s.chunks[0].dirty {
		s.chunks[0] = nil
		s.chunks = s.chunks[1:]
		s.room.ring()
	}
	c := s.chunks[0]
	if !c.dirty || len(s.chunks) == 1 && !due && !s.closing {
		return nil
	}
	c.dirty = false
	c.sealed = len(c.text) >= goodLogChunk
	return c
}

// idle reports whether there is nothing to store, and then ends the flush.
func (s *logStream) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.chunks) > 1 || s.chunks[0].dirty {
		return false
	}
	s.flushing = nil
	return true
}

// die gives up what is not stored, from a chunk on.
func (s *logStream) die(c *pendingChunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.dirty, s.dead, s.stalled, s.flushing = true, true, true, nil
	s.room.ring()
}
