package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// A Batch is a transaction of SQLite in which one writer carries out several Commits, one
// after the other. It keeps the version and the position of the last, so that they are
// read and written once, and knows whether anything was written.
type Batch struct {
	Session
	t       *Tables
	at      Mark
	stored  Mark // what the table has
	changes int  // statements that may have written
}

// A Mark is what a Batch counted up to a moment.
type Mark struct{ version, position int64 }

// Batch begins a batch in a transaction of which it is the first statement: it takes the
// lock to write.
func (t *Tables) Batch(ctx context.Context, s Session) (*Batch, error) {
	b := &Batch{Session: s, t: t}
	var q query
	q.add("UPDATE ", t.meta, " SET position = position RETURNING version, position")
	if err := q.one(ctx, s, &b.at.version, &b.at.position); err != nil {
		return nil, err
	}
	b.stored = b.at
	return b, nil
}

// ExecContext implements Session.
func (b *Batch) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	b.changes++
	return b.Session.ExecContext(ctx, text, args...)
}

// QueryContext implements Session.
func (b *Batch) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if !strings.HasPrefix(text, "SELECT ") {
		b.changes++
	}
	return b.Session.QueryContext(ctx, text, args...)
}

// count takes a version and positions for so many events, and returns the position
// before them.
func (b *Batch) count(events int) (version, position int64) {
	position = b.at.position
	b.at.version++
	b.at.position += int64(events)
	return b.at.version, position
}

// Mark returns what was counted so far.
func (b *Batch) Mark() Mark { return b.at }

// Reset takes back what was counted since a mark.
func (b *Batch) Reset(m Mark) { b.at = m }

// Changes returns how many statements may have written so far.
func (b *Batch) Changes() int { return b.changes }

// End writes what was counted. It is the last statement before the commit.
func (b *Batch) End(ctx context.Context) error {
	if b.at == b.stored {
		return nil
	}
	var q query
	q.add("UPDATE ", b.t.meta, " SET version = ", arg{b.at.version}, ", position = ", arg{b.at.position})
	if _, err := q.exec(ctx, b.Session); err != nil {
		return fmt.Errorf("count what was written: %w", err)
	}
	b.stored = b.at
	return nil
}
