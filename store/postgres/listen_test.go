package postgres

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var errLost = errors.New("lost")

// listening runs listen for a while of virtual time, and returns how often it rang and
// what was logged.
func listening(t *testing.T, d time.Duration, session func(ctx context.Context, heard func()) error) (rung int, logged string) {
	t.Helper()
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		listen(ctx, session, func() { rung++ }, slog.New(slog.NewTextHandler(&log, nil)))
		if ctx.Err() == nil {
			t.Error("it ended by itself")
		}
	})
	return rung, log.String()
}

func TestListenTriesAgainEverMoreSeldom(t *testing.T) {
	var waits []time.Duration
	var last time.Time
	rung, log := listening(t, time.Minute, func(context.Context, func()) error {
		if !last.IsZero() {
			waits = append(waits, time.Since(last))
		}
		last = time.Now()
		return errLost
	})
	if len(waits) < 15 || waits[0] > minBackoff || rung != 0 {
		t.Errorf("tried after %v, rung %d times", waits, rung)
	}
	for i, wait := range waits {
		if most := min(minBackoff<<i, maxBackoff); wait < most/2 || wait > most {
			t.Errorf("wait %d is %v, want %v to %v", i, wait, most/2, most)
		}
	}
	if strings.Count(log, "\n") != 1 || !strings.Contains(log, "lost") {
		t.Errorf("logged more, or less, than once:\n%s", log)
	}
}

// A session that was in force is followed by another one at once, and whoever
// waits looks again.
func TestListenIsBackAtOnce(t *testing.T) {
	var last time.Time
	sessions := 0
	rung, log := listening(t, 10*time.Minute, func(ctx context.Context, heard func()) error {
		if sessions++; sessions%5 == 4 {
			last = time.Time{}
			return errLost // and this one was not in force
		}
		if away := time.Since(last); !last.IsZero() && away > minBackoff {
			t.Errorf("session %d begins after %v", sessions, away)
		}
		heard()
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
			heard()
		}
		last = time.Now()
		return errLost
	})
	if sessions < 500 || rung < sessions {
		t.Errorf("%d sessions, rung %d times", sessions, rung)
	}
	if lost, again := strings.Count(log, "level=WARN"), strings.Count(log, "level=INFO"); lost-again > 1 || lost < again || again < 100 {
		t.Errorf("logged %d times that it is lost and %d that it is back", lost, again)
	}
}

func TestListenEndsWithItsContext(t *testing.T) {
	_, log := listening(t, time.Hour, func(ctx context.Context, heard func()) error {
		heard()
		<-ctx.Done()
		return ctx.Err()
	})
	if log != "" {
		t.Errorf("the end is no fault:\n%s", log)
	}
}
