package zadig_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

const (
	tasks    = custom + "/task"
	approves = custom + "/task/approve"
	failures = definitions + "/workflowtask/handle/error"
)

// A floor is a shelf on which runs are carried out, by executors that do nothing unless told to.
type floor struct {
	*shelf
	t *testing.T

	work sync.Map // workflow.ExecutorFunc by job
}

func newFloor(t *testing.T) *floor {
	t.Helper()
	return newFloorOver(t, memory.New())
}

// newFloorOver is newFloor over a store that others may use too.
func newFloorOver(t *testing.T, over store.Store) *floor {
	t.Helper()
	f := &floor{shelf: newShelfOver(t, over), t: t}
	executors := make(map[string]workflow.Executor)
	for _, kind := range []string{"zadig-build", "zadig-deploy", "custom-deploy", "freestyle", "zadig-test", "zadig-scanning", "sql", "plugin", "tapd", "zadig-distribute-image"} {
		executors[kind] = workflow.ExecutorFunc(f.execute)
	}
	ctx, stop := context.WithCancel(context.Background())
	local := workflow.NewLocal(f.workflows, executors)
	local.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := local.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		wg.Wait()
	})
	return f
}

func (f *floor) execute(ctx context.Context, job workflow.Execution) (map[string]string, error) {
	key, _, _ := strings.Cut(job.Job, ".")
	work, ok := f.work.Load(key)
	if !ok {
		return nil, nil
	}
	return work.(workflow.ExecutorFunc)(ctx, job)
}

// does says what the executor of a job does.
func (f *floor) does(job string, work workflow.ExecutorFunc) { f.work.Store(job, work) }

// blocks lets the executor of a job go on until its context ends.
func (f *floor) blocks(job string) {
	f.does(job, func(ctx context.Context, _ workflow.Execution) (map[string]string, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
}

// fails lets a job fail.
func (f *floor) fails(job string) {
	f.does(job, func(context.Context, workflow.Execution) (map[string]string, error) {
		return nil, fmt.Errorf("%s is broken", job)
	})
}

// await returns a task as soon as it is as it should be.
func (f *floor) await(key string, number int64, is func(*workflow.Run) bool) *workflow.Run {
	f.t.Helper()
	ctx, stop := context.WithTimeout(f.t.Context(), 20*time.Second)
	defer stop()
	admin := shelfPeople()["admin"]
	run, err := f.workflows.GetByNumber(ctx, key, number, admin)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, err := range f.workflows.Follow(ctx, run.ID(), 0, admin) {
		if err != nil {
			f.t.Fatalf("%s: %v", run, err)
		}
		if run, err = f.workflows.Get(ctx, run.ID(), admin); err != nil {
			f.t.Fatal(err)
		}
		if is(run) {
			return run
		}
	}
	if run, err = f.workflows.Get(ctx, run.ID(), admin); err != nil || !is(run) {
		f.t.Fatalf("%s ended otherwise (%v)", run, err)
	}
	return run
}

func state(s workflow.RunState) func(*workflow.Run) bool {
	return func(r *workflow.Run) bool { return r.State() == s }
}

// job holds for a run of which a job has a state.
func job(key string, s workflow.JobState) func(*workflow.Run) bool {
	return func(r *workflow.Run) bool {
		j, err := r.Job(key)
		return err == nil && j.State == s
	}
}

// stage holds for a run of which a stage has a state.
func stage(name string, s workflow.StageState) func(*workflow.Run) bool {
	return func(r *workflow.Run) bool {
		for _, v := range r.Stages() {
			if v.Name == name {
				return v.State == s
			}
		}
		return false
	}
}

// defines stores a workflow of stages, which are JSON, with other members as text.
func (f *floor) defines(project, key, stages string, more ...string) {
	f.t.Helper()
	members := append([]string{fmt.Sprintf(`"name": %q, "display_name": %q, "project": %q, "concurrency_limit": -1, "stages": %s`, key, key, project, stages)}, more...)
	f.Do(http.MethodPost, definitions, "{"+strings.Join(members, ", ")+"}").Want(http.StatusOK, succeeded)
}

// oneStage is a stage with jobs that run a script.
func oneStage(name string, jobs ...string) string {
	all := make([]string, len(jobs))
	for i, j := range jobs {
		all[i] = fmt.Sprintf(`{"name": %q, "type": "freestyle", "spec": {"script": "true"}}`, j)
	}
	return fmt.Sprintf(`{"name": %q, "jobs": [%s]}`, name, strings.Join(all, ", "))
}

// starting is a request that starts a task with jobs.
func starting(project, key string, jobs ...string) string {
	all := make([]string, len(jobs))
	for i, j := range jobs {
		all[i] = fmt.Sprintf(`{"job_name": %q}`, j)
	}
	return fmt.Sprintf(`{"project_key": %q, "workflow_key": %q, "inputs": [%s]}`, project, key, strings.Join(all, ", "))
}

// starts starts a task and returns its number.
func (f *floor) starts(project, key string, jobs ...string) int64 {
	f.t.Helper()
	return started(f.t, f.Do(http.MethodPost, tasks, starting(project, key, jobs...)))
}

func started(t *testing.T, a *check.Answer) int64 {
	t.Helper()
	var out struct {
		TaskID int64 `json:"task_id"`
	}
	if a.Want(http.StatusOK); json.Unmarshal(a.Body, &out) != nil || out.TaskID == 0 {
		t.Fatalf("no task was started: %s", a.Body)
	}
	return out.TaskID
}

// detail gets a task.
func (f *floor) detail(key string, number int64) *check.Answer {
	f.t.Helper()
	return f.Do(http.MethodGet, fmt.Sprintf("%s?taskId=%d&workflowKey=%s", tasks, number, key), nil).Want(http.StatusOK)
}

// cancels cancels a task.
func (f *floor) cancels(key string, number int64) *check.Answer {
	f.t.Helper()
	return f.Do(http.MethodDelete, fmt.Sprintf("%s?taskId=%d&workflowKey=%s", tasks, number, key), nil)
}
