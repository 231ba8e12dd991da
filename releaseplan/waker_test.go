package releaseplan_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// A spyWaker is a store that wakes, unless a test keeps it from it.
type spyWaker struct {
	*memory.Store
	waiting, waits, reads atomic.Int64 // who waits now; how often somebody did; how often the log was read
	err                   atomic.Pointer[error]
}

func (s *spyWaker) Wait(ctx context.Context, after int64) (int64, error) {
	s.waits.Add(1)
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	if err := s.err.Load(); err != nil {
		return 0, *err
	}
	last, err := s.Store.Wait(ctx, after)
	if broken := s.err.Load(); broken != nil && err == nil { // the connection is lost while he waits
		return 0, *broken
	}
	return last, err
}

func (s *spyWaker) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if q.Kind != "" {
		s.reads.Add(1)
	}
	return s.Store.Events(ctx, q)
}

var wakerAnn = penstock.Actor{ID: "ann"}

func wakerPlan(t *testing.T, plans *releaseplan.Service) *releaseplan.Plan {
	t.Helper()
	p, err := plans.Create(t.Context(), releaseplan.Content{Name: "plan", Phases: []releaseplan.Phase{{Name: "all", Tasks: []releaseplan.Task{{Name: "task", Kind: "work"}}}}}, wakerAnn)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wakerDo(t *testing.T, plans *releaseplan.Service, id string, a releaseplan.Action) {
	t.Helper()
	if _, err := plans.Do(t.Context(), id, releaseplan.Command{Action: a}, wakerAnn); err != nil {
		t.Fatal(err)
	}
}

// wakerRun runs a Runner that looks around every ten minutes, and returns when its tasks start.
func wakerRun(t *testing.T, s store.Store, log *slog.Logger) (started <-chan time.Time, stop func()) {
	t.Helper()
	at := make(chan time.Time, 100)
	r := releaseplan.NewRunner(releaseplan.New(releaseplan.Config{Store: s}), map[string]releaseplan.Handler{
		"work": releaseplan.HandlerFunc(func(context.Context, releaseplan.Job) error {
			at <- time.Now()
			return nil
		}),
	})
	r.Poll, r.TTL, r.Log = 10*time.Minute, time.Hour, log
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	synctest.Wait()
	return at, func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	}
}

func TestRunnerStartsAtOnceWhatAnotherProcessExecutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &spyWaker{Store: memory.New()}
		started, stop := wakerRun(t, s, nil)
		there := releaseplan.New(releaseplan.Config{Store: s})
		for range 3 {
			<-time.After(time.Minute + time.Second)
			begin := time.Now()
			wakerDo(t, there, wakerPlan(t, there).ID(), releaseplan.Execute)
			if at := <-started; at != begin {
				t.Errorf("started after %v", at.Sub(begin))
			}
		}
		stop()
		if n := s.waiting.Load(); n != 0 {
			t.Errorf("%d still wait when the Runner has ended", n)
		}
	})
}

func TestFollowSeesAtOnceWhatAnotherProcessDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &spyWaker{Store: memory.New()}
		here, there := releaseplan.New(releaseplan.Config{Store: s}), releaseplan.New(releaseplan.Config{Store: s})
		p := wakerPlan(t, there)
		begin := time.Now()
		over := make(chan time.Time)
		for range 20 {
			go func() {
				for _, err := range here.Follow(t.Context(), p.ID(), wakerAnn) {
					if err != nil {
						t.Error(err)
					}
				}
				over <- time.Now()
			}()
		}
		<-time.After(100 * time.Millisecond)
		if n := s.waiting.Load(); n != 1 {
			t.Errorf("%d wait for 20 who follow", n)
		}
		wakerDo(t, there, p.ID(), releaseplan.Cancel)
		for range 20 {
			if at := <-over; at.Sub(begin) != 100*time.Millisecond {
				t.Errorf("the end is seen after %v", at.Sub(begin))
			}
		}
		if n := s.waiting.Load(); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}

func TestFollowLeavesNothingBehind(t *testing.T) {
	s := &spyWaker{Store: memory.New()}
	plans := releaseplan.New(releaseplan.Config{Store: s})
	p := wakerPlan(t, plans)
	for range 10 {
		for _, err := range plans.Follow(t.Context(), p.ID(), wakerAnn) {
			if err != nil {
				t.Error(err)
			}
			break
		}
		if n := s.waiting.Load(); n != 0 {
			t.Errorf("%d still wait", n)
		}
	}
	if s.waits.Load() == 0 {
		t.Error("nobody ever waited")
	}
}

// While the store cannot wake, plans are found by polling, and the Runner says so
// once. What was committed meanwhile is heard when it can again.
func TestRunnerGoesOnPollingWhenTheStoreDoesNotWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &spyWaker{Store: memory.New()}
		var text bytes.Buffer
		started, stop := wakerRun(t, s, slog.New(slog.NewTextHandler(&text, nil)))
		there := releaseplan.New(releaseplan.Config{Store: s})
		<-time.After(time.Second)
		lost := errors.New("the connection is lost")
		for range 2 {
			s.err.Store(&lost)
			<-time.After(time.Second)
			waits, begin := s.waits.Load(), time.Now()
			wakerDo(t, there, wakerPlan(t, there).ID(), releaseplan.Execute)
			if at := <-started; at.Sub(begin) < time.Second || at.Sub(begin) > 10*time.Minute {
				t.Errorf("started after %v", at.Sub(begin))
			}
			if n := s.waits.Load() - waits; n > 300 { // at most every 2.5 s
				t.Errorf("it tried %d times in ten minutes", n)
			}
			begin = time.Now()
			wakerDo(t, there, wakerPlan(t, there).ID(), releaseplan.Execute)
			s.err.Store(nil)
			if at := <-started; at.Sub(begin) > 5*time.Second {
				t.Errorf("what was committed meanwhile started after %v", at.Sub(begin))
			}
		}
		stop()
		if n := strings.Count(text.String(), "connection is lost"); n != 2 {
			t.Errorf("it says %d times, for 2 faults:\n%s", n, text.String())
		}
	})
}

func TestAStoreThatIsClosedEndsTheWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &spyWaker{Store: memory.New()}
		_, stop := wakerRun(t, s, nil)
		waits := s.waits.Load()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		<-time.After(time.Minute)
		if n := s.waits.Load() - waits; n != 0 {
			t.Errorf("it asked %d times again", n)
		}
		stop()
	})
}
