package workflow

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/penstock-go/penstock/store"
)

const (
	logTimeout  = 15 * time.Second // of one answer of the store
	minLogPause = 50 * time.Millisecond
	maxLogPause = 5 * time.Second
)

// store stores a chunk, however often it has to try. It returns an error only if it is
// given up, or the store is closed.
func (s *logStream) store(ctx context.Context, c *pendingChunk) error {
	record, err := s.record(c)
	if err != nil {
		return err
	}
	for pause := minLogPause; ; pause = min(2*pause, maxLogPause) {
		version, err := s.commit(ctx, record)
		if err == nil {
			s.stored(c, version)
			return nil
		}
		s.fail(err)
		if errors.Is(err, store.ErrClosed) {
			return err
		}
		// Until it is known what became of it, the same is tried again.
		if found, err := s.found(ctx, record.Key); err == nil {
			switch {
			case found.Version == record.Version: // nothing
			case bytes.Equal(found.Body, record.Body):
				s.stored(c, found.Version)
				return nil
			case found.Version == 0: // somebody deleted it
				record.Version = 0
			default: // somebody else writes the same log
				if record, err = s.behind(ctx, c, record); err != nil {
					s.fail(err)
				}
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// behind returns the record of a chunk behind what is stored, or as it was if that fails.
func (s *logStream) behind(ctx context.Context, c *pendingChunk, was store.Record) (store.Record, error) {
	if err := s.goBehind(ctx); err != nil {
		return was, err
	}
	record, err := s.record(c)
	if err != nil {
		return was, err
	}
	return record, nil
}

// record returns the record of a chunk as it is now.
func (s *logStream) record(c *pendingChunk) (store.Record, error) {
	s.mu.Lock()
	now := c.logChunk
	s.mu.Unlock()
	body, err := now.body()
	return store.Record{Key: logRecord(s.key, now.n), Version: c.version, Body: body}, err
}

func (s *logStream) commit(ctx context.Context, record store.Record) (version int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	return s.logs.store.Commit(ctx, store.Op{Record: record})
}

func (s *logStream) found(ctx context.Context, key store.Key) (store.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	records, err := s.logs.store.Get(ctx, key)
	if err != nil {
		return store.Record{}, err
	}
	return records[0], nil
}

// place finds out, before anybody sees the first lines, whether they go on behind what
// an earlier writer stored. If that cannot be told now, it is when they are stored.
func (s *logStream) place(ctx context.Context) {
	s.mu.Lock()
	placed := s.placed
	s.mu.Unlock()
	if placed {
		return
	}
	if first, err := s.found(ctx, logRecord(s.key, 1)); err == nil && first.Version > 0 {
		_ = s.goBehind(ctx) // or later
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.placed = true
	s.changed.ring()
}

// goBehind renumbers the chunks so that they go on where what is stored ends.
func (s *logStream) goBehind(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	place, ok, err := s.logs.last(ctx, s.key)
	if err != nil || !ok {
		return err
	}
	record, err := s.found(ctx, logRecord(s.key, place.chunk))
	if err != nil {
		return err
	}
	last, err := readLogChunk(record)
	if err != nil {
		return err
	}
	last.finish()
	s.mu.Lock()
	defer s.mu.Unlock()
	n, line := last.n, last.next()
	for _, c := range s.chunks {
		n++
		c.n, c.first, c.version = n, line, 0
		line = c.next()
	}
	return nil
}

// stored notes that a chunk is stored.
func (s *logStream) stored(c *pendingChunk, version int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.version, s.stalled, s.failed = version, false, nil
}

// fail notes why chunks are not stored.
func (s *logStream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = err
}
