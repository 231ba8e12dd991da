package workflow_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// The job is never told of a store that fails, and what it writes is kept.
func TestAStoreThatFailsForAWhile(t *testing.T) {
	line := strings.Repeat("x", 99) + "\n"
	for _, c := range []struct {
		rule                  string
		refuse, forget, blind error
		lines                 int
	}{
		{"it does nothing", errDown, nil, nil, 1},
		{"it does nothing, and there is much", errDown, nil, nil, 10_000},
		{"it does what it says it did not", nil, errDown, nil, 1},
		{"it does what it says it did not, and there is much", nil, errDown, nil, 10_000},
		{"nobody can see what it did", nil, errDown, errDown, 1},
		{"nobody can see what it did not", errDown, nil, errDown, 2_000},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newLogStore()
				logs := workflow.NewLogs(workflow.LogsConfig{Store: s})
				w := logOpen(t, logs, logBuild)
				s.set(c.refuse, c.forget, c.blind)
				began := time.Now()
				for range c.lines {
					if n, err := io.WriteString(w, line); n != 100 || err != nil {
						t.Fatalf("Write = %d, %v", n, err)
					}
				}
				logWait(time.Minute)
				_, _ = io.WriteString(w, "later\n")
				if d := time.Since(began); d != time.Minute {
					t.Errorf("the writer waited for %v", d-time.Minute)
				}
				s.set(nil, nil, nil)
				logWait(10 * time.Second)
				if err := w.Close(); err != nil {
					t.Error(err)
				}
				if got := logText(t, workflow.NewLogs(workflow.LogsConfig{Store: s}), logBuild); got != strings.Repeat(line, c.lines)+"later\n" {
					t.Errorf("%d bytes are stored", len(got))
				}
			})
		})
	}
}

// A writer waits a little for a store that takes nothing, then drops what does not
// fit in memory, and says how much.
func TestAStoreThatFailsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLogStore()
		logs := workflow.NewLogs(workflow.LogsConfig{Store: s})
		w := logOpen(t, logs, logBuild)
		s.set(errDown, nil, nil)
		began := time.Now()
		line := strings.Repeat("x", 1023) + "\n"
		for range 4 << 10 {
			_, _ = io.WriteString(w, line)
		}
		if d := time.Since(began); d != 10*time.Second {
			t.Errorf("the writer waited for %v", d)
		}
		s.set(nil, nil, nil)
		logWait(10 * time.Second)
		_, _ = io.WriteString(w, "again\n")
		logWait(10 * time.Second)
		s.slow = 10 * time.Millisecond // for that the writer waits
		more := strings.Repeat(strings.ToUpper(line), 2<<10)
		_, _ = io.WriteString(w, more)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		kept, note, _ := strings.Cut(logText(t, logs, logBuild), "[")
		if len(kept) < 1<<20 || len(kept) > 2<<20 || strings.Trim(kept, "x\n") != "" {
			t.Errorf("%d bytes were kept", len(kept))
		}
		want := fmt.Sprintf("%d bytes are lost: the store did not take them in time]\nagain\n", 4<<20-len(kept))
		if note != want+more {
			t.Errorf("%d bytes of %.100q, want %d of %q", len(note), note, len(want+more), want)
		}
	})
}

func TestCloseGivesUp(t *testing.T) {
	for _, c := range []struct {
		rule  string
		close bool
		err   error
		after time.Duration
	}{
		{"a store that takes nothing", false, errDown, 10 * time.Second},
		{"a store that is closed", true, store.ErrClosed, 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newLogStore()
				logs := workflow.NewLogs(workflow.LogsConfig{Store: s})
				w := logOpen(t, logs, logBuild)
				if c.close {
					_ = s.Close()
				} else {
					s.set(errDown, nil, nil)
				}
				_, _ = io.WriteString(w, "all is lost\n")
				began := time.Now()
				err := w.Close()
				if !errors.Is(err, c.err) || !strings.Contains(err.Error(), "the last 12 bytes of the log of run/job-0-0-0-build/0001") {
					t.Errorf("Close = %v", err)
				}
				if again := w.Close(); fmt.Sprint(again) != fmt.Sprint(err) {
					t.Errorf("Close again = %v", again)
				}
				if d := time.Since(began); d != c.after {
					t.Errorf("Close took %v", d)
				}
				if n, err := io.WriteString(w, "too late"); n != 8 || err != nil {
					t.Errorf("Write after Close = %d, %v", n, err)
				}
			})
		})
	}
}

// A writer that is faster than the store waits for it, and loses nothing.
func TestAStoreThatIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLogStore()
		s.slow = time.Second
		logs := workflow.NewLogs(workflow.LogsConfig{Store: s})
		w := logOpen(t, logs, logBuild)
		line := strings.Repeat("x", 1023) + "\n"
		began := time.Now()
		for range 3 << 10 {
			_, _ = io.WriteString(w, line)
		}
		if d := time.Since(began); d < 20*time.Second || d > 40*time.Second { // 48 chunks, of which 16 are in memory
			t.Errorf("the writer waited for %v", d)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d < 48*time.Second || d > time.Minute {
			t.Errorf("it took %v", d)
		}
		if got := logText(t, logs, logBuild); got != strings.Repeat(line, 3<<10) {
			t.Errorf("%d bytes are stored", len(got))
		}
	})
}
