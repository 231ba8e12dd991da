package runs_test

import (
	"context"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/workflow"
)

// guarded is a workflow that cleo has to approve, twice.
func guarded() workflow.Definition {
	cleo := &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("cleo")}}}}
	ask := workflow.Job{Name: "ask", Type: "approval", Spec: []byte(`{"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"cleo"}]}}`)}
	return workflow.Definition{Project: "shop", Key: "guarded", Stages: []workflow.Stage{
		{Name: "prod", Approval: cleo, Jobs: []workflow.Job{ask, script("deploy", "x")}}}}
}

const passItOn = `{"workflow":"guarded","pass_approval":true}`

func TestApprovalIsPassedOn(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		w.define(guarded())
		id := w.begin(approved(content(task(passItOn))))
		w.reach(id, releaseplan.Completed)
		r := w.wantRuns("guarded #1: passed")[0]
		request := w.plan(id).Status().Request
		if g := r.Origin().Approval; g == nil || g.Request != request.ID() || !g.At.Equal(request.ClosedAt()) || len(g.By) != 1 || g.By[0].ID != "bob" {
			t.Errorf("what was passed on is %+v", g)
		}
		entries, err := w.flows.History(w.ctx, r.ID(), 0, 0, ann)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, e := range entries {
			if strings.Contains(e.Change.Remark, `approved by bob with plan "Checkout"`) {
				told = append(told, e.Change.Stage+e.Change.Job)
			}
			if e.Change.Request != nil {
				t.Errorf("somebody was asked: %s", e.Change)
			}
		}
		if strings.Join(told, " ") != "prod ask" {
			t.Errorf("the trail tells of %q", told)
		}
	})
}

// A task that does not say so passes nothing on.
func TestApprovalIsNotPassedOn(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		w.define(guarded())
		id := w.begin(approved(content(task(`{"workflow":"guarded"}`))))
		w.until("the stage waits", func() bool { all := w.all(); return len(all) == 1 && all[0].Stages()[0].State == workflow.StageWaiting })
		cleo := penstock.Actor{ID: "cleo"}
		for _, c := range []workflow.Command{{Action: workflow.Vote, Vote: approval.Approve}, {Action: workflow.Vote, Vote: approval.Approve, Job: "ask"}} {
			if s := w.ship(id); s.State != releaseplan.TaskRunning {
				t.Errorf("the task is %s", s.State)
			}
			if _, err := w.flows.Do(w.ctx, w.all()[0].ID(), c, cleo); err != nil {
				t.Fatal(err)
			}
		}
		w.reach(id, releaseplan.Completed)
	})
}

// To execute the workflow is not enough.
func TestPassingOnTakesTheRightToApprove(t *testing.T) {
	executes := func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if strings.HasPrefix(by.ID, "plan:") && right == penstock.Approve {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}
	in(t, workflow.Config{Authorizer: executes}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		w.define(guarded())
		id := w.begin(approved(content(task(passItOn))))
		w.reach(id, releaseplan.Failed)
		w.wantError(id, `no approve right on workflow "guarded"`)
		w.wantRuns()
	})
}

// Who acts for a plan is the host's to say: a ticket names people by their e-mail.
func TestTickets(t *testing.T) {
	robot := func(releaseplan.Job) penstock.Actor { return penstock.Actor{ID: "robot", Email: "robot@example.com"} }
	for _, row := range []struct {
		name, spec, want string
		actor            func(releaseplan.Job) penstock.Actor
	}{
		{"without", `{"workflow":"careful"}`, "cannot start: needs a pre-approval ticket", robot},
		{"the plan itself is not on it", `{"workflow":"careful","ticket":"{ticket}"}`, `no execute right on ticket "OA-77"`, nil},
		{"the robot is", `{"workflow":"careful","ticket":"{ticket}"}`, "", robot},
	} {
		t.Run(row.name, func(t *testing.T) {
			in(t, workflow.Config{}, func(t *testing.T, w *world) {
				defer w.runner(w.plans, runs.Config{Actor: row.actor})()
				w.define(workflow.Definition{Project: "shop", Key: "careful", TicketRequired: true, Stages: []workflow.Stage{{Name: "one", Jobs: []workflow.Job{script("a", "x")}}}})
				_, err := w.flows.Tickets().Create(w.ctx, workflow.Ticket{ApprovalID: "OA-77", Project: "shop", Status: workflow.TicketOpen,
					Users: []workflow.TicketUser{{Name: "Robot", Email: "robot@example.com"}}}, ann)
				if err != nil {
					t.Fatal(err)
				}
				c := content(task(row.spec))
				c.Variables = append(c.Variables, releaseplan.Variable{Name: "ticket", Value: "OA-77"})
				id := w.begin(c)
				if row.want == "" {
					w.reach(id, releaseplan.Completed)
					if by := w.all()[0].Status().Created.By.ID; by != "robot" {
						t.Errorf("it was started by %s", by)
					}
					return
				}
				w.reach(id, releaseplan.Failed)
				w.wantError(id, row.want)
			})
		})
	}
}
