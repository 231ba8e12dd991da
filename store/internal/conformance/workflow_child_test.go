package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

// ordersEnv holds the orders of a process that starts and drives runs.
const ordersEnv = "PENSTOCK_RUNS"

// Orders are what such a process is told, as JSON.
type orders struct {
	address

	Journal string        // the file in which executors write what they do
	Scripts string        // the directory of scripts; empty: they are not executed, only noted
	Epoch   time.Time     // when the clock of the runs began to go
	TTL     time.Duration // of leases
	Limit   int           // of all runs at once
	Starts  []string      // ids of runs to start, each told once it is stored
	Pause   time.Duration // after each start
}

// speed is how much faster the clock of the runs goes than others: an error policy waits
// ten seconds before it tries again.
const speed = 50

// process opens what the orders tell, as a process does.
func (o *orders) process(t *testing.T) (*workflow.Service, *workflow.Local) {
	t.Helper()
	s, err := workflow.New(workflow.Config{Store: o.store(t), Limit: o.Limit,
		Now: func() time.Time { return o.Epoch.Add(speed * time.Since(o.Epoch)) }})
	if err != nil {
		t.Fatal(err)
	}
	if o.Scripts != "" {
		shell, err := executor.NewShell(executor.ShellConfig{Dir: o.Scripts})
		if err != nil {
			t.Fatal(err)
		}
		return s, o.local(s, shell)
	}
	file, err := os.OpenFile(o.Journal, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return s, o.local(s, workflow.ExecutorFunc(journal{file}.execute))
}

func (o *orders) local(s *workflow.Service, freestyle workflow.Executor) *workflow.Local {
	l := workflow.NewLocal(s, map[string]workflow.Executor{"freestyle": freestyle})
	l.TTL, l.Poll = o.TTL, 20*time.Millisecond
	return l
}

// A journal is a file to which any number of processes append: the order of its lines is
// that in which things happened.
type journal struct{ file *os.File }

// execute notes when a job is begun, with what it was told, and when it has ended and how.
func (j journal) execute(ctx context.Context, e workflow.Execution) (map[string]string, error) {
	var spec workflow.FreestyleSpec
	if err := json.Unmarshal(e.Spec, &spec); err != nil {
		return nil, err
	}
	if err := j.note("begin", e, spec.Script); err != nil {
		return nil, err
	}
	fmt.Fprintln(e.Log, "attempt", e.Attempt)
	select {
	case <-time.After(time.Duration(rand.IntN(10_000)) * time.Microsecond):
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), j.note("stop", e, ""))
	}
	if e.Job == "flaky" && e.N == 1 {
		return nil, errors.Join(errors.New("the first attempt fails"), j.note("fail", e, ""))
	}
	return map[string]string{"ATTEMPT": e.Attempt}, j.note("end", e, "")
}

func (j journal) note(what string, e workflow.Execution, told string) error {
	_, err := fmt.Fprintln(j.file, what, e.Run, e.Job, e.Attempt, told) // one write
	return err
}

// obey is a process that starts and drives runs until it is killed, or its input ends.
func obey(t *testing.T) {
	var o orders
	if err := json.Unmarshal([]byte(os.Getenv(ordersEnv)), &o); err != nil {
		t.Fatal(err)
	}
	s, l := o.process(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	go func() {
		for _, id := range o.Starts {
			key, _, _ := strings.Cut(id, "-")
			r, err := s.StartAs(ctx, id, key, workflow.Start{}, ann)
			if err != nil {
				if ctx.Err() == nil {
					t.Error(err)
				}
				return
			}
			fmt.Println("started", id, r.Number()) // one write: what was said was stored before
			<-time.After(o.Pause)
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A worker is a process that obeys.
type worker struct{ *process }

// employ starts a process that runs the test anew, with orders.
func employ(t *testing.T, o *orders) *worker {
	t.Helper()
	test, _, _ := strings.Cut(t.Name(), "/")
	return &worker{spawn(t, test, ordersEnv, o)}
}

// started returns the next id that the process says it has started, or nothing when it is gone.
func (w *worker) started() string {
	for w.lines.Scan() {
		if words := strings.Fields(w.lines.Text()); len(words) == 3 && words[0] == "started" {
			return words[1]
		}
	}
	return ""
}
