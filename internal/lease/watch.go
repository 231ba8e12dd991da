package lease

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A sighting is the version of a heartbeat and since when it has been that one, by
// this process's own clock.
type sighting struct {
	version int64
	since   time.Time
	looked  time.Time // the last time
	told    bool      // that its clock differs
}

// Watch looks, until ctx ends, for work under leases of processes that are gone, and
// gives each piece to inherit; and for what is under the lease itself, of which inherit
// finds out whether it was lost sight of. Work that inherit says is not found needs nobody.
func (l *Lease) Watch(ctx context.Context, inherit func(ctx context.Context, work, lease string) error) {
	ticker := time.NewTicker(l.TTL / 3)
	defer ticker.Stop()
	for {
		if err := l.Look(ctx, inherit); err != nil && ctx.Err() == nil {
			l.Log.Warn("other processes could not be watched", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Look looks once, as Watch does. One goroutine at a time may look: from one look to
// the next it is known which heartbeats have stopped.
func (l *Lease) Look(ctx context.Context, inherit func(ctx context.Context, work, lease string) error) error {
	if l.seen == nil {
		l.seen = make(map[string]sighting)
	}
	holders, err := l.holders(ctx)
	if err != nil {
		return err
	}
	if err := l.addIdle(ctx, holders); err != nil {
		return err
	}
	maps.DeleteFunc(l.seen, func(id string, _ sighting) bool { return holders[id] == nil })
	var failed []error
	for id, work := range holders {
		if id != l.ID {
			dead, err := l.isDead(ctx, id)
			if err != nil {
				failed = append(failed, err)
			}
			if !dead {
				continue
			}
		}
		for _, piece := range work {
			if err := inherit(ctx, piece, id); err != nil && !errors.Is(err, penstock.ErrNotFound) {
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}

// holders returns the leases under which somebody works, with the ids of the work.
func (l *Lease) holders(ctx context.Context) (map[string][]string, error) {
	holders := make(map[string][]string)
	q := store.Query{Kind: l.Work, Where: []store.Filter{store.HasPrefix(l.Field, l.Prefix)}, Limit: store.MaxLimit, NoBody: true}
	for {
		page, err := l.find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, record := range page.Records {
			for _, id := range record.Fields[l.Field] {
				if strings.HasPrefix(id, l.Prefix) {
					holders[id] = append(holders[id], record.ID)
				}
			}
		}
		if page.Next == nil {
			return holders, nil
		}
		q.After = page.Next
	}
}

// addIdle adds the leases that are beaten for and under which nobody works. What a process that
// was killed while it was idle has left is removed in time.
func (l *Lease) addIdle(ctx context.Context, holders map[string][]string) error {
	page, err := l.find(ctx, store.Query{Kind: l.Kind, Limit: store.MaxLimit, NoBody: true})
	for _, record := range page.Records {
		if holders[record.ID] == nil && record.ID != l.ID {
			holders[record.ID] = []string{}
		}
	}
	return err
}

// find asks the store, which may never answer: it gets the TTL for it.
func (l *Lease) find(ctx context.Context, q store.Query) (store.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, l.TTL)
	defer cancel()
	return l.Store.Find(ctx, q)
}

// isDead reports whether the process with a lease is gone: its heartbeat is not there,
// or has not changed for the TTL. Removing it makes the old owner's next beat fail.
func (l *Lease) isDead(ctx context.Context, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, l.TTL)
	defer cancel()
	records, err := l.Store.Get(ctx, l.key(id))
	if err != nil {
		return false, err
	}
	version := records[0].Version
	if version == 0 {
		return true, nil
	}
	last, known := l.seen[id]
	now := time.Now()
	if !known || last.version != version {
		next := sighting{version: version, since: now, looked: now, told: last.told}
		if known && !last.told {
			next.told = l.compare(id, records[0].Body, now.Sub(last.looked))
		}
		l.seen[id] = next
		return false, nil
	}
	last.looked = now
	l.seen[id] = last
	if now.Sub(last.since) < l.TTL {
		return false, nil
	}
	err = l.remove(ctx, id, version)
	if isConflict(err) {
		return false, nil // it lives
	}
	return err == nil, err
}
