package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// shellKind is the kind of tasks that run a command.
const shellKind = "shell"

// grace is how long a command that is told to stop may tidy up.
const grace = 2 * time.Second

// A shellSpec is the Spec of a shell task.
type shellSpec struct {
	Run string `json:"run"`           // a script for sh, which stops at the first command that fails
	Dir string `json:"dir,omitempty"` // where, inside the directory of the run; made if it is not there
}

// A shell is the Handler of shell tasks. They work in the directory of their plan,
// which its label says: another process may have filed it. The plan's variables are in the
// environment of the script, so that their values are data and never part of it;
// dots and dashes in their names become underscores.
type shell struct {
	show func(taskID, line string) // is told what the script prints; secrets are masked
}

// Handle runs the script of a task. It is killed, with everything it started, once
// ctx ends.
func (s *shell) Handle(ctx context.Context, job releaseplan.Job) error {
	var spec shellSpec
	if err := json.Unmarshal(job.Task.Spec, &spec); err != nil {
		return err
	}
	if !filepath.IsLocal(filepath.Join(".", spec.Dir)) {
		return fmt.Errorf("%q lies outside the directory of the run", spec.Dir)
	}
	of := job.Plan.Content().Labels[labelDir]
	if of == "" {
		return errors.New("the plan has no directory: it was not filed by this program")
	}
	dir := filepath.Join(of, spec.Dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	out := &output{show: func(line string) { s.show(job.Task.ID, line) }, secrets: secretsOf(job)}
	cmd := exec.CommandContext(ctx, "sh", "-e", "-c", spec.Run)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), environment(job)...)
	cmd.SysProcAttr = group()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	runtime.LockOSThread() // see group
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	killed := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind
	out.close()

	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.Exited():
		return out.because("exit code %d", exit.ExitCode())
	case errors.As(err, &exit):
		return out.because("ended by %s", exit)
	case errors.Is(err, exec.ErrWaitDelay) && killed == nil:
		return out.because("left a process behind, which was killed")
	}
	return err
}

// environment returns the variables of a job, sorted.
func environment(job releaseplan.Job) []string {
	plain := strings.NewReplacer(".", "_", "-", "_")
	env := make([]string, 0, len(job.Variables)+2)
	for _, name := range slices.Sorted(maps.Keys(job.Variables)) {
		env = append(env, plain.Replace(name)+"="+job.Variables[name])
	}
	return append(env, "PENSTOCK_ATTEMPT="+job.Attempt, fmt.Sprintf("PENSTOCK_TRY=%d", job.N))
}

// secretsOf returns what must not be shown of a job.
func secretsOf(job releaseplan.Job) []string {
	var secrets []string
	for _, v := range job.Plan.Content().Variables {
		if !v.Secret {
			continue
		}
		for line := range strings.Lines(job.Variables[v.Name]) {
			if line = strings.TrimSpace(line); line != "" {
				secrets = append(secrets, line)
			}
		}
	}
	return secrets
}
