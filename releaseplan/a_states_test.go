package releaseplan_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// aFull has everything that can hold a plan up: all gates, a policy, a window.
func aFull() releaseplan.Content {
	c := aContent(aPhase(releaseplan.Sequential, "deploy", "check!"))
	c.Gates = []releaseplan.Gate{{On: releaseplan.GateFinalize}, {On: releaseplan.GateExecute}, {On: releaseplan.GateComplete}}
	c.Approval = aPolicy(1)
	c.Window = aWindow(-time.Hour, 10*time.Hour)
	c.Variables = []releaseplan.Variable{{Name: "version", Value: "2.4"}}
	return c
}

// aTo brings a new aFull plan, by commands only, into a state.
func aTo(a *aLife, s releaseplan.State) *aLife {
	a.Helper()
	aWays()[s](a)
	return a.is(s)
}

func aWays() map[releaseplan.State]func(*aLife) {
	return map[releaseplan.State]func(*aLife){
		releaseplan.Draft:         func(a *aLife) {},
		releaseplan.FinalizeCheck: func(a *aLife) { a.act(releaseplan.Finalize) },
		releaseplan.FinalizeCheckFailed: func(a *aLife) {
			aTo(a, releaseplan.FinalizeCheck).answer(releaseplan.GateFail)
		},
		releaseplan.Finalized:        func(a *aLife) { aTo(a, releaseplan.FinalizeCheck).answer(releaseplan.GatePass) },
		releaseplan.AwaitingApproval: func(a *aLife) { aTo(a, releaseplan.Finalized).act(releaseplan.RequestApproval) },
		releaseplan.Approved:         func(a *aLife) { aTo(a, releaseplan.AwaitingApproval).vote(aBob, approval.Approve) },
		releaseplan.Denied:           func(a *aLife) { aTo(a, releaseplan.AwaitingApproval).vote(aBob, approval.Reject) },
		releaseplan.ExecuteCheck:     func(a *aLife) { aTo(a, releaseplan.Approved).act(releaseplan.Execute) },
		releaseplan.ExecuteCheckFailed: func(a *aLife) {
			aTo(a, releaseplan.ExecuteCheck).answer(releaseplan.GateFail)
		},
		releaseplan.Running: func(a *aLife) { aTo(a, releaseplan.ExecuteCheck).answer(releaseplan.GatePass) },
		releaseplan.Paused:  func(a *aLife) { aTo(a, releaseplan.Running).act(releaseplan.Pause) },
		releaseplan.Failed: func(a *aLife) {
			aTo(a, releaseplan.Running).on(releaseplan.Start, "deploy").on(releaseplan.Fail, "deploy")
		},
		releaseplan.CompleteCheck: func(a *aLife) {
			aTo(a, releaseplan.Running).on(releaseplan.Start, "deploy").on(releaseplan.Complete, "deploy", "check")
		},
		releaseplan.CompleteCheckFailed: func(a *aLife) {
			aTo(a, releaseplan.CompleteCheck).answer(releaseplan.GateFail)
		},
		releaseplan.Expired: func(a *aLife) { aTo(a, releaseplan.Running).at(11 * time.Hour).advance() },
		releaseplan.Canceling: func(a *aLife) {
			aTo(a, releaseplan.Running).lease("deploy").act(releaseplan.Cancel)
		},
		releaseplan.Completed: func(a *aLife) { aTo(a, releaseplan.CompleteCheck).answer(releaseplan.GatePass) },
		releaseplan.Canceled:  func(a *aLife) { a.act(releaseplan.Cancel) },
	}
}

// aSane returns a command that asks for an action with arguments that are fine.
func aSane(p *releaseplan.Plan, do releaseplan.Action, task string) releaseplan.Command {
	c := releaseplan.Command{Action: do, Task: task, Remark: "because"}
	switch do {
	case releaseplan.Edit:
		content := p.Content()
		content.Description += "."
		c.Content = &content
	case releaseplan.SetVariables:
		c.Variables = []releaseplan.Variable{{Name: "version", Value: "2.5"}}
	case releaseplan.Vote:
		c.Vote = approval.Approve
	case releaseplan.AnswerGate:
		c.Answer = releaseplan.GatePass
		if g := p.Status().Gate; g != nil {
			c.Code = g.Code
		}
	case releaseplan.Lease:
		c.Lease = "runner-1"
	case releaseplan.OverrideCalendar:
		c.Until = p.Status().Updated.At.Add(time.Hour)
	case releaseplan.Reassign:
		who := penstock.UserParty("fay")
		c.Assignee = &who
	}
	return c
}

func TestEveryStateIsReachedByCommands(t *testing.T) {
	t.Parallel()
	states, tasks := releaseplan.MachineStates()
	if len(states) != 18 || len(tasks) != 7 {
		t.Errorf("%d states of a plan, %d of a task", len(states), len(tasks))
	}
	for _, s := range states {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			aTo(aNew(t, aFull()), s)
		})
	}
}

func TestTablesAreSound(t *testing.T) {
	t.Parallel()
	if err := releaseplan.CheckMachines(); err != nil {
		t.Error(err)
	}
}
