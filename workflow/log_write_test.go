package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// logsOver says that no job runs.
func logsOver(context.Context, workflow.LogKey) (bool, error) { return true, nil }

var errDown = errors.New("the store is down")

func TestWhenALogIsStored(t *testing.T) {
	line := strings.Repeat("x", 999) + "\n"
	for _, c := range []struct {
		rule   string
		write  string
		after  time.Duration
		chunks int
		text   int // bytes that a reader of another process sees
	}{
		{"not at once", "a\n", 0, 0, 0},
		{"not before a second", "a\n", time.Second - time.Millisecond, 0, 0},
		{"after a second", "a\n", time.Second, 1, 2},
		{"without the end of a line too", "a", time.Second, 1, 1},
		{"full chunks at once", strings.Repeat(line, 140), 0, 2, 130_000},
		{"the rest of them after a second", strings.Repeat(line, 140), time.Second, 3, 140_000},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := memory.New()
				w := logOpen(t, workflow.NewLogs(workflow.LogsConfig{Store: s}), logBuild)
				_, _ = io.WriteString(w, c.write)
				logWait(c.after)
				if n := logChunks(t, s); n != c.chunks {
					t.Errorf("%d chunks, want %d", n, c.chunks)
				}
				if text := logText(t, workflow.NewLogs(workflow.LogsConfig{Store: s}), logBuild); len(text) != c.text || !strings.HasPrefix(c.write, text) {
					t.Errorf("%d bytes are stored", len(text))
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
				if text := logText(t, workflow.NewLogs(workflow.LogsConfig{Store: s}), logBuild); text != c.write {
					t.Errorf("%d bytes are stored in the end", len(text))
				}
			})
		})
	}
}

// A job that writes a little now and then fills a chunk before it begins another, and
// leaves alone what is long enough.
func TestSmallWritesShareChunks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLogStore()
		w := logOpen(t, workflow.NewLogs(workflow.LogsConfig{Store: s}), logBuild)
		var want strings.Builder
		for i := range 200 {
			line := fmt.Sprintf("%03d%s\n", i, strings.Repeat("x", 96))
			want.WriteString(line)
			_, _ = io.WriteString(w, line)
			logWait(2 * time.Second)
		}
		if n := s.count(); n != 200 {
			t.Errorf("%d commits for 200 lines", n)
		}
		if n := logChunks(t, s); n != 3 { // of 8 KiB
			t.Errorf("%d chunks", n)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if got := logText(t, workflow.NewLogs(workflow.LogsConfig{Store: s}), logBuild); got != want.String() {
			t.Error("the text is another one")
		}
	})
}

func TestLinesKnowWhenTheyBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New()})
		w := logOpen(t, logs, logBuild)
		began := time.Now().UTC()
		for _, text := range []string{"a\nb\nc", "c\nd\n", "e"} {
			_, _ = io.WriteString(w, text)
			logWait(time.Minute)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		var got []string
		for line, err := range logs.Tail(t.Context(), logBuild, -1) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%d %s %s", line.N, line.At.Sub(began), line.Text))
		}
		if diff := cmp.Diff([]string{"1 0s a", "2 0s b", "3 0s cc", "4 1m0s d", "5 2m0s e"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestALogIsBounded(t *testing.T) {
	long := strings.Repeat("x", workflow.MaxLogLine)
	full := func(n int) string {
		return fmt.Sprintf("[the log is full: what follows is dropped]\n[the log is full: %d bytes were dropped]\n", n)
	}
	for _, c := range []struct {
		rule        string
		max         int64
		write, want string
	}{
		{"all of it fits", 10, "0123456789", "0123456789"},
		{"a byte too much", 10, "0123456789a", "0123456789\n" + full(1)},
		{"at the end of a line", 10, "012345678\nabc", "012345678\n" + full(3)},
		{"at a return", 10, "012345678\rabc", "012345678\r\n" + full(3)},
		{"no rune is cut", 10, "012345678€x", "012345678\n" + full(4)},
		{"where a line is cut", workflow.MaxLogLine, long + "abc", long + "\n" + full(3)},
		{"far too much", 10, "0123456789" + strings.Repeat("x\n", 1<<20), "0123456789\n" + full(2<<20)},
		{"10 MiB by default", 0, strings.Repeat("0123456789abcde\n", 10<<16+1), strings.Repeat("0123456789abcde\n", 10<<16) + full(16)},
	} {
		t.Run(c.rule, func(t *testing.T) {
			logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New(), MaxBytes: c.max})
			logWrite(t, logs, logBuild, c.write)
			if got := logText(t, logs, logBuild); got != c.want {
				t.Errorf("got %d bytes, the last are %q", len(got), got[max(0, len(got)-200):])
			}
		})
	}
}

