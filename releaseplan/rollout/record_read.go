package rollout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// load returns the record with id as it is stored.
func (r *Records[ID, T]) load(ctx context.Context, id ID) (Record[T], error) {
	if key := r.rules.key(id); key != "" {
		v, version, err := r.all.Get(ctx, key)
		if !errors.Is(err, penstock.ErrNotFound) {
			v.Version = version
			return v, err
		}
	}
	return Record[T]{}, fmt.Errorf("%s %q: %w", r.kind, clip(fmt.Sprint(id)), penstock.ErrNotFound)
}

func (r *Records[ID, T]) decode(record store.Record, version int64) (v Record[T], err error) {
	if err := json.Unmarshal(record.Body, &v); err != nil {
		return v, fmt.Errorf("decode %s: %w", record.Key, err)
	}
	v.Version = version
	return v, nil
}

// each yields every record that matches.
func (r *Records[ID, T]) each(ctx context.Context, q store.Query) iter.Seq2[Record[T], error] {
	return func(yield func(Record[T], error) bool) {
		q.Limit = store.MaxLimit
		for {
			found, err := r.all.Find(ctx, q)
			if err != nil {
				yield(Record[T]{}, err)
				return
			}
			for _, e := range found.Items {
				e.Value.Version = e.Version
				if !yield(e.Value, nil) {
					return
				}
			}
			if found.Next == nil {
				return
			}
			q.After = found.Next
		}
	}
}

func (r *Records[ID, T]) ask(ctx context.Context, by penstock.Actor, right penstock.Right, v *T) error {
	name, project := r.rules.named(v)
	return r.service.ask(ctx, by, right, r.kind, r.rules.key(*r.rules.id(v)), name, project)
}

// askMove asks about a record as it is stored, and about the project that it moves to.
func (r *Records[ID, T]) askMove(ctx context.Context, by penstock.Actor, before, after *T) error {
	if err := r.ask(ctx, by, penstock.Edit, before); err != nil {
		return err
	}
	name, from := r.rules.named(before)
	_, to := r.rules.named(after)
	if from == to {
		return nil
	}
	return r.service.ask(ctx, by, penstock.Edit, r.kind, r.rules.key(*r.rules.id(before)), name, to)
}
