package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/store"
)

// Bounds of a commit.
const (
	maxOps   = store.MaxOps
	maxBytes = 8 << 20 // of bodies, beyond which nothing is added
)

// A flight is a commit that is under way.
type flight struct {
	began   time.Time
	version int64   // that it wrote
	items   []*item // as ops[1:]
	states  []state // that were written
	fresh   *intake
}

// commit begins to write what there is to write, if no commit is under way: what is
// new, what became of messages, and always the reader. With beat it writes the
// reader at least.
func (t *term) commit(ctx context.Context, beat bool) error {
	if t.flight != nil || !beat && t.fresh == nil && len(t.dirty) == 0 {
		return nil
	}
	if t.fresh != nil {
		t.reader.take(t.fresh)
	}
	f := &flight{began: time.Now(), fresh: t.fresh}
	op, err := t.d.op(t.reader)
	if err != nil {
		return err
	}
	ops, size := []store.Op{op}, 0
	add := func(it *item) error {
		op, err := it.op(t.d.config.Name)
		if err != nil {
			return err
		}
		ops, size = append(ops, op), size+len(op.Body)
		f.items, f.states = append(f.items, it), append(f.states, it.state)
		return nil
	}
	if f.fresh != nil {
		for _, it := range f.fresh.items {
			if err := add(it); err != nil {
				return err
			}
		}
	}
	for len(t.dirty) > 0 && len(ops) < maxOps && size < maxBytes {
		it := t.dirty[0]
		t.dirty = t.dirty[1:]
		it.dirty = false
		if err := add(it); err != nil {
			return err
		}
	}
	t.flight, t.fresh = f, nil
	go func() {
		var err error
		f.version, err = t.d.config.Store.Commit(ctx, ops...)
		t.committed <- err
	}()
	return nil
}

// landed goes on after a commit. After an error nothing is known of what is stored.
func (t *term) landed(err error, silence *time.Timer) error {
	f := t.flight
	t.flight = nil
	switch {
	case isConflict(err):
		return errTaken
	case err != nil:
		return fmt.Errorf("store deliveries: %w", err)
	}
	t.reader.version = f.version
	t.beat.Store(int64(f.began.Sub(t.epoch)))
	silence.Reset(t.lease() - time.Since(f.began))
	fresh := 0
	if f.fresh != nil {
		fresh = len(f.fresh.items)
	}
	for i, it := range f.items {
		it.version = f.version
		if i >= fresh && f.states[i] == pending && it.held == 0 && !it.dirty {
			it.message = nil // it was there to be written
		}
	}
	t.accept(f.fresh)
	if f.fresh != nil && f.fresh.stored != nil {
		close(f.fresh.stored)
	}
	return nil
}

// accept lets be sent what is stored, once all parts of it are.
func (t *term) accept(in *intake) {
	if in == nil {
		return
	}
	items := in.items
	if in.part > 0 {
		t.parts[in.part] = append(t.parts[in.part], in.items...)
		if in.more {
			return
		}
		items = t.parts[in.part]
		delete(t.parts, in.part)
	}
	for _, it := range items {
		if it.state == pending {
			t.admit(it, 0)
		}
	}
}

// write has an item written by the next commit.
func (t *term) write(it *item) {
	if !it.dirty {
		it.dirty = true
		t.dirty = append(t.dirty, it)
	}
}

// farewell writes what is left and gives the dispatcher free.
func (t *term) farewell(ctx context.Context, silence *time.Timer) error {
	t.fresh = nil // the log still has it
	for free := false; !free; {
		free = len(t.dirty) == 0
		if free {
			t.reader.Owner = ""
		}
		if err := t.flush(ctx, silence); err != nil {
			return err
		}
	}
	return nil
}