// A log that nothing is written to costs the store nothing.
func TestASilentLog(t *testing.T) {
	s := newLogStore()
	logs := workflow.NewLogs(workflow.LogsConfig{Store: s})
	logWrite(t, logs, logBuild)
	if n := s.count(); n != 0 {
		t.Errorf("%d commits", n)
	}
	if got := logText(t, logs, logBuild); got != "" {
		t.Errorf("read %q", got)
	}
}

// Whoever writes a log that is there already goes on behind it.
func TestALogIsContinued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		first := workflow.NewLogs(workflow.LogsConfig{Store: s})
		killed := logOpen(t, first, logBuild)
		_, _ = io.WriteString(killed, "one\ntwo\nthr")
		logWait(time.Second)

		logs := workflow.NewLogs(workflow.LogsConfig{Store: s})
		w := logOpen(t, logs, logBuild)
		var live []string
		over := make(chan bool)
		go func() {
			for line, err := range logs.Tail(t.Context(), logBuild, 0) {
				if err != nil {
					t.Error(err)
				}
				live = append(live, fmt.Sprint(line.N, " ", line.Text))
			}
			over <- true
		}()
		synctest.Wait()
		for _, text := range []string{"four\n", "five\nsix", "\n"} {
			_, _ = io.WriteString(w, text)
			logWait(2 * time.Second)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		<-over
		if got := logText(t, logs, logBuild); got != "one\ntwo\nthrfour\nfive\nsix\n" {
			t.Errorf("read %q", got)
		}
		if diff := cmp.Diff([]string{"one", "two", "thr", "four", "five", "six"}, logLines(t, logs, logBuild, -1)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"4 four", "5 five", "6 six"}, live); diff != "" {
			t.Error(diff)
		}
		if err := killed.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Lines are the same whatever was stored in between.
func TestALogThatIsStoredInBetween(t *testing.T) {
	long := strings.Repeat("x", 20_000)
	for _, c := range []struct {
		rule   string
		writes []string
	}{
		{"CRLF", []string{long + "\r", "\nb\n"}},
		{"half a line that does not fit any more", []string{long + "\n" + long + "\n" + long, long + "\nb\n"}},
		{"half a line that does", []string{long + "\n" + long, "y\nb\n"}},
		{"CRLF where a chunk is full", []string{"yyyyyyyyy\n" + strings.Repeat("x", workflow.MaxLogLine-9) + "\r", "\nb\n", "c\n"}},
		{"a line for each moment", strings.SplitAfter(strings.Repeat("x\n", 2_500), "\n")},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := memory.New()
				logs := workflow.NewLogs(workflow.LogsConfig{Store: s})
				w := logOpen(t, logs, logBuild)
				live := logFollow(logs.Tail(t.Context(), logBuild, -1), nil)
				began := time.Now()
				for _, text := range c.writes {
					_, _ = io.WriteString(w, text)
					logWait(2 * time.Second)
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
				there := workflow.NewLogs(workflow.LogsConfig{Store: s})
				text := strings.Join(c.writes, "")
				if got := logText(t, there, logBuild); got != text {
					t.Errorf("read %d bytes, want %d", len(got), len(text))
				}
				want := naiveLines(text)
				if diff := cmp.Diff(want, logLines(t, there, logBuild, -1)); diff != "" {
					t.Error(diff)
				}
				for i := range want {
					want[i] = fmt.Sprint(i+1, " ", want[i])
				}
				live.expect(t, 0, true, want...)
				for line, err := range there.Tail(t.Context(), logBuild, -1) {
					if len(c.writes) > 100 && (err != nil || line.At.Sub(began) != time.Duration(line.N-1)*2*time.Second) {
						t.Fatalf("line %d began at %v, %v", line.N, line.At.Sub(began), err)
					}
				}
				page, err := s.Find(t.Context(), store.Query{Kind: "workflow.log"})
				if err != nil {
					t.Error(err)
				}
				for _, r := range page.Records {
					if len(r.Body) > 80<<10 || strings.Count(string(r.Body), ",") > 3_000 {
						t.Errorf("%s has %d bytes", r.ID, len(r.Body))
					}
				}
			})
		})
	}
}

