package executor_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

// Whatever group or session a process is in, it ends with its step.
func TestWhoLeavesTheGroupEndsWithTheStep(t *testing.T) {
	t.Parallel()
	const child = `sh -c "echo child \$\$; touch told; sleep 1000; sleep 1000"`
	for name, test := range map[string]struct {
		script string // that begins a child and goes on
		killed bool   // only if the child is found while its parent is there
	}{
		"a group":                      {script: `timeout 1000 ` + child + ` &`},
		"a group that does not listen": {script: `timeout 1000 sh -c "trap '' TERM; echo child \$\$; touch told; sleep 1000; sleep 1000" &`},
		"groups of a shell":            {script: `bash -c 'set -m; ` + child + ` & wait' &`},
		"a session":                    {script: `setsid ` + child + ` &`},
		"a session without a parent":   {script: `setsid sh -c '` + child + ` & exit' & wait $!`},
		"a session without output":     {script: `setsid sh -c "exec 3>&1 >/dev/null 2>&1; echo child \$\$ >&3; exec 3>&-; touch told; sleep 1000; sleep 1000" &`},
		"a session of its children":    {script: `setsid sh -c 'setsid timeout 1000 ` + child + `' &`},
		"no environment":               {script: `env -i ` + child + ` &`},
		"a session, no environment":    {script: `env -i setsid sh -c "trap '' TERM; echo child \$\$; touch told; sleep 1000; sleep 1000" &`, killed: true},
	} {
		for _, cause := range []error{nil, workflow.ErrCanceled} {
			if cause == nil && test.killed {
				continue
			}
			t.Run(name+", "+map[bool]string{true: "ended", false: "canceled"}[cause == nil], func(t *testing.T) {
				t.Parallel()
				end := "sleep 1000"
				if cause == nil {
					end = "exit 0"
				}
				job, log := execution(t, "freestyle", script(test.script+"\nwhile [ ! -e told ]; do sleep 0.01; done\necho told\n"+end, ""))
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				done := start(ctx, newShell(t, executor.ShellConfig{Grace: 200 * time.Millisecond}), job)
				pid := log.after(t, "child ")
				t.Cleanup(func() { endFailed(t, pid) })
				log.after(t, "told")
				if cause != nil {
					cancel(cause)
				}
				if r := get(t, done); !errors.Is(r.err, cause) {
					t.Error(r.err)
				}
				gone(t, pid)
			})
		}
	}
}

// Attempts at the same time are families of their own.
func TestNoOtherAttemptEndsWithAStep(t *testing.T) {
	t.Parallel()
	s := newShell(t, executor.ShellConfig{})
	long, log := execution(t, "freestyle", script(`setsid sh -c 'echo child $$; sleep 1000; sleep 1000' & sleep 1000`, ""))
	ctx, cancel := context.WithCancelCause(t.Context())
	done := start(ctx, s, long)
	pid := log.after(t, "child ")
	for _, id := range []string{"attempt-2", "attempt-11", "attempt-"} {
		job, log := execution(t, "freestyle", script("setsid sleep 1000 & echo child $!; exit 0", ""))
		job.Attempt = id
		if _, err := s.Execute(t.Context(), job); err != nil {
			t.Error(err)
		}
		gone(t, log.after(t, "child "))
	}
	if !lives(pid) {
		t.Error("another attempt has ended it")
	}
	cancel(workflow.ErrCanceled)
	get(t, done)
	gone(t, pid)
}

const hostDir = "PENSTOCK_TEST_HOST" // the variable that makes the test a host

// killedHost runs a script on a host in a process of its own, which it kills once the script has told
// of a process; and returns that.
func killedHost(t *testing.T, dir, text string) (pid string) {
	t.Helper()
	host := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAHostToBeKilled$")
	host.Env = append(os.Environ(), hostDir+"="+dir, "PENSTOCK_TEST_SCRIPT="+text)
	log := &logbook{}
	host.Stdout = log
	host.WaitDelay = time.Second // what is left has its output
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	pid = log.after(t, "self ")
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	t.Cleanup(func() { endFailed(t, pid) })
	return pid
}

