package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

func TestTailBeginsSoManyLinesBeforeTheEnd(t *testing.T) {
	long := strings.Repeat("x", 30_000)
	for _, c := range []struct {
		rule  string
		write string
		lines int
		want  []string
	}{
		{"none", "a\nb\nc\n", 0, nil},
		{"one", "a\nb\nc\n", 1, []string{"c"}},
		{"some", "a\nb\nc\n", 2, []string{"b", "c"}},
		{"as many as there are", "a\nb\nc\n", 3, []string{"a", "b", "c"}},
		{"more than there are", "a\nb\nc\n", 4, []string{"a", "b", "c"}},
		{"all", "a\nb\nc\n", -1, []string{"a", "b", "c"}},
		{"one without an end", "a\nb\nc", 1, []string{"c"}},
		{"of several chunks", long + "1\n" + long + "2\n" + long + "3\n" + long + "4\n" + long + "5\n", 4, []string{long + "2", long + "3", long + "4", long + "5"}},
		{"many", strings.Repeat("x\n", 70_000), 69_999, strings.Split(strings.Repeat("x\n", 69_998)+"x", "\n")},
		{"of nothing", "", 3, nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := memory.New()
			logs := workflow.NewLogs(workflow.LogsConfig{Store: s, Ended: logsOver})
			logWrite(t, logs, logBuild, c.write)
			if diff := cmp.Diff(c.want, logLines(t, logs, logBuild, c.lines)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Who begins to follow a log that is written fast finds its end, wherever that is.
func TestTailBeginsAtTheEndOfALogThatIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLogStore()
		logs := workflow.NewLogs(workflow.LogsConfig{Store: s})
		w := logOpen(t, logs, logBuild)
		line := strings.Repeat("x", 29_999) + "\n"
		_, _ = io.WriteString(w, strings.Repeat(line, 10)) // five chunks, and the last one is not full
		synctest.Wait()
		s.set(errDown, nil, nil)
		_, _ = io.WriteString(w, strings.Repeat(line, 9)+"end\n")
		f := logFollow(logs.Tail(t.Context(), logBuild, 1), nil)
		f.expect(t, 0, false, "20 end")
		g := logFollow(logs.Tail(t.Context(), logBuild, 18), nil)
		g.expect(t, 0, false, append(slices.Collect(func(yield func(string) bool) {
			for n := 3; n < 20 && yield(fmt.Sprint(n, " ", line[:29_999])); n++ {
			}
		}), "20 end")...)
		s.set(nil, nil, nil)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A logFollower runs a Tail and keeps what it yields.
type logFollower struct {
	mu    sync.Mutex
	lines []string
	err   error
	over  bool
}

// logFollow begins one. It takes a line for each value of paused, if that is not nil.
func logFollow(lines iter.Seq2[workflow.LogLine, error], paused <-chan bool) *logFollower {
	f := new(logFollower)
	go func() {
		for line, err := range lines {
			f.note(func() {
				if f.err = err; err == nil {
					f.lines = append(f.lines, fmt.Sprint(line.N, " ", line.Text))
				}
			})
			if paused != nil {
				<-paused
			}
		}
		f.note(func() { f.over = true })
	}()
	return f
}

func (f *logFollower) note(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// expect compares what it has got after a while.
func (f *logFollower) expect(t *testing.T, wait time.Duration, over bool, want ...string) {
	t.Helper()
	logWait(wait)
	f.mu.Lock()
	defer f.mu.Unlock()
	if diff := cmp.Diff(want, f.lines); diff != "" {
		t.Errorf("after %v: %s", wait, diff)
	}
	if f.over != over || over && f.err != nil {
		t.Errorf("after %v: ended %v, want %v; %v", wait, f.over, over, f.err)
	}
}

// Who follows a log in the process that writes it sees every line at once.
func TestTailHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New()})
		early := logFollow(logs.Tail(t.Context(), logBuild, 10), nil)
		logWait(time.Hour)
		w := logOpen(t, logs, logBuild)
		early.expect(t, time.Second, false)
		_, _ = io.WriteString(w, "a\nb\nc")
		early.expect(t, 0, false, "1 a", "2 b")
		late := logFollow(logs.Tail(t.Context(), workflow.LogKey{Run: logBuild.Run, Job: logBuild.Job}, 1), nil)
		late.expect(t, 0, false, "2 b")
		logWait(time.Hour)
		_, _ = io.WriteString(w, "c\n10%\r20%")
		early.expect(t, 0, false, "1 a", "2 b", "3 cc", "4 10%")
		late.expect(t, 0, false, "2 b", "3 cc", "4 10%")
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		early.expect(t, 0, true, "1 a", "2 b", "3 cc", "4 10%", "5 20%")
		late.expect(t, 0, true, "2 b", "3 cc", "4 10%", "5 20%")
	})
}

