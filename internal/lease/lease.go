// Package lease tells processes that live from those that are gone. A process works
// under a lease, which what it works on names, and keeps the lease by a heartbeat:
// a record of the store that it writes anew all the time. Others watch the versions of
// these records by their own clocks; the clocks of two processes are never compared.
package lease

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock/store"
)

// A Lease is what one process works under. Every field but Prefix is required; Beat and Watch
// may run beside each other.
type Lease struct {
	ID    string
	Store store.Store
	Kind  string        // of the records that such processes beat in: <id of the lease>
	TTL   time.Duration // how long a heartbeat may be silent
	Log   *slog.Logger

	Work  string // the kind of the records that processes work on
	Field string // of such a record: the leases under which somebody works on it

	// Prefix is that of the ids of such leases; others are left alone. Optional.
	Prefix string

	// Now is the clock that tells when timed work is due. What it shows is written into the
	// heartbeat, only so that clocks that differ by more than the TTL are told to the Log; nothing is decided by
	// it. Optional.
	Now func() time.Time

	seen   map[string]sighting // heartbeats of others, by lease
	beaten atomic.Pointer[time.Time]
}

// errGone says that somebody else has taken this process for dead.
var errGone = errors.New("the heartbeat was removed")

// Beat writes the heartbeat until ctx ends, and then removes it. It closes born after
// the first time. It calls lost, maybe more than once, when somebody else has
// taken this process for dead, and when it could not write for so long that somebody
// may soon: by then, what works under the lease must have been told to stop.
func (l *Lease) Beat(ctx context.Context, born chan<- struct{}, lost func()) {
	timer := time.NewTimer(l.TTL)
	defer timer.Stop()
	silence := time.AfterFunc(l.TTL, lost)
	silence.Stop() // before the first beat nobody waits for another
	defer silence.Stop()
	var version int64
	for {
		wait := l.TTL / 3
		began := time.Now()
		v, err := l.pulse(ctx, version)
		switch {
		case errors.Is(err, errGone):
			lost()
			return
		case err != nil && ctx.Err() == nil:
			l.Log.Warn("the heartbeat could not be written", "error", err)
			wait = l.TTL / 30
		case err == nil:
			l.beaten.Store(&began) // who waits for the birth may ask at once
			if version == 0 {
				close(born)
			}
			version = v
			silence.Reset(2*l.TTL/3 - time.Since(began))
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			l.sayGoodbye(ctx, version)
			return
		case <-timer.C:
		}
	}
}

// Sound reports whether the heartbeat was written so lately that nobody can have taken this
// process for dead. Unlike what calls lost, it is true to the moment: also when the process
// stood still and has just begun to go on.
func (l *Lease) Sound() bool {
	last := l.beaten.Load()
	return last != nil && time.Since(*last) < 2*l.TTL/3
}

// pulse writes the record once, or says errGone. A beat of which the answer was lost is
// no conflict.
func (l *Lease) pulse(ctx context.Context, version int64) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, l.TTL/6)
	defer cancel()
	key := l.key(l.ID)
	for {
		v, err := l.Store.Commit(ctx, store.Op{Record: store.Record{Key: key, Version: version, Body: l.stamp()}})
		if err == nil || !isConflict(err) {
			return v, err
		}
		records, err := l.Store.Get(ctx, key)
		switch {
		case err != nil:
			return 0, err
		case records[0].Version == 0:
			return 0, errGone
		}
		version = records[0].Version
	}
}

// sayGoodbye removes the record, so that nobody waits for the next beat.
func (l *Lease) sayGoodbye(ctx context.Context, version int64) {
	if version == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := l.remove(ctx, l.ID, version)
	if isConflict(err) { // the last beat came through, and its answer did not
		var records []store.Record
		if records, err = l.Store.Get(ctx, l.key(l.ID)); err == nil && records[0].Version != 0 {
			err = l.remove(ctx, l.ID, records[0].Version)
		}
	}
	if err != nil {
		l.Log.Warn("the heartbeat could not be removed", "error", err)
	}
}

func (l *Lease) remove(ctx context.Context, id string, version int64) error {
	_, err := l.Store.Commit(ctx, store.Op{Kind: store.Delete, Record: store.Record{Key: l.key(id), Version: version}})
	return err
}

func (l *Lease) key(id string) store.Key { return store.Key{Kind: l.Kind, ID: id} }

// isConflict reports whether somebody else's commit came first.
func isConflict(err error) bool {
	_, ok := errors.AsType[*store.OpError](err)
	return ok
}
