package rollout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// put adds the op that writes v, with its event, and returns it.
func (r *Records[ID, T]) put(c *change, v Record[T], before *T, name string) (store.Op, error) {
	v.Updated = c.stamp()
	e, err := r.event(c, name, before, &v.Value)
	if err != nil {
		return store.Op{}, err
	}
	op, err := r.all.Put(r.rules.key(*r.rules.id(&v.Value)), v.Version, v, e)
	if err != nil {
		return store.Op{}, err
	}
	if n := len(op.Body); n > MaxRecordBytes {
		return store.Op{}, penstock.Invalid("", "has %d bytes: at most %d", n, MaxRecordBytes)
	}
	c.Ops = append(c.Ops, op)
	return op, nil
}

// event returns that of a write. Revisions are the numbers of events, because they go
// on growing when a record is deleted and another created under its name.
func (r *Records[ID, T]) event(c *change, name string, before, after *T) (store.Event, error) {
	body, err := json.Marshal(Entry[T]{By: c.stamp().By, Before: before, After: after})
	return store.Event{Seq: c.Head.Revision + 1, Name: name, At: c.At, Body: body}, err
}

// free adds the ops that keep names unique where they are not the key: a name is a
// record of its own, which comes, moves and goes with what it names.
func (r *Records[ID, T]) free(ctx context.Context, c *change, before, after *T) error {
	var leaves, takes string
	if before != nil {
		leaves, _ = r.rules.named(before)
	}
	if after != nil {
		takes, _ = r.rules.named(after)
	}
	if leaves == takes {
		return nil
	}
	taken := fmt.Errorf("%s %q: %w", r.kind, clip(takes), penstock.ErrExists)
	if id, named := any(takes).(ID); named { // the name is the key
		if after == nil {
			return nil
		}
		found, err := r.service.get(ctx, []store.Key{r.all.Key(r.rules.key(id))})
		if err == nil && len(found) > 0 {
			return taken
		}
		return err
	}
	found, err := r.service.get(ctx, []store.Key{r.nameKey(leaves), r.nameKey(takes)})
	if err != nil {
		return err
	}
	if after != nil {
		if _, ok := found[r.nameKey(takes)]; ok {
			return taken
		}
		c.Ops = append(c.Ops, store.Op{Record: store.Record{Key: r.nameKey(takes)}})
	}
	if before != nil {
		c.Ops = append(c.Ops, store.Op{Kind: store.Delete, Record: found[r.nameKey(leaves)]})
	}
	return nil
}

// nameKey is the record that makes a name unique.
func (r *Records[ID, T]) nameKey(name string) store.Key {
	sum := sha256.Sum256([]byte(name))
	return store.Key{Kind: r.all.Kind + ".name", ID: hex.EncodeToString(sum[:])}
}

// number gives an id to what has none.
func (r *Records[ID, T]) number(ctx context.Context, v *T) error {
	id, ok := any(r.rules.id(v)).(*int)
	if !ok {
		return nil
	}
	first, err := r.service.store.Next(ctx, r.all.Kind, 1)
	if err != nil {
		return fmt.Errorf("take a number: %w", err)
	}
	*id = int(first)
	return nil
}
