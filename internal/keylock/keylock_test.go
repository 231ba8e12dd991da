package keylock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneAtATime(t *testing.T) { synctest.Test(t, testOneAtATime) }

func testOneAtATime(t *testing.T) {
	var l Locks
	var all sync.WaitGroup
	inside, most, done := make([]int, 3), make([]int, 3), 0
	var mu sync.Mutex
	for i := range 300 {
		all.Go(func() {
			unlock, err := l.Lock(t.Context(), fmt.Sprint(i%3))
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			at := func(n int) {
				mu.Lock()
				defer mu.Unlock()
				inside[i%3] += n
				most[i%3] = max(most[i%3], inside[i%3])
				done += max(0, n)
			}
			at(1)
			defer at(-1)
			<-time.After(time.Second) // the others wait
		})
	}
	all.Wait()
	if most[0] != 1 || most[1] != 1 || most[2] != 1 || done != 300 {
		t.Errorf("%v at a time, %d in all", most, done)
	}
	if len(l.byKey) != 0 || len(l.spare) > 3 {
		t.Errorf("%d locks are left, and %d spare ones", len(l.byKey), len(l.spare))
	}
}

func TestFewSpareLocksAreKept(t *testing.T) {
	var l Locks
	var all []func()
	for i := range 2 * maxSpare {
		unlock, err := l.Lock(t.Context(), fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, unlock)
	}
	for _, unlock := range all {
		unlock()
	}
	if len(l.byKey) != 0 || len(l.spare) != maxSpare {
		t.Errorf("%d locks are left, and %d spare ones", len(l.byKey), len(l.spare))
	}
}

func TestKeysDoNotWaitForEachOther(t *testing.T) {
	var l Locks
	for _, key := range []string{"a", "b", ""} {
		if _, err := l.Lock(t.Context(), key); err != nil { // or it would wait for ever
			t.Fatal(err)
		}
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Locks
		unlock, err := l.Lock(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := l.Lock(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting ends with %v", err)
		}
		unlock()
		if len(l.byKey) != 0 {
			t.Error("who gave up waiting is waited for")
		}
		if unlock, err = l.Lock(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		unlock()
	})
}

func BenchmarkLock(b *testing.B) {
	var l Locks
	b.ReportAllocs()
	for b.Loop() {
		unlock, _ := l.Lock(b.Context(), "a")
		unlock()
	}
}
