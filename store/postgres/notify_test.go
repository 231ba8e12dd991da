package postgres

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestNotificationsAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent, now atomic.Int64
		n := newNotifier(func(context.Context) error {
			if now.Add(1) > 1 {
				t.Error("two at once")
			}
			<-time.After(time.Millisecond)
			now.Add(-1)
			sent.Add(1)
			return nil
		})
		defer n.close()
		n.ring()
		<-time.After(2 * time.Millisecond)
		if sent.Load() != 1 {
			t.Error("the first one waits")
		}
		for range 10_000 { // in 100 ms
			n.ring()
			<-time.After(10 * time.Microsecond)
		}
		<-time.After(time.Second)
		if got := sent.Load(); got < 8 || got > 12 {
			t.Errorf("%d notifications in 100 ms", got)
		}
		synctest.Wait()
		if n.running {
			t.Error("it goes on when nothing is wanted")
		}
	})
}

func TestTheLastNotificationIsSentBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		n := newNotifier(func(context.Context) error { sent.Add(1); return nil })
		n.ring()
		synctest.Wait()
		n.ring() // while the first one rests
		begin := time.Now()
		n.close()
		n.close()
		n.ring()
		synctest.Wait()
		if took := time.Since(begin); sent.Load() != 2 || took != 0 {
			t.Errorf("%d were sent, after %v", sent.Load(), took)
		}
	})
}

func TestANotificationThatHangsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int64
		n := newNotifier(func(ctx context.Context) error {
			<-ctx.Done()
			ended.Add(1)
			return ctx.Err()
		})
		n.ring()
		<-time.After(notifyTimeout + time.Millisecond)
		if ended.Load() != 1 {
			t.Error("it is not given up")
		}
		n.ring()
		<-time.After(time.Second)
		begin := time.Now()
		n.close()
		if took := time.Since(begin); took != goodbye || ended.Load() != 2 {
			t.Errorf("the end took %v", took)
		}
	})
}
