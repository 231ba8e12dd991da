package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A logged event is an event with its place in the Commit, from 1.
type logged struct {
	*store.Event
	subject store.Key
	place   int64
}

// record appends the events of the ops, in the order in which they were given.
func (c *change) record(ctx context.Context, ops []store.Op, n int) error {
	if n == 0 {
		return nil
	}
	events := make([]logged, 0, n)
	for i := range ops {
		for j := range ops[i].Events {
			e := &ops[i].Events[j]
			subject := e.Subject
			if subject == (store.Key{}) {
				subject = ops[i].Key
			}
			events = append(events, logged{e, subject, int64(len(events) + 1)})
		}
	}
	if c.Locking { // in one order, so that nobody waits in a circle
		slices.SortFunc(events, func(a, b logged) int {
			return cmp.Or(strings.Compare(a.subject.Kind, b.subject.Kind), strings.Compare(a.subject.ID, b.subject.ID), cmp.Compare(a.Seq, b.Seq))
		})
	}
	for rest := events; len(rest) > 0; {
		n := chunkOf(len(rest), func(i int) int { return len(rest[i].Body) })
		var q query
		q.add("INSERT INTO ", c.events, " (position, version, n, kind, id, seq, name, at, body) VALUES ").rows(n, func(i int) []any {
			e := rest[i]
			var position any
			if !c.Locking {
				position = c.position + e.place
			}
			return []any{position, c.version, e.place, e.subject.Kind, e.subject.ID, e.Seq, e.Name, e.At.UnixMicro(), blob(e.Body)}
		})
		written, err := q.add(" ON CONFLICT (kind, id, seq) DO NOTHING").exec(ctx, c.s)
		if err != nil {
			return err
		}
		if written != int64(n) {
			return c.taken(ctx, rest[:n], events)
		}
		rest = rest[n:]
	}
	return nil
}

// taken tells which of the events has a sequence number that is taken: by an
// event that is stored, or by another one of this commit.
func (c *change) taken(ctx context.Context, some, all []logged) error {
	var q query
	q.add("SELECT kind, id FROM ", c.events, " WHERE version <> ", arg{c.version}, " AND (kind, id, seq) IN (VALUES ")
	for i, e := range some {
		q.add(separator(i), "(", arg{e.subject.Kind}, ", ", arg{e.subject.ID}, ", CAST(", arg{e.Seq}, " AS bigint))")
	}
	conflict := &store.OpError{Key: some[0].subject, Err: penstock.ErrConflict}
	err := q.add(")").one(ctx, c.s, &conflict.Key.Kind, &conflict.Key.ID)
	if errors.Is(err, sql.ErrNoRows) {
		type place struct {
			store.Key
			seq int64
		}
		seen := make(map[place]bool, len(all))
		for _, e := range all {
			if p := (place{e.subject, e.Seq}); seen[p] {
				conflict.Key = e.subject
			} else {
				seen[p] = true
			}
		}
		err = nil
	}
	if err != nil {
		return err
	}
	return conflict
}
