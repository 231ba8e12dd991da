package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Record is a value with what a Service keeps about it. It is the caller's own.
type Record[T any] struct {
	Version int64 `json:"version"` // 1 more with each write
	Value   T     `json:"value"`
	Created Stamp `json:"created"`
	Updated Stamp `json:"updated"` // when this version was made
}

// A Revision is what the log says of one write of a record.
type Revision[T any] struct {
	Version int64          `json:"-"` // that the write made
	Name    string         `json:"-"` // of the event: workflow.created and its like
	At      time.Time      `json:"-"`
	By      penstock.Party `json:"by,omitzero"`
	Before  *T             `json:"before,omitempty"` // nil if it was created
	After   *T             `json:"after,omitempty"`  // nil if it was deleted
	Commit  string         `json:"commit,omitempty"` // the id of the write
}

// records are those of one kind, by id. What is deleted stays as a count of its
// writes, so that versions go on when the id is taken again.
type records[T any] struct {
	service *Service
	kind    string
	fields  func(*T) map[string][]string // what live ones are found by
	sort    func(*storedRecord[T]) int64
}

// A storedRecord is a record as it is in the store.
type storedRecord[T any] struct {
	Version int64 `json:"version"`         // the number of its latest write
	First   int64 `json:"first,omitempty"` // of its creation, if it is not 1
	Created Stamp `json:"created,omitzero"`
	Updated Stamp `json:"updated"`
	Value   *T    `json:"value,omitempty"` // nil: it is deleted

	id string
	at int64 // the version of the store's record; 0: there is none
}

// first is the number of the write that created it.
func (r *storedRecord[T]) first() int64 { return max(r.First, 1) }

func (r *storedRecord[T]) record() Record[T] {
	return Record[T]{Version: r.Version, Value: *r.Value, Created: r.Created, Updated: r.Updated}
}

func (r records[T]) key(id string) store.Key { return store.Key{Kind: r.kind, ID: id} }

func (r records[T]) decode(from store.Record) (storedRecord[T], error) {
	v := storedRecord[T]{id: from.ID, at: from.Version}
	if from.Version == 0 {
		return v, nil
	}
	if err := json.Unmarshal(from.Body, &v); err != nil {
		return v, fmt.Errorf("decode %s: %w", from.Key, err)
	}
	return v, nil
}

// load returns the record with id, which may be none or deleted: Value is nil then.
func (r records[T]) load(ctx context.Context, id string) (storedRecord[T], error) {
	found, err := r.service.store.Get(ctx, r.key(id))
	if err != nil {
		return storedRecord[T]{}, fmt.Errorf("read %s: %w", r.key(id), err)
	}
	return r.decode(found[0])
}

// loadAll returns those with the ids that exist, by id.
func (r records[T]) loadAll(ctx context.Context, ids []string) (map[string]storedRecord[T], error) {
	keys := make([]store.Key, len(ids))
	for i, id := range ids {
		keys[i] = r.key(id)
	}
	all := make(map[string]storedRecord[T], len(ids))
	found, err := r.service.getAll(ctx, keys)
	for i := range found {
		v, err := r.decode(found[i])
		if err != nil {
			return nil, err
		}
		if v.Value != nil {
			all[v.id] = v
		}
	}
	return all, err
}

// getAll returns the records with keys, of which there can be any number.
func (s *Service) getAll(ctx context.Context, keys []store.Key) ([]store.Record, error) {
	all := make([]store.Record, 0, len(keys))
	for len(keys) > 0 {
		n := min(len(keys), store.MaxOps)
		found, err := s.store.Get(ctx, keys[:n]...)
		if err != nil {
			return nil, fmt.Errorf("read records: %w", err)
		}
		all, keys = append(all, found...), keys[n:]
	}
	return all, nil
}

// A recordWrite is what is to become of a record.
type recordWrite[T any] struct {
	next  *T                                                  // nil: it is deleted
	event string                                              // empty: nothing is written
	entry Revision[T]                                         // but for who, when and which
	ops   func(version int64, made Stamp) ([]store.Op, error) // what else is written; may be nil
}

// write lets decide say what is to become of the record with id, and commits it.
// What others overtake is decided again.
func (r records[T]) write(ctx context.Context, id string, by penstock.Actor, decide func(now *storedRecord[T]) (recordWrite[T], error)) (storedRecord[T], error) {
	commit := r.service.newID()
	for range maxTries {
		now, err := r.load(ctx, id)
		if err != nil {
			return now, err
		}
		w, err := decide(&now)
		if err != nil || w.event == "" {
			return now, err
		}
		next, ops, err := r.prepare(&now, w, by, commit)
		if err != nil {
			return now, err
		}
		next.at, err = r.service.store.Commit(ctx, ops...)
		switch {
		case err == nil:
			return next, nil
		case isConflict(err):
			continue
		case !known(err):
			err = r.look(ctx, &next, commit, err)
		}
		return next, err
	}
	return storedRecord[T]{}, fmt.Errorf("%s changed %d times meanwhile: %w", r.key(id), maxTries, penstock.ErrConflict)
}

