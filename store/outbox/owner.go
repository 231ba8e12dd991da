package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A reader is the record of a dispatcher. Every commit of the owner writes it, so its
// version is a heartbeat and a fencing token at once: when another process takes
// over, the next commit of the old owner conflicts.
type reader struct {
	version  int64
	position int64 // of the last event that is routed

	Owner  string `json:"owner,omitempty"`  // the Run that delivers; empty: none
	Seed   string `json:"seed"`             // what the ids of messages begin with
	Routed int    `json:"routed,omitempty"` // messages of the next event that are stored already
}

func (d *Dispatcher) readerKey() store.Key {
	return store.Key{Kind: store.KindReader, ID: "outbox/" + d.config.Name}
}

// op returns the op that writes r.
func (d *Dispatcher) op(r reader) (store.Op, error) {
	encoded, err := json.Marshal(r)
	if err != nil {
		return store.Op{}, fmt.Errorf("encode the record of dispatcher %s: %w", d.config.Name, err)
	}
	return store.Op{Record: store.Record{Key: d.readerKey(), Version: r.version, Sort: r.position, Body: encoded}}, nil
}

// reader returns the stored record, or a penstock.ErrNotFound.
func (d *Dispatcher) reader(ctx context.Context) (reader, error) {
	records, err := d.config.Store.Get(ctx, d.readerKey())
	if err != nil {
		return reader{}, fmt.Errorf("get dispatcher %s: %w", d.config.Name, err)
	}
	if records[0].Version == 0 {
		return reader{}, fmt.Errorf("dispatcher %s: %w", d.config.Name, penstock.ErrNotFound)
	}
	r := reader{version: records[0].Version, position: records[0].Sort}
	if err := json.Unmarshal(records[0].Body, &r); err != nil {
		return reader{}, fmt.Errorf("decode dispatcher %s: %w", d.config.Name, err)
	}
	return r, nil
}

// Register makes the dispatcher known to the store without running it: from now
// on no event is lost to it, nor pruned before it was read. If it is known already nothing changes.
func (d *Dispatcher) Register(ctx context.Context) error {
	if _, err := d.reader(ctx); !errors.Is(err, penstock.ErrNotFound) {
		return err
	}
	r := reader{Seed: penstock.NewIDs(d.config.Now).New()}
	if !d.config.FromStart {
		last, err := d.last(ctx)
		if err != nil {
			return err
		}
		r.position = last
	}
	op, err := d.op(r)
	if err != nil {
		return err
	}
	if _, err := d.config.Store.Commit(ctx, op); err != nil && !errors.Is(err, penstock.ErrExists) {
		return fmt.Errorf("register dispatcher %s: %w", d.config.Name, err)
	}
	return nil
}

// Forget removes the dispatcher from the store with all its messages, so that
// events can be pruned. A Run of it ends. Called again after an error, it goes on.
func (d *Dispatcher) Forget(ctx context.Context) error {
	for { // who owns it writes it all the time
		r, err := d.reader(ctx)
		if errors.Is(err, penstock.ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
		_, err = d.config.Store.Commit(ctx, store.Op{Kind: store.Delete, Record: store.Record{Key: d.readerKey(), Version: r.version}})
		if err != nil && !errors.Is(err, penstock.ErrConflict) {
			return fmt.Errorf("forget dispatcher %s: %w", d.config.Name, err)
		}
	}
	for {
		page, err := d.config.Store.Find(ctx, store.Query{Kind: kindMessage, Where: d.in(pending, redriven, dead), Limit: maxOps, NoBody: true})
		if err != nil {
			return fmt.Errorf("find messages of dispatcher %s: %w", d.config.Name, err)
		}
		if len(page.Records) == 0 {
			return nil
		}
		ops := make([]store.Op, len(page.Records))
		for i, r := range page.Records {
			ops[i] = store.Op{Kind: store.Delete, Record: store.Record{Key: r.Key, Version: r.Version}}
		}
		if _, err := d.config.Store.Commit(ctx, ops...); err != nil && !errors.Is(err, penstock.ErrConflict) {
			return fmt.Errorf("forget messages of dispatcher %s: %w", d.config.Name, err)
		}
	}
}

// A sighting is a version of the record and since when it has been that one, by
// this process's own clock: the clocks of others are never looked at.
type sighting struct {
	version int64
	since   time.Time
}

// acquire waits until nobody else owns the dispatcher, and makes owner its owner.
// It returns when the commit that did so began.
func (d *Dispatcher) acquire(ctx context.Context, owner string, seen *sighting) (began time.Time, r reader, err error) {
	for {
		if r, err = d.reader(ctx); err != nil {
			return began, r, err
		}
		began = time.Now()
		if r.version != seen.version {
			*seen = sighting{r.version, began}
		}
		if r.Owner == "" || r.Owner == owner || began.Sub(seen.since) >= d.config.TTL {
			r.Owner = owner
			op, err := d.op(r)
			if err != nil {
				return began, r, err
			}
			r.version, err = d.config.Store.Commit(ctx, op)
			if !isConflict(err) {
				return began, r, err
			}
			continue
		}
		if pause(ctx, min(d.config.Poll, d.config.TTL/3)); ctx.Err() != nil {
			return began, r, ctx.Err()
		}
	}
}

// isConflict reports whether a Commit failed, and changed nothing, because of
// what others did.
func isConflict(err error) bool {
	return errors.Is(err, penstock.ErrConflict) || errors.Is(err, penstock.ErrExists)
}

// last returns the position of the last event of the log.
func (d *Dispatcher) last(ctx context.Context) (int64, error) {
	if w, ok := d.config.Store.(store.Waker); ok {
		last, err := w.Wait(ctx, -1)
		if err != nil {
			return 0, fmt.Errorf("find the end of the log: %w", err)
		}
		return last, nil
	}
	more := func(after int64) (bool, error) {
		events, err := d.config.Store.Events(ctx, store.EventQuery{After: after, Limit: 1})
		if err != nil {
			return false, fmt.Errorf("find the end of the log: %w", err)
		}
		return len(events) > 0, nil
	}
	var low, high int64 = -1, 0 // there is more behind low, and nothing behind high
	for {
		found, err := more(high)
		if err != nil {
			return 0, err
		}
		if !found {
			break
		}
		low, high = high, 2*high+1_000
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		found, err := more(middle)
		if err != nil {
			return 0, err
		}
		if found {
			low = middle
		} else {
			high = middle
		}
	}
	return high, nil
}
