// Package bell tells who listens that something was committed. Plans and runs each
// have one.
package bell

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/penstock-go/penstock/store"
)

// A Bell tells who listens that a subject was committed: in this process at once,
// and by others as soon as the store tells, if it can. Its zero value is ready once
// Kind is set; it must not be copied after that.
type Bell struct {
	Kind string // of the subjects

	mu        sync.Mutex
	listeners map[*Listener]bool
	told      map[string]int64 // the last change of subjects of this process that the log has not shown yet
	deafen    func()           // ends the reading of the log and waits for that; nil if it is not read
}

// A Listener is who wants to know of commits of a subject, or of all.
type Listener struct {
	Subject string      // id; empty: all
	Rung    chan string // gets the ids; "" stands for any, which must be looked for
	Others  bool        // only what other processes commit
	Trouble func(error) // is told when the log cannot be read; may be nil
}

// maxTold bounds how many subjects are remembered because this process committed them.
const maxTold = 4096

// Listen lets a listener know until it stops. If its channel is full it misses some, so
// it looks for itself whenever it was rung. While there are listeners the log of s is read.
func (b *Bell) Listen(s store.Store, l *Listener) (rung <-chan string, stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listeners == nil {
		b.listeners = make(map[*Listener]bool)
	}
	b.listeners[l] = true
	if waker, ok := s.(store.Waker); ok && b.deafen == nil {
		ctx, cancel := context.WithCancel(context.Background())
		over := make(chan struct{})
		b.deafen = func() {
			cancel()
			<-over
		}
		b.told = make(map[string]int64)
		go func() {
			defer close(over)
			hear(ctx, s, waker, b)
		}()
	}
	return l.Rung, func() { b.stop(l) }
}

func (b *Bell) stop(l *Listener) {
	b.mu.Lock()
	delete(b.listeners, l)
	deafen := func() {}
	if len(b.listeners) == 0 && b.deafen != nil {
		deafen, b.deafen, b.told = b.deafen, nil, nil
	}
	b.mu.Unlock()
	deafen()
}

// Committed rings for a commit of this process, which brought the subject to a change.
func (b *Bell) Committed(id string, change int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deafen != nil {
		if len(b.told) >= maxTold {
			clear(b.told) // who is told twice looks twice
		}
		b.told[id] = max(change, b.told[id])
	}
	b.ring(id, true)
}

// logged rings for a change that the log shows, unless this process committed it.
func (b *Bell) logged(id string, change int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := b.told[id]
	if change >= own {
		delete(b.told, id)
	}
	if change > own {
		b.ring(id, false)
	}
}

// all makes everybody look for himself.
func (b *Bell) all() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ring("", false)
}

// ring tells whom a subject concerns, which this process itself may have committed.
// The caller holds mu.
func (b *Bell) ring(id string, own bool) {
	for l := range b.listeners {
		if own && l.Others || id != "" && l.Subject != "" && l.Subject != id {
			continue
		}
		select {
		case l.Rung <- id:
		default:
		}
	}
}

// trouble tells everybody why the log cannot be read.
func (b *Bell) trouble(err error) {
	b.mu.Lock()
	listeners := slices.Collect(maps.Keys(b.listeners))
	b.mu.Unlock()
	for _, l := range listeners {
		if l.Trouble != nil {
			l.Trouble(err)
		}
	}
}
