package runs_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

var (
	ann = penstock.Actor{ID: "ann", Admin: true}
	bob = penstock.Actor{ID: "bob"}
)

// A world is a store with plans and workflows, and who carries the workflows out.
type world struct {
	testing.TB
	ctx   context.Context //nolint:containedctx // of the test
	store store.Store
	plans *releaseplan.Service
	flows *workflow.Service
	works *works
}

// in runs a test in a bubble, in which "deploy" is a workflow of one job.
func in(t *testing.T, cfg workflow.Config, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg.Store = memory.New()
		flows, err := workflow.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		w := &world{TB: t, ctx: t.Context(), store: cfg.Store, plans: releaseplan.New(releaseplan.Config{Store: cfg.Store}), flows: flows, works: newWorks()}
		w.define(workflow.Definition{Project: "shop", Key: "deploy", Params: []workflow.Param{{Name: "version", Type: workflow.StringParam}},
			Stages: []workflow.Stage{{Name: "all", Jobs: []workflow.Job{script("deploy", "deploy {{.workflow.params.version}}")}}}})
		defer w.serve("local", workflow.NewLocal(flows, map[string]workflow.Executor{"freestyle": w.works}).Run)()
		test(t, w)
	})
}

func script(name, text string) workflow.Job {
	spec, _ := json.Marshal(map[string]string{"script": text})
	return workflow.Job{Name: name, Type: "freestyle", Spec: spec}
}

func (w *world) define(d workflow.Definition) {
	w.Helper()
	if _, err := w.flows.Definitions().Create(w.ctx, d, ann); err != nil {
		w.Fatal(err)
	}
}

// serve runs something until stop is called, or fails the test.
func (w *world) serve(name string, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.ctx))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := run(ctx); err != nil {
			w.Errorf("%s: %v", name, err)
		}
	})
	return sync.OnceFunc(func() {
		cancel()
		wg.Wait()
	})
}

// runner runs the plans of a Service until stop is called; cfg may say more than which workflows.
func (w *world) runner(plans *releaseplan.Service, cfg runs.Config) (stop func()) {
	w.Helper()
	if cfg.Workflows == nil {
		cfg.Workflows = w.flows
	}
	h, err := runs.New(cfg)
	if err != nil {
		w.Fatal(err)
	}
	r := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"workflow": h})
	r.Log = slog.New(slog.NewTextHandler(w.Output(), nil))
	return w.serve("runner", r.Run)
}

// task is one that starts a run; more changes it.
func task(spec string, more ...func(*releaseplan.Task)) releaseplan.Task {
	t := releaseplan.Task{Name: "ship", Kind: "workflow", Spec: json.RawMessage(spec)}
	for _, f := range more {
		f(&t)
	}
	return t
}

func repeats(t *releaseplan.Task) { t.Crash = releaseplan.RepeatOnCrash }

const shipIt = `{"workflow":"deploy","parameters":{"version":"{version}"}}`

// content is a plan of some tasks, one after another.
func content(tasks ...releaseplan.Task) releaseplan.Content {
	return releaseplan.Content{Name: "Checkout", Variables: []releaseplan.Variable{{Name: "version", Value: "2.4"}},
		Phases: []releaseplan.Phase{{Name: "all", Tasks: tasks}}}
}

// approved is content that bob has to approve.
func approved(c releaseplan.Content) releaseplan.Content {
	c.Approval = &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("bob")}}}}
	return c
}

// begin creates a plan and executes it; with an approval, once bob has given it.
func (w *world) begin(c releaseplan.Content) string {
	w.Helper()
	p, err := w.plans.Create(w.ctx, c, ann)
	if err != nil {
		w.Fatal(err)
	}
	if c.Approval != nil {
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Finalize})
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.RequestApproval})
		if _, err := w.plans.Do(w.ctx, p.ID(), releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve}, bob); err != nil {
			w.Fatal(err)
		}
	}
	w.do(p.ID(), releaseplan.Command{Action: releaseplan.Execute})
	return p.ID()
}

