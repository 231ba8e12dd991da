package workflow_test

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

func TestReadALog(t *testing.T) {
	many := strings.Repeat("0123456789abcdef\n", 40_000)
	logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New()})
	logWrite(t, logs, logBuild, many)
	r, err := logs.Read(t.Context(), logBuild)
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(r, []byte(many)); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Read after Close = %v", err)
	}
}

// A log that is being written is read so far: all of it here, what is stored elsewhere.
func TestReadALogSoFar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		logs, there := workflow.NewLogs(workflow.LogsConfig{Store: s}), workflow.NewLogs(workflow.LogsConfig{Store: s})
		w := logOpen(t, logs, logBuild)
		line := strings.Repeat("x", 999) + "\n"
		_, _ = io.WriteString(w, strings.Repeat(line, 500)+"half")
		synctest.Wait()
		if got := logText(t, logs, logBuild); got != strings.Repeat(line, 500)+"half" {
			t.Errorf("%d bytes here", len(got))
		}
		if got := logText(t, there, logBuild); got != strings.Repeat(line, 455) { // chunks of 65
			t.Errorf("%d bytes elsewhere", len(got))
		}
		logWait(time.Second)
		if got := logText(t, there, logBuild); got != strings.Repeat(line, 500)+"half" {
			t.Errorf("%d bytes elsewhere after a second", len(got))
		}
		if got, err := logs.Attempts(t.Context(), logBuild.Run, logBuild.Job); err != nil || len(got) != 1 {
			t.Errorf("attempts %v, %v", got, err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Every attempt has a log of its own, and the latest is the one that is asked for.
func TestAttemptsHaveTheirOwnLogs(t *testing.T) {
	s := memory.New()
	logs := workflow.NewLogs(workflow.LogsConfig{Store: s, Ended: logsOver})
	attempt := func(n int) workflow.LogKey {
		return workflow.LogKey{Run: logBuild.Run, Job: logBuild.Job, Attempt: n}
	}
	expect := func(rule string, l *workflow.Logs, latest string, attempts ...int) {
		t.Helper()
		if got := logText(t, l, attempt(0)); got != latest {
			t.Errorf("%s: the latest is %q", rule, got)
		}
		if got := strings.Join(logLines(t, l, attempt(0), -1), "|"); got != strings.TrimSuffix(latest, "\n") {
			t.Errorf("%s: the latest has %q", rule, got)
		}
		got, err := l.Attempts(t.Context(), logBuild.Run, logBuild.Job)
		if diff := cmp.Diff(attempts, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", rule, err, diff)
		}
	}
	expect("none", logs, "")
	logWrite(t, logs, workflow.LogKey{Run: "run", Job: "job-0-0-0-buildx", Attempt: 9}, "another job\n")
	logWrite(t, logs, workflow.LogKey{Run: "run", Job: "job-0-0-0-build-2", Attempt: 9}, "another job\n")
	expect("none of this job", logs, "")
	logWrite(t, logs, attempt(1), "one\n")
	expect("one", logs, "one\n", 1)
	logWrite(t, logs, attempt(2))
	expect("a silent one", logs, "one\n", 1)
	logWrite(t, logs, attempt(3), strings.Repeat("x", 100_000), "three\n")
	logWrite(t, logs, attempt(12), "twelve\n")
	expect("twelve", logs, "twelve\n", 1, 3, 12)
	w := logOpen(t, logs, attempt(13))
	_, _ = io.WriteString(w, "thirteen\n")
	if got, err := logs.Attempts(t.Context(), logBuild.Run, logBuild.Job); err != nil || len(got) != 4 {
		t.Errorf("attempts under way: %v, %v", got, err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	expect("elsewhere", workflow.NewLogs(workflow.LogsConfig{Store: s, Ended: logsOver}), "thirteen\n", 1, 3, 12, 13)
	if got := logText(t, logs, attempt(1)); got != "one\n" {
		t.Errorf("the first is %q", got)
	}
	if got := logText(t, logs, attempt(2)); got != "" {
		t.Errorf("the second is %q", got)
	}
}

func TestDeleteLogs(t *testing.T) {
	s := newLogStore()
	logs := workflow.NewLogs(workflow.LogsConfig{Store: s})
	for _, run := range []string{"run", "run0", "ru", "run-2"} {
		for attempt := range 3 {
			size := 1
			if run == "run" && attempt > 0 {
				size = 4 << 20
			}
			logWrite(t, logs, workflow.LogKey{Run: run, Job: "job-0-0-0-build", Attempt: attempt + 1}, strings.Repeat("x", size))
		}
	}
	key := workflow.LogKey{Run: "run", Job: "job-0-0-0-build"}
	before := s.count()
	s.set(errDown, nil, nil)
	if err := logs.Delete(t.Context(), "run"); !errors.Is(err, errDown) {
		t.Errorf("Delete = %v", err)
	}
	s.set(nil, nil, nil)
	if err := logs.Delete(t.Context(), "run"); err != nil {
		t.Error(err)
	}
	if n := s.count() - before; n != 3 { // one fails, and one removes a hundred chunks
		t.Errorf("%d commits", n)
	}
	if got := logText(t, logs, key); got != "" {
		t.Errorf("%d bytes are left", len(got))
	}
	page, err := s.Find(t.Context(), store.Query{Kind: "workflow.log", After: &store.Cursor{ID: "run/"}, Limit: 1})
	if err != nil || len(page.Records) != 1 || !strings.HasPrefix(page.Records[0].ID, "run0/") {
		t.Errorf("%v is left, %v", page.Records, err)
	}
	if left := logChunks(t, s); left != 9 {
		t.Errorf("%d chunks are left", left)
	}
	if err := logs.Delete(t.Context(), "run"); err != nil {
		t.Errorf("Delete again = %v", err)
	}
	if got := faultFields(logs.Delete(t.Context(), "a/b")); len(got) != 1 || got[0] != "run" {
		t.Errorf("faults of %q", got)
	}
}
