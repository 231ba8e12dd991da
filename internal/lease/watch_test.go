package lease_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/lease"
	"github.com/penstock-go/penstock/store"
)

// A watch is a Watch at work.
type watch struct {
	mu        sync.Mutex
	inherited []string
	fails     error
}

func (w *world) watch(l *lease.Lease) *watch {
	found := new(watch)
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	w.Cleanup(func() {
		cancel()
		<-over
	})
	go func() {
		defer close(over)
		l.Watch(ctx, func(_ context.Context, work, lease string) error {
			found.mu.Lock()
			defer found.mu.Unlock()
			found.inherited = append(found.inherited, work+" of "+lease)
			return found.fails
		})
	}()
	synctest.Wait()
	return found
}

// fail lets inheriting fail from now on.
func (x *watch) fail(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.fails = err
}

// told returns what was inherited since the last time.
func (x *watch) told() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := slices.Sorted(slices.Values(x.inherited))
	x.inherited = nil
	return all
}

func work(id string) store.Key { return store.Key{Kind: "work", ID: id} }

func is(t *testing.T, rule string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", rule, diff)
	}
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put(work("1"), store.Put, "own", "alive", "silent")
		w.put(work("2"), store.Put, "gone", "silent")
		w.put(work("3"), store.Put)
		w.put(store.Key{Kind: "process", ID: "silent"}, store.Put)
		w.put(store.Key{Kind: "process", ID: "own"}, store.Put)
		alive := w.beat(w.lease("alive"))
		defer alive.stop()
		found := w.watch(w.lease("own"))
		is(t, "who has no heartbeat is gone; one's own work is one's own", found.told(), "1 of own", "2 of gone")
		wait(ttl - 1)
		is(t, "the others may live", slices.Compact(found.told()), "1 of own", "2 of gone")
		w.put(work("1"), store.Put, "alive", "silent")
		w.put(work("2"), store.Put, "silent")
		wait(1)
		is(t, "who is silent for the TTL is gone", found.told(), "1 of silent", "2 of silent")
		if w.version("silent") != 0 {
			t.Error("whoever is silent could go on")
		}
		w.put(work("1"), store.Put, "alive")
		w.put(work("2"), store.Delete)
		wait(10 * ttl)
		is(t, "who beats lives", found.told())
	})
}

func TestOneThatBeatsAgainLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		slow := store.Key{Kind: "process", ID: "slow"}
		w.put(work("1"), store.Put, "slow")
		w.put(slow, store.Put)
		found := w.watch(w.lease("own"))
		for range 10 {
			wait(ttl - 1)
			w.put(slow, store.Put)
			wait(1)
		}
		is(t, "it beats just in time", found.told())
		wait(ttl - 1)
		w.fail(func(commit func() error) error { w.put(slow, store.Put); return commit() })
		wait(1)
		w.fail(nil)
		is(t, "it beats at the last moment", found.told())
		if w.logged("could not be watched") {
			t.Error("that it lives is no trouble")
		}
		wait(ttl + ttl/3)
		is(t, "it is silent", slices.Compact(found.told()), "1 of slow")
	})
}

func TestWatchGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put(work("1"), store.Put, "gone")
		w.put(work("2"), store.Put, "gone")
		w.put(work("3"), store.Put, "silent")
		w.put(store.Key{Kind: "process", ID: "silent"}, store.Put)
		found := w.watch(w.lease("own"))
		found.told()
		w.fail(func(func() error) error { return errors.New("away") })
		wait(ttl)
		is(t, "who cannot be taken for dead is not", slices.Compact(found.told()), "1 of gone", "2 of gone")
		if !w.logged("away") {
			t.Error("nobody is told")
		}
		w.fail(nil)
		wait(ttl / 3)
		is(t, "it is tried again", found.told(), "1 of gone", "2 of gone", "3 of silent")
		w.put(work("3"), store.Delete)
		for _, c := range []struct {
			rule  string
			fails error
			told  bool
		}{
			{"what cannot be inherited is tried again", errors.New("away"), true},
			{"what is not there needs nobody", penstock.ErrNotFound, false},
		} {
			found.fail(c.fails)
			wait(ttl / 3)
			is(t, c.rule, found.told(), "1 of gone", "2 of gone")
			if w.logged("other processes could not be watched") != c.told {
				t.Errorf("%s: told %t", c.rule, !c.told)
			}
		}
	})
}

// There may be more work than one look of the store shows.
func TestWatchReadsEveryPage(t *testing.T) {
	w := newWorld(t)
	for i := range store.MaxLimit + 5 {
		w.put(work(string(rune('a'+i/26/26))+string(rune('a'+i/26%26))+string(rune('a'+i%26))), store.Put, "gone")
	}
	n := 0
	err := w.lease("own").Look(t.Context(), func(context.Context, string, string) error { n++; return nil })
	if err != nil || n != store.MaxLimit+5 {
		t.Errorf("%d pieces of work are found, %v", n, err)
	}
}

// Leases of another form are somebody else's affair.
func TestOthersAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put(store.Key{Kind: "work", ID: "1"}, store.Put, "own-gone", "other-gone")
		w.put(store.Key{Kind: "work", ID: "2"}, store.Put, "other-gone")
		l := w.lease("own-a")
		l.Prefix = "own-"
		found := w.watch(l)
		wait(3 * ttl)
		if diff := cmp.Diff([]string{"1 of own-gone"}, slices.Compact(found.told())); diff != "" {
			t.Error(diff)
		}
	})
}

// What a process that was killed while it was idle has left is removed.
func TestHeartbeatsOfNobodyAreRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put(store.Key{Kind: "process", ID: "gone"}, store.Put)
		l := w.lease("own")
		ctx, cancel := context.WithCancel(context.Background())
		var watch sync.WaitGroup
		watch.Go(func() {
			l.Watch(ctx, func(_ context.Context, work, lease string) error {
				t.Errorf("%s of %s was inherited", work, lease)
				return nil
			})
		})
		other := w.beat(w.lease("alive"))
		wait(ttl / 2)
		if w.version("gone") == 0 {
			t.Error("it was removed although it may beat again")
		}
		wait(2 * ttl)
		if w.version("gone") != 0 || w.version("alive") == 0 {
			t.Errorf("the heartbeats are at %d and %d", w.version("gone"), w.version("alive"))
		}
		other.stop()
		cancel()
		watch.Wait()
	})
}
