package workflow

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/penstock-go/penstock/store"
)

// A bell tells who listens that a run was committed: in this process at once,
// and by others as soon as the store tells, if it can.
type bell struct {
	mu        sync.Mutex
	listeners map[*listener]bool
	told      map[string]int64 // the last change of runs of this process that the log has not shown yet
	deafen    func()           // ends the reading of the log and waits for that; nil if it is not read
}

// A listener is who wants to know of commits of a run, or of all.
type listener struct {
	run     string      // empty: all
	rung    chan string // gets the ids of runs; "" stands for any, which must be looked for
	others  bool        // only what other processes commit
	trouble func(error) // is told when the log cannot be read; may be nil
}

// maxTold bounds how many runs are remembered because this process committed them.
const maxTold = 4096

// listen lets a listener know until it stops. If its channel is full it misses some, so
// it looks for itself whenever it was rung. While there are listeners the log of s is read.
func (b *bell) listen(s store.Store, l *listener) (rung <-chan string, stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listeners == nil {
		b.listeners = make(map[*listener]bool)
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
	return l.rung, func() { b.stop(l) }
}

func (b *bell) stop(l *listener) {
	b.mu.Lock()
	delete(b.listeners, l)
	deafen := func() {}
	if len(b.listeners) == 0 && b.deafen != nil {
		deafen, b.deafen, b.told = b.deafen, nil, nil
	}
	b.mu.Unlock()
	deafen()
}

// committed rings for a commit of this process, which brought the run to a change.
func (b *bell) committed(id string, change int64) {
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
func (b *bell) logged(id string, change int64) {
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
func (b *bell) all() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ring("", false)
}

// ring tells whom a run concerns, which this process itself may have committed. The
// caller holds mu.
func (b *bell) ring(id string, own bool) {
	for l := range b.listeners {
		if own && l.others || id != "" && l.run != "" && l.run != id {
			continue
		}
		select {
		case l.rung <- id:
		default:
		}
	}
}

// trouble tells everybody why the log cannot be read.
func (b *bell) trouble(err error) {
	b.mu.Lock()
	listeners := slices.Collect(maps.Keys(b.listeners))
	b.mu.Unlock()
	for _, l := range listeners {
		if l.trouble != nil {
			l.trouble(err)
		}
	}
}
