package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// patience is how long a run may take.
const patience = 10 * time.Minute

var (
	ann = penstock.Actor{ID: "ann", Name: "Ann"}
	bob = penstock.Actor{ID: "bob", Name: "Bob"}
)

// A world counts what is executed.
type world struct {
	testing.TB
	ctx context.Context //nolint:containedctx // of the test

	mu       sync.Mutex
	attempts map[string]int // executions, by attempt
	jobs     map[string]int // the same, by run and job
	fail     map[string]int // how many times a job fails, by its key
	lasts    time.Duration  // how long each job takes
}

func newWorld(t testing.TB) *world {
	return &world{TB: t, ctx: context.Background(), attempts: make(map[string]int), jobs: make(map[string]int), fail: make(map[string]int)}
}

// executors are those that count.
func (w *world) executors() map[string]workflow.Executor {
	return map[string]workflow.Executor{"freestyle": workflow.ExecutorFunc(w.execute)}
}

func (w *world) execute(ctx context.Context, e workflow.Execution) (map[string]string, error) {
	if w.lasts > 0 {
		select {
		case <-time.After(w.lasts):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts[e.Attempt]++
	w.jobs[e.Run+"/"+e.Job]++
	if w.fail[e.Job] >= w.jobs[e.Run+"/"+e.Job] {
		return nil, errors.New("it is to fail")
	}
	return map[string]string{"ATTEMPT": e.Attempt}, nil
}

// service returns a Service over a store, which can tell nobody of commits.
func (w *world) service(s store.Store) *workflow.Service {
	w.Helper()
	service, err := workflow.New(workflow.Config{Store: quiet{s}})
	if err != nil {
		w.Fatal(err)
	}
	return service
}

// quiet hides what else a store can do, so that only wakes tell of what others do.
type quiet struct{ store.Store }

// run lets a driver run until stop is called.
func (w *world) run(d Driver) (stop func()) {
	ctx, cancel := context.WithCancel(w.ctx)
	over := make(chan error)
	go func() { over <- d.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-over; err != nil {
			w.Errorf("Run: %v", err)
		}
	})
}

func job(name string) workflow.Job {
	return workflow.Job{Name: name, Type: "freestyle", Spec: json.RawMessage(`{"script":"true"}`)}
}

// define stores the definitions that are run: plain, of three stages with two jobs
// each, and guarded, which needs a vote and a start by hand.
func (w *world) define(s *workflow.Service) {
	w.Helper()
	plain := workflow.Definition{Project: "enginetest", Key: "plain"}
	for i := range 3 {
		plain.Stages = append(plain.Stages, workflow.Stage{Name: fmt.Sprint("stage ", i), Parallel: i != 1,
			Jobs: []workflow.Job{job(fmt.Sprintf("a%d", i)), job(fmt.Sprintf("b%d", i))}})
	}
	guarded := workflow.Definition{Project: "enginetest", Key: "guarded", Stages: []workflow.Stage{
		{Name: "first", Jobs: []workflow.Job{job("a")}},
		{Name: "second", Jobs: []workflow.Job{job("b")}, Approval: &approval.Policy{Enabled: true, Kind: approval.Native,
			Nodes: []approval.Node{{Approvers: []penstock.Party{{Type: penstock.User, ID: bob.ID}}, Need: approval.Any}}}},
		{Name: "third", Jobs: []workflow.Job{job("c")}, Manual: &workflow.ManualExec{Enabled: true,
			Users: workflow.People{{Type: penstock.User, ID: ann.ID}}}},
	}}
	for _, d := range []workflow.Definition{plain, guarded} {
		if _, err := s.Definitions().Create(w.ctx, d, ann); err != nil {
			w.Fatal(err)
		}
	}
}

// await follows a run until a state that done takes, and returns it.
func (w *world) await(s *workflow.Service, id string, done func(*workflow.Run) bool) *workflow.Run {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		r, err := s.Get(ctx, id, ann)
		switch {
		case err == nil && done(r):
			return r
		case err != nil:
			w.Fatalf("run %s: %v", id, err)
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			for _, stage := range r.Stages() {
				for _, j := range stage.Jobs {
					w.Logf("%s %s %+v", j.Key, j.State, j.Status)
				}
			}
			w.Fatalf("run %s hangs", r)
		}
	}
}

func ended(r *workflow.Run) bool { return r.State().Ended() }

// check tells what was executed more than once.
func (w *world) check() {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for attempt, n := range w.attempts {
		if n != 1 {
			w.Errorf("attempt %s was executed %d times", attempt, n)
		}
	}
}

// passed checks that a run has passed, each of its jobs with the outputs of its attempt.
func (w *world) passed(r *workflow.Run) {
	w.Helper()
	if r.State() != workflow.RunPassed {
		w.Errorf("run %s", r)
	}
	for _, stage := range r.Stages() {
		for _, j := range stage.Jobs {
			if got := r.Outputs(j.Key)["ATTEMPT"]; got != j.Status.Attempt.ID {
				w.Errorf("%s of %s put out %q, not %q", j.Key, r, got, j.Status.Attempt.ID)
			}
		}
	}
}
