package releaseplan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestManualTaskIsCompletedFromReady(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "a!", "b", "c!"))).act(releaseplan.Execute)
	a.do(releaseplan.Command{Action: releaseplan.Complete, Task: "a", Remark: "told them"})
	if s := a.task("a").Status; s.State != releaseplan.TaskDone || s.Count != 1 || s.Attempts[0].Result != releaseplan.TaskDone || s.Remark != "told them" || s.ExecutedBy.ID != "ann" || !s.ExecutedAt.Equal(a.now) {
		t.Errorf("status %+v", s)
	}
	a.needs(aSane(a.p, releaseplan.Complete, "b"), "to be started first")
	a.needs(aSane(a.p, releaseplan.Complete, "c"), "what comes before it to be done or skipped")
}

func TestHeldTaskDoesNotStart(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "a", "b"))).on(releaseplan.Hold, "a").act(releaseplan.Execute).is(releaseplan.Running, "a paused")
	if steps, _ := a.p.Next(a.now); steps != nil {
		t.Errorf("steps %v", steps)
	}
	a.needs(aSane(a.p, releaseplan.Start, "a"), "to be released")
	a.on(releaseplan.Release, "a").is(releaseplan.Running, "a ready")
	if steps, _ := a.p.Next(a.now); len(steps) != 1 || steps[0].Kind != releaseplan.StepStart {
		t.Errorf("steps %v", steps)
	}
	a.on(releaseplan.Hold, "a").act(releaseplan.Reopen)
	if !a.task("a").Status.Held {
		t.Error("a reopened plan forgot what is held")
	}
}

func TestClaimReleaseClaimAndReassign(t *testing.T) {
	t.Parallel()
	eve := penstock.UserParty("eve")
	a := aNew(t, aContent(aPhase(releaseplan.Parallel, "a!", "b!"))).act(releaseplan.Execute)
	claim := releaseplan.Command{Action: releaseplan.Claim, Task: "a"}
	complete := releaseplan.Command{Action: releaseplan.Complete, Task: "a"}
	a.refusedAs(aEve, claim, penstock.ErrForbidden)
	a.do(releaseplan.Command{Action: releaseplan.Reassign, Task: "a", Assignee: &eve})
	if got := a.task("a").Status.Assignee; got != eve {
		t.Errorf("assigned to %v", got)
	}
	if a.do(releaseplan.Command{Action: releaseplan.Reassign, Task: "a", Assignee: &eve}); len(a.last) != 0 {
		t.Errorf("the same again changed %v", a.last)
	}
	a.doAs(aEve, claim).refusedAs(aEve, claim, penstock.ErrRefused) // claimed
	a.do(releaseplan.Command{Action: releaseplan.Reassign, Task: "a"}).doAs(aEve, releaseplan.Command{Action: releaseplan.ReleaseClaim, Task: "a"})
	a.refusedAs(aEve, claim, penstock.ErrForbidden) // neither assigned nor claimed any more
	a.refused(releaseplan.Command{Action: releaseplan.ReleaseClaim, Task: "a"})

	// Also while it runs.
	a.on(releaseplan.Start, "a").do(releaseplan.Command{Action: releaseplan.Reassign, Task: "a", Assignee: &eve}).doAs(aEve, claim)
	a.doAs(aEve, complete)
	if got := a.task("a").Status.ExecutedBy.ID; got != "eve" {
		t.Errorf("executed by %s", got)
	}
}

func TestDisabledTaskCountsAsSettledAndNeverStarts(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "a", "b"), aPhase(releaseplan.Parallel, "c", "d"))
	c.Phases[0].Tasks[0].Disabled = true
	c.Phases[1].Tasks[0].Disabled = true
	c.Phases[1].Tasks[1].Needs = []string{"c"}
	a := aNew(t, c).act(releaseplan.Execute).is(releaseplan.Running, "a disabled", "b ready")
	a.needs(aSane(a.p, releaseplan.Start, "a"), "to be enabled")
	a.lease("b").on(releaseplan.Complete, "b").is(releaseplan.Running, "d ready").lease("d").on(releaseplan.Complete, "d").is(releaseplan.Completed, "a disabled")
	if n := a.p.TaskCount(); n != (releaseplan.TaskCount{Done: 2}) {
		t.Errorf("counts %+v", n)
	}
}

