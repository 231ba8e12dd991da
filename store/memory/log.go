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
	chunks []*[chunkSize]store.Event
	length int
}

const chunkSize = 256

// add appends e and returns where it is kept.
func (l *log) add(e store.Event) *store.Event {
	if l.length == len(l.chunks)*chunkSize {
		l.chunks = append(l.chunks, new([chunkSize]store.Event))
	}
	at := &l.chunks[l.length/chunkSize][l.length%chunkSize]
	l.length++
	e.Position = int64(l.length)
	*at = e
	return at
}

// after returns copies of the events behind a position, of one kind of subject or of all.
func (l *log) after(position int64, kind string, limit int) []store.Event {
	var found []store.Event
	if position >= int64(l.length) {
		return nil
	}
	for i := int(position); i < l.length && len(found) < limit; i++ {
		if e := &l.chunks[i/chunkSize][i%chunkSize]; kind == "" || kind == e.Subject.Kind {
			found = append(found, copyEvent(e))
		}
	}
	return found
}

// after returns copies of the row's events behind a sequence number.
func (s *state) after(seq int64, limit int) []store.Event {
	i, found := s.seq(seq)
	if found {
		i++
	}
	events := s.events[i:]
	events = events[:min(limit, len(events))]
	copies := make([]store.Event, len(events))
	for i, e := range events {
		copies[i] = copyEvent(e)
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

func copyEvent(e *store.Event) store.Event {
	own := *e
	own.Body = bytes.Clone(e.Body)
	return own
}
