package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock/examples/internal/console"
)

func TestEmbeddedPlanRunsToItsEnd(t *testing.T) {
	t.Parallel()
	s := start(t.Context(), t, "-dir", t.TempDir())
	s.ends(t, console.ExitDone)
	s.has(t, "waits for an approval: 2 of ann, bob, carol", "✓ ann approves", "1 of 6 · Freeze notice", "│ Subject: shop-2.4.0 is being released",
		"signing with the key ***", "smoke test is tried again", "waits 5.0s", "timeline", "approval  ", "audit trail", "The last hash:", "Shop 2.4.0: completed.")
	text := s.String()
	if strings.Contains(text, "correct-horse") {
		t.Errorf("a secret was printed:\n%s", text)
	}
	if strings.Contains(text, "\x1b") {
		t.Error("there are escape sequences, but nobody has a terminal")
	}
	_, drawing, _ := strings.Cut(text, "── timeline")
	for line := range strings.Lines(drawing) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
			t.Errorf("a line of %d characters, wider than %d: %s", n, width, line)
		}
	}
}

func TestFailingTaskTellsWhatStoppedWhyAndHowToGoOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t.Context(), t, "-plan", "testdata/failing.yaml", "-dir", dir)
	s.ends(t, console.ExitFailed)
	s.has(t, "✗ migrate", `what stopped  "migrate" in the phase "Database change"`, "why           exit code 3",
		"│ connecting with ***", "│ ERROR: column currency exists already", "possible now  retry, skip", "still to do   1 task",
		"go run ./examples/quickstart -interactive -plan testdata/failing.yaml", "not started", "Shop 2.4.1: failed.")
	if strings.Contains(s.String(), "s3cret") {
		t.Errorf("a secret was printed:\n%s", s)
	}
	if _, err := os.Stat(filepath.Join(dir, "switched")); err == nil {
		t.Error("a task ran behind one that failed")
	}
}

func TestInteractive(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T) (*started, string) {
		t.Parallel()
		dir := t.TempDir()
		s := start(t.Context(), t, "-plan", "testdata/interactive.yaml", "-interactive", "-dir", dir)
		s.say(t, "ann: do you approve", "perhaps")
		s.await(t, "Please answer with one of the words")
		return s, dir
	}
	approved := func(t *testing.T) (*started, string) {
		s, dir := begin(t)
		s.say(t, "ann: do you approve", "approve looks fine")
		s.say(t, "bob: do you approve", "a")
		s.say(t, "dana: start now?", "execute")
		s.say(t, "sam: \"tell the desk\" is yours to do", "done they know")
		return s, dir
	}
	t.Run("retry", func(t *testing.T) {
		s, dir := approved(t)
		s.await(t, `"fetch" failed (exit code 4)`)
		if err := os.WriteFile(filepath.Join(dir, "mended"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s.say(t, "retry | skip | abort", "retry")
		s.say(t, `"deploy" is ready`, "start")
		s.ends(t, console.ExitDone)
		s.has(t, "(looks fine)", "(they know)", "fetch is tried again", "attempt 2", "completed.")
		if _, err := os.Stat(filepath.Join(dir, "deployed")); err != nil {
			t.Error(err)
		}
	})
	t.Run("skip", func(t *testing.T) {
		s, _ := approved(t)
		s.say(t, `"fetch" failed`, "skip was there already")
		s.say(t, `"deploy" is ready`, "skip")
		s.ends(t, console.ExitDone)
		s.has(t, "fetch is skipped by dana: was there already", "deploy is skipped by dana: dana said so at the terminal")
	})
	t.Run("abort", func(t *testing.T) {
		s, _ := approved(t)
		s.say(t, `"fetch" failed`, "abort too late for today")
		s.ends(t, console.ExitFailed)
		s.has(t, "(too late for today)", "Shop 2.4.2: canceled.")
	})
	t.Run("reject", func(t *testing.T) {
		s, _ := begin(t)
		s.say(t, "ann: do you approve", "reject not on a Friday")
		s.ends(t, console.ExitFailed)
		s.has(t, "✗ ann rejects: not on a Friday", "Shop 2.4.2: denied.")
	})
	t.Run("end of input", func(t *testing.T) {
		s, _ := begin(t)
		s.say(t, "ann: do you approve", "approve")
		s.await(t, "bob: do you approve")
		if err := s.stdin.Close(); err != nil {
			t.Fatal(err)
		}
		s.ends(t, console.ExitFailed)
		s.has(t, "the input has ended: nobody decides any more", "Shop 2.4.2: canceled.")
	})
	t.Run("interrupt at a question", func(t *testing.T) {
		t.Parallel()
		ctx, interrupt := context.WithCancel(t.Context())
		s := start(ctx, t, "-plan", "testdata/interactive.yaml", "-interactive", "-dir", t.TempDir())
		s.await(t, "ann: do you approve")
		interrupt()
		s.ends(t, console.ExitInterrupted)
		s.has(t, "Shop 2.4.2: canceled.")
	})
}

func TestInterruptCancelsThePlanAndKillsWhatRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, interrupt := context.WithCancel(t.Context())
	s := start(ctx, t, "-plan", "testdata/endless.yaml", "-dir", dir)
	s.await(t, " is up")
	s.await(t, " is up")
	pids := []int{pid(t, dir, "child"), pid(t, dir, "grandchild")}
	for _, pid := range pids {
		if gone(pid) {
			t.Fatalf("process %d is gone before its time", pid)
		}
	}
	interrupt()
	s.ends(t, console.ExitInterrupted)
	s.has(t, "interrupted: the plan is being canceled", "■ obedient is canceled", "■ stubborn is canceled", "Shop 2.4.3: canceled.", "audit trail")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for _, pid := range pids {
		for range 500 {
			if gone(pid) {
				break
			}
			<-tick.C
		}
		if !gone(pid) {
			t.Errorf("process %d still runs", pid)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "never")); err == nil {
		t.Error("a task ran after the interrupt")
	}
}

func pid(t *testing.T, dir, file string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// gone reports whether a process has ended, even if nobody has taken note of it.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && strings.HasPrefix(state, "Z")
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"help":            {[]string{"-h"}, console.ExitDone, "-interactive"},
		"unknown flag":    {[]string{"-fast"}, console.ExitUsage, "-fast"},
		"argument":        {[]string{"plan.yaml"}, console.ExitUsage, `"plan.yaml" is not understood`},
		"new without db":  {[]string{"-new"}, console.ExitUsage, "-new needs -db"},
		"missing file":    {[]string{"-plan", "testdata/none.yaml"}, console.ExitUsage, "no such file"},
		"not a file":      {[]string{"-plan", "testdata"}, console.ExitUsage, "must be a file"},
		"file with fault": {[]string{"-plan", "testdata/broken.yaml"}, console.ExitUsage, "nothing was started"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t.Context(), t, test.args...)
			s.ends(t, test.code)
			if text := s.errors.String(); !strings.Contains(text, test.says) {
				t.Errorf("%q was not said:\n%s", test.says, text)
			}
		})
	}
}
