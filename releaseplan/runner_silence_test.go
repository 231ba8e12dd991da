package releaseplan_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// A mutePlans is a store that never answers some calls.
type mutePlans struct {
	*memory.Store
	mu    sync.Mutex
	calls map[string]int                // so far
	mute  func(call string, n int) bool // is asked with how many there were before
}

// ask notes a call. If it is not to be answered it returns an error once ctx has ended.
func (s *mutePlans) ask(ctx context.Context, name string) error {
	s.mu.Lock()
	mute := s.mute(name, s.calls[name])
	if s.calls == nil {
		s.calls = make(map[string]int)
	}
	s.calls[name]++
	s.mu.Unlock()
	if !mute {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s *mutePlans) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if err := s.ask(ctx, "Get "+keys[0].Kind); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, keys...)
}

func (s *mutePlans) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if err := s.ask(ctx, "Find "+q.Kind); err != nil {
		return store.Page{}, err
	}
	return s.Store.Find(ctx, q)
}

func (s *mutePlans) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if err := s.ask(ctx, "Commit "+ops[0].Key.Kind); err != nil {
		return 0, err
	}
	return s.Store.Commit(ctx, ops...)
}

func (s *mutePlans) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if err := s.ask(ctx, "Events "+q.Kind); err != nil {
		return nil, err
	}
	return s.Store.Events(ctx, q)
}

func (s *mutePlans) Wait(ctx context.Context, after int64) (int64, error) {
	if after < 0 {
		if err := s.ask(ctx, "Wait"); err != nil {
			return 0, err
		}
	}
	return s.Store.Wait(ctx, after)
}

// A connection that goes silent, whatever was asked last, holds a Runner up for some time,
// and never for good.
func TestRunnerOutlivesAnAnswerThatNeverComes(t *testing.T) {
	content := releaseplan.Content{
		Name:      "plan",
		Start:     releaseplan.Schedule{Mode: releaseplan.Scheduled},
		Variables: []releaseplan.Variable{{Name: "token", Value: "hush", Secret: true}},
		Approval: &approval.Policy{Enabled: true, Kind: approval.Lark, Nodes: []approval.Node{
			{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("bob")}}}},
		Phases: []releaseplan.Phase{{Name: "phase", Tasks: []releaseplan.Task{
			{Name: "one", Kind: "work", Crash: releaseplan.RepeatOnCrash},
			{Name: "two", Kind: "work", Crash: releaseplan.RepeatOnCrash},
		}}},
	}
	for _, call := range []string{"Get plan", "Find plan", "Get plan.secret", "Get plan.runner", "Commit plan", "Commit plan.runner", "Events plan", "Wait"} {
		for n, more := 0, true; more; n++ {
			synctest.Test(t, func(t *testing.T) {
				const ttl = 15 * time.Second
				s := &mutePlans{Store: memory.New(), mute: func(c string, i int) bool { return c == call && i == n }}
				left := leftBehind(t, s.Store)
				here := releaseplan.New(releaseplan.Config{Store: s, Providers: answering{}.all()})
				there := releaseplan.New(releaseplan.Config{Store: s.Store, Providers: answering{}.all()})
				r := releaseplan.NewRunner(here, map[string]releaseplan.Handler{
					"work": releaseplan.HandlerFunc(func(context.Context, releaseplan.Job) error { return nil }),
				})
				r.TTL, r.Poll = ttl, 10*time.Second
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- r.Run(ctx) }()
				<-time.After(time.Second)

				c := content
				c.Start.At = time.Now().Add(time.Minute)
				p, err := there.Create(t.Context(), c, wakerAnn)
				if err != nil {
					t.Fatal(err)
				}
				wakerDo(t, there, p.ID(), releaseplan.Finalize)
				wakerDo(t, there, p.ID(), releaseplan.RequestApproval)
				begin := time.Now()
				follow, end := context.WithTimeout(t.Context(), time.Hour)
				defer end()
				for _, id := range []string{p.ID(), left} {
					for _, err := range there.Follow(follow, id, wakerAnn) {
						if err != nil {
							t.Error(err)
						}
					}
				}
				took := time.Since(begin)
				cancel()
				if err := <-done; err != nil {
					t.Errorf("Run = %v", err)
				}
				if took > time.Minute+4*ttl {
					t.Errorf("that took %v", took)
				}
				if more = s.calls[call] > n; !more && n == 0 {
					t.Error("nobody asked")
				}
				if t.Failed() {
					t.Errorf("%s was not answered the time after %d", call, n)
				}
			})
		}
	}
}