// Who follows it in another process sees what is stored.
func TestTailElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		logs, there := workflow.NewLogs(workflow.LogsConfig{Store: s}), workflow.NewLogs(workflow.LogsConfig{Store: s})
		early := logFollow(there.Tail(t.Context(), logBuild, 10), nil)
		logWait(time.Hour)
		w := logOpen(t, logs, logBuild)
		_, _ = io.WriteString(w, "a\nb\nc")
		early.expect(t, 900*time.Millisecond, false)
		early.expect(t, time.Second, false, "1 a", "2 b")
		late := logFollow(there.Tail(t.Context(), workflow.LogKey{Run: logBuild.Run, Job: logBuild.Job}, 1), nil)
		late.expect(t, 0, false, "2 b")
		logWait(time.Hour)
		long := strings.Repeat("x", 40_000)
		_, _ = io.WriteString(w, "c\n"+long+"1\n"+long+"2\nd")
		early.expect(t, 2*time.Second, false, "1 a", "2 b", "3 cc", "4 "+long+"1", "5 "+long+"2")
		late.expect(t, 0, false, "2 b", "3 cc", "4 "+long+"1", "5 "+long+"2")
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		early.expect(t, time.Second, true, "1 a", "2 b", "3 cc", "4 "+long+"1", "5 "+long+"2", "6 d")
		late.expect(t, 0, true, "2 b", "3 cc", "4 "+long+"1", "5 "+long+"2", "6 d")
	})
}

// A reader may take its time: the writer does not wait, and the reader misses nothing.
func TestASlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New()})
		w := logOpen(t, logs, logBuild)
		_, _ = io.WriteString(w, "line 1\n")
		next := make(chan bool)
		slow, fast := logFollow(logs.Tail(t.Context(), logBuild, -1), next), logFollow(logs.Tail(t.Context(), logBuild, -1), nil)
		slow.expect(t, time.Second, false, "1 line 1")
		began := time.Now()
		want := []string{"1 line 1"}
		for i := 2; i <= 5000; i++ {
			text := fmt.Sprintf("line %d%s", i, strings.Repeat(".", 500))
			want = append(want, fmt.Sprint(i, " ", text))
			_, _ = io.WriteString(w, text+"\n")
		}
		fast.expect(t, 0, false, want...)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d != 0 {
			t.Errorf("the writer waited for %v", d)
		}
		fast.expect(t, 0, true, want...)
		slow.expect(t, time.Hour, false, "1 line 1")
		close(next)
		slow.expect(t, 0, true, want...)
	})
}

// What a writer stored that was killed is there, and its readers end with its job.
func TestAWriterThatIsKilled(t *testing.T) {
	for _, c := range []struct {
		rule   string
		stored bool
		text   string
		want   []string
	}{
		{"with what it stored", true, "a\nb", []string{"1 a", "2 b"}},
		{"before it stored anything", false, "", nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newLogStore()
				killed := logOpen(t, workflow.NewLogs(workflow.LogsConfig{Store: s}), logBuild)
				_, _ = io.WriteString(killed, "a\nb")
				if c.stored {
					logWait(time.Second)
				}
				s.set(errDown, nil, nil)
				_, _ = io.WriteString(killed, "lost\n")

				var over atomic.Bool
				var asked atomic.Int64
				logs := workflow.NewLogs(workflow.LogsConfig{Store: s, Ended: func(_ context.Context, key workflow.LogKey) (bool, error) {
					if asked.Add(1); key != logBuild {
						t.Errorf("asked about %v", key)
					}
					return over.Load(), nil
				}})
				f := logFollow(logs.Tail(t.Context(), logBuild, -1), nil)
				f.expect(t, time.Minute, false, c.want[:len(c.want)/2]...)
				if n := asked.Load(); n < 100 || n > 120 {
					t.Errorf("asked %d times in a minute", n)
				}
				over.Store(true)
				f.expect(t, time.Second, true, c.want...)
				if got := logText(t, logs, logBuild); got != c.text {
					t.Errorf("read %q", got)
				}
				if err := killed.Close(); !errors.Is(err, errDown) {
					t.Error(err)
				}
			})
		})
	}
}

