package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// Prepared keeps statements prepared that come more than once: SQLite spends as
// much on understanding a small one as on running it. It is safe for concurrent use.
type Prepared struct {
	db *sql.DB

	mu     sync.RWMutex
	all    map[string]*sql.Stmt
	seen   map[string]bool // that came once
	wanted []string        // that came again
	closed bool
}

// maxPrepared bounds the statements that are kept. What a Commit runs is less
// than a hundred; queries come in as many shapes as callers think of.
const maxPrepared = 400

// NewPrepared returns the prepared statements of db.
func NewPrepared(db *sql.DB) *Prepared {
	return &Prepared{db: db, all: map[string]*sql.Stmt{}, seen: map[string]bool{}}
}

// QueryContext implements Session outside of transactions.
func (p *Prepared) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	s := p.find(text)
	if s == nil && p.Prepare(ctx) {
		s = p.find(text)
	}
	if s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.db.QueryContext(ctx, text, args...)
}

// ExecContext implements Session outside of transactions.
func (p *Prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return p.db.ExecContext(ctx, text, args...)
}

// In returns a Session inside tx.
func (p *Prepared) In(tx *sql.Tx) Session { return inTx{p, tx} }

type inTx struct {
	*Prepared
	tx *sql.Tx
}

func (t inTx) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if s := t.find(text); s != nil {
		return t.tx.StmtContext(ctx, s).ExecContext(ctx, args...)
	}
	return t.tx.ExecContext(ctx, text, args...)
}

func (t inTx) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if s := t.find(text); s != nil {
		return t.tx.StmtContext(ctx, s).QueryContext(ctx, args...)
	}
	return t.tx.QueryContext(ctx, text, args...)
}

// find returns a prepared statement, or nil after making a note that it came.
func (p *Prepared) find(text string) *sql.Stmt {
	p.mu.RLock()
	s := p.all[text]
	p.mu.RUnlock()
	if s != nil {
		return s
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed || len(p.all) >= maxPrepared:
	case p.seen[text]:
		delete(p.seen, text)
		p.wanted = append(p.wanted, text)
	default:
		if len(p.seen) >= maxPrepared {
			clear(p.seen)
		}
		p.seen[text] = true
	}
	return nil
}

// Prepare prepares what is wanted, and reports whether that was anything. The
// caller holds no connection, since it may be the only one. What cannot be
// prepared stays as it is: who runs it gets the error.
func (p *Prepared) Prepare(ctx context.Context) bool {
	p.mu.Lock()
	wanted := p.wanted
	p.wanted = nil
	p.mu.Unlock()
	for _, text := range wanted {
		s, err := p.db.PrepareContext(ctx, text)
		if err != nil {
			continue
		}
		p.mu.Lock()
		old := p.all[text]
		if p.closed || old != nil { // meanwhile
			old = s
		} else {
			p.all[text] = s
		}
		p.mu.Unlock()
		if old != nil {
			_ = old.Close() // nothing is lost with a statement
		}
	}
	return len(wanted) > 0
}

// Close lets go of all statements.
func (p *Prepared) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.all {
		_ = s.Close() // nothing is lost with a statement
	}
	clear(p.all)
	p.closed = true
	return nil
}
