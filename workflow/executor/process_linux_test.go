package executor_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

// A host that is killed takes the process of each step with it.
func TestAScriptDoesNotOutliveAHostThatIsKilled(t *testing.T) {
	const asked = "PENSTOCK_TEST_HOST"
	if dir := os.Getenv(asked); dir != "" { // this is the host that will be killed
		s, err := executor.NewShell(executor.ShellConfig{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Execute(t.Context(), workflow.Execution{
			Run: "run-1", Attempt: "attempt-1", Log: os.Stdout,
			Spec: json.RawMessage(`{"script":"echo self $$; while :; do sleep 0.01; done"}`),
		})
		t.Fatal(err)
	}
	host := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	host.Env = append(os.Environ(), asked+"="+t.TempDir())
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	pid := ""
	for lines := bufio.NewScanner(out); pid == "" && lines.Scan(); {
		pid, _ = strings.CutPrefix(lines.Text(), "self ")
		if pid == lines.Text() {
			pid = ""
		}
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	tick, timeout := time.NewTicker(time.Millisecond), time.After(patience)
	defer tick.Stop()
	for {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("process %s goes on: %s", pid, stat)
		}
	}
}
