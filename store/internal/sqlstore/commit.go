package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// Commit applies ops, which were checked, inside a transaction that writes:
// either all of them or, with an error, some, so that the caller must roll
// back. On SQLite its first statement is a write, which takes the lock that
// makes every later one see what it writes over.
func (t *Tables) Commit(ctx context.Context, s Session, ops []store.Op) (version int64, err error) {
	c := change{Tables: t, s: s, ops: make([]edit, len(ops)), were: make(map[store.Key]state, len(ops))}
	events := 0
	for i := range ops {
		c.ops[i].Op = &ops[i]
		if ops[i].Kind == store.Put {
			c.ops[i].fields = encodeFields(ops[i].Fields)
		}
		events += len(ops[i].Events)
	}
	// Everybody takes locks in the order of the keys, so nobody waits in a circle.
	slices.SortFunc(c.ops, func(a, b edit) int {
		return cmp.Or(strings.Compare(a.Key.Kind, b.Key.Kind), strings.Compare(a.ID, b.ID))
	})
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return c.count(ctx, events) }, c.look, c.compare, c.write, c.index,
		func(ctx context.Context) error { return c.record(ctx, ops, events) },
	} {
		if err := step(ctx); err != nil {
			if refused := (*store.OpError)(nil); errors.As(err, &refused) {
				return 0, refused
			}
			return 0, fmt.Errorf("commit: %w", err)
		}
	}
	return c.version, nil
}

// A change is one Commit while it is carried out.
type change struct {
	*Tables
	s        Session
	ops      []edit // in the order of the keys
	were     map[store.Key]state
	version  int64 // 0 until it is known
	position int64 // the last one before this commit, where events get theirs at once
}

// An edit is an op with its fields as they are stored.
type edit struct {
	*store.Op
	fields string
}

// A state is what a Commit must know about a record that is stored.
type state struct {
	version, sort int64
	fields        string
	made          bool // by this commit: a row without content, which keeps others from making it
}

// count takes the version and the positions, and on SQLite the lock to write. Where writers run
// side by side the version is taken later, under the locks: then those of a key only grow.
func (c *change) count(ctx context.Context, events int) error {
	if c.Locking {
		return nil
	}
	if b, ok := c.s.(*Batch); ok {
		c.version, c.position = b.count(events)
		return nil
	}
	var q query
	q.add("UPDATE ", c.meta, " SET version = version + 1, position = position + ", arg{int64(events)}, " RETURNING version, position")
	err := q.one(ctx, c.s, &c.version, &c.position)
	c.position -= int64(events)
	return err
}

