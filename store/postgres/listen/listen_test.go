package listen_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/postgres/listen"
)

// What needs a server is tested in store/internal/conformance. Here a server is
// a goroutine at the other end of a pipe, which can fall silent in virtual time.

// A fakeServer lets clients log in and answers what they execute.
type fakeServer struct {
	t      *testing.T
	conn   chan *client // that listen
	silent atomic.Bool  // answers nothing any more
	asked  chan string  // what was executed; of size 100
}

// A client is one that the server knows.
type client struct {
	mu sync.Mutex // held by who sends
	*pgproto3.Backend
}

func (c *client) send(messages ...pgproto3.BackendMessage) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range messages {
		c.Send(m)
	}
	return c.Flush()
}

func newFakeServer(t *testing.T) *fakeServer {
	return &fakeServer{t: t, conn: make(chan *client, 1), asked: make(chan string, 100)}
}

// config is how to reach the server.
func (f *fakeServer) config() *pgx.ConnConfig {
	f.t.Helper()
	config, err := pgx.ParseConfig("postgres://plans:s3cret@db.example.org:5432/plans?sslmode=disable")
	if err != nil {
		f.t.Fatal(err)
	}
	config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{"192.0.2.1"}, nil }
	config.DialFunc = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go f.serve(server)
		return client, nil
	}
	return config
}

func (f *fakeServer) serve(conn net.Conn) {
	defer conn.Close()
	b := &client{Backend: pgproto3.NewBackend(conn, conn)}
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	err := b.send(&pgproto3.AuthenticationOk{}, &pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}}, &pgproto3.ReadyForQuery{TxStatus: 'I'})
	for err == nil {
		var message pgproto3.FrontendMessage
		if message, err = b.Receive(); err != nil {
			return
		}
		query, ok := message.(*pgproto3.Query)
		if !ok || f.silent.Load() {
			continue
		}
		f.asked <- query.String
		err = b.send(&pgproto3.CommandComplete{CommandTag: []byte("LISTEN")}, &pgproto3.ReadyForQuery{TxStatus: 'I'})
		if strings.HasPrefix(query.String, "LISTEN") {
			f.conn <- b
		}
	}
}

// A session is a Listener at work.
type session struct {
	heard atomic.Int64
	end   chan error
}

func begin(ctx context.Context, listener func(context.Context, string, func()) error) *session {
	s := &session{end: make(chan error, 1)}
	go func() { s.end <- listener(ctx, "plans 1", func() { s.heard.Add(1) }) }()
	return s
}

// listeners are the ways to listen at a server.
var listeners = map[string]func(*testing.T, *fakeServer) func(context.Context, string, func()) error{
	"ConnectConfig": func(t *testing.T, f *fakeServer) func(context.Context, string, func()) error {
		l, err := listen.ConnectConfig(f.config())
		if err != nil {
			t.Fatal(err)
		}
		return l
	},
	"On": func(t *testing.T, f *fakeServer) func(context.Context, string, func()) error {
		db := stdlib.OpenDB(*f.config())
		t.Cleanup(func() { _ = db.Close() })
		return listen.On(db)
	},
}

func each(t *testing.T, test func(t *testing.T, f *fakeServer, listener func(context.Context, string, func()) error)) {
	for name, listener := range listeners {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeServer(t)
				test(t, f, listener(t, f))
				<-time.After(time.Minute) // pgx takes its time to close what does not answer
			})
		})
	}
}

func TestEveryNotificationIsHeard(t *testing.T) {
	each(t, func(t *testing.T, f *fakeServer, listener func(context.Context, string, func()) error) {
		ctx, cancel := context.WithCancel(t.Context())
		s := begin(ctx, listener)
		b := <-f.conn
		synctest.Wait()
		if asked := <-f.asked; asked != `LISTEN "plans 1"` || s.heard.Load() != 1 {
			t.Errorf("asked %q, heard %d times", asked, s.heard.Load())
		}
		for range 3 {
			if err := b.send(&pgproto3.NotificationResponse{PID: 7, Channel: "plans 1"}); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if n := s.heard.Load(); n != 4 {
			t.Errorf("heard %d times", n)
		}
		cancel()
		if err := <-s.end; !errors.Is(err, context.Canceled) {
			t.Errorf("it ends with %v", err)
		}
	})
}

func TestASilentConnectionIsTriedAndKept(t *testing.T) {
	each(t, func(t *testing.T, f *fakeServer, listener func(context.Context, string, func()) error) {
		ctx, cancel := context.WithCancel(t.Context())
		s := begin(ctx, listener)
		b := <-f.conn
		<-time.After(10 * time.Minute)
		if n := len(f.asked); n < 19 || n > 21 {
			t.Errorf("tried %d times in 10 minutes", n-1)
		}
		if err := b.send(&pgproto3.NotificationResponse{PID: 7, Channel: "plans 1"}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if n := s.heard.Load(); n != 2 {
			t.Errorf("heard %d times", n)
		}
		cancel()
		<-s.end
	})
}

func TestADeadPeerIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, f *fakeServer, listener func(context.Context, string, func()) error) {
		s := begin(t.Context(), listener)
		<-f.conn
		synctest.Wait()
		f.silent.Store(true)
		began := time.Now()
		if err := <-s.end; err == nil || !strings.Contains(err.Error(), "gone") {
			t.Errorf("it ends with %v", err)
		}
		if took := time.Since(began); took > 45*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestFaultsOfArguments(t *testing.T) {
	if err := listen.On(nil)(t.Context(), "plans", func() {}); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("On(nil) = %v", err)
	}
	if _, err := listen.ConnectConfig(nil); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("ConnectConfig(nil) = %v", err)
	}
}

// A URL that is written wrong, or leads nowhere, shows nothing of itself.
func TestErrorsKeepSecrets(t *testing.T) {
	for _, url := range []string{
		"postgres://plans:s3cret@db.example.org:port/plans",
		"postgres://plans:s3cr%et@db.example.org/plans",
		"host=db.example.org password=s3cret port=0x",
		"postgres://plans:s3cret@127.0.0.1:1/plans?sslmode=disable",
		"postgres://plans:1/s3cret@127.0.0.1",
		"postgres://s3cret:1/x@db.example.org?host=/nowhere/s3cret",
	} {
		listener, err := listen.Connect(url)
		if err == nil {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			err = listener(ctx, "plans", func() { t.Error("heard something") })
			cancel()
			db, openErr := sql.Open("pgx", url)
			if openErr != nil {
				t.Fatal(openErr)
			}
			if err := listen.On(db)(t.Context(), "plans", func() {}); err == nil || strings.Contains(err.Error(), "s3cr") || strings.Contains(err.Error(), "example") {
				t.Errorf("On: %v", err)
			}
			_ = db.Close()
		} else if !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("Connect = %v", err)
		}
		if err == nil || strings.Contains(err.Error(), "s3cr") || strings.Contains(err.Error(), "example") {
			t.Errorf("%v", err)
		}
	}
}
