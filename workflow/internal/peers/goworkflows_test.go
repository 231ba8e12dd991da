package peers

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/cschleiden/go-workflows/backend"
	"github.com/cschleiden/go-workflows/backend/history"
	"github.com/cschleiden/go-workflows/backend/monoprocess"
	"github.com/cschleiden/go-workflows/backend/sqlite"
	"github.com/cschleiden/go-workflows/client"
	"github.com/cschleiden/go-workflows/core"
	"github.com/cschleiden/go-workflows/registry"
	"github.com/cschleiden/go-workflows/worker"
	"github.com/cschleiden/go-workflows/workflow"

	"github.com/penstock-go/penstock"
)

func goWorkflowsInMemory(tb testing.TB, w *work) func(context.Context) error {
	tb.Helper()
	return goWorkflows(tb, sqlite.NewInMemoryBackend(sqlite.WithBackendOptions(quiet())), w)
}

// goWorkflowsOnSQLite syncs as Penstock's store does: WAL, NORMAL. Its backend sets WAL, and puts an
// option behind the name of the file, which would be lost behind ours: so ours say it too.
func goWorkflowsOnSQLite(tb testing.TB, w *work) func(context.Context) error {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "runs.db") + "?_pragma=synchronous(normal)&_txlock=immediate&rest="
	return goWorkflows(tb, sqlite.NewSqliteBackend(name, sqlite.WithBackendOptions(quiet())), w)
}

// quiet leaves out the log; there are no traces and metrics by default.
func quiet() backend.BackendOption { return backend.WithLogger(slog.New(slog.DiscardHandler)) }

// pollers of each kind take one task after another; the tasks run beside each other. On
// a database that has one connection for all, more of them give no more runs.
const pollers = 2

// goWorkflows runs a worker on a backend, in the process of who starts the runs. There
// its monoprocess backend tells the pollers what to fetch, so that they wait for nothing.
func goWorkflows(tb testing.TB, on backend.Backend, w *work) func(context.Context) error {
	tb.Helper()
	b := &tellingBackend{monoprocess.NewMonoprocessBackend(on), newEnds()}
	o := worker.DefaultOptions
	o.WorkflowPollers, o.ActivityPollers = pollers, pollers
	o.WorkflowPollingInterval, o.ActivityPollingInterval = time.Millisecond, time.Millisecond
	all := worker.New(b, &o)
	for i := range w {
		for j, job := range w[i] {
			activity := func(context.Context) error { job(); return nil }
			if err := all.RegisterActivity(activity, registry.WithName(jobName(i, j))); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if err := all.RegisterWorkflow(threeByTwo); err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	if err := all.Start(ctx); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		stop()
		if err := all.WaitForCompletion(); err != nil {
			tb.Error(err)
		}
		if err := on.Close(); err != nil {
			tb.Error(err)
		}
	})
	c, ids := client.New(b), penstock.NewIDs(time.Now)
	return func(ctx context.Context) error {
		id := ids.New()
		return b.ends.await(ctx, id, func() error {
			_, err := c.CreateWorkflowInstance(ctx, client.WorkflowInstanceOptions{InstanceID: id}, threeByTwo)
			return err
		})
	}
}

// threeByTwo is the work as a workflow of go-workflows.
func threeByTwo(ctx workflow.Context) error {
	for i := range len(work{}) {
		var jobs [len(work{}[0])]workflow.Future[any]
		for j := range jobs {
			jobs[j] = workflow.ExecuteActivity[any](ctx, workflow.DefaultActivityOptions, jobName(i, j))
		}
		for _, job := range jobs {
			if _, err := job.Get(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// A tellingBackend tells of the ends that it has stored.
type tellingBackend struct {
	backend.Backend
	ends *ends
}

func (b *tellingBackend) CompleteWorkflowTask(ctx context.Context, task *backend.WorkflowTask, state core.WorkflowInstanceState,
	executed, activities, timers []*history.Event, others []*history.WorkflowEvent,
) error {
	if err := b.Backend.CompleteWorkflowTask(ctx, task, state, executed, activities, timers, others); err != nil {
		return err
	}
	if state != core.WorkflowInstanceStateFinished {
		return nil
	}
	end := fmt.Errorf("run %s has no end", task.WorkflowInstance.InstanceID)
	for _, e := range executed {
		if how, ok := e.Attributes.(*history.ExecutionCompletedAttributes); ok {
			if end = nil; how.Error != nil {
				end = how.Error
			}
		}
	}
	b.ends.tell(task.WorkflowInstance.InstanceID, end)
	return nil
}