func TestAHostToBeKilled(t *testing.T) {
	dir := os.Getenv(hostDir)
	if dir == "" {
		return // nobody wants one
	}
	spec, err := json.Marshal(map[string]string{"script": os.Getenv("PENSTOCK_TEST_SCRIPT")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = newShell(t, executor.ShellConfig{Dir: dir}).Execute(t.Context(), workflow.Execution{Run: "run-1", Attempt: "attempt-0", Spec: spec, Log: os.Stdout})
	t.Fatal(err)
}

// A host that is killed takes the process of each step with it.
func TestAScriptDoesNotOutliveAHostThatIsKilled(t *testing.T) {
	t.Parallel()
	pid := killedHost(t, t.TempDir(), "echo self $$; while :; do sleep 0.01; done")
	tick, timeout := time.NewTicker(time.Millisecond), time.After(patience)
	defer tick.Stop()
	for lives(pid) {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("process %s goes on", pid)
		}
	}
}

// What that process has started ends as soon as a Shell looks for it.
func TestWhatAKilledHostHasLeftEnds(t *testing.T) {
	t.Parallel()
	attempt := func(n int, id string) func(*testing.T, *executor.Shell) {
		return func(t *testing.T, s *executor.Shell) {
			job, _ := execution(t, "freestyle", script("true", ""))
			job.Attempt, job.N = id, n
			if _, err := s.Execute(t.Context(), job); err != nil {
				t.Error(err)
			}
		}
	}
	forget := func(t *testing.T, s *executor.Shell) {
		if err := s.Forget(t.Context(), "run-2"); err != nil {
			t.Error(err)
		}
	}
	for name, text := range map[string]string{
		"a child":   `sh -c 'trap "" TERM; echo self $$; while :; do sleep 0.01; done' & wait`,
		"a session": `setsid sh -c 'echo self $$; sleep 1000; sleep 1000' & wait`,
	} {
		for does, look := range map[string]func(*testing.T, *executor.Shell){
			"the first attempt": attempt(1, "attempt-1"),
			"a further attempt": attempt(2, "attempt-2"),
			"Forget":            forget,
		} {
			t.Run(name+", "+does, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				pid := killedHost(t, dir, text)
				if !lives(pid) {
					t.Fatal("it has ended with its host")
				}
				look(t, newShell(t, executor.ShellConfig{Dir: t.TempDir()}))
				if !lives(pid) {
					t.Error("a Shell of another directory has ended it")
				}
				look(t, newShell(t, executor.ShellConfig{Dir: dir}))
				gone(t, pid)
			})
		}
	}
	t.Run("a Shell that has just looked does for a further attempt only", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := newShell(t, executor.ShellConfig{Dir: dir})
		attempt(1, "attempt-1")(t, s)
		pid := killedHost(t, dir, "sh -c 'echo self $$; sleep 1000; sleep 1000' & wait")
		attempt(1, "attempt-2")(t, s)
		if !lives(pid) {
			t.Error("it looks for every attempt")
		}
		attempt(2, "attempt-3")(t, s)
		gone(t, pid)
	})
}

// What belongs to a host that is there is no leftover.
func TestOtherHostsAreLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	job, log := execution(t, "freestyle", script(`setsid sh -c 'echo child $$; sleep 1000; sleep 1000' & wait`, ""))
	ctx, cancel := context.WithCancelCause(t.Context())
	done := start(ctx, newShell(t, executor.ShellConfig{Dir: dir}), job)
	pid := log.after(t, "child ")
	other, _ := execution(t, "freestyle", script("true", ""))
	other.Attempt, other.N = "attempt-2", 3
	s := newShell(t, executor.ShellConfig{Dir: dir})
	if _, err := s.Execute(t.Context(), other); err != nil {
		t.Error(err)
	}
	if err := s.Forget(t.Context(), "run-2"); err != nil {
		t.Error(err)
	}
	if !lives(pid) {
		t.Error("it has ended")
	}
	cancel(workflow.ErrCanceled)
	get(t, done)
	gone(t, pid)
}

// lives reports whether a process is there that has not ended.
func lives(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// endFailed ends a process that a test that has failed may have left.
func endFailed(t *testing.T, pid string) {
	if n, err := strconv.Atoi(pid); err == nil && n > 1 && t.Failed() {
		_ = syscall.Kill(n, syscall.SIGKILL)
	}
}
