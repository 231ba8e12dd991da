package conformance_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/postgres/listen"
)

var (
	_ store.Waker = (*postgres.Store)(nil)
	_ store.Store = (*postgres.Store)(nil)
)

// A hearer is what another process has: a pool and a Store of its own. It never
// polls, so what it learns in time it has heard.
type hearer struct {
	db *sql.DB
	*postgres.Store
	heard   chan struct{}                   // something was heard; of size 1
	n       atomic.Int64                    // how often
	session func(ctx context.Context) error // before each session; may be nil
}

func newHearer(tb testing.TB, url, schema string, change func(*hearer, *postgres.Options)) *hearer {
	tb.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	r := &hearer{db: db, heard: make(chan struct{}, 1)}
	o := &postgres.Options{Schema: schema, Poll: time.Hour}
	listener := listen.On(db)
	if change != nil {
		change(r, o)
		if o.Listen != nil {
			listener = o.Listen
		}
	}
	o.Listen = func(ctx context.Context, channel string, heard func()) error {
		if r.session != nil {
			if err := r.session(ctx); err != nil {
				return err
			}
		}
		return listener(ctx, channel, func() {
			heard()
			r.n.Add(1)
			select {
			case r.heard <- struct{}{}:
			default:
			}
		})
	}
	if r.Store, err = postgres.New(tb.Context(), db, o); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = r.Close() })
	return r
}

// wait begins to wait for what comes after a position.
func (r *hearer) wait(tb testing.TB, after int64) <-chan time.Time {
	woken := make(chan time.Time, 1)
	go func() {
		for {
			last, err := r.Wait(tb.Context(), after)
			if err != nil {
				if !errors.Is(err, store.ErrClosed) && tb.Context().Err() == nil {
					tb.Errorf("Wait: %v", err)
				}
				return
			}
			if last > after {
				woken <- time.Now()
				return
			}
		}
	}()
	return woken
}

// soon fails unless something happens in seconds: tests may have to share the machine.
func soon[T any](tb testing.TB, what string, c <-chan T) (got T) {
	tb.Helper()
	select {
	case got = <-c:
	case <-time.After(20 * time.Second):
		tb.Fatalf("%s: nothing happened", what)
	}
	return got
}

// median of what took how long, which must be short.
func median(tb testing.TB, what string, all []time.Duration, limit time.Duration) {
	tb.Helper()
	slices.Sort(all)
	p50 := all[len(all)/2]
	tb.Logf("%s: p50 %v, highest %v of %d", what, p50, all[len(all)-1], len(all))
	if p50 > limit {
		tb.Errorf("%s: p50 %v, want at most %v", what, p50, limit)
	}
}

func TestListenHearsWhatOthersCommit(t *testing.T) {
	db, schema := openPostgres(t)
	writer := newPostgres(t, db, schema)
	reader := newHearer(t, pgURL, schema, nil)
	first := reader.wait(t, 0)
	soon(t, "LISTEN", reader.heard)
	var took []time.Duration
	for i := range int64(50) {
		woken := first
		if i > 0 {
			woken = reader.wait(t, i)
		}
		commit(t, writer, put(fmt.Sprint("p", i), 0, event(1)))
		begin := time.Now()
		took = append(took, soon(t, "a commit", woken).Sub(begin))
	}
	median(t, "another Store wakes", took, 50*time.Millisecond)
}

