package runs_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/workflow"
)

// A plan that is canceled while nobody follows its run leaves that behind, until somebody looks.
func TestReconcile(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		h, err := runs.New(runs.Config{Workflows: w.flows})
		if err != nil {
			t.Fatal(err)
		}
		w.works.wait()
		stop := w.runner(w.plans, runs.Config{})
		canceled, deleted, goesOn := w.begin(content(task(shipIt))), w.begin(content(task(shipIt))), w.begin(content(task(shipIt)))
		if _, err := w.flows.Start(w.ctx, "deploy", workflow.Start{}, bob); err != nil {
			t.Fatal(err)
		}
		w.until("the jobs run", func() bool { return len(w.works.begun()) == 4 })
		stop()
		w.do(canceled, releaseplan.Command{Action: releaseplan.Cancel})
		w.do(deleted, releaseplan.Command{Action: releaseplan.Cancel})
		if err := w.plans.Delete(w.ctx, deleted, ann); err != nil {
			t.Fatal(err)
		}
		w.until("nothing else happens", func() bool { return true })
		for _, want := range []int{2, 0} {
			if n, err := h.Reconcile(w.ctx, w.plans, bob); n != want || err != nil {
				t.Errorf("%d were canceled, not %d: %v", n, want, err)
			}
		}
		if !errors.Is(w.works.stopped(), workflow.ErrCanceled) {
			w.until("the jobs stop", func() bool { return errors.Is(w.works.stopped(), workflow.ErrCanceled) })
		}
		for _, r := range w.all() {
			want := workflow.RunRunning
			if o := r.Origin(); o != nil && o.Plan != goesOn {
				want = workflow.RunCanceled
				w.wantRemark(r, `plan "Checkout" is canceled or deleted`)
			}
			if r.State() != want {
				t.Errorf("%s of %+v", r, r.Origin())
			}
		}
	})
}

// What cannot be canceled is told, and holds nothing else up.
func TestReconcileGoesOnAfterErrors(t *testing.T) {
	forbids := func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if by.ID == "bob" && right == penstock.Execute && on.ID == "deploy" {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}
	in(t, workflow.Config{Authorizer: forbids}, func(t *testing.T, w *world) {
		h, err := runs.New(runs.Config{Workflows: w.flows})
		if err != nil {
			t.Fatal(err)
		}
		w.define(workflow.Definition{Project: "shop", Key: "other", Stages: []workflow.Stage{{Name: "one", Jobs: []workflow.Job{script("a", "x")}}}})
		w.works.wait()
		stop := w.runner(w.plans, runs.Config{})
		for _, id := range []string{w.begin(content(task(`{"workflow":"other"}`))), w.begin(content(task(shipIt))), w.begin(content(task(`{"workflow":"other"}`)))} {
			w.until("it runs", func() bool { return w.ship(id).State == releaseplan.TaskRunning && len(w.works.begun()) > 0 })
		}
		w.until("the jobs run", func() bool { return len(w.works.begun()) == 3 })
		stop()
		for _, r := range w.all() {
			if p := w.plan(r.Origin().Plan); p.State() != releaseplan.Canceled {
				w.do(p.ID(), releaseplan.Command{Action: releaseplan.Cancel})
			}
		}
		n, err := h.Reconcile(w.ctx, w.plans, bob)
		if n != 2 || !errors.Is(err, penstock.ErrForbidden) || !strings.Contains(err.Error(), `no execute right on workflow "deploy"`) {
			t.Errorf("%d were canceled: %v", n, err)
		}
	})
}
