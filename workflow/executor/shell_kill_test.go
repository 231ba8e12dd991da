//go:build unix

package executor_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

// gone checks that processes that a script told of are not there any more. Those that ended
// but that nobody has asked how are gone, too.
func gone(t *testing.T, pids ...string) {
	t.Helper()
	for _, text := range pids {
		pid, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || pid < 2 {
			t.Fatalf("%q is no process", text)
		}
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(text) + "/stat")
		if err == nil && strings.Contains(string(stat), ") Z ") {
			continue
		}
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d is still there: %v: %s", pid, err, stat)
		}
	}
}

func TestWhatEndsAJobEndsAllItsProcesses(t *testing.T) {
	t.Parallel()
	// Each tells of itself, a child and a grandchild, all of which would go on for long.
	family := func(trap string) string {
		return trap + `sh -c '` + trap + `sleep 1000 & echo grandchild $!; wait; sleep 1000' & echo child $!; echo self $$; wait; sleep 1000`
	}
	for _, test := range []struct {
		name   string
		script string
		grace  time.Duration
		least  time.Duration
		most   time.Duration
	}{
		{"gently", family(""), time.Hour, 0, patience},
		{"for sure, when it does not listen", family("trap '' TERM; "), 200 * time.Millisecond, 200 * time.Millisecond, patience},
		{"for sure, when a grandchild does not listen", strings.Replace(family(""), "sleep 1000 & echo grandchild $!", `sh -c "trap \"\" TERM; echo grandchild \$\$; sleep 1000; sleep 1000" & true`, 1), 200 * time.Millisecond, 200 * time.Millisecond, patience},
		{"stopped processes", family("") + " & kill -STOP $$", 200 * time.Millisecond, 0, patience},
	} {
		for _, cause := range []error{workflow.ErrCanceled, workflow.ErrTimeout, workflow.ErrShutdown, workflow.ErrLost} {
			t.Run(test.name+": "+cause.Error(), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				job, log := execution(t, "freestyle", script("echo A=1 >> $PENSTOCK_OUTPUT; "+test.script, declare("A")))
				ctx, cancel := context.WithCancelCause(t.Context())
				done := start(ctx, newShell(t, executor.ShellConfig{Dir: dir, Grace: test.grace}), job)
				pids := []string{log.after(t, "self "), log.after(t, "child "), log.after(t, "grandchild ")}
				before := time.Now()
				cancel(cause)
				r := get(t, done)
				if took := time.Since(before); took < test.least || took > test.most {
					t.Errorf("it took %v", took)
				}
				if !errors.Is(r.err, cause) || r.err.Error() != "step script: "+cause.Error() || r.outputs["A"] != "1" {
					t.Errorf("got %v and %v", r.outputs, r.err)
				}
				gone(t, pids...)
				if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
					t.Errorf("left behind: %s", left)
				}
			})
		}
	}
}

func TestAScriptCanUseItsGrace(t *testing.T) {
	t.Parallel()
	job, log := execution(t, "freestyle", script(`trap 'echo cleaning; echo A=clean >> $PENSTOCK_OUTPUT; exit 0' TERM; echo ready; while :; do sleep 1000 & wait; done`, declare("A")))
	ctx, cancel := context.WithCancelCause(t.Context())
	done := start(ctx, newShell(t, executor.ShellConfig{}), job)
	log.after(t, "ready")
	cancel(workflow.ErrCanceled)
	if r := get(t, done); !errors.Is(r.err, workflow.ErrCanceled) || r.outputs["A"] != "clean" || !strings.Contains(log.String(), "cleaning\n") {
		t.Errorf("got %v, %v and %q", r.outputs, r.err, log)
	}
}

func TestNothingIsLeftInTheBackground(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"it listens":        `sleep 1000 & echo child $!`,
		"it does not":       `sh -c 'trap "" TERM; echo on; sleep 1000; sleep 1000' & echo child $!; sleep 1000 & echo more`,
		"it has no output":  `sleep 1000 >/dev/null 2>&1 & echo child $!`,
		"it fails":          `sleep 1000 & echo child $!; exit 1`,
		"its parent exited": `sh -c 'sleep 1000 & echo child $!'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job, log := execution(t, "freestyle", script(text, ""))
			r := get(t, start(t.Context(), newShell(t, executor.ShellConfig{Grace: 100 * time.Millisecond}), job))
			if (r.err != nil) != (name == "it fails") {
				t.Error(r.err)
			}
			gone(t, log.after(t, "child "))
		})
	}
}

// A process that leaves everything it could be found by is not ended, but neither does it hold the job up.
func TestWhoCannotBeFoundHoldsNothingUp(t *testing.T) {
	t.Parallel()
	setsid, err := exec.LookPath("setsid")
	if err != nil {
		t.Fatal(err)
	}
	job, log := execution(t, "freestyle", script("env -i "+setsid+` sh -c 'echo child $$; touch left; sleep 1000' & while [ ! -e left ]; do sleep 0.01; done`, ""))
	r := get(t, start(t.Context(), newShell(t, executor.ShellConfig{}), job))
	pid, err := strconv.Atoi(log.after(t, "child "))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-pid, syscall.SIGKILL) })
	if r.err != nil {
		t.Error(r.err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Errorf("the process of its own session: %v", err)
	}
}

func TestEndlessOutput(t *testing.T) {
	t.Parallel()
	job, log := execution(t, "freestyle", script("yes & echo self $$; exec yes", ""))
	ctx, cancel := context.WithCancelCause(t.Context())
	done := start(ctx, newShell(t, executor.ShellConfig{MaxLog: 100_000}), job)
	full := "==> the log is full: what follows is dropped"
	log.after(t, full)
	cancel(workflow.ErrTimeout)
	if r := get(t, done); !errors.Is(r.err, workflow.ErrTimeout) {
		t.Error(r.err)
	}
	if n := strings.Index(log.String(), full); n != 100_000 && n != 100_001 {
		t.Errorf("%d bytes are logged", n)
	}
}

func TestNothingIsBegunWhenTheContextIsOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(workflow.ErrLost)
	job, log := execution(t, "freestyle", script("echo ran", ""))
	_, err := newShell(t, executor.ShellConfig{Dir: dir}).Execute(ctx, job)
	if !errors.Is(err, workflow.ErrLost) || log.String() != "" {
		t.Errorf("got %v and %q", err, log)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("made: %v", left)
	}
}

func TestTheContextCanEndBetweenSteps(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	s := newShell(t, executor.ShellConfig{Checkout: func(context.Context, workflow.Repository, string, io.Writer) error {
		cancel(workflow.ErrShutdown)
		return nil
	}})
	job, log := execution(t, "freestyle", script("echo ran", `,"repos":[{"repo_name":"one","branch":"a"}]`))
	if _, err := s.Execute(ctx, job); !errors.Is(err, workflow.ErrShutdown) || strings.Contains(log.String(), "ran") {
		t.Errorf("got %v and %q", err, log)
	}
}
