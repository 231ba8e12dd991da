package sqlstore

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/store"
)

// A fakeLog is a log of which only the length is known.
type fakeLog struct {
	length, looks atomic.Int64
	err           atomic.Pointer[error]
	beside        atomic.Int64 // how many run
}

func (l *fakeLog) look(context.Context) (int64, error) {
	l.looks.Add(1)
	if err := l.err.Load(); err != nil {
		return 0, *err
	}
	return l.length.Load(), nil
}

func (l *fakeLog) run(ctx context.Context) {
	l.beside.Add(1)
	defer l.beside.Add(-1)
	<-ctx.Done()
}

// watching runs a test on a Watch that polls every second.
func watching(t *testing.T, test func(*testing.T, *fakeLog, *Watch)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLog{}
		w := NewWatch(l.look, time.Second, l.run)
		defer w.Close()
		test(t, l, w)
	})
}

// waited is what a Wait returned, and when.
type waited struct {
	last int64
	err  error
	took time.Duration
}

func wait(ctx context.Context, w *Watch, after int64) <-chan waited {
	done, begin := make(chan waited, 1), time.Now()
	go func() {
		last, err := w.Wait(ctx, after)
		done <- waited{last, err, time.Since(begin)}
	}()
	return done
}

func TestManyWaitAndOneLooks(t *testing.T) {
	watching(t, func(t *testing.T, l *fakeLog, w *Watch) {
		var all []<-chan waited
		for range 100 {
			all = append(all, wait(t.Context(), w, 0))
		}
		<-time.After(100 * time.Millisecond)
		before := l.looks.Load()
		l.length.Store(7)
		w.Ring()
		for _, done := range all {
			if got := <-done; got.last != 7 || got.err != nil || got.took != 100*time.Millisecond {
				t.Errorf("Wait = %d, %v after %v", got.last, got.err, got.took)
			}
		}
		if n := l.looks.Load() - before; before != 1 || n != 1 {
			t.Errorf("%d looks before there was something, %d then", before, n)
		}
	})
}

func TestWhatNobodyAnnouncedIsFoundByPolling(t *testing.T) {
	watching(t, func(t *testing.T, l *fakeLog, w *Watch) {
		done := wait(t.Context(), w, 0)
		<-time.After(1500 * time.Millisecond)
		l.length.Store(1)
		if got := <-done; got.last != 1 || got.took != 2*time.Second {
			t.Errorf("Wait = %+v", got)
		}
	})
}

func TestWhatRangWhileNobodyWaitedIsNotMissed(t *testing.T) {
	watching(t, func(t *testing.T, l *fakeLog, w *Watch) {
		l.length.Store(1)
		<-wait(t.Context(), w, 0)
		<-time.After(100 * time.Millisecond) // the goroutine lingers
		before := l.looks.Load()
		l.length.Store(2)
		w.Ring()
		synctest.Wait()
		if n := l.looks.Load() - before; n != 0 {
			t.Errorf("%d looks for nobody", n)
		}
		if got := <-wait(t.Context(), w, 1); got.last != 2 || got.took != 0 {
			t.Errorf("Wait = %+v", got)
		}
	})
}

func TestABusyLogIsLookedAtSeldom(t *testing.T) {
	watching(t, func(t *testing.T, l *fakeLog, w *Watch) {
		done := wait(t.Context(), w, 1<<40)
		for range 1000 {
			<-time.After(100 * time.Microsecond)
			l.length.Add(1)
			w.Ring()
		}
		if n := l.looks.Load(); n < 15 || n > 25 {
			t.Errorf("%d looks in 100 ms", n)
		}
		w.Close()
		if got := <-done; !errors.Is(got.err, store.ErrClosed) {
			t.Errorf("Wait = %+v", got)
		}
	})
}

