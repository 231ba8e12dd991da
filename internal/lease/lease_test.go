package lease_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/store"
)

func TestBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		h := w.beat(w.lease("a"))
		if !h.isBorn() || w.version("a") == 0 {
			t.Fatal("the first beat is late")
		}
		for range 100 {
			before := w.version("a")
			wait(ttl/3 + time.Second)
			if w.version("a") == before {
				t.Fatal("a beat was left out")
			}
		}
		if h.stop(); w.version("a") != 0 || h.lostAfter() != 0 {
			t.Errorf("version %d is left, lost after %v", w.version("a"), h.lostAfter())
		}
	})
}

func TestOneThatIsTakenForDeadIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		h := w.beat(w.lease("a"))
		w.put(store.Key{Kind: "process", ID: "a"}, store.Delete)
		if wait(ttl / 3); h.lostAfter() != ttl/3 {
			t.Errorf("lost after %v", h.lostAfter())
		}
		if h.stop(); len(h.lost) != 1 || w.version("a") != 0 {
			t.Errorf("lost %d times, version %d", len(h.lost), w.version("a"))
		}
	})
}

// By the time that others may take over, whoever cannot write has stopped.
func TestSilenceIsALoss(t *testing.T) {
	away, beats := errors.New("away"), 0
	for _, c := range []struct {
		rule  string
		fault func(commit func() error) error
		lost  time.Duration
	}{
		{"the store fails", func(func() error) error { return away }, 2 * ttl / 3},
		{"the store does not answer", func(func() error) error { <-time.After(ttl / 6); return context.DeadlineExceeded }, 2 * ttl / 3},
		{"the last answer came late", func(commit func() error) error {
			if beats++; beats > 1 {
				return away
			}
			err := commit() // others see this one, ttl/3 after the first
			<-time.After(ttl / 7)
			return err
		}, ttl},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			h := w.beat(w.lease("a"))
			w.fail(c.fault)
			if wait(c.lost - 1); h.lostAfter() != 0 {
				t.Errorf("%s: lost too early, after %v", c.rule, h.lostAfter())
			}
			if wait(1); h.lostAfter() != c.lost {
				t.Errorf("%s: lost after %v", c.rule, h.lostAfter())
			}
			if h.stop(); !w.logged("the heartbeat could not be removed") {
				t.Errorf("%s: nobody is told", c.rule)
			}
		})
	}
}

func TestNobodyWaitsForAFirstBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fail(func(func() error) error { return errors.New("away") })
		h := w.beat(w.lease("a"))
		if wait(10 * ttl); h.isBorn() || h.lostAfter() != 0 {
			t.Errorf("born %t, lost after %v", h.isBorn(), h.lostAfter())
		}
		w.logged("")
		unborn := w.beat(w.lease("b"))
		if unborn.stop(); w.logged("the heartbeat could not be removed") {
			t.Error("there was none to be removed")
		}
		wait(ttl / 30)
		w.fail(nil)
		if wait(ttl / 30); !h.isBorn() || !w.logged("the heartbeat could not be written") {
			t.Error("it is not born once the store answers, or nobody was told")
		}
		h.stop()
	})
}

func TestALostAnswerIsNoLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := 0
		w.fail(func(commit func() error) error {
			err := commit()
			if n++; n%3 == 1 { // the next one is a conflict
				return errors.New("away")
			}
			return err
		})
		h := w.beat(w.lease("a"))
		wait(10 * ttl)
		if h.stop(); !h.isBorn() || h.lostAfter() != 0 {
			t.Errorf("born %t, lost after %v", h.isBorn(), h.lostAfter())
		}
	})
}

// A beat that is under way when the end comes may be written all the same.
func TestTheLastAnswerIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.lease("a")
		h := w.beat(l)
		wait(ttl / 6)
		beats := 0
		w.fail(func(commit func() error) error {
			if err := commit(); err != nil {
				return err
			}
			if beats++; beats == 1 {
				return context.Canceled
			}
			return nil
		})
		wait(ttl / 6) // the second beat
		h.stop()
		w.fail(nil)
		if w.logged("the heartbeat could not be removed") {
			t.Error("it was not removed")
		}
		if found, err := w.Find(t.Context(), store.Query{Kind: l.Kind}); err != nil || len(found.Records) != 0 {
			t.Errorf("heartbeats that are left: %v, %v", found.Records, err)
		}
	})
}
