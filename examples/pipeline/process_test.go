package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// role is the variable that lets the test binary be something else.
const role = "PIPELINE_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "program":
		main()
	case "server":
		server()
	default:
		os.Exit(m.Run())
	}
}

// patience is how long anything may take on a machine that has much to do.
const patience = time.Minute

// A process is the program under way.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	dir   string // where it may leave nothing

	mu    sync.Mutex
	text  strings.Builder // what it printed
	grown chan struct{}   // closed with the next Write
}

// start runs the program.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.CommandContext(t.Context(), self, args...), dir: t.TempDir(), grown: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), role+"=program", "TMPDIR="+p.dir)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.WaitDelay = 10 * time.Second
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.grown)
	p.grown = make(chan struct{})
	return p.text.Write(b)
}

func (p *process) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// await returns once a text was printed.
func (p *process) await(t *testing.T, text string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		p.mu.Lock()
		found, grown := strings.Contains(p.text.String(), text), p.grown
		p.mu.Unlock()
		if found {
			return
		}
		select {
		case <-grown:
		case <-timeout:
			t.Fatalf("%q was not printed:\n%s", text, p.printed())
		}
	}
}

// until waits for something that nobody tells of.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(patience); !holds(); {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("it does not come about that %s", what)
		}
	}
}

// ends waits for the end of the program, checks its exit status, and that nothing is left
// behind.
func (p *process) ends(t *testing.T, code int) {
	t.Helper()
	if err := p.cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit status %d, want %d:\n%s", got, code, p.printed())
	}
	if living := p.living(t); len(living) > 0 {
		t.Errorf("still there: %v", living)
	}
	if left, err := os.ReadDir(p.dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

var pidOf = regexp.MustCompile(`pid (\d+)`)

// living returns the processes that have not ended, of those that the program told of and
// those that work in its directory.
func (p *process) living(t *testing.T) []string {
	t.Helper()
	told := pidOf.FindAllStringSubmatch(p.printed(), -1)
	if len(told) == 0 {
		t.Error("the program tells of no process")
	}
	var living []string
	for _, match := range told {
		pid, err := strconv.Atoi(match[1])
		if err != nil {
			t.Fatal(err)
		}
		if !gone(pid) {
			living = append(living, match[0])
		}
	}
	links, err := filepath.Glob("/proc/[0-9]*/cwd") // none but on Linux
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if dir, err := os.Readlink(link); err == nil && strings.HasPrefix(dir, p.dir) {
			living = append(living, link+" → "+dir)
		}
	}
	return living
}

// gone reports whether a process has ended, even if nobody has taken note of it.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && strings.HasPrefix(state, "Z")
}