// A writer that is forgotten in this process does not hold its readers either.
func TestAWriterThatIsNeverClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var over atomic.Bool
		logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New(), Ended: func(context.Context, workflow.LogKey) (bool, error) { return over.Load(), nil }})
		w := logOpen(t, logs, logBuild)
		_, _ = io.WriteString(w, "a\nb")
		f := logFollow(logs.Tail(t.Context(), logBuild, -1), nil)
		f.expect(t, time.Hour, false, "1 a")
		over.Store(true)
		f.expect(t, time.Second, true, "1 a", "2 b")
	})
}

func TestWhyTailEnds(t *testing.T) {
	deny := errors.New("the run cannot be read")
	for _, c := range []struct {
		rule    string
		written bool
		ended   func(context.Context, workflow.LogKey) (bool, error)
		spoil   func(*logStore, context.CancelFunc)
		want    error
	}{
		{"its context, where there is no log", false, nil, func(_ *logStore, cancel context.CancelFunc) { cancel() }, context.Canceled},
		{"its context", true, nil, func(_ *logStore, cancel context.CancelFunc) { cancel() }, context.Canceled},
		{"the store, where there is no log", false, nil, func(s *logStore, _ context.CancelFunc) { _ = s.Close() }, store.ErrClosed},
		{"the store", true, nil, func(s *logStore, _ context.CancelFunc) { s.set(nil, nil, errDown) }, errDown},
		{"who tells whether the job has ended, where there is no log", false, func(context.Context, workflow.LogKey) (bool, error) { return false, deny }, nil, deny},
		{"who tells whether the job has ended", true, func(context.Context, workflow.LogKey) (bool, error) { return false, deny }, nil, deny},
		{"the end of the job, where there is no log", false, logsOver, nil, nil},
		{"the end of the job", true, logsOver, nil, nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newLogStore()
				if c.written {
					w := logOpen(t, workflow.NewLogs(workflow.LogsConfig{Store: s}), logBuild)
					_, _ = io.WriteString(w, "a\n")
					logWait(time.Second)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				f := logFollow(workflow.NewLogs(workflow.LogsConfig{Store: s, Ended: c.ended}).Tail(ctx, logBuild, -1), nil)
				synctest.Wait()
				if c.spoil != nil {
					c.spoil(s, cancel)
				}
				logWait(time.Second)
				f.note(func() {
					if !errors.Is(f.err, c.want) || !f.over {
						t.Errorf("ended: %v, with %v, want %v", f.over, f.err, c.want)
					}
				})
			})
		})
	}
}

// Who has seen enough stops, and nothing goes on behind its back.
func TestTailStopsWithItsLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New()})
		w := logOpen(t, logs, logBuild)
		_, _ = io.WriteString(w, "a\nb\nc\n")
		synctest.Wait()
		for line, err := range logs.Tail(t.Context(), logBuild, 2) {
			if err != nil || line.Text != "b" {
				t.Errorf("%v, %v", line, err)
			}
			break
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestACorruptChunk(t *testing.T) {
	for _, c := range []struct{ rule, id, body string }{
		{"no head", "run/job-0-0-0-build/0001/00000001", "text"},
		{"no JSON", "run/job-0-0-0-build/0001/00000001", "text\ntext"},
		{"no chunk", "run/job-0-0-0-build/0001/x", "{}\ntext"},
		{"another id", "run/job-0-0-0-build/0001", "{}\ntext"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := memory.New()
			if _, err := s.Commit(t.Context(), store.Op{Record: store.Record{Key: store.Key{Kind: "workflow.log", ID: c.id}, Body: []byte(c.body)}}); err != nil {
				t.Fatal(err)
			}
			logs := workflow.NewLogs(workflow.LogsConfig{Store: s, Ended: logsOver})
			key := workflow.LogKey{Run: logBuild.Run, Job: logBuild.Job}
			r, err := logs.Read(t.Context(), key)
			if err == nil {
				_, err = io.ReadAll(r)
			}
			if err == nil || !strings.Contains(err.Error(), c.id+" is no chunk of a log") {
				t.Errorf("Read: %v", err)
			}
			for _, err = range logs.Tail(t.Context(), key, -1) {
			}
			if err == nil {
				t.Error("Tail: no error")
			}
		})
	}
}
