package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// How long an instance may take to be healthy, and to end.
const (
	warmUp   = 15 * time.Second
	windDown = 5 * time.Second
)

// An instance is a process that serves. It also ends if this process is killed: its
// standard input ends then.
type instance struct {
	pid    int
	url    *url.URL
	cancel context.CancelFunc
	ended  chan struct{} // closed when the process is gone
}

// launch starts a program and waits until it tells where it listens. When ctx ends
// thereafter, it goes on.
func launch(ctx context.Context, binary string) (*instance, error) {
	alive, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(alive, binary, "-attended")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = windDown
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal is not for it
	stdout, stdoutErr := cmd.StdoutPipe()
	_, stdinErr := cmd.StdinPipe() // stays open
	for _, err := range []error{stdoutErr, stdinErr} {
		if err != nil {
			cancel()
			return nil, err
		}
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	i := &instance{pid: cmd.Process.Pid, cancel: cancel, ended: make(chan struct{})}
	first := make(chan string, 1)
	go func() {
		defer close(i.ended)
		out := bufio.NewReader(stdout)
		line, _ := out.ReadString('\n')
		first <- line
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	}()
	var line string
	select {
	case <-ctx.Done():
	case line = <-first:
	}
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	at, err := url.Parse(address)
	if !ok || err != nil {
		i.end()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("pid %d did not tell where it listens", i.pid)
	}
	i.url = at
	return i, nil
}

// healthy returns once the instance says that it is, or why it does not.
func (i *instance) healthy(ctx context.Context, client *http.Client) error {
	ctx, cancel := context.WithTimeoutCause(ctx, warmUp, fmt.Errorf("pid %d is not healthy after %v", i.pid, warmUp))
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, i.url.JoinPath("healthz").String(), http.NoBody)
		if err != nil {
			return err
		}
		if answer, err := client.Do(req); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-i.ended:
			return fmt.Errorf("pid %d ended before it was healthy", i.pid)
		case <-tick.C:
		}
	}
}

// end ends the process, gently first, and returns when it is gone.
func (i *instance) end() {
	i.cancel()
	<-i.ended
}