func TestNeedsAcrossPhases(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "a", "b"), aPhase(releaseplan.Parallel, "c", "d"))
	c.Phases[1].Tasks[0].Needs = []string{"a", "d"}
	a := aNew(t, c).act(releaseplan.Execute).is(releaseplan.Running, "a ready", "b ready", "c waiting", "d waiting")
	a.needs(aSane(a.p, releaseplan.Start, "d"), "what comes before it to be done or skipped")
	a.on(releaseplan.Skip, "a").lease("b").on(releaseplan.Complete, "b").is(releaseplan.Running, "c waiting", "d ready")
	a.lease("d").do(aFail("d")).is(releaseplan.Failed, "c pending") // failed never satisfies a need
	a.on(releaseplan.Skip, "d").is(releaseplan.Running, "c ready")
}

func TestPhasesRunOneAfterAnother(t *testing.T) {
	t.Parallel()
	phases := func(a *aLife, want ...releaseplan.PhaseState) {
		t.Helper()
		for i, s := range want {
			if got := a.p.PhaseState(i); got != s {
				t.Errorf("in %s phase %d is %s, want %s", a.p.State(), i, got, s)
			}
		}
	}
	c := aContent(aPhase(releaseplan.Sequential, "a!", "b!"), aPhase(releaseplan.Free, "c!"), aPhase(releaseplan.Parallel))
	a := aNew(t, c)
	phases(a, releaseplan.PhaseDraft, releaseplan.PhaseDraft, releaseplan.PhaseDraft, "")
	a.act(releaseplan.Finalize)
	phases(a, releaseplan.PhaseDraft, releaseplan.PhaseDraft)
	a.act(releaseplan.Execute).is(releaseplan.Running, "a ready", "b waiting", "c waiting")
	phases(a, releaseplan.PhaseRunning, releaseplan.PhaseWaiting, releaseplan.PhaseDone)
	a.act(releaseplan.Pause)
	phases(a, releaseplan.PhasePaused, releaseplan.PhaseWaiting)
	a.act(releaseplan.Resume).on(releaseplan.Start, "a").on(releaseplan.Fail, "a")
	phases(a, releaseplan.PhaseFailed, releaseplan.PhaseWaiting)
	a.on(releaseplan.Skip, "a").on(releaseplan.Complete, "b").is(releaseplan.Running, "c ready")
	phases(a, releaseplan.PhaseDone, releaseplan.PhaseRunning)
	a.act(releaseplan.Cancel)
	phases(a, releaseplan.PhaseDone, releaseplan.PhaseCanceled)

	b := aNew(t, c).act(releaseplan.Cancel)
	phases(b, releaseplan.PhaseCanceled, releaseplan.PhaseCanceled)
}

func TestPauseStartsNothingMoreAndWhatRunsEnds(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "a", "b", "w"), aPhase(releaseplan.Parallel, "v"))
	for _, task := range []*releaseplan.Task{&c.Phases[0].Tasks[2], &c.Phases[1].Tasks[0]} {
		task.Kind, task.Spec = releaseplan.Wait, []byte(`{"for":"PT1H"}`)
	}
	a := aNew(t, c).act(releaseplan.Execute).lease("a").act(releaseplan.Pause).is(releaseplan.Paused, "a running", "b pending", "w running")
	if steps, _ := a.p.Next(a.now); steps != nil {
		t.Errorf("steps %v", steps)
	}
	a.needs(aSane(a.p, releaseplan.Start, "b"), "a running plan")
	a.on(releaseplan.Complete, "a").on(releaseplan.Skip, "b").at(2*time.Hour).advance().is(releaseplan.Paused, "a done", "w done", "v pending")
	a.act(releaseplan.Resume).is(releaseplan.Running, "v running")
	a.at(3 * time.Hour).advance().is(releaseplan.Completed)
}

