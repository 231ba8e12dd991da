package workflow

import (
	"fmt"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	logPiece    = 32 << 10         // bytes that are taken at once
	logPending  = 16               // chunks that may wait for the store
	logPatience = 10 * time.Second // for which a writer waits for a store that takes nothing
)

// A logStream is a log while it is written: the chunks that are not stored yet, and
// the last one. Readers take copies of them; they never hold the writer up. Its writer
// calls Write and finish one at a time.
type logStream struct {
	logs *Logs
	key  LogKey
	utf8 utf8Filter // the writer's own

	mu      sync.Mutex
	chunks  []*pendingChunk // from the oldest that is not stored; the last one always stays
	line    logLine         // the last
	start   int             // where it begins in the last chunk
	size    int64           // bytes that were kept
	over    int64           // bytes that were dropped because the log is full
	lost    int64           // bytes that were dropped because the store took nothing, since the last note of it
	stalled bool            // the writer waited in vain, and does not wait again before the store works
	closing bool            // nothing more is to come
	closed  bool            // readers need not wait any longer
	placed  bool            // it is known what is stored before the chunks
	changed logBell         // rings when there is more to read
	room    logBell         // rings when a chunk was stored, or none ever will be

	flushing *logFlush // who stores the chunks; nil if there is nothing to do
	failed   error     // why chunks are not stored
	dead     bool      // they never will be
}

// A pendingChunk is a chunk that is written, and how it is stored.
type pendingChunk struct {
	logChunk
	version int64 // that is stored, 0 if none; only who flushes uses it
	dirty   bool  // there is something that is not stored
	sealed  bool  // the next line goes to another chunk
}

// Write takes text as it comes, and never fails.
func (s *logStream) Write(b []byte) (int, error) {
	at := s.logs.now().UnixMilli()
	for rest := b; len(rest) > 0; {
		n := min(logPiece, len(rest))
		s.add(s.utf8.feed(rest[:n], false), at)
		rest = rest[n:]
	}
	return len(b), nil
}

// add keeps valid text, as much as there is room for.
func (s *logStream) add(text []byte, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(text) == 0 {
		return
	}
	if s.over > 0 {
		s.over += int64(len(text))
		return
	}
	if s.dead || !s.wait() {
		s.lost += int64(len(text))
		return
	}
	if s.lost > 0 {
		s.note(at, "%d bytes are lost: the store did not take them in time", s.lost)
		s.lost = 0
	}
	keep := text
	if room := s.logs.max - s.size; int64(len(text)) > room {
		for room > 0 && !utf8.RuneStart(text[room]) {
			room--
		}
		keep = text[:room]
	}
	s.size += int64(len(keep))
	s.put(keep, at)
	if s.over = int64(len(text) - len(keep)); s.over > 0 {
		s.note(at, "the log is full: what follows is dropped")
	}
}

// note writes a line of our own.
func (s *logStream) note(at int64, format string, args ...any) {
	text := fmt.Sprintf("["+format+"]\n", args...)
	if len(s.chunks) > 0 && s.line.state != lineEnded {
		text = "\n" + text
	}
	s.put([]byte(text), at)
}

// put adds text to the chunks.
func (s *logStream) put(text []byte, at int64) {
	s.last() // there is one
	for len(text) > 0 {
		text = s.fill(text, at)
	}
	s.changed.ring()
	s.flushSoon()
}

// last returns the chunk that is written, which may be the first.
func (s *logStream) last() *pendingChunk {
	if len(s.chunks) == 0 {
		s.chunks = append(s.chunks, &pendingChunk{logChunk: logChunk{n: 1, first: 1}})
		s.line = logLine{state: lineEnded}
	}
	return s.chunks[len(s.chunks)-1]
}

// fill adds text to the last chunk until that is full, and returns the rest. Then the
// next chunk is there.
func (s *logStream) fill(text []byte, at int64) (rest []byte) {
	c := s.last()
	for n := 0; n < len(text); {
		if s.line.endsBefore(text[n]) {
			if c.sealed || len(c.stamps) >= maxLogStamps {
				c.write(text[:n])
				s.begin(c, nil)
				return text[n:]
			}
			s.line, s.start = logLine{}, len(c.text)+n
			c.begin(at)
		}
		was := s.line
		size := s.line.take(text[n:])
		if len(c.text)+n+size > maxLogChunk { // the line moves to a chunk of its own
			s.line = was
			if was.complete() {
				c.lines--
			}
			c.write(text[:n])
			s.begin(c, c.text[s.start:])
			return text[n:]
		}
		n += size
		if !was.complete() && s.line.complete() {
			c.lines++
		}
	}
	c.write(text)
	return nil
}

func (c *pendingChunk) write(text []byte) {
	if len(text) > 0 {
		c.text, c.dirty = append(c.text, text...), true
	}
}

// begin begins another chunk, with the line that the chunk before ends with.
func (s *logStream) begin(before *pendingChunk, line []byte) {
	next := &pendingChunk{logChunk: logChunk{n: before.n + 1, first: before.next()}, dirty: true}
	if line == nil {
		s.line = logLine{state: lineEnded}
	} else {
		before.dirty = true
		last := before.stamps[len(before.stamps)-1]
		before.text = before.text[:s.start:s.start]
		next.stamps = []logStamp{{0, last.at}}
		next.text = append(make([]byte, 0, maxLogChunk), line...) // much is written
		s.start = 0
		if s.line.complete() {
			next.lines = 1
		}
	}
	before.sealed = true
	s.chunks = append(s.chunks, next)
}

// wait waits until there is room for more, with the lock released meanwhile, and reports
// whether there is.
func (s *logStream) wait() bool {
	if len(s.chunks) <= logPending {
		return true
	}
	deadline := time.NewTimer(logPatience)
	defer deadline.Stop()
	for len(s.chunks) > logPending && !s.stalled {
		room := s.room.next()
		s.mu.Unlock()
		select {
		case <-room:
			s.mu.Lock()
		case <-deadline.C:
			s.mu.Lock()
			s.stalled = true
		}
	}
	return len(s.chunks) <= logPending
}

// A logBell wakes everybody who waits for it. It is used under a lock.
type logBell struct{ rung chan struct{} }

// next returns what the next ring closes.
func (b *logBell) next() <-chan struct{} {
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}

func (b *logBell) ring() {
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}
