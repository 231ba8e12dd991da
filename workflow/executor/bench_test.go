//go:build unix

package executor_test

import (
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"testing"

	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

// What a script costs that does nothing: mostly its process.
func BenchmarkScript(b *testing.B) {
	benchScript(b, "true")
}

// What the bare process costs.
func BenchmarkProcess(b *testing.B) {
	for b.Loop() {
		if err := exec.CommandContext(b.Context(), "sh", "-c", "true").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

// How fast output gets into a log that costs nothing.
func BenchmarkScriptOutput(b *testing.B) {
	b.SetBytes(32 << 20)
	benchScript(b, fmt.Sprintf("head -c %d /dev/zero", 32<<20))
}

func benchScript(b *testing.B, text string) {
	s, err := executor.NewShell(executor.ShellConfig{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	job := workflow.Execution{Run: "run-1", Spec: []byte(`{"script":"` + text + `"}`), Log: io.Discard}
	for n := 0; b.Loop(); n++ {
		job.Attempt = "attempt-" + strconv.Itoa(n)
		if _, err := s.Execute(b.Context(), job); err != nil {
			b.Fatal(err)
		}
	}
}
