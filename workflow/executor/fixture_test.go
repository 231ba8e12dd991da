package executor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

const patience = 20 * time.Second // with what takes a moment

// A logbook is a log that can be waited on.
type logbook struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed by the next write
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
	return l.text.Write(b)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// after waits for a whole line that begins with a text, and returns the rest of it.
func (l *logbook) after(t *testing.T, begin string) string {
	t.Helper()
	timeout := time.After(patience)
	for {
		l.mu.Lock()
		text := l.text.String()
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed := l.changed
		l.mu.Unlock()
		if _, rest, ok := strings.Cut("\n"+text, "\n"+begin); ok {
			if line, _, ok := strings.Cut(rest, "\n"); ok {
				return line
			}
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("no line %q in the log:\n%s", begin, text)
		}
	}
}

// newShell returns a Shell with a directory of its own.
func newShell(t *testing.T, c executor.ShellConfig) *executor.Shell {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	s, err := executor.NewShell(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// execution returns an attempt at a job with a spec.
func execution(t *testing.T, kind, spec string) (workflow.Execution, *logbook) {
	t.Helper()
	log := &logbook{}
	return workflow.Execution{
		Run: "run-1", Workflow: "release", Project: "shop", Number: 7, Job: "build", Name: "job-0-0-0-build",
		Type: kind, Attempt: "attempt-1", N: 2, Spec: json.RawMessage(spec), Log: log,
	}, log
}

// script returns the spec of a freestyle job, with more members.
func script(text, more string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return err.Error()
	}
	return `{"script":` + string(quoted) + more + `}`
}

// declare returns the member that declares outputs.
func declare(names ...string) string {
	return `,"outputs":[{"name":"` + strings.Join(names, `"},{"name":"`) + `"}]`
}

// A result is what Execute returns.
type result struct {
	outputs map[string]string
	err     error
}

// start executes a job, and sends what it returns.
func start(ctx context.Context, e workflow.Executor, job workflow.Execution) <-chan result {
	done := make(chan result, 1)
	go func() {
		outputs, err := e.Execute(ctx, job)
		done <- result{outputs, err}
	}()
	return done
}

// get waits for what Execute returns.
func get(t *testing.T, done <-chan result) result {
	t.Helper()
	select {
	case r := <-done:
		return r
	case <-time.After(patience):
		t.Fatal("it does not end")
		return result{}
	}
}

var errTest = errors.New("the test says so")
