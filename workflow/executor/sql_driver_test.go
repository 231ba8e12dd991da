package executor_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync"
	"testing"
)

// A server is a database that answers as a test wants.
type server struct {
	mu      sync.Mutex
	seen    []string // statements, begin, commit and rollback
	answers map[string]answer
	connect error
	hung    func() // is called when a statement hangs
}

// An answer is what comes of a statement.
type answer struct {
	columns  []string
	rows     [][]driver.Value
	more     *answer // the next result
	affected int64
	err      error // of the statement, or behind the rows if there are columns
	endless  bool  // rows without end
	hangs    bool  // until the context is over
}

func (s *server) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, what)
}

func (s *server) log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.seen...)
}

// db returns a handle that is closed with the test.
func (s *server) db(t testing.TB) *sql.DB {
	db := sql.OpenDB(s)
	t.Cleanup(func() {
		if n := db.Stats().InUse; n != 0 {
			t.Errorf("%d connections are still in use", n)
		}
		db.Close()
	})
	return db
}

func (s *server) Connect(context.Context) (driver.Conn, error) { return &serverConn{s}, s.connect }
func (s *server) Driver() driver.Driver                        { return nil }

type serverConn struct{ s *server }

func (c *serverConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (c *serverConn) Close() error                        { return nil }
func (c *serverConn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}
func (c *serverConn) Commit() error   { c.s.note("commit"); return c.s.answers["commit"].err }
func (c *serverConn) Rollback() error { c.s.note("rollback"); return c.s.answers["rollback"].err }

func (c *serverConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	c.s.note("begin")
	return c, c.s.answers["begin"].err
}

func (c *serverConn) ExecContext(ctx context.Context, text string, _ []driver.NamedValue) (driver.Result, error) {
	c.s.note("exec " + text)
	a := c.s.answers[text]
	if a.hangs {
		if c.s.hung != nil {
			c.s.hung()
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if a.affected < 0 {
		return driver.ResultNoRows, a.err
	}
	return driver.RowsAffected(a.affected), a.err
}

func (c *serverConn) QueryContext(ctx context.Context, text string, _ []driver.NamedValue) (driver.Rows, error) {
	c.s.note("query " + text)
	a := c.s.answers[text]
	if a.hangs {
		if c.s.hung != nil {
			c.s.hung()
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if a.err != nil && a.columns == nil {
		return nil, a.err
	}
	return &serverRows{a: &a}, nil
}

type serverRows struct {
	a *answer
	n int
}

func (r *serverRows) Columns() []string      { return r.a.columns }
func (r *serverRows) Close() error           { return nil }
func (r *serverRows) HasNextResultSet() bool { return r.a.more != nil }

func (r *serverRows) NextResultSet() error {
	if r.a.more == nil {
		return io.EOF
	}
	r.a, r.n = r.a.more, 0
	return nil
}

func (r *serverRows) Next(to []driver.Value) error {
	switch {
	case r.n < len(r.a.rows):
		copy(to, r.a.rows[r.n])
	case r.a.endless:
		to[0] = int64(r.n)
	case r.a.err != nil:
		return r.a.err
	default:
		return io.EOF
	}
	r.n++
	return nil
}

// openExample returns the database of an example.
func openExample() *sql.DB {
	return sql.OpenDB(&server{answers: map[string]answer{
		"UPDATE orders SET state = 'open'": {affected: 2},
		"SELECT id, state FROM orders":     {columns: []string{"id", "state"}, rows: [][]driver.Value{{int64(1), "open"}, {int64(2), "open"}}},
	}})
}