// What is written while something else is stored is stored a second later.
func TestWhatIsWrittenMeanwhileIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLogStore()
		s.slow = 500 * time.Millisecond
		w := logOpen(t, workflow.NewLogs(workflow.LogsConfig{Store: s}), logBuild)
		_, _ = io.WriteString(w, "a\n")
		logWait(1200 * time.Millisecond)
		_, _ = io.WriteString(w, "b\n")
		logWait(2 * time.Second)
		if got := logText(t, workflow.NewLogs(workflow.LogsConfig{Store: s}), logBuild); got != "a\nb\n" {
			t.Errorf("%q is stored", got)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Two who write the same log at once, which nobody should, lose nothing.
func TestALogThatIsWrittenTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		one, two := workflow.NewLogs(workflow.LogsConfig{Store: s}), workflow.NewLogs(workflow.LogsConfig{Store: s})
		v, w := logOpen(t, one, logBuild), logOpen(t, two, logBuild)
		_, _ = io.WriteString(v, "a\n")
		_, _ = io.WriteString(w, "b\n")
		logWait(2 * time.Second)
		_, _ = io.WriteString(v, "c\n")
		_, _ = io.WriteString(w, "d\n")
		if err := errors.Join(v.Close(), w.Close()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"a", "b", "c", "d"}, slices.Sorted(strings.FieldsSeq(logText(t, one, logBuild)))); diff != "" {
			t.Error(diff)
		}
	})
}

// A log that is deleted while it is written goes on with what is in memory.
func TestALogThatIsDeletedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New()})
		w := logOpen(t, logs, logBuild)
		_, _ = io.WriteString(w, "a\n")
		logWait(2 * time.Second)
		if err := logs.Delete(t.Context(), logBuild.Run); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, "b\n")
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if got := logText(t, logs, logBuild); got != "a\nb\n" {
			t.Errorf("read %q", got)
		}
	})
}

func TestFaultsOfLogKeys(t *testing.T) {
	logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New(), Ended: logsOver})
	for _, c := range []struct {
		rule  string
		key   workflow.LogKey
		write []string // fields with a fault
		read  []string
	}{
		{"fine", logBuild, nil, nil},
		{"the latest attempt", workflow.LogKey{Run: "r", Job: "j"}, []string{"attempt"}, nil},
		{"nothing", workflow.LogKey{}, []string{"run", "job", "attempt"}, []string{"run", "job"}},
		{"slashes", workflow.LogKey{Run: "a/b", Job: "c/", Attempt: 1}, []string{"run", "job"}, []string{"run", "job"}},
		{"too long", workflow.LogKey{Run: strings.Repeat("r", 128), Job: strings.Repeat("j", 128), Attempt: 1}, []string{"job"}, []string{"job"}},
		{"just short enough", workflow.LogKey{Run: strings.Repeat("r", 100), Job: strings.Repeat("j", 126), Attempt: 1}, nil, nil},
		{"the last attempt", workflow.LogKey{Run: "r", Job: "j", Attempt: workflow.MaxAttempts}, nil, nil},
		{"behind the last attempt", workflow.LogKey{Run: "r", Job: "j", Attempt: workflow.MaxAttempts + 1}, []string{"attempt"}, []string{"attempt"}},
		{"before the first", workflow.LogKey{Run: "r", Job: "j", Attempt: -1}, []string{"attempt"}, []string{"attempt"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			w, err := logs.Writer(c.key, nil)
			if diff := cmp.Diff(c.write, faultFields(err)); diff != "" {
				t.Error("Writer:", diff)
			}
			if err == nil {
				_, _ = io.WriteString(w, "stored")
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			}
			_, err = logs.Read(t.Context(), c.key)
			if diff := cmp.Diff(c.read, faultFields(err)); diff != "" {
				t.Error("Read:", diff)
			}
			for _, err = range logs.Tail(t.Context(), c.key, -1) {
			}
			if diff := cmp.Diff(c.read, faultFields(err)); diff != "" {
				t.Error("Tail:", diff)
			}
		})
	}
}

func faultFields(err error) (fields []string) {
	for _, f := range penstock.Faults(err) {
		fields = append(fields, f.Field)
	}
	return fields
}
