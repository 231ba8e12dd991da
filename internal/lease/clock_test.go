package lease_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/store"
)

// Clocks that differ are told, once, by how much; nothing is decided by them.
func TestClocksThatDifferAreTold(t *testing.T) {
	for _, c := range []struct {
		off  time.Duration
		told string
	}{
		{0, ""}, {ttl, ""}, {-ttl, ""},
		{ttl + time.Second, ""}, {ttl + 2*time.Second, "ahead=31s"}, {-2 * ttl, "ahead=-51s"}, {26 * time.Hour, "ahead=25h59m59s"}, {-26 * time.Hour, "ahead=-25h59m51s"},
	} {
		t.Run(fmt.Sprint(c.off), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.put(store.Key{Kind: "work", ID: "1"}, store.Put, "other")
				other := w.lease("other")
				other.Now = func() time.Time { return time.Now().Add(c.off) }
				heart := w.beat(other)
				own := w.lease("own")
				own.Now = time.Now
				wait(time.Second) // so that each heartbeat is so old when it is looked at
				found := w.watch(own)
				wait(10 * ttl)
				w.mu.Lock()
				log := w.log.String()
				w.mu.Unlock()
				if n := strings.Count(log, "the clock of another process"); (n == 1) != (c.told != "") || n > 1 || !strings.Contains(log, c.told) {
					t.Errorf("told %d times, want %q: %s", n, c.told, log)
				}
				if heart.lostAfter() != 0 || len(found.told()) != 0 {
					t.Errorf("lost after %v, and %v was inherited", heart.lostAfter(), found.told())
				}
				heart.stop()
			})
		})
	}
}

// What others wrote into a heartbeat is not trusted, and who has no clock compares none.
func TestOddStampsAreIgnored(t *testing.T) {
	for _, stamp := range []string{"", "yesterday", "\xff", "9999-99-99T00:00:00Z"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			own := w.lease("own")
			own.Now = time.Now
			w.watch(own)
			key := store.Key{Kind: "process", ID: "other"}
			var version int64
			for range 20 {
				v, err := w.Store.Commit(t.Context(), store.Op{Record: store.Record{Key: key, Version: version, Body: []byte(stamp)}})
				if err != nil {
					t.Fatal(err)
				}
				version = v
				wait(ttl / 6)
			}
			if w.logged("clock") {
				t.Errorf("%q is told", stamp)
			}
		})
	}
}

// A process that stands still is not sound in the moment in which it goes on.
func TestSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.lease("own")
		if l.Sound() {
			t.Error("sound before the first heartbeat")
		}
		heart := w.beat(l)
		for range 10 {
			if !l.Sound() {
				t.Error("not sound while it beats")
			}
			wait(ttl / 3)
		}
		w.fail(func(func() error) error { return context.DeadlineExceeded })
		wait(ttl/3 - time.Second)
		if !l.Sound() {
			t.Error("one beat that failed is enough")
		}
		wait(ttl/3 + 2*time.Second)
		if l.Sound() {
			t.Error("sound though it has been silent so long")
		}
		heart.stop()
	})
}
