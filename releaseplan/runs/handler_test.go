package runs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/workflow"
)

func TestATaskIsDoneWithItsRun(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		end := w.works.wait()
		id := w.begin(content(task(shipIt)))
		w.until("the job runs", func() bool { return len(w.works.begun()) == 1 })
		<-time.After(50 * time.Minute)
		if s := w.ship(id); s.State != releaseplan.TaskRunning {
			t.Errorf("the task is %s", s.State)
		}
		end(nil)
		w.reach(id, releaseplan.Completed)
		r := w.wantRuns("deploy #1: passed")[0]
		ship := w.ship(id)
		if r.ID() != ship.Status.Attempts[0].ID {
			t.Errorf("the run has the id %s, the attempt %s", r.ID(), ship.Status.Attempts[0].ID)
		}
		if o := r.Origin(); o == nil || o.Plan != id || o.PlanName != "Checkout" || o.Task != ship.ID || o.TaskName != "ship" || o.Approval != nil {
			t.Errorf("the run is of %+v", o)
		}
		if by := r.Status().Created.By; by.ID != "plan:"+id || by.Name != "Checkout" {
			t.Errorf("it was started by %+v", by)
		}
		if got := w.works.begun(); !strings.Contains(got[0], `"deploy 2.4"`) {
			t.Errorf("it did %s", got)
		}
	})
}

func TestATaskFailsWithItsRun(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		w.works.will(func(context.Context, workflow.Execution) error { return errors.New("exit status 7") })
		id := w.begin(content(task(shipIt)))
		w.reach(id, releaseplan.Failed)
		w.wantError(id, "workflow deploy #1 failed: job deploy: exit status 7")
		first := w.wantRuns("deploy #1: failed")[0]

		_, err := w.flows.Do(w.ctx, first.ID(), workflow.Command{Action: workflow.RetryRun}, ann)
		if want := `cannot retry: needs a person to retry task "ship" of plan "Checkout" instead`; err == nil || err.Error() != want {
			t.Errorf("the run's own retry: %v", err)
		}
		w.works.will(nil)
		w.onTask(id, releaseplan.Command{Action: releaseplan.Retry})
		w.reach(id, releaseplan.Completed)
		all := w.wantRuns("deploy #1: failed", "deploy #2: passed")
		if ship := w.ship(id); all[1].ID() != ship.Status.Attempts[1].ID || all[0].ID() == all[1].ID() {
			t.Errorf("the runs have the ids %s and %s", all[0].ID(), all[1].ID())
		}
	})
}

// A retry policy of the task starts runs too.
func TestATaskIsTriedAgain(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		w.works.will(func(_ context.Context, e workflow.Execution) error {
			if e.Number < 3 {
				return errors.New("not yet")
			}
			return nil
		})
		id := w.begin(content(task(shipIt, repeats, func(t *releaseplan.Task) { t.Retry.Max = 2 })))
		w.reach(id, releaseplan.Completed)
		w.wantRuns("deploy #1: failed", "deploy #2: failed", "deploy #3: passed")
	})
}

func TestEveryEndOfARun(t *testing.T) {
	d := func(s workflow.Stage) workflow.Definition {
		return workflow.Definition{Project: "shop", Key: "other", Stages: []workflow.Stage{s}}
	}
	timed := script("a", "x")
	timed.Spec = []byte(`{"script":"x","advanced_setting":{"timeout":5}}`)
	never := script("a", "x")
	never.Execute = &workflow.ExecutePolicy{Type: workflow.SkipIf, Rules: []workflow.Rule{{Field: "1", Verb: workflow.Equals, Value: "1"}}}
	lapsing := workflow.Job{Name: "a", Type: "approval", Spec: []byte(`{"type":"native","timeout":5,"native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"bob"}]}}`)}
	stage := workflow.Stage{Name: "prod", Jobs: []workflow.Job{script("a", "x")}, Approval: approved(releaseplan.Content{}).Approval}
	late := stage
	late.Approval = new(stage.Approval.Clone())
	late.Approval.TimeoutMinutes = 5
	for _, row := range []struct {
		name string
		d    workflow.Definition
		then workflow.Command // of bob, or of ann
		want string           // "": it is done
	}{
		{"skipped", d(workflow.Stage{Name: "one", Jobs: []workflow.Job{never}}), workflow.Command{}, ""},
		{"out of time", d(workflow.Stage{Name: "one", Jobs: []workflow.Job{timed}}), workflow.Command{}, "workflow other #1 ran out of time: job a: ran out of time"},
		{"rejected by a job", d(workflow.Stage{Name: "one", Jobs: []workflow.Job{lapsing}}), workflow.Command{Action: workflow.Vote, Job: "a", Vote: "reject"}, "workflow other #1 was rejected: job a"},
		{"lapsed", d(workflow.Stage{Name: "one", Jobs: []workflow.Job{lapsing}}), workflow.Command{}, "workflow other #1 ran out of time: job a: ran out of time"},
		{"rejected by a stage", d(stage), workflow.Command{Action: workflow.Vote, Vote: "reject"}, `workflow other #1 was rejected: the approval of stage "prod"`},
		{"lapsed by a stage", d(late), workflow.Command{}, `workflow other #1 ran out of time: the approval of stage "prod"`},
		{"canceled elsewhere", d(stage), workflow.Command{Action: workflow.CancelRun}, "workflow other #1 was canceled by bob"},
	} {
		t.Run(row.name, func(t *testing.T) {
			in(t, workflow.Config{}, func(t *testing.T, w *world) {
				defer w.runner(w.plans, runs.Config{})()
				w.works.wait()
				w.define(row.d)
				id := w.begin(content(task(`{"workflow":"other"}`)))
				if row.then.Action != "" {
					w.until("there is a run", func() bool { return len(w.all()) == 1 })
					if _, err := w.flows.Do(w.ctx, w.all()[0].ID(), row.then, bob); err != nil {
						t.Fatal(err)
					}
				}
				if row.want == "" {
					w.reach(id, releaseplan.Completed)
					return
				}
				w.reach(id, releaseplan.Failed)
				w.wantError(id, row.want)
			})
		})
	}
}

