package memory

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/penstock-go/penstock/store"
)

// A log is the events of the store in the order of their positions, from 1. Copies share
// the chunks: only the last commit writes, and only behind the end of every
// log that readers can see.
type log struct {
	chunks []*chunk // nil where all events are pruned
	length int      // the last position that was given
}

// A chunk is events with consecutive positions; nil for those that are pruned.
type chunk [chunkSize]*store.Event

const chunkSize = 256

// add appends e and returns what is kept of it.
func (l *log) add(e store.Event) *store.Event {
	if l.length == len(l.chunks)*chunkSize {
		l.chunks = append(l.chunks, new(chunk))
	}
	at := l.length
	l.length++
	e.Position = int64(l.length)
	l.chunks[at/chunkSize][at%chunkSize] = &e
	return &e
}

// without returns the log without the events at these positions. Logs that readers see
// stay as they are: chunks that lose something are copied.
func (l *log) without(positions []int64) log {
	own := log{slices.Clone(l.chunks), l.length}
	for _, p := range positions {
		i := int(p-1) / chunkSize
		if own.chunks[i] == l.chunks[i] {
			c := *l.chunks[i]
			own.chunks[i] = &c
		}
		own.chunks[i][int(p-1)%chunkSize] = nil
	}
	for i := range l.length / chunkSize { // not the one that add writes to
		if c := own.chunks[i]; c != l.chunks[i] && *c == (chunk{}) {
			own.chunks[i] = nil
		}
	}
	return own
}

// after returns copies of the events behind a position, of one kind of subject or of all.
func (l *log) after(position int64, kind string, limit int, noBody bool) []store.Event {
	var found []store.Event
	if position >= int64(l.length) {
		return nil
	}
	if kind == "" {
		found = make([]store.Event, 0, min(limit, l.length-int(position)))
	}
	for i := int(position); i < l.length && len(found) < limit; i++ {
		c := l.chunks[i/chunkSize]
		if c == nil {
			i += chunkSize - 1 - i%chunkSize
			continue
		}
		if e := c[i%chunkSize]; e != nil && (kind == "" || kind == e.Subject.Kind) {
			found = append(found, copyEvent(e, noBody))
		}
	}
	return found
}

// after returns copies of the row's events behind a sequence number.
func (s *state) after(seq int64, limit int, noBody bool) []store.Event {
	i, found := s.seq(seq)
	if found {
		i++
	}
	events := s.events[i:]
	events = events[:min(limit, len(events))]
	copies := make([]store.Event, len(events))
	for i, e := range events {
		copies[i] = copyEvent(e, noBody)
	}
	return copies
}

// seq returns the place of a sequence number among the row's events.
func (s *state) seq(n int64) (int, bool) {
	if end := len(s.events); end == 0 || s.events[end-1].Seq < n {
		return end, false
	}
	return slices.BinarySearchFunc(s.events, n, func(e *store.Event, n int64) int { return cmp.Compare(e.Seq, n) })
}

func copyEvent(e *store.Event, noBody bool) store.Event {
	own := *e
	if own.Body = nil; !noBody {
		own.Body = bytes.Clone(e.Body)
	}
	return own
}