func (w *world) do(id string, c releaseplan.Command) {
	w.Helper()
	if _, err := w.plans.Do(w.ctx, id, c, ann); err != nil {
		w.Fatal(err)
	}
}

// onTask does something to the first task of a plan.
func (w *world) onTask(id string, c releaseplan.Command) {
	w.Helper()
	c.Task = w.ship(id).ID
	w.do(id, c)
}

func (w *world) plan(id string) *releaseplan.Plan {
	w.Helper()
	p, err := w.plans.Get(w.ctx, id, ann)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// ship is the first task of a plan.
func (w *world) ship(id string) releaseplan.TaskView {
	w.Helper()
	return w.plan(id).Tasks()[0]
}

// until lets time pass until something is so.
func (w *world) until(what string, so func() bool) {
	w.Helper()
	for range 10_000 {
		synctest.Wait()
		if so() {
			return
		}
		<-time.After(100 * time.Millisecond)
	}
	w.Fatalf("it never was so: %s", what)
}

func (w *world) reach(id string, want releaseplan.State) *releaseplan.Plan {
	w.Helper()
	w.until("the plan is "+string(want), func() bool { return w.plan(id).State() == want })
	return w.plan(id)
}

// wantError is what the task has to say.
func (w *world) wantError(id, want string) {
	w.Helper()
	s := w.ship(id)
	if s.State != releaseplan.TaskFailed || s.Status.Remark != want {
		w.Errorf("the task is %s and says %q, not %q", s.State, s.Status.Remark, want)
	}
}

// all returns every run there is, the oldest first.
func (w *world) all() []*workflow.Run {
	w.Helper()
	list, err := w.flows.List(w.ctx, workflow.RunFilter{}, ann)
	if err != nil {
		w.Fatal(err)
	}
	var all []*workflow.Run
	for _, s := range list.Items {
		r, err := w.flows.Get(w.ctx, s.ID, ann)
		if err != nil {
			w.Fatal(err)
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *workflow.Run) int { return int(a.Number() - b.Number()) })
	return all
}

// wantRuns compares all runs with: deploy #1: passed, …
func (w *world) wantRuns(want ...string) []*workflow.Run {
	w.Helper()
	all := w.all()
	var got []string
	for _, r := range all {
		got = append(got, r.String())
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		w.Fatalf("the runs are %q, not %q", got, want)
	}
	return all
}

// works executes jobs as it is told; unless it is, they pass at once.
type works struct {
	mu     sync.Mutex
	specs  []string // of what was begun
	causes []error  // for which jobs were stopped
	next   func(ctx context.Context, e workflow.Execution) error
}

func newWorks() *works { return &works{} }

func (x *works) Execute(ctx context.Context, e workflow.Execution) (map[string]string, error) {
	x.mu.Lock()
	x.specs = append(x.specs, string(e.Spec))
	next := x.next
	x.mu.Unlock()
	if next == nil {
		return nil, nil
	}
	err := next(ctx, e)
	if cause := context.Cause(ctx); cause != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.causes = append(x.causes, cause)
	}
	return nil, err
}

// will says what becomes of the jobs from now on.
func (x *works) will(next func(ctx context.Context, e workflow.Execution) error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.next = next
}

// wait lets jobs go on until they are told to stop, or go says how they end.
func (x *works) wait() (end func(error)) {
	ended := make(chan error, 1)
	x.will(func(ctx context.Context, _ workflow.Execution) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			return err
		}
	})
	return func(err error) { ended <- err }
}

func (x *works) begun() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.specs)
}

func (x *works) stopped() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return errors.Join(x.causes...)
}

// fail lets jobs fail, and say so.
func (x *works) fail(why string) {
	x.will(func(context.Context, workflow.Execution) error { return errors.New(why) })
}
