//go:build unix

package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	groupPoll = 50 * time.Millisecond // at most between looks at whether a group is gone
	groupLast = 5 * time.Second       // after SIGKILL; only the kernel can hold a process up now
	logDrain  = time.Second           // for output of a process that has left its group
)

// run runs a command as a process group and returns when all of it is gone. It returns
// an [ExitError] if the command failed.
func run(ctx context.Context, c *command) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	defer r.Close()

	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Env = c.dir, c.env
	cmd.Stdout, cmd.Stderr = w, w // a file, so that Wait waits for the process, and not for who else writes
	cmd.SysProcAttr = processGroup()
	deadline := time.Time{} // for the group, once its context is over
	cmd.Cancel = func() error {
		deadline = time.Now().Add(c.grace)
		if err := signalGroup(cmd.Process.Pid, syscall.SIGTERM); err != nil {
			return os.ErrProcessDone
		}
		return nil
	}
	cmd.WaitDelay = c.grace // then the process itself is killed, and its group below

	runtime.LockOSThread() // the process ends with the thread that made it
	defer runtime.UnlockOSThread()
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(c.log, r)
	}()

	waitErr := cmd.Wait()
	if deadline.IsZero() {
		deadline = time.Now().Add(c.grace)
	}
	if !endGroup(cmd.Process.Pid, deadline) {
		fmt.Fprintln(c.log, "==> some processes could not be ended")
	}
	_ = r.SetReadDeadline(time.Now().Add(logDrain))
	<-copied
	return exitError(waitErr)
}

// endGroup ends what is left of a process group: gently until the deadline, then for sure. It
// reports whether all of it is gone.
func endGroup(pgid int, deadline time.Time) bool {
	if !groupLives(pgid) {
		return true
	}
	_ = signalGroup(pgid, syscall.SIGTERM)
	if groupEnds(pgid, deadline) {
		return true
	}
	_ = signalGroup(pgid, syscall.SIGKILL)
	return groupEnds(pgid, time.Now().Add(groupLast))
}

// groupEnds waits until a process group is gone, and reports whether it is by the deadline.
func groupEnds(pgid int, deadline time.Time) bool {
	timeout := time.NewTimer(time.Until(deadline))
	defer timeout.Stop()
	for pause := time.Millisecond; groupLives(pgid); pause = min(2*pause, groupPoll) {
		select {
		case <-time.After(pause):
		case <-timeout.C:
			return !groupLives(pgid)
		}
	}
	return true
}

// signalGroup returns an error if there is no such group. One that we may not signal is there.
func signalGroup(pgid int, sig syscall.Signal) error {
	if err := syscall.Kill(-pgid, sig); errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// exitError returns what Wait has found as an [ExitError].
func exitError(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return &ExitError{Code: -1, Signal: status.Signal().String()}
	}
	return &ExitError{Code: exit.ExitCode()}
}
