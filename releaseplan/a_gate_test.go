package releaseplan_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// aGated has one task and the gates, each with a timeout of an hour.
func aGated(on ...releaseplan.GateKind) releaseplan.Content {
	c := aContent(aPhase(releaseplan.Sequential, "deploy!"))
	for _, g := range on {
		c.Gates = append(c.Gates, releaseplan.Gate{On: g, Timeout: aMinutes(60)})
	}
	return c
}

func (a *aLife) code() string { return a.p.Status().Gate.Code }

func aAnswer(code string, answer releaseplan.GateAnswer) releaseplan.Command {
	return releaseplan.Command{Action: releaseplan.AnswerGate, Code: code, Answer: answer}
}

func TestGateThatIsNotConfiguredPassesByItself(t *testing.T) {
	t.Parallel()
	a := aNew(t, aGated()).act(releaseplan.Finalize).moves("draft → finalize_check", "finalize_check → finalized")
	a.act(releaseplan.Execute).moves("finalized → execute_check", "execute_check → running")
	a.on(releaseplan.Complete, "deploy").moves("running → complete_check", "complete_check → completed")
}

func TestGateHoldsThePlanUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	for gate, way := range map[releaseplan.GateKind]struct {
		in, passed, failed releaseplan.State
	}{
		releaseplan.GateFinalize: {releaseplan.FinalizeCheck, releaseplan.Finalized, releaseplan.FinalizeCheckFailed},
		releaseplan.GateExecute:  {releaseplan.ExecuteCheck, releaseplan.Running, releaseplan.ExecuteCheckFailed},
		releaseplan.GateComplete: {releaseplan.CompleteCheck, releaseplan.Completed, releaseplan.CompleteCheckFailed},
	} {
		t.Run(string(gate), func(t *testing.T) {
			t.Parallel()
			a := aNew(t, aGated(gate)).act(releaseplan.Finalize)
			if gate != releaseplan.GateFinalize {
				a.act(releaseplan.Execute)
			}
			if gate == releaseplan.GateComplete {
				a.on(releaseplan.Complete, "deploy")
			}
			a.is(way.in)
			if got, want := a.p.Status().Gate.Deadline, a.now.Add(time.Hour); !got.Equal(want) {
				t.Errorf("deadline %v, want %v", got, want)
			}

			// Wrong codes change nothing; progress keeps the round open.
			a.refusedAs(aRoot, aAnswer("", releaseplan.GatePass), penstock.ErrForbidden)
			a.refusedAs(aRoot, aAnswer("wrong", releaseplan.GatePass), penstock.ErrForbidden)
			a.refusedAs(aRoot, aAnswer(a.code(), "maybe"), penstock.ErrInvalid)
			first := a.code()
			a.answer(releaseplan.GateProgress).is(way.in)
			a.wait(time.Minute).answer(releaseplan.GateFail).is(way.failed)
			if g := a.p.Status().Gate; g.Note != "so it is" || !g.Answered.Equal(a.now) || g.Answer != releaseplan.GateFail {
				t.Errorf("the check is %+v", g)
			}
			a.refused(aAnswer(first, releaseplan.GatePass)) // reused

			// A new round has a new code, and the stale one is worth nothing.
			a.act(releaseplan.Recheck).is(way.in)
			if a.code() == first || a.p.Status().Rounds != 2 {
				t.Errorf("round %d has the code of round 1", a.p.Status().Rounds)
			}
			a.refusedAs(aRoot, aAnswer(first, releaseplan.GatePass), penstock.ErrForbidden)
			a.answer(releaseplan.GatePass).is(way.passed)
			a.refused(aAnswer(a.code(), releaseplan.GatePass))
		})
	}
}

