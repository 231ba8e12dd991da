package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// patience is how long a run may take beside its jobs.
const patience = time.Minute

// These bound how long until waits between looks.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = 200 * time.Millisecond
)

var (
	ann = penstock.Actor{ID: "ann", Name: "Ann"}
	bob = penstock.Actor{ID: "bob", Name: "Bob"}
)

// A world counts what is executed.
type world struct {
	testing.TB
	ctx   context.Context //nolint:containedctx // of the test
	store store.Store     // that all processes share

	mu       sync.Mutex
	attempts map[string]int // executions, by attempt
	jobs     map[string]int // the same, by run and job
	fail     map[string]int // how many times a job fails, by its key
	lasts    time.Duration  // how long each job takes
}

func newWorld(t testing.TB, cfg Config) *world {
	t.Helper()
	return &world{TB: t, ctx: context.Background(), store: cfg.Store(t), attempts: make(map[string]int), jobs: make(map[string]int), fail: make(map[string]int)}
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
	fmt.Fprintln(e.Log, "it is done")
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

// await waits until a run is in a state that done takes, and returns it.
func (w *world) await(s *workflow.Service, id string, done func(*workflow.Run) bool) *workflow.Run {
	w.Helper()
	r, err := w.until(s, id, done)
	if err != nil {
		w.Fatalf("run %s: %v", id, err)
	}
	return r
}

// until is await that returns what went wrong with the store.
func (w *world) until(s *workflow.Service, id string, done func(*workflow.Run) bool) (*workflow.Run, error) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience+10*w.lasts)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		r, err := s.Get(ctx, id, ann)
		if err != nil || done(r) {
			return r, err
		}
		select {
		case <-time.After(pause):
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

// executions returns how often jobs with a key were executed.
func (w *world) executions(job string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for of, times := range w.jobs {
		if strings.HasSuffix(of, "/"+job) {
			n += times
		}
	}
	return n
}

// check tells what was executed more than once, and whether the trail of a run tells
// how it became what it is.
func (w *world) check(r *workflow.Run) {
	w.Helper()
	w.mu.Lock()
	for attempt, n := range w.attempts {
		if n != 1 {
			w.Errorf("attempt %s was executed %d times", attempt, n)
		}
	}
	w.mu.Unlock()
	s := w.service(w.store)
	d, err := s.Definitions().Get(w.ctx, r.Workflow(), ann)
	if err != nil {
		w.Fatal(err)
	}
	entries, err := s.History(w.ctx, r.ID(), 0, store.MaxLimit, ann)
	if err != nil {
		w.Fatal(err)
	}
	changes := make([]workflow.Change, len(entries))
	for i, e := range entries {
		if e.Seq != int64(i+1) {
			w.Errorf("entry %d of the trail has number %d", i+1, e.Seq)
		}
		changes[i] = e.Change
	}
	id := workflow.RunIdentity{ID: r.ID(), Number: r.Number(), Version: r.Version()}
	folded, err := workflow.Fold(id, &d.Value, nil, workflow.Start{}, changes)
	if err != nil {
		w.Fatal(err)
	}
	if is, told := text(w, r), text(w, folded); is != told {
		w.Errorf("run %s is\n%s\nand its trail tells\n%s", r, is, told)
	}
}

// text returns the status of a run as a text.
func text(t testing.TB, r *workflow.Run) string {
	t.Helper()
	text, err := json.Marshal(r.Status())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
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
