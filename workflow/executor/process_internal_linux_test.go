package executor

import (
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A process that has ended is gone, even if nobody asks how.
func TestAZombieIsGone(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "read line")
	cmd.SysProcAttr = processGroup()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pgid := cmd.Process.Pid
	if !groupLives(pgid) || groupEnds(pgid, time.Now().Add(time.Millisecond)) {
		t.Error("a process that waits is gone")
	}
	in.Close()
	if !groupEnds(pgid, time.Now().Add(20*time.Second)) {
		t.Error("a zombie lives")
	}
	if err := syscall.Kill(-pgid, 0); err != nil {
		t.Errorf("it was no zombie: %v", err)
	}
	_ = cmd.Wait()
	if groupLives(pgid) {
		t.Error("a process that is not there lives")
	}
}
