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
	groupPoll = 50 * time.Millisecond // at most between looks at whether all are gone
	groupLast = 5 * time.Second       // after SIGKILL; only the kernel can hold a process up now
	logDrain  = time.Second           // for output of a process that was not found
)

// run runs a command as a family of processes and returns when all of it is gone. It returns
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
	cmd.SysProcAttr = processAttr()
	var (
		all      *family
		started  = make(chan struct{})
		deadline time.Time // for the family, once its context is over
	)
	cmd.Cancel = func() error {
		<-started
		deadline = time.Now().Add(c.grace)
		all.signal(syscall.SIGTERM)
		return nil
	}
	cmd.WaitDelay = c.grace // then the process itself is killed, and its family below

	runtime.LockOSThread() // the process ends with the thread that made it
	defer runtime.UnlockOSThread()
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	all = newFamily(cmd.Process.Pid, c.mark)
	close(started)
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(c.log, r)
	}()

	waitErr := cmd.Wait()
	if deadline.IsZero() {
		deadline = time.Now().Add(c.grace)
	}
	if !all.end(deadline) {
		fmt.Fprintln(c.log, "==> some processes could not be ended")
	}
	_ = r.SetReadDeadline(time.Now().Add(logDrain))
	<-copied
	return exitError(waitErr)
}

// end ends what is left of a family: gently until the deadline, then for sure. It
// reports whether all of it is gone.
func (f *family) end(deadline time.Time) bool {
	if !f.lives() {
		return true
	}
	f.signal(syscall.SIGTERM)
	if f.ends(deadline, func() {}) {
		return true
	}
	kill := func() { f.signal(syscall.SIGKILL) } // again and again: some may just have been made
	kill()
	return f.ends(time.Now().Add(groupLast), kill)
}

// ends waits until a family is gone, and reports whether it is by the deadline.
func (f *family) ends(deadline time.Time, meanwhile func()) bool {
	timeout := time.NewTimer(time.Until(deadline))
	defer timeout.Stop()
	for pause := time.Millisecond; ; pause = min(2*pause, groupPoll) {
		look := time.Now()
		if !f.lives() {
			return true
		}
		select {
		case <-time.After(max(pause, 4*time.Since(look))): // where there are many processes a look takes its time
			meanwhile()
		case <-timeout.C:
			return !f.lives()
		}
	}
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
