package zadig_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A pipe is a network of one listener, within a bubble.
type pipe struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (*pipe) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipe) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p.conns <- there
	return here, nil
}

// A slow is a server that allows five seconds for a request and five for its answer, in a bubble; and a
// job that writes what it is told.
type slow struct {
	t      *testing.T
	client *http.Client
	say    chan string
	left   chan struct{} // a request was served
	out    atomic.Bool   // nobody may read workflows any more
}

// withSlow runs a test in a bubble, with a task whose job runs.
func withSlow(t *testing.T, test func(t *testing.T, s *slow)) {
	synctest.Test(t, func(t *testing.T) {
		ann := penstock.Actor{ID: "ann"}
		ctx, stop := context.WithCancel(t.Context())
		s := &slow{t: t, say: make(chan string), left: make(chan struct{}, 10)}
		service, err := workflow.New(workflow.Config{Store: memory.New(), Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
			if s.out.Load() && right == penstock.Read {
				return &penstock.ForbiddenError{Right: right, On: on}
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		local := workflow.NewLocal(service, map[string]workflow.Executor{"freestyle": workflow.ExecutorFunc(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
			for text := range s.say {
				fmt.Fprintln(e.Log, text)
			}
			return nil, nil
		})})
		var wg sync.WaitGroup
		wg.Go(func() { _ = local.Run(ctx) })
		d, err := workflow.ParseDefinition([]byte(`{"project": "demo", "name": "dev", "stages": [` + oneStage("build", "build") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := service.Definitions().Create(ctx, d, ann); err != nil {
			t.Fatal(err)
		}
		if _, err := service.Start(ctx, "dev", workflow.Start{}, ann); err != nil {
			t.Fatal(err)
		}
		h := zadig.Handler(zadig.Config{Workflows: service, Who: func(*http.Request) (penstock.Actor, error) { return ann, nil }})
		network := &pipe{conns: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() { s.left <- struct{}{} }() // also of what is broken off
			h.ServeHTTP(w, r)
		})}
		wg.Go(func() { _ = server.Serve(network) })
		transport := &http.Transport{DialContext: network.dial, DisableKeepAlives: true}
		s.client = &http.Client{Transport: transport}
		test(t, s)
		stop()
		transport.CloseIdleConnections()
		_ = server.Close()
		wg.Wait()
	})
}

// follow begins to follow the log of the job.
func (s *slow) follow(ctx context.Context) *follower {
	s.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://zadig"+live+"dev/1/build/1000", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	got, err := s.client.Do(r) //nolint:bodyclose // whoever follows closes it
	if err != nil {
		s.t.Fatal(err)
	}
	return &follower{s.t, got.Body, bufio.NewReader(got.Body)}
}

// Time passes, and much more than the server allows for a request: while nothing is written a comment
// comes every fifteen seconds.
func TestSilenceIsKeptAlive(t *testing.T) {
	withSlow(t, func(t *testing.T, s *slow) {
		l := s.follow(t.Context())
		s.say <- "one"
		l.hears("one")
		begun := time.Now()
		const comment = ": keep-alive\n\n"
		for n := range 4 {
			got := make([]byte, len(comment))
			if _, err := io.ReadFull(l.in, got); err != nil || string(got) != comment {
				t.Fatalf("%q came (%v)", got, err)
			}
			if after := time.Since(begun); after != time.Duration(n+1)*15*time.Second {
				t.Errorf("comment %d came after %s", n, after)
			}
		}
		s.say <- "two"
		l.hears("two")
		close(s.say)
		l.ends()
		_ = l.body.Close()
		<-s.left
	})
}

// Nobody works for a client that has gone away, while the job goes on.
func TestAFollowerThatGoesAwayIsLetGo(t *testing.T) {
	withSlow(t, func(t *testing.T, s *slow) {
		ctx, leave := context.WithCancel(t.Context())
		l := s.follow(ctx)
		s.say <- "one"
		l.hears("one")
		leave()
		_ = l.body.Close()
		begun := time.Now()
		<-s.left
		if after := time.Since(begun); after > time.Second {
			t.Errorf("it was let go after %s", after)
		}
		s.say <- "two"
		close(s.say)
	})
}

// Who may not read the workflow any more is let go within fifteen seconds, and notices that this is
// not the end of the log, whether or not the job is silent.
func TestAFollowerWhoMayNotReadAnyMoreIsLetGo(t *testing.T) {
	for name, pause := range map[string]time.Duration{"a job that is silent": time.Hour, "a job that writes": time.Second} {
		t.Run(name, func(t *testing.T) {
			withSlow(t, func(t *testing.T, s *slow) {
				l := s.follow(t.Context())
				defer func() { _ = l.body.Close() }()
				s.say <- "one"
				l.hears("one")
				ended := make(chan error, 1)
				go func() {
					_, err := io.Copy(io.Discard, l.in)
					ended <- err
				}()
				write := time.NewTicker(pause)
				defer write.Stop()
				shut := time.NewTimer(40 * time.Second) // after two questions
				begun, late := time.Now(), time.After(2*time.Minute)
				for {
					select {
					case <-shut.C:
						s.out.Store(true)
						continue
					case <-write.C:
						s.say <- "more"
						continue
					case <-late:
						t.Error("it is not let go")
						_ = l.body.Close()
						<-ended
					case err := <-ended:
						if after := time.Since(begun); after < 44*time.Second || after > 45*time.Second || err == nil { // lines take their time
							t.Errorf("it was let go after %s with %v", after, err)
						}
						<-s.left
					}
					break
				}
				close(s.say)
			})
		})
	}
}

// A client that takes nothing is given half a minute, and does not hold up the job or others.
func TestAFollowerThatTakesNothingIsLetGo(t *testing.T) {
	withSlow(t, func(t *testing.T, s *slow) {
		stuck, well := s.follow(t.Context()), s.follow(t.Context())
		heard := make(chan string)
		go func() {
			all, err := io.ReadAll(well.in)
			if err != nil {
				t.Error(err)
			}
			heard <- strings.ReplaceAll(string(all), ": keep-alive\n\n", "")
		}()
		begun := time.Now()
		lines := make([]string, 200)
		for i := range lines {
			lines[i] = strings.Repeat("x", 8<<10)
			s.say <- lines[i]
		}
		<-s.left
		if after := time.Since(begun); after < 30*time.Second || after > 31*time.Second {
			t.Errorf("it was let go after %s", after)
		}
		close(s.say)
		if got := <-heard; got != event(lines...) {
			t.Errorf("the other has heard %d bytes", len(got))
		}
		<-s.left
		_, _ = stuck.body.Close(), well.body.Close()
	})
}