func TestGateThatIsNotAnsweredInTimeHasFailed(t *testing.T) {
	t.Parallel()
	a := aNew(t, aGated(releaseplan.GateFinalize)).act(releaseplan.Finalize)
	a.wait(time.Hour - time.Microsecond).answer(releaseplan.GateProgress).advance().is(releaseplan.FinalizeCheck)
	code := a.code()
	a.wait(time.Hour).refused(aAnswer(code, releaseplan.GatePass)) // the timeout came first
	a.advance().is(releaseplan.FinalizeCheckFailed)
	c := a.happened(releaseplan.GateAnswered)
	if want := aStart.Add(time.Hour); !c.At.Equal(want) || c.Gate.Note != "no answer in time" || c.By.ID != penstock.SystemID {
		t.Errorf("timeout %+v at %v, want at %v", c.Gate, c.At, want)
	}
	a.act(releaseplan.Recheck)
	if got, want := a.p.Status().Gate.Deadline, a.now.Add(time.Hour); !got.Equal(want) {
		t.Errorf("the new round's deadline is %v, want %v", got, want)
	}
}

func TestReopenClosesTheGate(t *testing.T) {
	t.Parallel()
	a := aNew(t, aGated(releaseplan.GateFinalize)).act(releaseplan.Finalize)
	code := a.code()
	a.act(releaseplan.Reopen)
	if g := a.p.Status().Gate; g != nil {
		t.Errorf("there is still %+v", g)
	}
	a.refused(aAnswer(code, releaseplan.GatePass))
	a.act(releaseplan.Finalize)
	if a.code() == code {
		t.Error("the code was used twice")
	}
	a.refusedAs(aAnn, aAnswer(code, releaseplan.GatePass), penstock.ErrForbidden)
}

func TestCodesCannotBeToldWithoutTheKey(t *testing.T) {
	t.Parallel()
	a := aNew(t, aGated(releaseplan.GateFinalize)).act(releaseplan.Finalize)
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "p1", Key: []byte("another key")}, a.p.Content(), aAnn, aStart)
	if err != nil {
		t.Fatal(err)
	}
	if p, _, err = p.Do(releaseplan.Command{Action: releaseplan.Finalize}, aAnn, aStart); err != nil {
		t.Fatal(err)
	}
	if p.Status().Gate.Code == a.code() {
		t.Error("two plans with different keys have the same code")
	}
}

func TestCommandSettlesInOneCommit(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "a!", "b!"))).act(releaseplan.Execute)
	a.on(releaseplan.Skip, "a")
	a.on(releaseplan.Skip, "b").moves("running → complete_check", "complete_check → completed")
	for _, change := range a.last {
		if change.Kind == releaseplan.PlanMoved && change.By.ID != penstock.SystemID {
			t.Errorf("%s by %s, want the system", change.Action, change.By.ID)
		}
	}

	// Also right after execute: all that is enabled is done since before.
	b := aNew(t, aContent(aPhase(releaseplan.Sequential, "a!", "b!"))).act(releaseplan.Execute).on(releaseplan.Complete, "a").act(releaseplan.Reopen)
	b.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[1].Disabled = true })
	b.act(releaseplan.Execute).moves("draft → execute_check", "execute_check → running", "running → complete_check", "complete_check → completed")
}

func TestSomethingToDo(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "deploy!"))
	c.Phases[0].Tasks[0].Disabled = true
	a := aNew(t, c)
	for _, do := range []releaseplan.Action{releaseplan.Finalize, releaseplan.Execute} {
		a.needs(releaseplan.Command{Action: do}, "an enabled task or a milestone")
	}
	a.edit(func(c *releaseplan.Content) { c.Milestones = []releaseplan.Milestone{{Name: "10 %"}} })
	a.act(releaseplan.Execute).is(releaseplan.Running)
}

func TestFinalizeNeedsContentWithoutFaults(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "deploy!"))
	c.Variables = []releaseplan.Variable{{Name: "a", Value: "{b}"}, {Name: "c", Value: "{d}"}}
	c.Approval = &approval.Policy{Enabled: true, Kind: approval.Lark, Nodes: aPolicy(1).Nodes}
	a := aNew(t, c)
	e := a.needs(releaseplan.Command{Action: releaseplan.Finalize}, "content without faults")
	if n := len(penstock.Faults(e)); n != 3 {
		t.Errorf("%d faults, want 3: %v", n, e)
	}
	v := aVerdict(t, a.p.Can(aAnn, a.now), releaseplan.Finalize)
	if v.Allowed || v.Refusals[0].Rule != "lint" || v.Refusals[0].Err == nil {
		t.Errorf("Can says %+v", v)
	}
}