// look finds what is stored, and where writers run side by side locks it.
func (c *change) look(ctx context.Context) error {
	if !c.Locking {
		return c.read(ctx, c.ops, "")
	}
	for rest := c.ops; len(rest) > 0; {
		how := lockOf(rest[0])
		n := 1
		for n < len(rest) && lockOf(rest[n]) == how {
			n++
		}
		var err error
		if how == absent {
			err = c.make(ctx, rest[:n])
		} else {
			err = c.read(ctx, rest[:n], string(how))
		}
		if err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// A lock is how a key is locked: the clause for a row, or that there must be none.
type lock string

const (
	absent lock = ""
	shared lock = " ORDER BY kind, id FOR SHARE"
	own    lock = " ORDER BY kind, id FOR NO KEY UPDATE"
)

func lockOf(op edit) lock {
	switch {
	case op.Version == 0:
		return absent
	case op.Kind == store.Check:
		return shared
	default:
		return own
	}
}

func (c *change) read(ctx context.Context, ops []edit, lock string) error {
	var q query
	q.add("SELECT kind, id, version, sort, fields FROM ", c.records, " WHERE ")
	q.keys(len(ops), func(i int) store.Key { return ops[i].Key })
	return q.add(lock).each(ctx, c.s, func(rows *sql.Rows) error {
		var key store.Key
		var was state
		if err := rows.Scan(&key.Kind, &key.ID, &was.version, &was.sort, &was.fields); err != nil {
			return err
		}
		c.were[key] = was
		return nil
	})
}

// make inserts rows without content for keys that must be absent. Others who
// want the same keys wait, even for those that are only checked.
func (c *change) make(ctx context.Context, ops []edit) error {
	for len(ops) > 0 {
		n := chunk(len(ops))
		var q query
		q.add("INSERT INTO ", c.records, " (kind, id, version, sort, fields) VALUES ")
		q.rows(n, func(i int) []any {
			return []any{ops[i].Key.Kind, ops[i].ID, literal("0"), literal("0"), literal("'{}'")}
		})
		made := 0
		err := q.add(" ON CONFLICT (kind, id) DO NOTHING RETURNING kind, id").each(ctx, c.s, func(rows *sql.Rows) error {
			var key store.Key
			made++
			err := rows.Scan(&key.Kind, &key.ID)
			c.were[key] = state{fields: "{}", made: true}
			return err
		})
		if err != nil {
			return err
		}
		for i := range ops[:n] {
			if !c.were[ops[i].Key].made {
				return &store.OpError{Key: ops[i].Key, Err: penstock.ErrExists}
			}
		}
		ops = ops[n:]
	}
	return nil
}

// compare refuses ops that expect another version.
func (c *change) compare(context.Context) error {
	for _, op := range c.ops {
		switch was := c.were[op.Key]; {
		case op.Version == was.version:
		case op.Version == 0:
			return &store.OpError{Key: op.Key, Err: penstock.ErrExists}
		default:
			return &store.OpError{Key: op.Key, Err: penstock.ErrConflict}
		}
	}
	return nil
}

// write writes the records.
func (c *change) write(ctx context.Context) error {
	var puts, gone []edit
	for _, op := range c.ops {
		switch {
		case op.Kind == store.Put:
			puts = append(puts, op)
		case op.Kind == store.Delete || c.were[op.Key].made:
			gone = append(gone, op)
		}
	}
	for len(puts) > 0 {
		n := chunkOf(len(puts), func(i int) int { return len(puts[i].Body) + len(puts[i].fields) })
		var q query
		q.add("INSERT INTO ", c.records, " (kind, id, version, sort, fields, body) VALUES ").rows(n, func(i int) []any {
			op := puts[i]
			return []any{op.Key.Kind, op.ID, c.nextVersion(i), op.Sort, op.fields, blob(op.Body)}
		})
		q.add(" ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, sort = excluded.sort, fields = excluded.fields, body = excluded.body")
		if err := c.run(ctx, &q); err != nil {
			return err
		}
		puts = puts[n:]
	}
	if c.version == 0 {
		var q query
		if err := q.add("SELECT nextval(", c.versions, ")").one(ctx, c.s, &c.version); err != nil {
			return err
		}
	}
	for len(gone) > 0 {
		n := chunk(len(gone))
		var q query
		q.add("DELETE FROM ", c.records, " WHERE ").keys(n, func(i int) store.Key { return gone[i].Key })
		if _, err := q.exec(ctx, c.s); err != nil {
			return err
		}
		gone = gone[n:]
	}
	return nil
}

// nextVersion is the version of row i of a statement. One that is not yet known
// is taken by the first row.
func (c *change) nextVersion(i int) any {
	switch {
	case c.version != 0:
		return c.version
	case i == 0:
		return literal("nextval(" + c.versions + ")")
	default:
		return literal("currval(" + c.versions + ")")
	}
}

// run runs a statement that writes records, and learns the version from it.
func (c *change) run(ctx context.Context, q *query) error {
	if c.version != 0 {
		_, err := q.exec(ctx, c.s)
		return err
	}
	return q.add(" RETURNING version").one(ctx, c.s, &c.version)
}

// blob makes an empty body NULL: drivers differ in what an empty slice is.
func blob(body []byte) any {
	if len(body) == 0 {
		return nil
	}
	return body
}
