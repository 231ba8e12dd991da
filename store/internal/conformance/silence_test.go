package conformance_test

import (
	"bytes"
	"context"
	"database/sql"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
)

// A network swallows what goes over connections from the moment on that it says
// so: nobody gets an error. Connections that are made later are well.
type network struct {
	broken atomic.Bool
	at     []byte // breaks it when it is written; nil: nothing does
}

// open returns a database beyond the network.
func (n *network) open(t *testing.T) *sql.DB {
	t.Helper()
	needPostgres(t)
	config, err := pgx.ParseConfig(pgURL)
	if err != nil {
		t.Fatal(err)
	}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, kind, address string) (net.Conn, error) {
		conn, err := dial(ctx, kind, address)
		return &silentConn{Conn: conn, network: n}, err
	}
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

type silentConn struct {
	net.Conn
	network *network
	silent  atomic.Bool
}

// lost reports whether this connection was used while the network was broken.
func (c *silentConn) lost() bool {
	if c.network.broken.Load() {
		c.silent.Store(true)
	}
	return c.silent.Load()
}

func (c *silentConn) Read(b []byte) (int, error) {
	for {
		if n, err := c.Conn.Read(b); err != nil || !c.lost() {
			return n, err
		}
	}
}

func (c *silentConn) Write(b []byte) (int, error) {
	if c.network.at != nil && bytes.Contains(b, c.network.at) {
		c.silent.Store(true)
	}
	if c.lost() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// Who waits on a connection that has gone silent is told so, and is woken again by the next one.
func TestWaitSurvivesSilence(t *testing.T) {
	t.Parallel()
	direct, schema := openPostgres(t)
	var n network
	db := n.open(t)
	db.SetMaxOpenConns(1)
	s, err := postgres.New(t.Context(), db, &postgres.Options{Schema: schema, Poll: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n.broken.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if last, err := s.Wait(ctx, 0); err == nil || ctx.Err() != nil {
		t.Fatalf("Wait = %d, %v", last, err)
	}
	n.broken.Store(false)
	commit(t, newPostgres(t, direct, schema), put("p", 0, event(1)))
	if last, err := s.Wait(ctx, 0); last != 1 || err != nil {
		t.Errorf("Wait = %d, %v", last, err)
	}
}

// A process that stands still while it gives positions holds the log up for as long as
// the server lets it.
func TestLogSurvivesWhoStandsStill(t *testing.T) {
	t.Parallel()
	direct, schema := openPostgres(t)
	s := newPostgres(t, direct, schema)
	commit(t, s, put("p", 0, event(1)))
	n := network{at: []byte("WITH fresh AS")}
	still, err := postgres.New(t.Context(), n.open(t), &postgres.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { _, _ = still.Events(ctx, store.EventQuery{}); close(ended) }()
	defer func() { cancel(); <-ended }()
	for locked := false; !locked; {
		if err := direct.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = $1::regclass::oid)", schema+".penstock_events").Scan(&locked); err != nil {
			t.Fatal(err)
		}
	}
	late, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	for {
		events, err := s.Events(late, store.EventQuery{})
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 1 {
			return
		}
	}
}
