package plantest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A Situation is a point in the life of a plan at which tests like to begin. Every
// releaseplan.State is one, and so are the constants below.
type Situation string

// The situations that are no states of a plan. The plan runs unless it says otherwise.
const (
	Archived         Situation = "archived"          // completed, and archived
	Scheduled        Situation = "scheduled"         // finalized, and to start by itself in an hour
	Missed           Situation = "missed"            // a draft whose schedule is past
	Stale            Situation = "stale"             // paused, and edited since it was approved
	TaskRunning      Situation = "task_running"      // an attempt that nobody carries out yet
	TaskLeased       Situation = "task_leased"       // an attempt that a Runner carries out
	TaskCanceling    Situation = "task_canceling"    // the same, told to stop
	TaskFailed       Situation = "task_failed"       // while a sibling can go on
	TaskRetrying     Situation = "task_retrying"     // failed, and to be tried again in ten minutes
	TaskSkipped      Situation = "task_skipped"      //
	TaskHeld         Situation = "task_held"         //
	TaskClaimed      Situation = "task_claimed"      // by the owner
	MilestoneLive    Situation = "milestone_live"    // the first of three
	MilestonesServed Situation = "milestones_served" // the last is live and through: somebody has to finish the plan
	RolloutPaused    Situation = "rollout_paused"    // the first of three is live
	RolloutStopped   Situation = "rollout_stopped"   // the first of three was live
	SafeguardTripped Situation = "safeguard_tripped" // the first of three is live
	CheckOpen        Situation = "check_open"        // a gate before the execution, which the Check named [Checked] answers
	Frozen           Situation = "frozen"            // finalized, and a calendar keeps it from being executed: see [Freeze]
	FrozenRunning    Situation = "frozen_running"    // a calendar keeps its tasks from starting: see [Freeze]
)

// Situations returns every situation, sorted by name.
func Situations() []Situation { return slices.Sorted(maps.Keys(situations())) }

// An arrangement says how a plan gets into a situation.
type arrangement struct {
	content func(at time.Time) []Option // of a plan that is made at at
	way     func(l *life) error
}

