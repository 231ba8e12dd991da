package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/store"
)

// Get reads records by key in one statement, as of one moment.
func (t *Tables) Get(ctx context.Context, s Session, keys []store.Key) ([]store.Record, error) {
	records := make([]store.Record, len(keys))
	if len(keys) == 0 {
		return records, nil
	}
	var q query
	q.add("SELECT kind, id, version, sort, fields, body FROM ", t.records, " WHERE ")
	q.keys(len(keys), func(i int) store.Key { return keys[i] })
	found := make([]store.Record, 0, len(keys))
	err := q.each(ctx, s, func(rows *sql.Rows) error {
		var r store.Record
		var fields string
		if err := rows.Scan(&r.Kind, &r.ID, &r.Version, &r.Sort, &fields, &r.Body); err != nil {
			return err
		}
		err := complete(&r, fields)
		found = append(found, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get: %w", err)
	}
	places := make(map[store.Key]int, len(found))
	for i, r := range found {
		places[r.Key] = i
	}
	for i, key := range keys {
		at, ok := places[key]
		switch {
		case !ok:
			records[i].Key = key
		case found[at].Key == store.Key{}: // asked for before
			records[i] = clone(records[slices.Index(keys, key)])
		default:
			records[i], found[at] = found[at], store.Record{}
		}
	}
	return records, nil
}

// complete finishes a record that was scanned.
func complete(r *store.Record, fields string) (err error) {
	if r.Fields, err = decodeFields(fields); err != nil {
		return fmt.Errorf("%s: %w", r.Key, err)
	}
	if len(r.Body) == 0 {
		r.Body = nil
	}
	return nil
}

// clone returns a copy that shares nothing with r.
func clone(r store.Record) store.Record {
	r.Body, r.Fields = bytes.Clone(r.Body), maps.Clone(r.Fields)
	for name, values := range r.Fields {
		r.Fields[name] = slices.Clone(values)
	}
	return r
}

// keys appends what is true for the rows of n keys.
func (q *query) keys(n int, key func(i int) store.Key) {
	if n == 1 {
		q.add("kind = ", arg{key(0).Kind}, " AND id = ", arg{key(0).ID})
		return
	}
	size := 2
	for size < n {
		size *= 2 // the last key again, so that there are few different statements
	}
	q.add("(kind, id) IN (VALUES ").rows(size, func(i int) []any {
		k := key(min(i, n-1))
		return []any{k.Kind, k.ID}
	}).add(")")
}

// ReadEvents reads events that have a position. With unnumbered it also returns
// those of a subject that have none yet, with Position 0.
func (t *Tables) ReadEvents(ctx context.Context, s Session, q store.EventQuery, unnumbered bool) ([]store.Event, error) {
	var text query
	body := "body"
	if q.NoBody {
		body = "NULL"
	}
	text.add("SELECT coalesce(position, 0), kind, id, seq, name, at, ", body, " FROM ", t.events)
	switch {
	case q.Subject != (store.Key{}):
		text.add(" WHERE kind = ", arg{q.Subject.Kind}, " AND id = ", arg{q.Subject.ID}, " AND seq > ", arg{q.After})
		if !unnumbered {
			text.add(" AND position IS NOT NULL")
		}
		text.add(" ORDER BY seq")
	case q.Kind != "":
		text.add(" WHERE kind = ", arg{q.Kind}, " AND position > ", arg{q.After}, " ORDER BY position")
	default:
		text.add(" WHERE position > ", arg{q.After}, " ORDER BY position")
	}
	text.add(" LIMIT ", arg{q.Limit})
	events := make([]store.Event, 0, min(q.Limit, 128))
	err := text.each(ctx, s, func(rows *sql.Rows) error {
		var e store.Event
		var at int64
		if err := rows.Scan(&e.Position, &e.Subject.Kind, &e.Subject.ID, &e.Seq, &e.Name, &at, &e.Body); err != nil {
			return err
		}
		if e.At = time.UnixMicro(at).UTC(); len(e.Body) == 0 {
			e.Body = nil
		}
		events = append(events, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return events, nil
}

// Position returns the last position that was given.
func (t *Tables) Position(ctx context.Context, s Session) (last int64, err error) {
	var q query
	if err = q.add("SELECT position FROM ", t.meta).one(ctx, s, &last); err != nil {
		return 0, fmt.Errorf("last position: %w", err)
	}
	return last, nil
}

// Next takes n numbers out of a sequence.
func (t *Tables) Next(ctx context.Context, s Session, sequence string, n int) (first int64, err error) {
	var q query
	q.add("INSERT INTO ", t.sequences, " AS s (name, last) VALUES (", arg{sequence}, ", ", arg{int64(n)},
		") ON CONFLICT (name) DO UPDATE SET last = s.last + excluded.last RETURNING last")
	if err = q.one(ctx, s, &first); err != nil {
		return 0, fmt.Errorf("next of %s: %w", sequence, err)
	}
	return first - int64(n) + 1, nil
}

// Number gives positions to the committed events that have none, at most about
// 10,000 and always whole commits, in the order of their versions. It runs in
// a transaction of its own, under a lock that only those who number take, and with a snapshot that
// is younger than that lock. What is visible now gets its positions before
// anything that becomes visible later; nobody waits for a writer, and a writer
// waits for nobody.
//
// It reports whether it left some for a next time.
func (t *Tables) Number(ctx context.Context, s Session) (more bool, err error) {
	var cut query
	last := int64(math.MaxInt64)
	err = cut.add("SELECT version FROM ", t.events, " WHERE position IS NULL ORDER BY version, n OFFSET 9999 LIMIT 1").one(ctx, s, &last)
	if more = err == nil; !more && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("number events: %w", err)
	}
	var q query
	q.add("WITH fresh AS (SELECT version, n, row_number() OVER (ORDER BY version, n) AS place FROM ", t.events,
		" WHERE position IS NULL AND version <= ", arg{last}, "),",
		" base AS (UPDATE ", t.meta, " SET position = position + (SELECT count(*) FROM fresh)",
		" RETURNING position - (SELECT count(*) FROM fresh) AS start)",
		" UPDATE ", t.events, " AS e SET position = base.start + fresh.place FROM fresh, base",
		" WHERE e.version = fresh.version AND e.n = fresh.n AND e.position IS NULL AND e.version <= ", arg{last})
	if _, err := q.exec(ctx, s); err != nil {
		return false, fmt.Errorf("number events: %w", err)
	}
	return more, nil
}

// Unnumbered reports whether there are events without a position.
func (t *Tables) Unnumbered(ctx context.Context, s Session) (yes bool, err error) {
	var q query
	q.add("SELECT EXISTS (SELECT 1 FROM ", t.events, " WHERE position IS NULL)")
	if err = q.one(ctx, s, &yes); err != nil {
		return false, fmt.Errorf("unnumbered events: %w", err)
	}
	return yes, nil
}

// LockOf is the number of the lock of those who number these events: that of
// their table within a space of numbers. It is an expression of PostgreSQL.
func (t *Tables) LockOf(space int64) string {
	return "'" + t.events + "'::regclass::oid::bigint + " + strconv.FormatInt(space, 10)
}