// So it is with the log: what others do is heard again at once some time later.
func TestRunnerHearsAgainAfterAnAnswerThatNeverComes(t *testing.T) {
	for _, what := range []string{"Wait", "Events plan"} {
		synctest.Test(t, func(t *testing.T) {
			var once sync.Once
			s := &mutePlans{Store: memory.New(), mute: func(call string, _ int) (mute bool) {
				if call == what {
					once.Do(func() { mute = true })
				}
				return mute
			}}
			started, stop := wakerRun(t, s, nil)
			defer stop()
			there := releaseplan.New(releaseplan.Config{Store: s.Store})
			wakerPlan(t, there) // there is something to be heard
			<-time.After(time.Minute)
			begin := time.Now()
			wakerDo(t, there, wakerPlan(t, there).ID(), releaseplan.Execute)
			if at := <-started; at != begin {
				t.Errorf("a minute after %s was not answered, a plan started after %v", what, at.Sub(begin))
			}
		})
	}
}

// A brokenWaker fails for some time, then works for an hour in which nothing happens, fails again, and works.
type brokenWaker struct {
	*memory.Store
	mu     sync.Mutex
	fails  int           // how often it fails at first
	failed time.Time     // after the hour
	again  time.Duration // how long after that it was asked again
}

var errWaker = errors.New("the connection is lost")

func (s *brokenWaker) Wait(ctx context.Context, after int64) (int64, error) {
	if after < 0 {
		return s.Store.Wait(ctx, after)
	}
	s.mu.Lock()
	s.fails--
	left := s.fails
	if left == -2 {
		s.again = time.Since(s.failed)
	}
	s.mu.Unlock()
	if left >= 0 {
		return 0, errWaker
	}
	if left == -1 {
		<-time.After(time.Hour)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.failed = time.Now()
		return 0, errWaker
	}
	return s.Store.Wait(ctx, after)
}

// Quiet hours in which the log could be read count: the next fault is told, and mended soon.
func TestRunnerTellsOfAFaultAfterQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &brokenWaker{Store: memory.New(), fails: 20}
		var text bytes.Buffer
		_, stop := wakerRun(t, s, slog.New(slog.NewTextHandler(&text, nil)))
		<-time.After(3 * time.Hour)
		stop()
		if n := strings.Count(text.String(), errWaker.Error()); n != 2 {
			t.Errorf("it says %d times, for 2 faults:\n%s", n, text.String())
		}
		if s.failed.IsZero() || s.again > 100*time.Millisecond {
			t.Errorf("it asked again after %v", s.again)
		}
	})
}

// leftBehind returns a plan that a process was at work on when it ended without a word.
func leftBehind(t *testing.T, s *memory.Store) string {
	t.Helper()
	var dead atomic.Bool
	cut := &mutePlans{Store: s, mute: func(string, int) bool { return dead.Load() }}
	plans := releaseplan.New(releaseplan.Config{Store: cut})
	begun := make(chan bool)
	r := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"work": releaseplan.HandlerFunc(func(ctx context.Context, _ releaseplan.Job) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	p, err := plans.Create(t.Context(), releaseplan.Content{Name: "left", Phases: []releaseplan.Phase{
		{Name: "all", Tasks: []releaseplan.Task{{Name: "task", Kind: "work", Crash: releaseplan.RepeatOnCrash}}}}}, wakerAnn)
	if err != nil {
		t.Fatal(err)
	}
	wakerDo(t, plans, p.ID(), releaseplan.Execute)
	<-begun
	dead.Store(true)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
	return p.ID()
}

// An answering provider approves what it is asked.
type answering struct{}

func (a answering) all() map[approval.Kind]approval.Provider {
	return map[approval.Kind]approval.Provider{approval.Lark: a}
}

func (answering) Create(context.Context, *approval.Request) (string, error) { return "instance", nil }

func (answering) Poll(_ context.Context, _ string) (approval.Answer, error) {
	return approval.Answer{Outcome: approval.Approved}, nil
}

func (answering) Cancel(context.Context, string) error { return nil }
