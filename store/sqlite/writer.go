package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/internal/sqlstore"
)

// A writer carries out everything that writes, one after the other. What comes
// in while a transaction is written to the disk goes together into the next
// one: many callers share one wait for the disk. What is refused was refused before it
// wrote anything, nearly always. So jobs get savepoints only if one of them failed
// otherwise: then the transaction is rolled back, and all are carried out again.
type writer struct {
	db       *sql.DB
	prepared *sqlstore.Prepared
	options  Options
	tables   *sqlstore.Tables
	tuned    any // the driver's connection that was tuned last

	stop   context.Context //nolint:containedctx // the life of the store, which ends waiting for a connection
	cancel context.CancelFunc

	mu      sync.Mutex
	queue   []*job
	running bool
	closed  bool
	idle    sync.Cond // when running becomes false
}

// A job is something to write.
type job struct {
	work    func(context.Context, sqlstore.Session) error
	state   atomic.Int32
	applied chan struct{} // closed when work is not carried out again and uses its caller's slices no more
	done    chan struct{} // closed when err is final
	err     error
}

// The states of a job.
const (
	waiting int32 = iota
	started
	abandoned // by its caller, before it was started
)

func newWriter(db *sql.DB, tables *sqlstore.Tables, prepared *sqlstore.Prepared, o Options) *writer {
	w := &writer{db: db, prepared: prepared, options: o, tables: tables}
	w.idle.L = &w.mu
	w.stop, w.cancel = context.WithCancel(context.Background())
	return w
}

// do carries out work in a transaction and returns when it is committed, or
// was not. If ctx ends before work has begun, it is not carried out.
func (w *writer) do(ctx context.Context, work func(context.Context, sqlstore.Session) error) error {
	j := &job{work: work, applied: make(chan struct{}), done: make(chan struct{})}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return store.ErrClosed
	}
	w.queue = append(w.queue, j)
	if !w.running {
		w.running = true
		go w.run() //nolint:contextcheck // what has begun goes on when its caller does not
	}
	w.mu.Unlock()
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
	}
	if j.state.CompareAndSwap(waiting, abandoned) {
		return ctx.Err()
	}
	select {
	case <-j.applied:
	case <-j.done:
	}
	select {
	case <-j.done:
		return j.err
	default:
		return fmt.Errorf("perhaps committed: %w", ctx.Err())
	}
}

// close refuses what comes, and waits for what has begun.
func (w *writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.cancel()
	for w.running {
		w.idle.Wait()
	}
}

// maxBatch bounds how long the first of a batch waits for the last.
const maxBatch = 64

// run works until there is nothing to do.
func (w *writer) run() {
	for {
		w.mu.Lock()
		n := min(len(w.queue), maxBatch)
		jobs := w.queue[:n:n]
		if w.queue = w.queue[n:]; n == 0 {
			w.queue = nil
			w.running = false
			w.idle.Broadcast()
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		w.batch(jobs)
		w.prepared.Prepare(w.stop)
	}
}

// batch carries out jobs in one transaction. A job that fails is undone, and the others
// stay. If it cannot be, the transaction fails, and those that were not begun have another try.
func (w *writer) batch(jobs []*job) {
	begun, err := w.transact(jobs)
	if rest := jobs[len(begun):]; len(begun) > 0 && len(rest) > 0 {
		w.mu.Lock()
		w.queue = append(rest, w.queue...)
		w.mu.Unlock()
	} else {
		begun = jobs
	}
	for _, j := range begun {
		if err != nil {
			j.err = err
			j.state.CompareAndSwap(waiting, started)
		}
		close(j.done)
	}
}

// transact applies jobs and commits them. It returns those that it got to, and
// the error of all of them.
func (w *writer) transact(jobs []*job) (begun []*job, err error) {
	c, err := w.db.Conn(w.stop)
	if err != nil {
		if w.stop.Err() != nil {
			err = store.ErrClosed
		}
		return nil, err
	}
	defer func() { _ = c.Close() }() // gives it back to the pool
	// From here on no context can interrupt: some of the callers may still wait.
	ctx := context.Background()
	if err := w.tune(ctx, c); err != nil {
		return nil, err
	}
	begun, err = w.apply(ctx, c, jobs, false)
	if errors.Is(err, errUndone) {
		begun, err = w.apply(ctx, c, jobs, true)
	}
	return begun, err
}

// errUndone says that a job failed otherwise than by a refusal that wrote nothing, in a transaction without
// savepoints.
var errUndone = errors.New("a job that failed may have written")

// refused reports whether a Commit was refused. After any other error SQLite may have rolled back.
func refused(err error) bool {
	_, ok := errors.AsType[*store.OpError](err)
	return ok
}

// apply is transact on a connection; with care, each job has a savepoint of its own.
func (w *writer) apply(ctx context.Context, c *sql.Conn, jobs []*job, care bool) (begun []*job, err error) {
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	// A write that changes nothing is BEGIN IMMEDIATE, whatever the driver begins with:
	// nobody's time is up while his work waits for the lock.
	batch, err := w.tables.Batch(ctx, w.prepared.In(tx))
	if err != nil {
		_ = tx.Rollback()
		return nil, fmt.Errorf("begin to write: %w", err)
	}
	written := false
	for i, j := range jobs {
		if begun = jobs[:i+1]; !j.begin() {
			continue
		}
		mark, changes := batch.Mark(), batch.Changes()
		work := func() error { return j.work(ctx, batch) }
		if care {
			var broken error
			if j.err, broken = sqlstore.Savepoint(ctx, batch, work); broken != nil {
				_ = tx.Rollback() // SQLite may have done so already
				return begun, broken
			}
		} else if j.err = work(); len(jobs) > 1 && j.err != nil && (batch.Changes() > changes || !refused(j.err)) {
			_ = tx.Rollback()
			return begun, errUndone
		}
		if j.err != nil {
			batch.Reset(mark)
		}
		written = written || j.err == nil
	}
	if !written {
		_ = tx.Rollback()
		return begun, nil
	}
	if err := batch.End(ctx); err != nil {
		_ = tx.Rollback()
		return begun, err
	}
	for _, j := range begun {
		close(j.applied)
	}
	if err := tx.Commit(); err != nil {
		return begun, fmt.Errorf("commit: %w", err)
	}
	return begun, nil
}

// begin reports whether a job is to be carried out: it was begun before, or nobody has
// abandoned it yet.
func (j *job) begin() bool {
	return j.state.CompareAndSwap(waiting, started) || j.state.Load() == started
}

// tune tunes a connection, unless it was the last one too.
func (w *writer) tune(ctx context.Context, c *sql.Conn) error {
	var conn driver.Conn
	err := c.Raw(func(d any) error {
		conn, _ = d.(driver.Conn)
		return nil
	})
	if err != nil {
		return err
	}
	if known := reflect.TypeOf(conn); known != nil && known.Comparable() && any(conn) == w.tuned {
		return nil
	}
	if err := tune(ctx, c, w.options); err != nil {
		return err
	}
	if known := reflect.TypeOf(conn); known != nil && known.Comparable() {
		w.tuned = conn
	}
	return nil
}
