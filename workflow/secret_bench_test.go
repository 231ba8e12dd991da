package workflow_test

import (
	"io"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/workflow"
)

// benchSecrets are what a job may have: tokens, a password, a key of many lines.
var benchSecrets = []string{
	"ghp_16C7e42F292c6912E7710c838347Ae178B4a", "hunter2-and-more", "AKIAIOSFODNN7EXAMPLE",
	"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "-----BEGIN KEY-----\n" + strings.Repeat("MIIEpAIBAAKCAQEA75c0vhFJ2kq9Qx7yZk1tq5bUu3e0pWmNf8sLdR4gHaXcVb1K\n", 20) + "-----END KEY-----\n",
}

// benchLog is what a build may write.
var benchLog = []byte(strings.Repeat(`2026-01-31T12:00:00.000Z INFO  [worker-3] building module github.com/example/service/internal/handler (142/918)
go: downloading golang.org/x/net v0.48.0
ok  	github.com/example/service/internal/handler	0.412s	coverage: 81.3% of statements
{"level":"debug","ts":1769860800.123,"msg":"cache hit","key":"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
`, 200))

func BenchmarkMaskWriter(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"lines", 100}, {"blocks", 32 << 10}} {
		b.Run(size.name, func(b *testing.B) {
			w := workflow.NewMasker(benchSecrets...).Writer(io.Discard)
			b.SetBytes(int64(len(benchLog)))
			b.ReportAllocs()
			for b.Loop() {
				for at := 0; at < len(benchLog); at += size.bytes {
					_, _ = w.Write(benchLog[at:min(at+size.bytes, len(benchLog))])
				}
			}
		})
	}
}

func BenchmarkNewMasker(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		workflow.NewMasker(benchSecrets[:2]...)
	}
}

func BenchmarkExpandSpec(b *testing.B) {
	spec := []byte(`{"script":"` + strings.Repeat(`echo building; `, 100) + `make IMAGE={{.workflow.params.image}}","envs":[{"key":"A","value":"{{.project}}"}]}`)
	scope := &workflow.RunVariables{Project: "shop", Params: []workflow.Param{{Name: "image", Type: workflow.StringParam, Value: "a:1"}}}
	b.SetBytes(int64(len(spec)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := workflow.ExpandSpec(spec, scope); err != nil {
			b.Fatal(err)
		}
	}
}
