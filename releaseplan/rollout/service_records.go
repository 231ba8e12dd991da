package rollout

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// Records are all records of one kind. Every method asks the
// [penstock.Authorizer] about the record as it is stored before it does or shows anything.
//
// A write is committed as a whole, with its event in the log, or not at all. One that others overtake is
// decided again, at most ten times; then the error is an ErrConflict. After other errors of
// the store the Service looks whether it was committed; what it cannot find then may still be: read again to know. What is wrong with a
// value is an ErrInvalid that tells every fault with its path.
type Records[ID int | string, T any] struct {
	service *Service
	kind    string
	limit   int
	rules   rules[ID, T]
	all     store.Collection[Record[T]]
}

func newRecords[ID int | string, T any](s *Service, kind string, limit int, r rules[ID, T]) *Records[ID, T] {
	return &Records[ID, T]{service: s, kind: kind, limit: limit, rules: r, all: store.Collection[Record[T]]{
		Store: s.store,
		Kind:  "rollout." + kind,
		Sort:  func(v Record[T]) int64 { return r.sort(&v.Value) },
		Fields: func(v Record[T]) map[string][]string {
			name, project := r.named(&v.Value)
			fields := r.index(&v.Value)
			fields[fieldName], fields[fieldProject] = []string{name}, []string{project}
			return fields
		},
	}}
}

// Get returns the record with id, or an ErrNotFound.
func (r *Records[ID, T]) Get(ctx context.Context, id ID, by penstock.Actor) (Record[T], error) {
	v, err := r.load(ctx, id)
	if err == nil {
		err = r.ask(ctx, by, penstock.Read, &v.Value)
	}
	if err != nil {
		return Record[T]{}, err
	}
	return v, nil
}

// Create stores a new value. A name that is taken is an ErrExists, archived features
// keep theirs; one record too many is a [*LimitError].
func (r *Records[ID, T]) Create(ctx context.Context, value T, by penstock.Actor) (Record[T], error) {
	var op store.Op
	version, err := r.service.write(ctx, by, func(c *change) error {
		name, project := r.rules.named(&value)
		if err := r.service.ask(ctx, by, penstock.Edit, r.kind, "", name, project); err != nil {
			return err
		}
		v, err := r.rules.check(ctx, c, nil, value)
		if err != nil {
			return err
		}
		if err := r.free(ctx, c, nil, &v); err != nil {
			return err
		}
		if n := c.Head.Counts[r.kind]; n >= r.limit {
			return &LimitError{Kind: r.kind, Limit: r.limit}
		}
		c.Head.Counts[r.kind]++
		if err := r.number(ctx, &v); err != nil {
			return err
		}
		op, err = r.put(c, Record[T]{Value: v, Created: c.stamp()}, nil, "created")
		return err
	})
	if err != nil {
		return Record[T]{}, err
	}
	return r.decode(op.Record, version)
}

// Update lets f change a copy of the value with id and stores what it made of it.
// A version other than 0 that is not the stored one is an ErrConflict, and so is a record that
// changes while f works. An id cannot be changed; f may leave it empty. To move a record to another
// project takes the right to edit it in both. What changes nothing stores nothing. f
// runs once; its error is returned as it is.
func (r *Records[ID, T]) Update(ctx context.Context, id ID, version int64, f func(*T) error, by penstock.Actor) (Record[T], error) {
	before, err := r.load(ctx, id)
	if err != nil {
		return Record[T]{}, err
	}
	if err := r.ask(ctx, by, penstock.Edit, &before.Value); err != nil {
		return Record[T]{}, err
	}
	if version != 0 && version != before.Version {
		return Record[T]{}, r.conflict(id)
	}
	old, err := json.Marshal(before.Value)
	if err != nil {
		return Record[T]{}, fmt.Errorf("encode %s %v: %w", r.kind, id, err)
	}
	var value T
	if err := json.Unmarshal(old, &value); err != nil {
		return Record[T]{}, fmt.Errorf("decode %s %v: %w", r.kind, id, err)
	}
	if err := f(&value); err != nil {
		return Record[T]{}, err
	}
	var none ID
	switch now := r.rules.id(&value); *now {
	case none:
		*now = id
	case id:
	default:
		return Record[T]{}, penstock.Invalid(idField(id), "cannot be changed")
	}
	var op store.Op
	version, err = r.service.write(ctx, by, func(c *change) error {
		now, err := r.load(ctx, id)
		if err != nil {
			return err
		}
		if now.Version != before.Version {
			return r.conflict(id)
		}
		if err := r.askMove(ctx, by, &now.Value, &value); err != nil {
			return err
		}
		v, err := r.rules.check(ctx, c, &now.Value, value)
		if err != nil {
			return err
		}
		if raw, err := json.Marshal(v); err != nil || bytes.Equal(raw, old) {
			return err
		}
		if err := r.free(ctx, c, &now.Value, &v); err != nil {
			return err
		}
		after := Record[T]{Version: now.Version, Value: v, Created: now.Created}
		op, err = r.put(c, after, &now.Value, r.rules.happened(&now.Value, &v))
		return err
	})
	if err != nil {
		return Record[T]{}, err
	}
	if version == 0 {
		return before, nil
	}
	return r.decode(op.Record, version)
}

// Delete removes the record with id. A version other than 0 that is not the stored
// one is an ErrConflict. A record that others refer to is an [*InUseError]. Its
// events stay in the log.
func (r *Records[ID, T]) Delete(ctx context.Context, id ID, version int64, by penstock.Actor) error {
	_, err := r.service.write(ctx, by, func(c *change) error {
		now, err := r.load(ctx, id)
		if err != nil {
			return err
		}
		if err := r.ask(ctx, by, penstock.Delete, &now.Value); err != nil {
			return err
		}
		if version != 0 && version != now.Version {
			return r.conflict(id)
		}
		key := r.rules.key(id)
		if err := r.service.unused(ctx, Ref{r.kind, key}, by); err != nil {
			return err
		}
		e, err := r.event(c, "deleted", &now.Value, nil)
		if err != nil {
			return err
		}
		c.Ops = append(c.Ops, r.all.Delete(key, now.Version, e))
		c.Head.Counts[r.kind]--
		return r.free(ctx, c, &now.Value, nil)
	})
	return err
}

func (r *Records[ID, T]) conflict(id ID) error {
	return fmt.Errorf("%s %v: %w", r.kind, id, penstock.ErrConflict)
}

// idField is where a value has its id.
func idField[ID int | string](id ID) string {
	if _, ok := any(id).(int); ok {
		return "id"
	}
	return "name"
}
