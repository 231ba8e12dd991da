package storetest

import (
	"context"
	"errors"
	"sync"

	"github.com/penstock-go/penstock/store"
)

// The cases of stores that can wake; others pass them.
var waitCases = []contractCase{
	{"WaitTellsTheLastPosition", "a reader begins at the end of the log without reading it", testWaitTells},
	{"WaitWakes", "a store that says it can wake does", testWaitWakes},
	{"WaitEndsWithItsContext", "who no longer wants to know is not kept", testWaitContext},
	{"WaitEndsWithTheStore", "nobody waits for a store that is closed", testWaitClosed},
}

func testWaitTells(t reporter, s store.Store) {
	waker, ok := s.(store.Waker)
	if !ok {
		return
	}
	wait := func(after, want int64) {
		t.Helper()
		if last, err := waker.Wait(t.Context(), after); err != nil || last != want {
			t.Errorf("Wait(%d) = %d, %v, want %d", after, last, err, want)
		}
	}
	wait(-1, 0)
	commit(t, s, put("p", 0, event(1, "a"), event(2, "b")))
	wait(-1, 2)
	wait(-9, 2)
	wait(0, 2)
	wait(1, 2)
	commit(t, s, put("q", 0))
	wait(-1, 2) // without an event
	commit(t, s, put("r", 0, event(1, "a")))
	wait(-1, 3)
	wait(2, 3)
	for _, e := range events(t, s, store.EventQuery{After: 2}) {
		if e.Position != 3 {
			t.Errorf("the last event has position %d, want 3", e.Position)
		}
	}
}

func testWaitWakes(t reporter, s store.Store) {
	waker, ok := s.(store.Waker)
	if !ok {
		return
	}
	commit(t, s, put("p", 0, event(1, "e")))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			after := int64(1)
			for after < 4 { // it may return early, but never a position that cannot be read
				last, err := waker.Wait(t.Context(), after)
				if err != nil {
					t.Errorf("Wait: %v", err)
					return
				}
				found, err := s.Events(t.Context(), store.EventQuery{After: after})
				if err != nil || int64(len(found)) < last-after {
					t.Errorf("woken for position %d after %d, and there are %d events, %v", last, after, len(found), err)
					return
				}
				after = max(after, last)
			}
		})
	}
	commit(t, s, put("q", 0))
	for _, id := range []string{"r", "s", "t"} {
		commit(t, s, put(id, 0, event(1, "e")))
	}
	wg.Wait()
}

// endless waits for what never comes, and returns the error.
func endless(ctx context.Context, waker store.Waker) <-chan error {
	stopped := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			_, err = waker.Wait(ctx, 1<<62)
		}
		stopped <- err
	}()
	return stopped
}

func testWaitContext(t reporter, s store.Store) {
	waker, ok := s.(store.Waker)
	if !ok {
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := []<-chan error{endless(ctx, waker), endless(ctx, waker)}
	commit(t, s, put("p", 0, event(1, "e")))
	cancel()
	for _, err := range stopped {
		if err := <-err; !errors.Is(err, context.Canceled) {
			t.Errorf("Wait = %v, want context.Canceled", err)
		}
	}
}

func testWaitClosed(t reporter, s store.Store) {
	waker, ok := s.(store.Waker)
	if !ok {
		return
	}
	stopped := []<-chan error{endless(t.Context(), waker), endless(t.Context(), waker)}
	commit(t, s, put("p", 0, event(1, "e")))
	if _, err := waker.Wait(t.Context(), 0); err != nil {
		t.Errorf("Wait: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	for _, err := range stopped {
		if err := <-err; !errors.Is(err, store.ErrClosed) {
			t.Errorf("Wait = %v, want ErrClosed", err)
		}
	}
}