func TestWaitTaskStartsByRuleAndPassesByTime(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "for", "until", "past", "deploy!"))
	for i, spec := range []string{`{"for":"PT10M"}`, `{"until":"2026-05-04T10:00:00Z"}`, `{"until":"2026-05-04T09:30:00Z"}`} {
		c.Phases[0].Tasks[i].Kind, c.Phases[0].Tasks[i].Spec = releaseplan.Wait, []byte(spec)
	}
	a := aNew(t, c).act(releaseplan.Execute).is(releaseplan.Running, "for running", "until waiting")
	if _, wake := a.p.Next(a.now); !wake.Equal(aStart.Add(10 * time.Minute)) {
		t.Errorf("wakes at %v", wake)
	}
	a.at(5*time.Hour).advance().is(releaseplan.Running, "for done", "until done", "past done", "deploy ready")
	for name, ended := range map[string]time.Duration{"for": 10 * time.Minute, "until": time.Hour, "past": time.Hour} {
		if got := a.task(name).Status.Ended; !got.Equal(aStart.Add(ended)) {
			t.Errorf("%s ended at %v", name, got)
		}
	}
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "a!", "b!"))
	c.Owner = penstock.GroupParty("sre")
	c.Phases[0].Owner = penstock.UserParty("phil")
	c.Phases[0].Tasks[0].Owner = penstock.GroupParty("dba")
	actor := func(id string, groups ...string) penstock.Actor { return penstock.Actor{ID: id, Groups: groups} }
	cat := penstock.UserParty("cat")
	a := aNew(t, c).doAs(aRoot, releaseplan.Command{Action: releaseplan.Execute})
	a.doAs(aRoot, releaseplan.Command{Action: releaseplan.Reassign, Task: "a", Assignee: &cat})
	a.doAs(actor("tom", "dba"), releaseplan.Command{Action: releaseplan.Claim, Task: "a"})
	for name, test := range map[string]struct {
		by            penstock.Actor
		plan, a, with bool // may pause the plan, complete a, complete b
	}{
		"admin":                   {aRoot, true, true, true},
		"member of the owner":     {actor("max", "sre"), true, true, true},
		"owner of the phase":      {actor("phil"), false, true, true},
		"member of task's owner":  {actor("dora", "dba"), false, true, false},
		"assignee":                {actor("cat"), false, true, false},
		"who claimed it":          {actor("tom"), false, true, false},
		"stranger":                {aEve, false, false, false},
		"creator but not owner":   {aAnn, false, false, false},
		"nobody":                  {penstock.Actor{}, false, false, false},
		"group by its name as id": {actor("sre"), false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, ask := range []struct {
				c    releaseplan.Command
				may  bool
				want penstock.Right
			}{
				{releaseplan.Command{Action: releaseplan.Pause}, test.plan, penstock.Execute},
				{aSane(a.p, releaseplan.Edit, ""), false, penstock.Edit},
				{releaseplan.Command{Action: releaseplan.Archive}, test.plan, penstock.Delete},
				{releaseplan.Command{Action: releaseplan.Complete, Task: a.task("a").ID}, test.a, penstock.Execute},
				{releaseplan.Command{Action: releaseplan.Complete, Task: a.task("b").ID}, test.with, penstock.Execute},
				{releaseplan.Command{Action: releaseplan.Comment, Remark: "hello"}, true, ""},
			} {
				_, _, err := a.p.Do(ask.c, test.by, a.now)
				if ask.c.Action == releaseplan.Edit && test.plan { // permitted, but it runs
					if !errors.Is(err, penstock.ErrRefused) {
						t.Errorf("edit: %v", err)
					}
					continue
				}
				var forbidden *penstock.ForbiddenError
				if isForbidden := errors.As(err, &forbidden); isForbidden == ask.may {
					t.Errorf("%s %s: %v", ask.c.Action, ask.c.Task, err)
				}
				if forbidden != nil && (forbidden.Right != ask.want || forbidden.On.ID != "p1") {
					t.Errorf("%s: %v names the wrong right or resource", ask.c.Action, forbidden)
				}
			}
		})
	}
}

func TestHostReplacesTheRulesOfOwnership(t *testing.T) {
	t.Parallel()
	asked := 0
	rules := &releaseplan.Rules{Permit: func(by penstock.Actor, c releaseplan.Command, p *releaseplan.Plan) error {
		asked++
		if by.ID == "eve" && c.Action == releaseplan.Execute {
			return nil
		}
		return &penstock.ForbiddenError{Right: c.Action.Right(), On: p.Resource()}
	}}
	a := aNewAt(t, aContent(aPhase(releaseplan.Parallel, "a!")), aStart, rules)
	a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.Execute}, penstock.ErrForbidden)
	a.refusedAs(aRoot, releaseplan.Command{Action: releaseplan.Comment, Remark: "x"}, penstock.ErrForbidden)
	a.doAs(aEve, releaseplan.Command{Action: releaseplan.Execute}).is(releaseplan.Running)
	if v := aVerdict(t, a.p.Can(aAnn, a.now), releaseplan.Pause); v.Allowed || v.Refusals[0].Rule != "permitted" {
		t.Errorf("Can says %+v", v)
	}
	n := asked
	if a.advance(); asked != n { // the library itself is not asked
		t.Error("the host was asked about the library itself")
	}
}

func TestStaleVersionIsAConflict(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Parallel, "a!"))).edit(func(c *releaseplan.Content) { c.Name = "Another" })
	c := releaseplan.Command{Action: releaseplan.Execute, IfVersion: 1}
	a.refusedAs(aAnn, c, penstock.ErrConflict)
	c.IfVersion = 2
	a.do(c)
}
