package conformance_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/internal/sqlstore"
)

// Beside a store the benchmarks run the same statements on the driver alone: those that the
// store's own code was seen to run, with the same values, and without its checks.

// A statement is one that was seen.
type statement struct {
	text string
	args []any
	asks bool // it has an answer
}

// A recorder is a Session that remembers what runs through it.
type recorder struct {
	sqlstore.Session
	seen []statement
}

func (r *recorder) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	r.seen = append(r.seen, statement{text, args, true})
	return r.Session.QueryContext(ctx, text, args...)
}

func (r *recorder) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	r.seen = append(r.seen, statement{text, args, false})
	return r.Session.ExecContext(ctx, text, args...)
}

// recordCommits returns the statements of commits, which it carries out.
func recordCommits(b *testing.B, db *sql.DB, tables *sqlstore.Tables, n int, ops func(i int) []store.Op) [][]statement {
	b.Helper()
	all := make([][]statement, n)
	versions := map[store.Key]int64{}
	for i := range n {
		tx := begin(b, db)
		r := &recorder{Session: tx}
		made := ops(i)
		for j := range made {
			made[j].Version = versions[made[j].Record.Key]
		}
		version, err := tables.Commit(b.Context(), r, made)
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			b.Fatal(err)
		}
		for _, op := range made {
			versions[op.Record.Key] = version
		}
		all[i] = r.seen
	}
	return all
}

// A raw runs statements on a driver. SQLite's are prepared; pgx prepares by itself.
type raw struct {
	db       *sql.DB
	prepares bool
	prepared map[string]*sql.Stmt
	into     []any
}

func newRaw(db *sql.DB, prepares bool) *raw {
	r := &raw{db: db, prepares: prepares, prepared: map[string]*sql.Stmt{}}
	for range 16 {
		r.into = append(r.into, new(any))
	}
	return r
}

// commit runs statements in one transaction.
func (r *raw) commit(ctx context.Context, all []statement) error {
	for _, s := range all {
		if err := r.prepare(ctx, s.text); err != nil {
			return err
		}
	}
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := r.run(ctx, s, tx.StmtContext, tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// ask runs statements without a transaction.
func (r *raw) ask(ctx context.Context, all []statement) error {
	for _, s := range all {
		if err := r.prepare(ctx, s.text); err != nil {
			return err
		}
		if err := r.run(ctx, s, func(_ context.Context, p *sql.Stmt) *sql.Stmt { return p }, r.db); err != nil {
			return err
		}
	}
	return nil
}

func (r *raw) prepare(ctx context.Context, text string) (err error) {
	if r.prepares && r.prepared[text] == nil {
		r.prepared[text], err = r.db.PrepareContext(ctx, text)
	}
	return err
}

func (r *raw) run(ctx context.Context, s statement, in func(context.Context, *sql.Stmt) *sql.Stmt, on sqlstore.Session) (err error) {
	p := r.prepared[s.text]
	switch {
	case s.asks && p != nil:
		rows, err := in(ctx, p).QueryContext(ctx, s.args...)
		return r.read(rows, err)
	case s.asks:
		rows, err := on.QueryContext(ctx, s.text, s.args...)
		return r.read(rows, err)
	case p != nil:
		_, err = in(ctx, p).ExecContext(ctx, s.args...)
	default:
		_, err = on.ExecContext(ctx, s.text, s.args...)
	}
	return err
}

// read reads an answer to its end.
func (r *raw) read(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := rows.Scan(r.into[:len(columns)]...); err != nil {
			return err
		}
	}
	return rows.Err()
}
