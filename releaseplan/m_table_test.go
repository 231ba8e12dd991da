package releaseplan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// mAsked are the actions on milestones of mThree, each as "action" or
// "action@milestone".
var mAsked = []string{
	"start_milestone", "start_milestone@5%", "start_milestone@25%", "start_milestone@100%",
	"skip_milestone", "skip_milestone@5%", "skip_milestone@25%", "skip_milestone@100%",
	"set_interval", "set_interval@5%", "set_interval@25%", "set_interval@100%",
	"complete_milestone", "pause_rollout", "resume_rollout", "stop_rollout", "clear_safeguard",
}

// mCommand returns a command that asks for one of them with arguments that are fine.
func mCommand(asked string) releaseplan.Command {
	do, named, _ := strings.Cut(asked, "@")
	c := releaseplan.Command{Action: releaseplan.Action(do), Milestone: named, Remark: "because"}
	switch c.Action {
	case releaseplan.SetInterval:
		c.Interval = new(penstock.Duration{Days: 90})
	case releaseplan.ClearSafeguard:
		c.Safeguard = "errors"
	}
	return c
}

// mCells checks every action against a row of a table, which has those that are
// refused, with the rules against them.
func mCells(a *aLife, row string) {
	a.Helper()
	refused := make(map[string][]string)
	for word := range strings.FieldsSeq(row) {
		asked, rules, _ := strings.Cut(word, ":")
		refused[asked] = strings.Split(rules, ",")
		if !slices.Contains(mAsked, asked) {
			a.Fatalf("nobody can ask for %s", asked)
		}
	}
	for _, asked := range mAsked {
		c := mCommand(asked)
		verdicts := a.p.Can(aAnn, a.now)
		if c.Milestone != "" {
			var err error
			if verdicts, err = a.p.CanMilestone(c.Milestone, aAnn, a.now); err != nil {
				a.Fatal(err)
			}
		}
		a.Logf("%s: %v", asked, refused[asked])
		aCell(a, aVerdict(a, verdicts, c.Action), aAnn, c, refused[asked])
	}
}

const (
	mNotPaused  = " resume_rollout:rollout_paused"
	mNotTripped = " clear_safeguard:safeguard_tripped"
	mNoneLive   = " set_interval:milestone complete_milestone:live stop_rollout:live"
	mLastLive   = "start_milestone:milestone start_milestone@100%:not_live skip_milestone:milestone skip_milestone@5%:not_passed skip_milestone@25%:not_passed skip_milestone@100%:not_passed"
)

// mMiddleLive is what is refused if 25% is live; more are the rules against going forward.
func mMiddleLive(more ...string) string {
	return "start_milestone@25%:" + strings.Join(append([]string{"not_live"}, more...), ",") + " skip_milestone@5%:not_passed skip_milestone@25%:not_passed"
}

func TestMilestoneSituationTimesCommand(t *testing.T) {
	t.Parallel()
	live := func(name string, more ...releaseplan.Action) func(*aLife) {
		return func(a *aLife) { a.act(releaseplan.Execute).of(releaseplan.StartMilestone, name).act(more...) }
	}
	for _, row := range []struct {
		situation string
		do        func(*aLife)
		refused   string
	}{
		{"nothing is live", func(a *aLife) { a.act(releaseplan.Execute) }, mNoneLive + mNotPaused + mNotTripped},
		{"the first is live", live("5%"), "start_milestone@5%:not_live skip_milestone@5%:not_passed" + mNotPaused + mNotTripped},
		{"the middle one is live", live("25%"), mMiddleLive() + mNotPaused + mNotTripped},
		{"the last one is live", live("100%"), mLastLive + mNotPaused + mNotTripped},
		{"it is through", live("100%", releaseplan.CompleteMilestone), mLastLive + " complete_milestone:not_through set_interval:not_through set_interval@100%:not_through" + mNotPaused + mNotTripped},
		{"the rollout is paused", live("25%", releaseplan.PauseRollout),
			mMiddleLive() + " complete_milestone:rollout_not_paused pause_rollout:rollout_not_paused" + mNotTripped},
		{"the rollout is paused before it began", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.PauseRollout) },
			"set_interval:milestone complete_milestone:live,rollout_not_paused stop_rollout:live pause_rollout:rollout_not_paused" + mNotTripped},
		{"the rollout is stopped", live("25%", releaseplan.StopRollout), mNoneLive + mNotPaused + mNotTripped},
		{"a safeguard has tripped", func(a *aLife) { live("25%")(a); a.wait(time.Second).observe("errors", 2) },
			mMiddleLive("safeguards_clear") + " start_milestone:safeguards_clear start_milestone@100%:safeguards_clear complete_milestone:rollout_not_paused pause_rollout:rollout_not_paused resume_rollout:safeguards_clear"},
		{"the middle one is skipped", func(a *aLife) { live("5%")(a); a.of(releaseplan.SkipMilestone, "25%") },
			"start_milestone@5%:not_live skip_milestone@5%:not_passed skip_milestone@25%:not_skipped" + mNotPaused + mNotTripped},
		{"the last one is scheduled", func(a *aLife) { live("25%")(a); a.do(mStartAt("100%", time.Hour)) }, mMiddleLive() + mNotPaused + mNotTripped},
		{"the plan is paused", live("25%", releaseplan.Pause),
			mMiddleLive("plan_running") + " start_milestone:plan_running start_milestone@100%:plan_running complete_milestone:plan_running" + mNotPaused + mNotTripped},
		{"the plan is a draft again", live("25%", releaseplan.Reopen),
			mMiddleLive("plan_running") + " start_milestone:plan_running start_milestone@100%:plan_running complete_milestone:plan_running" + mNotPaused + mNotTripped},
		{"the window is over", func(a *aLife) { live("25%")(a); a.at(200 * time.Hour) },
			mMiddleLive("window_open") + " start_milestone:window_open start_milestone@100%:window_open complete_milestone:window_open" + mNotPaused + mNotTripped},
	} {
		t.Run(row.situation, func(t *testing.T) {
			t.Parallel()
			c := mWatched()
			c.Window = aWindow(-time.Hour, 100*time.Hour)
			for i := range c.Milestones {
				c.Milestones[i].Start, c.Milestones[i].After = releaseplan.ByHand, nil
			}
			a := aNew(t, c)
			row.do(a)
			mCells(a, row.refused)
		})
	}
}