func TestNothingRunsWhileNobodyWaits(t *testing.T) {
	watching(t, func(t *testing.T, l *fakeLog, w *Watch) {
		w.Ring()
		synctest.Wait()
		if l.beside.Load() != 0 || l.looks.Load() != 0 {
			t.Error("something runs before anybody waits")
		}
		for round := range 3 {
			l.length.Add(1)
			<-wait(t.Context(), w, int64(round))
			synctest.Wait()
			if l.beside.Load() != 1 {
				t.Error("nothing runs beside")
			}
			<-time.After(3 * time.Second)
			synctest.Wait()
			if n := l.beside.Load(); n != 0 {
				t.Errorf("%d run beside, and nobody waits", n)
			}
		}
	})
}

func TestWhoComesBackInTimeFindsTheSameGoroutine(t *testing.T) {
	var begun atomic.Int64
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLog{}
		w := NewWatch(l.look, time.Second, func(ctx context.Context) { begun.Add(1); <-ctx.Done() })
		defer w.Close()
		for round := range 20 {
			l.length.Add(1)
			w.Ring()
			<-wait(t.Context(), w, int64(round))
			<-time.After(700 * time.Millisecond)
		}
	})
	if n := begun.Load(); n != 1 {
		t.Errorf("began %d times", n)
	}
}

func TestAnErrorReachesThoseWhoWaitAndIsNotKept(t *testing.T) {
	watching(t, func(t *testing.T, l *fakeLog, w *Watch) {
		broken := errors.New("broken")
		l.err.Store(&broken)
		for range 20 { // who asks again at once does not ask the database more often
			if got := <-wait(t.Context(), w, 0); !errors.Is(got.err, broken) {
				t.Errorf("Wait = %+v", got)
			}
		}
		if n := l.looks.Load(); n != 20 {
			t.Errorf("%d looks", n)
		}
		begin := time.Now()
		if got := <-wait(t.Context(), w, 0); !errors.Is(got.err, broken) || time.Since(begin) != time.Second {
			t.Errorf("Wait = %+v", got)
		}
		l.err.Store(nil)
		l.length.Store(1)
		if got := <-wait(t.Context(), w, 0); got.last != 1 || got.err != nil || got.took > time.Second {
			t.Errorf("Wait = %+v", got)
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	watching(t, func(t *testing.T, l *fakeLog, w *Watch) {
		ctx, cancel := context.WithCancel(t.Context())
		done, other := wait(ctx, w, 0), wait(t.Context(), w, 0)
		synctest.Wait()
		cancel()
		if got := <-done; !errors.Is(got.err, context.Canceled) || got.took != 0 {
			t.Errorf("Wait = %+v", got)
		}
		l.length.Store(1)
		if got := <-other; got.last != 1 || got.took != time.Second {
			t.Errorf("the other's Wait = %+v", got)
		}
	})
}

func TestCloseEndsWhatWaitsAndRuns(t *testing.T) {
	watching(t, func(t *testing.T, l *fakeLog, w *Watch) {
		done := wait(t.Context(), w, 0)
		synctest.Wait()
		var both sync.WaitGroup
		for range 2 {
			both.Go(w.Close)
		}
		both.Wait()
		if l.beside.Load() != 0 {
			t.Error("something runs beside after Close")
		}
		for _, got := range []waited{<-done, <-wait(t.Context(), w, 0)} {
			if !errors.Is(got.err, store.ErrClosed) || got.took != 0 {
				t.Errorf("Wait = %+v", got)
			}
		}
	})
}

// A look that nobody answers, as on a connection that has gone silent, is given up: who
// waits is told so, and whoever waits again is answered.
func TestSilentLookIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var silent atomic.Bool
		silent.Store(true)
		w := NewWatch(func(ctx context.Context) (int64, error) {
			if silent.Load() {
				<-ctx.Done()
				return 0, ctx.Err()
			}
			return 1, nil
		}, time.Hour, nil)
		defer w.Close()
		got := <-wait(t.Context(), w, 0)
		if got.err == nil || errors.Is(got.err, context.DeadlineExceeded) || got.took != silence {
			t.Errorf("Wait = %d, %v after %v, want an error of its own after %v", got.last, got.err, got.took, silence)
		}
		silent.Store(false)
		if got := <-wait(t.Context(), w, 0); got.last != 1 || got.err != nil || got.took > time.Second {
			t.Errorf("Wait = %d, %v after %v", got.last, got.err, got.took)
		}
	})
}