// Whatever ends a task early cancels its run, and waits for it.
func TestARunIsCanceledWithItsTask(t *testing.T) {
	for _, row := range []struct {
		name, remark string
		stop         releaseplan.Action // "": it runs out of time
		state        releaseplan.State
	}{
		{"a cancel of the plan", "the plan was canceled", releaseplan.Cancel, releaseplan.Canceled},
		{"an abort of the task", "the task was aborted", releaseplan.Abort, releaseplan.Failed},
		{"a timeout of the task", "the task ran out of time", "", releaseplan.Failed},
	} {
		t.Run(row.name, func(t *testing.T) {
			in(t, workflow.Config{}, func(t *testing.T, w *world) {
				defer w.runner(w.plans, runs.Config{})()
				w.works.will(func(ctx context.Context, _ workflow.Execution) error {
					<-ctx.Done()
					<-time.After(5 * time.Second) // of tidying up
					return ctx.Err()
				})
				id := w.begin(content(task(shipIt, func(t *releaseplan.Task) {
					if row.stop == "" {
						t.Timeout = penstock.Duration{Time: 30 * time.Minute}
					}
				})))
				w.until("the job runs", func() bool { return len(w.works.begun()) == 1 })
				switch row.stop {
				case releaseplan.Cancel:
					w.do(id, releaseplan.Command{Action: row.stop})
				case releaseplan.Abort:
					w.onTask(id, releaseplan.Command{Action: row.stop})
				default:
					<-time.After(30 * time.Minute)
				}
				w.until("it is being canceled", func() bool { return w.all()[0].State() == workflow.RunCanceling })
				if s := w.ship(id); s.Status.State != releaseplan.TaskCanceling {
					t.Errorf("while its run stops, the task is %s", s.Status.State)
				}
				w.reach(id, row.state)
				r := w.wantRuns("deploy #1: canceled")[0]
				if got := w.works.stopped(); !errors.Is(got, workflow.ErrCanceled) {
					t.Errorf("the job was stopped with %v", got)
				}
				if by := r.Status().Canceler.By.ID; by != "plan:"+id {
					t.Errorf("it was canceled by %s", by)
				}
				w.wantRemark(r, row.remark+`: task "ship" of plan "Checkout"`)
				if got, want := w.ship(id).Status.Attempts[0].Error, row.remark+": workflow deploy #1 was canceled by Checkout"; got != want {
					t.Errorf("the attempt says %q, not %q", got, want)
				}
			})
		})
	}
}

// wantRemark looks for a remark in the trail of a run.
func (w *world) wantRemark(r *workflow.Run, want string) {
	w.Helper()
	entries, err := w.flows.History(w.ctx, r.ID(), 0, 0, ann)
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range entries {
		if e.Change.Remark == want {
			return
		}
	}
	w.Errorf("nothing in the trail of %s says %q", r, want)
}

// A run that does not stop does not keep its plan from ending.
func TestTheGraceOfARun(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{Grace: time.Minute})()
		deaf := make(chan struct{})
		defer close(deaf)
		w.works.will(func(context.Context, workflow.Execution) error {
			<-deaf
			return nil
		})
		id := w.begin(content(task(shipIt)))
		w.until("the job runs", func() bool { return len(w.works.begun()) == 1 })
		began := time.Now()
		w.onTask(id, releaseplan.Command{Action: releaseplan.Abort})
		w.reach(id, releaseplan.Failed)
		if took := time.Since(began); took < time.Minute || took > 62*time.Second {
			t.Errorf("it took %s", took)
		}
		a := w.ship(id).Status.Attempts[0]
		if want := "the task was aborted: workflow deploy #1 has not stopped within 1m0s of being canceled"; a.Error != want {
			t.Errorf("the attempt says %q, not %q", a.Error, want)
		}
		w.wantRuns("deploy #1: canceling")
	})
}

func TestWhatCannotStart(t *testing.T) {
	forbids := func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if strings.HasPrefix(by.ID, "plan:") && right == penstock.Execute {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}
	for _, row := range []struct {
		name, spec, want string
		auth             penstock.Authorizer
	}{
		{"no such workflow", `{"workflow":"none"}`, `workflow "none": not found`, nil},
		{"no such parameter", `{"workflow":"deploy","parameters":{"x":"1"}}`, `parameters[0].name: the workflow has no parameter "x"`, nil},
		{"an unknown variable", `{"workflow":"deploy","parameters":{"version":"{x}"}}`, `parameters.version: refers to the unknown variable "x"`, nil},
		{"no right", shipIt, `no execute right on workflow "deploy"`, forbids},
		{"no approval", `{"workflow":"deploy","pass_approval":true}`, "pass_approval: the plan requires no approval that could be passed on", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			in(t, workflow.Config{Authorizer: row.auth}, func(t *testing.T, w *world) {
				defer w.runner(w.plans, runs.Config{})()
				id := w.begin(content(task(row.spec)))
				w.reach(id, releaseplan.Failed)
				w.wantError(id, row.want)
				w.wantRuns()
			})
		})
	}
}

func TestNewRefuses(t *testing.T) {
	_, err := runs.New(runs.Config{Grace: -1})
	if want := "Workflows: is required\nGrace: must not be negative"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
