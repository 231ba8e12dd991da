package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

	Owner   string        `json:"owner,omitempty"`   // the Run that delivers; empty: none
	TTL     time.Duration `json:"ttl,omitempty"`     // how long the owner may be silent
	Seed    string        `json:"seed"`              // what the ids of messages begin with
	Parts   []int64       `json:"parts,omitempty"`   // positions of events of which some messages are stored, and not yet sent
	Forgets bool          `json:"forgets,omitempty"` // it is being forgotten
}

// take notes what is stored together with r.
func (r *reader) take(in *intake) {
	if in.reads {
		r.position = in.position
	}
	if in.part > 0 {
		r.Parts = slices.DeleteFunc(slices.Clone(r.Parts), func(position int64) bool { return position == in.part })
		if in.more {
			r.Parts = append(r.Parts, in.part)
		}
	}
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

// reader returns the stored record, or a penstock.ErrNotFound: also while the dispatcher is
// being forgotten.
func (d *Dispatcher) reader(ctx context.Context) (reader, error) {
	r, err := d.stored(ctx)
	if err == nil {
		err = d.known(r)
	}
	return r, err
}

// known returns a penstock.ErrNotFound unless r is there to stay.
func (d *Dispatcher) known(r reader) error {
	switch {
	case r.version == 0:
		return fmt.Errorf("dispatcher %s: %w", d.config.Name, penstock.ErrNotFound)
	case r.Forgets:
		return fmt.Errorf("dispatcher %s is being forgotten: %w", d.config.Name, penstock.ErrNotFound)
	}
	return nil
}

// stored returns the stored record, of version 0 if there is none.
func (d *Dispatcher) stored(ctx context.Context) (reader, error) {
	records, err := d.config.Store.Get(ctx, d.readerKey())
	if err != nil {
		return reader{}, fmt.Errorf("get dispatcher %s: %w", d.config.Name, err)
	}
	if records[0].Version == 0 {
		return reader{}, nil
	}
	r := reader{version: records[0].Version, position: records[0].Sort}
	if err := json.Unmarshal(records[0].Body, &r); err != nil {
		return reader{}, fmt.Errorf("decode dispatcher %s: %w", d.config.Name, err)
	}
	return r, nil
}

// Register makes the dispatcher known to the store without running it: from now
// on no event is lost to it, nor pruned before it was read. If it is known already nothing changes.
// While it is being forgotten the error is a penstock.ErrNotFound.
func (d *Dispatcher) Register(ctx context.Context) error {
	if known, err := d.stored(ctx); err != nil {
		return err
	} else if known.version > 0 {
		return d.known(known)
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
		var free bool
		if began, r, free, err = d.claim(ctx, owner, seen); err != nil || free {
			return began, r, err
		}
		if pause(ctx, min(d.config.Poll, d.config.TTL/3)); ctx.Err() != nil {
			return began, r, ctx.Err()
		}
	}
}

// claim makes owner the owner of the dispatcher if nobody else is.
func (d *Dispatcher) claim(ctx context.Context, owner string, seen *sighting) (began time.Time, r reader, free bool, err error) {
	ctx, cancel := d.patience(ctx)
	defer cancel()
	if r, err = d.reader(ctx); err != nil {
		return began, r, false, err
	}
	began = time.Now()
	if r.version != seen.version {
		*seen = sighting{r.version, began}
	}
	if r.Owner != "" && r.Owner != owner && began.Sub(seen.since) < max(d.config.TTL, r.TTL) {
		return began, r, false, nil
	}
	r.Owner, r.TTL = owner, d.config.TTL
	op, err := d.op(r)
	if err != nil {
		return began, r, false, err
	}
	r.version, err = d.config.Store.Commit(ctx, op)
	if isConflict(err) { // someone else was faster
		return began, r, false, nil
	}
	return began, r, true, err
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