// prepare returns the record after a write, and the ops that store it.
func (r records[T]) prepare(now *storedRecord[T], w recordWrite[T], by penstock.Actor, commit string) (storedRecord[T], []store.Op, error) {
	stamp := Stamp{By: partyOf(by), At: instant(r.service.now())}
	next := storedRecord[T]{Version: now.Version + 1, First: now.First, Created: now.Created, Updated: stamp, Value: w.next, id: now.id}
	if now.Value == nil {
		next.First, next.Created = next.Version, stamp
	}
	var ops []store.Op
	if w.ops != nil {
		var err error
		if ops, err = w.ops(next.Version, stamp); err != nil {
			return next, nil, err
		}
	}
	w.entry.By, w.entry.Commit = stamp.By, commit
	entry, err := json.Marshal(w.entry)
	if err != nil {
		return next, nil, fmt.Errorf("encode an event of %s: %w", r.key(now.id), err)
	}
	body, err := json.Marshal(next)
	if err != nil {
		return next, nil, fmt.Errorf("encode %s: %w", r.key(now.id), err)
	}
	op := store.Op{
		Record: store.Record{Key: r.key(now.id), Version: now.at, Body: body},
		Events: []store.Event{{Seq: next.Version, Name: w.event, At: stamp.At, Body: entry}},
	}
	if next.Value != nil {
		op.Fields = r.fields(next.Value)
		if r.sort != nil {
			op.Sort = r.sort(&next)
		}
	}
	return next, append(ops, op), nil
}

// look finds out whether a write was committed all the same: its event tells, also
// after others wrote.
func (r records[T]) look(ctx context.Context, next *storedRecord[T], commit string, because error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	events, err := r.service.store.Events(ctx, store.EventQuery{Subject: r.key(next.id), After: next.Version - 1, Limit: 1})
	if err == nil && len(events) > 0 && events[0].Seq == next.Version {
		var e Revision[T]
		if json.Unmarshal(events[0].Body, &e) == nil && e.Commit == commit {
			return nil
		}
	}
	return fmt.Errorf("write %s: %w", r.key(next.id), because)
}

// history returns the entries of a live record since its creation.
func (r records[T]) history(ctx context.Context, now *storedRecord[T], after int64, limit int) ([]Revision[T], error) {
	q := store.EventQuery{Subject: r.key(now.id), After: max(after, now.first()-1), Limit: limit}
	events, err := r.service.store.Events(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read events of %s: %w", r.key(now.id), err)
	}
	all := make([]Revision[T], len(events))
	for i, e := range events {
		if err := json.Unmarshal(e.Body, &all[i]); err != nil {
			return nil, fmt.Errorf("decode event %d of %s: %w", e.Seq, e.Subject, err)
		}
		all[i].Version, all[i].Name, all[i].At = e.Seq, e.Name, e.At
	}
	return all, nil
}

// list returns a page of what matches and show lets pass. It counts only that.
func (r records[T]) list(ctx context.Context, q store.Query, page penstock.Page, show func(*storedRecord[T]) error) (penstock.List[storedRecord[T]], error) {
	var list penstock.List[storedRecord[T]]
	q.Kind = r.kind
	if r.service.authorizer == nil {
		q.Offset, q.Limit, q.Total = page.Offset, page.Limit, true
	} else {
		q.Limit = store.MaxLimit
	}
	for {
		found, err := r.service.store.Find(ctx, q)
		if err != nil {
			return penstock.List[storedRecord[T]]{}, fmt.Errorf("find %s: %w", r.kind, err)
		}
		for i := range found.Records {
			v, err := r.decode(found.Records[i])
			if err == nil {
				err = show(&v)
			}
			switch {
			case errors.Is(err, penstock.ErrForbidden):
				continue
			case err != nil:
				return penstock.List[storedRecord[T]]{}, err
			case q.Total || list.Total >= page.Offset && len(list.Items) < page.Limit:
				list.Items = append(list.Items, v)
			}
			list.Total++
		}
		if q.Total {
			list.Total = found.Total
			return list, nil
		}
		if found.Next == nil {
			return list, nil
		}
		q.After = found.Next
	}
}