// situations is every situation with what leads to it.
func situations() map[Situation]arrangement {
	full := func(at time.Time) []Option { return []Option{Everything(at)} }
	plain := func(time.Time) []Option { return nil }
	held := func(at time.Time) []Option {
		return []Option{Everything(at), Phase(releaseplan.Parallel, Task("deploy", Held), Task("check", releaseplan.Manual))}
	}
	siblings := func(time.Time) []Option {
		return []Option{Phase(releaseplan.Parallel, Task("deploy", "deploy"), Task("check", releaseplan.Manual))}
	}
	exposing := func(time.Time) []Option { return []Option{Milestones(3), Guarded(releaseplan.SafeguardPause)} }

	to := func(s releaseplan.State) func(*life) error { return func(l *life) error { return l.to(s) } }
	after := func(s releaseplan.State, do releaseplan.Action) func(*life) error {
		return func(l *life) error { return l.then(l.to(s), releaseplan.Command{Action: do}) }
	}
	failed := func(s releaseplan.State) func(*life) error {
		return func(l *life) error { return l.check(l.to(s), releaseplan.GateFail) }
	}
	onTask := func(do ...releaseplan.Action) func(*life) error {
		return func(l *life) error { return l.onTask(l.to(releaseplan.Running), do...) }
	}
	live := func(do ...releaseplan.Action) func(*life) error {
		return func(l *life) error { return l.live(do...) }
	}
	return map[Situation]arrangement{
		Situation(releaseplan.Draft):               {full, to(releaseplan.Draft)},
		Situation(releaseplan.FinalizeCheck):       {full, to(releaseplan.FinalizeCheck)},
		Situation(releaseplan.FinalizeCheckFailed): {full, failed(releaseplan.FinalizeCheck)},
		Situation(releaseplan.Finalized):           {full, to(releaseplan.Finalized)},
		Situation(releaseplan.AwaitingApproval):    {full, to(releaseplan.AwaitingApproval)},
		Situation(releaseplan.Approved):            {full, to(releaseplan.Approved)},
		Situation(releaseplan.Denied):              {full, func(l *life) error { return l.deny(l.to(releaseplan.AwaitingApproval)) }},
		Situation(releaseplan.ExecuteCheck):        {full, to(releaseplan.ExecuteCheck)},
		Situation(releaseplan.ExecuteCheckFailed):  {full, failed(releaseplan.ExecuteCheck)},
		Situation(releaseplan.Running):             {full, to(releaseplan.Running)},
		Situation(releaseplan.Paused):              {full, after(releaseplan.Running, releaseplan.Pause)},
		Situation(releaseplan.Failed):              {full, func(l *life) error { return l.fail(l.to(releaseplan.Running)) }},
		Situation(releaseplan.CompleteCheck):       {full, to(releaseplan.CompleteCheck)},
		Situation(releaseplan.CompleteCheckFailed): {full, failed(releaseplan.CompleteCheck)},
		Situation(releaseplan.Expired):             {full, func(l *life) error { return l.expire(l.to(releaseplan.Running)) }},
		Situation(releaseplan.Canceling): {held, func(l *life) error {
			return l.then(l.lease(l.to(releaseplan.Running)), releaseplan.Command{Action: releaseplan.Cancel})
		}},
		Situation(releaseplan.Completed): {full, to(releaseplan.Completed)},
		Situation(releaseplan.Canceled):  {full, after(releaseplan.Draft, releaseplan.Cancel)},

		Archived:  {plain, after(releaseplan.Completed, releaseplan.Archive)},
		Scheduled: {func(at time.Time) []Option { return []Option{starting(at.Add(time.Hour))} }, to(releaseplan.Finalized)},
		Missed: {func(at time.Time) []Option { return []Option{starting(at.Add(time.Hour))} }, func(l *life) error {
			return l.until(l.now().Add(time.Hour))
		}},
		Stale: {full, func(l *life) error {
			return l.edit(l.then(l.to(releaseplan.Running), releaseplan.Command{Action: releaseplan.Pause}))
		}},
		TaskRunning:   {siblings, onTask(releaseplan.Start)},
		TaskLeased:    {held, func(l *life) error { return l.lease(l.to(releaseplan.Running)) }},
		TaskCanceling: {held, func(l *life) error { return l.onTask(l.lease(l.to(releaseplan.Running)), releaseplan.Abort) }},
		TaskFailed:    {siblings, onTask(releaseplan.Start, releaseplan.Fail)},
		TaskRetrying: {func(time.Time) []Option {
			deploy := Task("deploy", "deploy")
			deploy.Retry = releaseplan.RetryPolicy{Max: 2, Delay: penstock.FromTime(10 * time.Minute)}
			return []Option{Phase(releaseplan.Sequential, deploy, Task("check", releaseplan.Manual))}
		}, onTask(releaseplan.Start, releaseplan.Fail)},
		TaskSkipped: {siblings, onTask(releaseplan.Skip)},
		TaskHeld:    {siblings, onTask(releaseplan.Hold)},
		TaskClaimed: {siblings, onTask(releaseplan.Claim)},

		MilestoneLive:    {exposing, live()},
		MilestonesServed: {exposing, func(l *life) error { return l.served() }},
		RolloutPaused:    {exposing, live(releaseplan.PauseRollout)},
		RolloutStopped:   {exposing, live(releaseplan.StopRollout)},
		SafeguardTripped: {exposing, func(l *life) error { return l.trip(l.live()) }},

		CheckOpen:     {func(time.Time) []Option { return []Option{Gates(releaseplan.GateExecute), checked} }, to(releaseplan.ExecuteCheck)},
		Frozen:        {plain, func(l *life) error { return l.frozen() }},
		FrozenRunning: {plain, func(l *life) error { return l.frozenRunning() }},
	}
}

// starting gives the plan a schedule.
func starting(at time.Time) Option {
	return func(c *releaseplan.Content) { c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: at} }
}

// checked lets a Check answer every gate that has none yet.
func checked(c *releaseplan.Content) {
	for i := range c.Gates {
		c.Gates[i].Check = cmp.Or(c.Gates[i].Check, Checked)
	}
}

// arranged returns what leads to a situation.
func arranged(s Situation) (arrangement, error) {
	a, ok := situations()[s]
	if !ok {
		return a, fmt.Errorf("%q is no situation", string(s))
	}
	return a, nil
}
