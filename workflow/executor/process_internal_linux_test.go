package executor

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// A process that has ended is gone, even if nobody asks how.
func TestAZombieIsGone(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "read line")
	cmd.SysProcAttr = processAttr()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	all := newFamily(cmd.Process.Pid, "MARK=of nobody")
	if !all.lives() || all.ends(time.Now().Add(time.Millisecond), func() {}) {
		t.Error("a process that waits is gone")
	}
	in.Close()
	if !all.ends(time.Now().Add(20*time.Second), func() {}) {
		t.Error("a zombie lives")
	}
	if err := syscall.Kill(-cmd.Process.Pid, 0); err != nil {
		t.Errorf("it was no zombie: %v", err)
	}
	_ = cmd.Wait()
	if all.lives() {
		t.Error("a process that is not there lives")
	}
}

// Who gets the number of a process that is gone is not signaled for it.
func TestASignalReachesOneProcessOnly(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "read line")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	before := process{processID: processID{cmd.Process.Pid, 1}}
	before.signal(syscall.SIGKILL)
	in.Close()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("another process was signaled: %v", err)
	}
}

// A process has its environment also while it begins to execute another program.
func TestTheEnvironmentOfAProcessThatLoads(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "again.sh")
	if err := os.WriteFile(file, []byte(`exec sh "$0"`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", file)
	cmd.Env = append(os.Environ(), "MARK=it")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p, ok := readProcess(strconv.Itoa(cmd.Process.Pid))
	if !ok {
		t.Fatal("it is not there")
	}
	for n := range 5_000 {
		if got := variableOf(p.environ(), "MARK"); got != "it" {
			t.Errorf("look %d: got %q", n, got)
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
	if len(p.environ()) > 1 {
		t.Error("a process that is gone has an environment")
	}
}

func TestAnEnvironmentCanBeEmpty(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "sleep", "1000")
	cmd.Env = []string{}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p, _ := readProcess(strconv.Itoa(cmd.Process.Pid))
	if before := time.Now(); len(p.environ()) > 1 || time.Since(before) > 500*time.Millisecond {
		t.Errorf("it has one, after %v", time.Since(before))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
}

func TestOnlyHostsWhoseNumbersAreKnownHaveEnded(t *testing.T) {
	t.Parallel()
	for name, ended := range map[string]bool{
		thisHost():              false,
		"":                      false,
		"7":                     false,
		"7:1":                   false,
		"8:4000000:1":           false,
		"7:4000000:1":           true,
		"7" + thisHost()[1:]:    false,
		"7:1:18446744073709551": true,
	} {
		if got := hostEnded(name, "7:2:3"); got != ended {
			t.Errorf("%q: %t", name, got)
		}
	}
	if this := thisHost(); this == "" || hostEnded(this, this) || !hostEnded(this+"0", this) {
		t.Errorf("this host is %q", this)
	}
}
