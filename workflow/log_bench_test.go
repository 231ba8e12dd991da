package workflow_test

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// The whole way of a log into a memory store.
func BenchmarkLogs(b *testing.B) {
	line := benchLog[:1+bytes.IndexByte(benchLog, '\n')]
	for _, c := range []struct {
		name    string
		write   []byte
		secrets []string
	}{
		{"lines", line, nil},
		{"blocks", benchLog[:32<<10], nil},
		{"masked", benchLog[:32<<10], benchSecrets},
	} {
		b.Run(c.name, func(b *testing.B) {
			const size = 8 << 20
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				w := logOpen(b, workflow.NewLogs(workflow.LogsConfig{Store: memory.New()}), logBuild, c.secrets...)
				for n := 0; n < size; n += len(c.write) {
					_, _ = w.Write(c.write)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What a log costs a job that writes nothing, or one line.
func BenchmarkShortLog(b *testing.B) {
	for _, c := range []struct{ name, text string }{{"silent", ""}, {"a line", "done\n"}} {
		b.Run(c.name, func(b *testing.B) {
			logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New()})
			text := []byte(c.text)
			key := logBuild
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				key.Run = "run" + strconv.Itoa(i)
				w := logOpen(b, logs, key)
				_, _ = w.Write(text)
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