func TestListenOfOtherTablesIsQuiet(t *testing.T) {
	db, schema := openPostgres(t)
	reader := newHearer(t, pgURL, schema, nil)
	woken := reader.wait(t, 0)
	soon(t, "LISTEN", reader.heard)
	other, err := postgres.New(t.Context(), db, &postgres.Options{Schema: schema, Prefix: "other_"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		commit(t, other, put(fmt.Sprint("p", i), 0, event(1)))
	}
	if err := other.Close(); err != nil { // sends what is to be sent
		t.Error(err)
	}
	mine := newPostgres(t, db, schema)
	commit(t, mine, put("quiet", 0))
	commit(t, mine, put("p", 0, event(1)))
	soon(t, "a commit", woken)
	if n := reader.n.Load(); n > 2 {
		t.Errorf("heard %d times, want once for LISTEN and once for the one commit with an event", n)
	}
}

// What is committed while the connection is gone is noticed when there is one again.
func TestListenSurvivesItsConnection(t *testing.T) {
	db, schema := openPostgres(t)
	writer := newPostgres(t, db, schema)
	away := make(chan struct{})
	goOn := make(chan struct{})
	at, err := calling(pgURL, schema)
	if err != nil {
		t.Fatal(err)
	}
	reader := newHearer(t, at, schema, func(r *hearer, _ *postgres.Options) {
		first := true
		r.session = func(ctx context.Context) error {
			if first {
				first = false
				return nil
			}
			select {
			case away <- struct{}{}:
			case <-ctx.Done():
			}
			select {
			case <-goOn:
			case <-ctx.Done():
			}
			return ctx.Err()
		}
	})
	woken := reader.wait(t, 0)
	soon(t, "LISTEN", reader.heard)
	looked := 0
	for i := range int64(4) {
		var killed int
		err := db.QueryRowContext(t.Context(), "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN%'", schema[:min(63, len(schema))]).Scan(&killed)
		if err != nil || killed != 1 {
			t.Fatalf("%d backends killed, %v", killed, err)
		}
		soon(t, "the end of a session", away)
		commit(t, writer, put(fmt.Sprint("p", i), 0, event(1)))
		early := false
		select {
		case <-woken: // its first look, on a busy machine, came after the commit
			early = true
			looked++
		case <-time.After(50 * time.Millisecond):
		}
		goOn <- struct{}{}
		if !early {
			soon(t, "a commit meanwhile", woken)
		}
		soon(t, "LISTEN", reader.heard)
		woken = reader.wait(t, i+1)
	}
	if looked == 4 {
		t.Error("it wakes without a connection")
	}
}

func TestListenSurvivesARestart(t *testing.T) {
	server, _ := ownServer(t)
	db, err := sql.Open("pgx", server.url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	writer := newPostgres(t, db, "own")
	var log safeBuffer
	reader := newHearer(t, server.url, "own", func(_ *hearer, o *postgres.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	// Wait fails while there is no server; who waits asks again.
	for i, how := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		after, err := reader.Wait(t.Context(), -1)
		if err != nil {
			t.Fatal(err)
		}
		woken := make(chan int64, 1)
		go func() {
			for t.Context().Err() == nil {
				if last, err := reader.Wait(t.Context(), after); err == nil && last > after {
					woken <- last
					return
				}
			}
		}()
		soon(t, "LISTEN", reader.heard)
		if err := server.restart(how); err != nil {
			t.Fatal(err)
		}
		for ended := false; !ended; { // connections of the pool are found out to be gone
			_, err := writer.Commit(t.Context(), put(fmt.Sprint("p", i), 0, event(1)))
			ended = err == nil || errors.Is(err, penstock.ErrExists)
		}
		soon(t, "a commit after the restart", woken)
	}
	if text := log.String(); strings.Count(text, "level=WARN") < 2 || strings.Count(text, "again") < 1 {
		t.Errorf("the log says:\n%s", text)
	}
}

// A safeBuffer is a bytes.Buffer for several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestTxIsHeardWhenItIsCommitted(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		t.Run(fmt.Sprintf("quiet=%v", quiet), func(t *testing.T) {
			db, schema := openPostgres(t)
			s := newPostgres(t, db, schema)
			reader := newHearer(t, pgURL, schema, nil)
			woken := reader.wait(t, 0)
			soon(t, "LISTEN", reader.heard)
			tx := begin(t, db)
			in, err := postgres.Tx(tx, &postgres.Options{Schema: schema, Quiet: quiet})
			if err != nil {
				t.Fatal(err)
			}
			commit(t, in, put("p", 0, event(1)))
			if _, err := in.Commit(t.Context(), put("p", 0, event(2))); !errors.Is(err, penstock.ErrExists) {
				t.Errorf("Commit = %v", err)
			}
			s.Wake() // everybody looks, and sees nothing yet
			soon(t, "Wake", reader.heard)
			select {
			case <-woken:
				t.Fatal("woken by what is not committed")
			case <-reader.heard:
				t.Error("heard what is not committed")
			case <-time.After(100 * time.Millisecond):
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if quiet {
				select {
				case <-reader.heard:
					t.Error("a quiet commit was announced")
				case <-time.After(100 * time.Millisecond):
				}
				s.Wake()
			}
			soon(t, "the outer commit", woken)
		})
	}
}

func TestListenLeavesNothingBehind(t *testing.T) {
	_, schema := openPostgres(t)
	r := newHearer(t, pgURL, schema, nil)
	r.wait(t, 0)
	soon(t, "LISTEN", r.heard)
	if n := r.db.Stats().InUse; n == 0 {
		t.Error("LISTEN takes no connection")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if n := r.db.Stats().InUse; n != 0 {
		t.Errorf("%d connections are in use after Close", n)
	}
	for range r.db.Stats().OpenConnections + 1 {
		var listening int
		if err := r.db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_listening_channels()").Scan(&listening); err != nil || listening != 0 {
			t.Errorf("a connection of the pool listens to %d channels, %v", listening, err)
		}
	}
}

// A pool without a connection to spare is not blocked: the Store polls and says why.
func TestListenOnAPoolOfOne(t *testing.T) {
	_, schema := openPostgres(t)
	var log safeBuffer
	r := newHearer(t, pgURL, schema, func(r *hearer, o *postgres.Options) {
		r.db.SetMaxOpenConns(1)
		o.Poll = 20 * time.Millisecond
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	woken := r.wait(t, 0)
	commit(t, r, put("p", 0, event(1)))
	soon(t, "a commit", woken)
	for !strings.Contains(log.String(), "none to spare") {
		soon(t, "a look", r.wait(t, -1))
	}
}

func TestListenConnectsBesideThePool(t *testing.T) {
	db, schema := openPostgres(t)
	writer := newPostgres(t, db, schema)
	r := newHearer(t, pgURL, schema, func(r *hearer, o *postgres.Options) {
		r.db.SetMaxOpenConns(1)
		var err error
		if o.Listen, err = listen.Connect(pgURL); err != nil {
			t.Fatal(err)
		}
	})
	woken := r.wait(t, 0)
	soon(t, "LISTEN", r.heard)
	commit(t, writer, put("p", 0, event(1)))
	soon(t, "a commit", woken)
}