func TestMilestoneCommandTimesPlanState(t *testing.T) {
	t.Parallel()
	const (
		stays = "set_interval:milestone stop_rollout:live" + mNotPaused + mNotTripped
		still = " start_milestone:plan_running start_milestone@5%:plan_running start_milestone@25%:plan_running start_milestone@100%:plan_running complete_milestone:plan_running,live"
		over  = "start_milestone:plan_alive,plan_running start_milestone@5%:plan_alive,plan_running start_milestone@25%:plan_alive,plan_running start_milestone@100%:plan_alive,plan_running" +
			" skip_milestone:plan_alive skip_milestone@5%:plan_alive skip_milestone@25%:plan_alive skip_milestone@100%:plan_alive" +
			" set_interval:milestone,plan_alive set_interval@5%:plan_alive set_interval@25%:plan_alive set_interval@100%:plan_alive" +
			" complete_milestone:plan_running,live pause_rollout:plan_alive resume_rollout:plan_alive,rollout_paused stop_rollout:plan_alive,live clear_safeguard:plan_alive,safeguard_tripped"
	)
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			c, three := aFull(), mThree()
			c.Target, c.Milestones = three.Target, three.Milestones
			a := mTo(aNew(t, c), s)
			switch row := stays + still; s {
			case releaseplan.Running:
				mCells(a, stays+" complete_milestone:live")
			case releaseplan.Expired: // the window is shut, too
				row = strings.ReplaceAll(row, ":plan_running", ":plan_running,window_open")
				mCells(a, strings.ReplaceAll(row, "plan_running,window_open,live", "plan_running,live,window_open"))
			case releaseplan.Completed, releaseplan.Canceling, releaseplan.Canceled:
				mCells(a, over)
			default:
				mCells(a, row)
			}
		})
	}
}

// mTo brings a new aFull plan with milestones into a state.
func mTo(a *aLife, s releaseplan.State) *aLife {
	a.Helper()
	switch s {
	case releaseplan.CompleteCheck, releaseplan.CompleteCheckFailed, releaseplan.Completed:
		aTo(a, releaseplan.Running).act(releaseplan.Finish).on(releaseplan.Start, "deploy").on(releaseplan.Complete, "deploy", "check").is(releaseplan.CompleteCheck)
		switch s {
		case releaseplan.CompleteCheckFailed:
			a.answer(releaseplan.GateFail)
		case releaseplan.Completed:
			a.answer(releaseplan.GatePass)
		}
		return a.is(s)
	default:
		return aTo(a, s)
	}
}

func TestArchivedPlanTakesNoActionOnMilestones(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched()).act(releaseplan.Execute).of(releaseplan.StartMilestone, "25%").act(releaseplan.Archive)
	for _, asked := range mAsked {
		c := mCommand(asked)
		if v := aVerdict(a, a.p.Can(aAnn, a.now), c.Action); v.Allowed || v.Refusals[0].Rule != "not_archived" {
			t.Errorf("%s: %v", asked, aRules(v))
		}
		a.needs(c, "the plan to be unarchived first")
	}
}

// A window that is to open tells when a milestone can start.
func TestForwardStartTellsWhenTheWindowOpens(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Window = aWindow(time.Hour, 9*time.Hour)
	a := aNew(t, c)
	e := a.needs(releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "5%"}, "an open window")
	if !e.Earliest.Equal(aStart.Add(time.Hour)) || !slices.Contains(e.Needs, "a running plan") {
		t.Errorf("earliest %v, needs %q", e.Earliest, e.Needs)
	}
}

// Actions on milestones are the owner's.
func TestOnlyOwnersActOnMilestones(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched()).act(releaseplan.Execute).wait(time.Second).observe("errors", 2)
	for _, asked := range mAsked {
		c := mCommand(asked)
		a.refusedAs(aEve, c, penstock.ErrForbidden)
		if v := aVerdict(a, a.p.Can(aEve, a.now), c.Action); v.Allowed || v.Refusals[0].Rule != "permitted" {
			t.Errorf("%s: %v", asked, aRules(v))
		}
		if c.Action.Right() != penstock.Execute {
			t.Errorf("%s needs the right %s", asked, c.Action.Right())
		}
	}
	a.doAs(aRoot, releaseplan.Command{Action: releaseplan.StopRollout})
}

func TestCommandsOnMilestonesSayWhy(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched()).act(releaseplan.Execute)
	for _, row := range []struct {
		c     releaseplan.Command
		field string
	}{
		{releaseplan.Command{Action: releaseplan.SkipMilestone, Milestone: "25%"}, "remark"},
		{releaseplan.Command{Action: releaseplan.ClearSafeguard, Safeguard: "errors"}, "remark"},
		{releaseplan.Command{Action: releaseplan.ClearSafeguard, Remark: "because"}, "safeguard"},
		{releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: strings.Repeat("x", 300)}, "milestone"},
		{releaseplan.Command{Action: releaseplan.StartMilestone, Start: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, "start"},
	} {
		mOnly(t, a.refusedAs(aAnn, row.c, penstock.ErrInvalid), row.field)
	}
}
