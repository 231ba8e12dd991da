package workflow

import (
	"fmt"
	"sync"
	"time"
)

// A LogWriter writes a log. It is an [io.WriteCloser] for the Log of an [Execution]: its
// Write never fails, and it is safe for concurrent use.
//
// What is written is seen at once by those who follow the log in this process. It is
// stored as soon as a chunk is full, and a second later in any case; what was stored
// before a crash is there after it. Readers never hold a writer up. The store does
// only while 1 MiB waits for it, and 10 s long: then what is written is dropped until
// the store works again, and a line of the log says how much. Beyond
// LogsConfig.MaxBytes everything is dropped, and the last line says how much.
type LogWriter struct {
	stream *logStream

	mu     sync.Mutex
	mask   *MaskWriter
	closed bool
	err    error // of Close
}

// Writer begins the log of an attempt; masker, which may be nil, knows the secrets that
// it must not show. Close has to be called at the end. A log that is written for the second
// time goes on behind what is there. A fault of the key is an ErrInvalid.
func (l *Logs) Writer(key LogKey, masker *Masker) (*LogWriter, error) {
	if err := key.check(1); err != nil {
		return nil, err
	}
	s := &logStream{logs: l, key: key}
	l.open(s)
	return &LogWriter{stream: s, mask: masker.Writer(s)}, nil
}

// Write takes b, and returns its length and nil, always. After Close it does
// nothing. It does not keep b.
func (w *LogWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		_, _ = w.mask.Write(b) // the stream never fails
	}
	return len(b), nil
}

// Close ends the log, and returns when all of it is stored: a log to which nothing was
// written leaves nothing there. If the store takes nothing for 10 s, the rest is given
// up and the error tells why. Closing again returns the same.
func (w *LogWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return w.err
	}
	w.closed = true
	_ = w.mask.Close() // as in Write
	w.err = w.stream.finish()
	w.stream.logs.close(w.stream)
	return w.err
}

// finish says that nothing more is to come, and waits until all is stored or that is
// given up.
func (s *logStream) finish() error {
	at := s.logs.now().UnixMilli()
	s.add(s.utf8.feed(nil, true), at)
	if f := s.end(at); f != nil {
		s.await(f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.changed.ring()
	return s.unstored()
}

// await waits until f is over, and gives it up if nothing is stored for too long.
func (s *logStream) await(f *logFlush) {
	patience := time.NewTimer(logPatience)
	defer patience.Stop()
	for {
		s.mu.Lock()
		room := s.room.next()
		s.mu.Unlock()
		select {
		case <-f.over:
			return
		case <-room:
			patience.Reset(logPatience)
		case <-patience.C:
			f.giveUp()
			<-f.over
			return
		}
	}
}

// end writes the last lines, and returns who stores them: nil if there are none.
func (s *logStream) end(at int64) *logFlush {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost > 0 {
		s.note(at, "%d bytes are lost: the store did not take them in time", s.lost)
	}
	if s.over > 0 {
		s.note(at, "the log is full: %d bytes were dropped", s.over)
	}
	s.closing = true
	if len(s.chunks) > 0 {
		c := s.last()
		if !s.line.complete() {
			s.line.state = lineEnded
			c.lines++
		}
		c.dirty, c.closed = true, true
		s.flushSoon()
	}
	return s.flushing
}

// unstored returns an error if there is something that could not be stored.
func (s *logStream) unstored() error {
	left := int64(0)
	for _, c := range s.chunks {
		if c.dirty {
			left += int64(len(c.text))
		}
	}
	if left == 0 {
		return nil
	}
	return fmt.Errorf("the last %d bytes of the log of %s may not be stored: %w", left, s.key, s.failed)
}
