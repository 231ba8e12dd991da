package releaseplan_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/noticetest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// noticeStages is a plan of milestones without tasks: 5 % for an hour, 25 %, which a
// person starts, for an hour, and 100 %. Errors take it back to 5 %.
func noticeStages() releaseplan.Content {
	hour, bound := aMinutes(60), 0.01
	stage := func(share string) releaseplan.Milestone {
		return releaseplan.Milestone{Name: share + " %", After: &hour,
			Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": share}}}}
	}
	c := aContent()
	c.Target = &releaseplan.Target{Feature: "checkout", Environment: "production"}
	c.Milestones = []releaseplan.Milestone{stage("5"), stage("25"), stage("100")}
	c.Milestones[1].Start, c.Milestones[2].After = releaseplan.ByHand, nil
	c.Safeguards = []releaseplan.Safeguard{{Name: "errors", Metric: releaseplan.Metric{Name: "error_rate"}, Above: &bound,
		Window: aMinutes(5), Action: releaseplan.SafeguardBack, Back: "5 %"}}
	return c
}

// observed lets the safeguard of noticeStages see a value.
func (a *aLife) observed(value float64) *aLife {
	a.Helper()
	return a.doAs(penstock.System(), releaseplan.Command{Action: releaseplan.Observe, Safeguard: "errors", Sample: &releaseplan.Sample{Value: value, Count: 10}})
}

func TestNoticesOfMilestones(t *testing.T) {
	t.Parallel()
	run := func(a *aLife) { a.act(releaseplan.Execute) }
	start := func(milestone string) func(a *aLife) {
		return func(a *aLife) {
			a.do(releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: milestone})
		}
	}
	byHand, timed, exposed, none := noticeStages(), noticeStages(), noticeStages(), noticeStages()
	byHand.Milestones[0].Start = releaseplan.ByHand
	timed.Milestones[1].At = aStart.Add(2 * time.Hour)
	exposed.Phases = []releaseplan.Phase{{Name: "phase", Tasks: []releaseplan.Task{
		{Name: "open", Kind: releaseplan.Expose, Start: releaseplan.ByHand, Spec: json.RawMessage(`{"milestone":"25 %"}`)}}}}
	none.Milestones[0].After = nil
	none.Milestones[1].Start = ""
	through := func(a *aLife) { run(a); a.wait(time.Hour).advance() }
	for _, rule := range []noticeRule{
		{"what goes live is no event", noticeStages(), nil, run, []string{"Plan P started"}},
		{"a milestone is through, and a person starts the next", noticeStages(), run, func(a *aLife) { a.wait(time.Hour).advance() },
			[]string{`Plan P waits for somebody to start milestone "25 %"`}},
		{"also when a person says that it is through", noticeStages(), run, func(a *aLife) { a.act(releaseplan.CompleteMilestone) },
			[]string{`Plan P waits for somebody to start milestone "25 %"`}},
		{"a milestone that starts at a time waits for nobody", timed, run, func(a *aLife) { a.wait(time.Hour).advance() }, nil},
		{"nor does one that a task starts", exposed, func(a *aLife) { run(a); start("5 %")(a) }, func(a *aLife) { a.wait(time.Hour).advance() }, nil},
		{"the first milestone waits for somebody once there are no tasks", byHand, nil, run, []string{"Plan P started", `Plan P waits for somebody to start milestone "5 %"`}},
		{"a milestone without an end waits for somebody", none, nil, run, []string{"Plan P started", `Plan P waits for somebody to start milestone "25 %"`}},
		{"a milestone that starts is waited for no more", noticeStages(), through, start("25 %"), nil},
		{"another one is, if that is skipped", noticeStages(), through, func(a *aLife) {
			a.do(releaseplan.Command{Action: releaseplan.SkipMilestone, Milestone: "25 %", Remark: "no"})
		}, []string{`Plan P waits for somebody to start milestone "100 %"`}},
		{"the last milestone waits for the end", noticeStages(), through, start("100 %"), []string{"Plan P waits to be finished"}},
		{"and a milestone before it does not", noticeStages(), through, start("25 %"), nil},
		{"a rollout is paused", noticeStages(), run, func(a *aLife) { a.act(releaseplan.PauseRollout) }, []string{"Plan P has its rollout paused"}},
		{"a rollout goes on", noticeStages(), func(a *aLife) { run(a); a.act(releaseplan.PauseRollout) }, func(a *aLife) { a.act(releaseplan.ResumeRollout) }, nil},
		{"and waits for somebody again", noticeStages(), func(a *aLife) { through(a); a.act(releaseplan.PauseRollout) }, func(a *aLife) { a.act(releaseplan.ResumeRollout) },
			[]string{`Plan P waits for somebody to start milestone "25 %"`}},
		{"a safeguard trips, and pauses", noticeStages(), func(a *aLife) { through(a); start("25 %")(a) }, func(a *aLife) { a.wait(time.Minute).observed(0.031) },
			[]string{`Plan P tripped the safeguard "errors": error_rate is 0.031, above 0.01`}},
		{"once", noticeStages(), func(a *aLife) { run(a); a.wait(time.Minute).observed(0.031) }, func(a *aLife) { a.wait(time.Minute).observed(0.05) }, nil},
		{"a safeguard is clear", noticeStages(), func(a *aLife) { run(a); a.wait(time.Minute).observed(0.031) }, func(a *aLife) { a.wait(time.Minute).observed(0.001) }, nil},
		{"a milestone misses its time", timed, func(a *aLife) { run(a); a.act(releaseplan.PauseRollout) }, func(a *aLife) { a.wait(2 * time.Hour).advance() },
			[]string{`Plan P missed the time of milestone "25 %": the rollout was paused`}},
		{"a rollout is stopped", noticeStages(), run, func(a *aLife) { a.act(releaseplan.StopRollout) }, []string{"Plan P has its rollout stopped"}},
	} {
		t.Run(rule.name, func(t *testing.T) {
			a := aNew(t, noticetest.ListenToAll(rule.content))
			if rule.before != nil {
				rule.before(a)
			}
			before := a.p
			rule.step(a)
			var want []string
			for _, title := range rule.want {
				want = append(want, noticetest.Named(title))
			}
			ofPlan := slices.DeleteFunc(a.told(before), func(n noticetest.Told) bool { return n.On() != "plan" })
			if diff := cmp.Diff(want, noticetest.Titles(ofPlan)); diff != "" {
				t.Errorf("notices (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(noticeExpected(t, a.trail), noticeLines(noticesOfTrail(t, a.trail))); diff != "" {
				t.Errorf("notices of the whole trail (-rules +told):\n%s", diff)
			}
		})
	}
}

// An owner hears without asking that a safeguard tripped, and that a milestone missed its time.
func TestOwnerHearsOfSafeguardsAndMissedMilestones(t *testing.T) {
	t.Parallel()
	c := noticeStages()
	c.Milestones[1].At = aStart.Add(2 * time.Hour)
	a := aNew(t, c).act(releaseplan.Execute)
	stages, guard := a.p.Content().Milestones, a.p.Content().Safeguards[0]
	heard := func(step func(), title string) noticetest.Told {
		t.Helper()
		before := a.p
		step()
		told := a.told(before)
		if len(told) != 1 || told[0].Title != noticetest.Named(title) || told[0].Event != "failed" || !slices.Equal(noticeTo(told[0]), []string{"user:ann"}) {
			t.Fatalf("told %v, want %q", told, title)
		}
		return told[0]
	}
	tripped := heard(func() { a.wait(time.Minute).observed(0.031) }, `Plan P tripped the safeguard "errors": error_rate is 0.031, above 0.01`)
	if diff := cmp.Diff(&releaseplan.NoticePart{ID: stages[0].ID, Name: "5 %"}, tripped.Facts.Milestone); diff != "" {
		t.Errorf("the live milestone (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&releaseplan.NoticePart{ID: guard.ID, Name: "errors"}, tripped.Facts.Safeguard); diff != "" {
		t.Errorf("the safeguard (-want +got):\n%s", diff)
	}
	for _, line := range []string{"Milestone: 5 %\n", "Safeguard: errors\n", "Remark: error_rate is 0.031, above 0.01\n"} {
		if !strings.Contains(tripped.Text, line) {
			t.Errorf("the text has no %q:\n%s", line, tripped.Text)
		}
	}
	missed := heard(func() { a.at(3 * time.Hour).advance() }, `Plan P missed the time of milestone "25 %": the rollout was paused`)
	if diff := cmp.Diff(&releaseplan.NoticePart{ID: stages[1].ID, Name: "25 %"}, missed.Facts.Milestone); diff != "" || missed.Facts.Safeguard != nil {
		t.Errorf("the milestone that missed its time, with the safeguard %v (-want +got):\n%s", missed.Facts.Safeguard, diff)
	}
	before := a.p
	a.do(releaseplan.Command{Action: releaseplan.ClearSafeguard, Safeguard: "errors", Remark: "mended"}).act(releaseplan.ResumeRollout, releaseplan.PauseRollout)
	if told := a.told(before); len(told) != 0 {
		t.Errorf("of what people did the owner is told %v", told)
	}
}

// A milestone that turns out not to fit when it is its turn pauses the rollout; the owner hears why.
func TestOwnerHearsOfAMilestoneThatCannotBeServed(t *testing.T) {
	t.Parallel()
	a := aNew(t, noticeStages()).act(releaseplan.Execute)
	next := a.p.Content().Milestones[1]
	pause := releaseplan.Change{Kind: releaseplan.RolloutPaused, Action: "progress", At: a.now.Add(time.Hour), By: penstock.Party{ID: penstock.SystemID},
		Milestone: next.ID, Name: next.Name, Remark: "the weights do not fit"}
	after, err := releaseplan.After(a.p, pause)
	events, noticeErr := releaseplan.Notices(a.p, cMust(t, after, err), []releaseplan.Change{pause})
	told := noticetest.Read(t, cMust(t, events, noticeErr))
	want := []string{noticetest.Named(`Plan P cannot serve milestone "25 %": the weights do not fit`)}
	if diff := cmp.Diff(want, noticetest.Titles(told)); diff != "" {
		t.Fatalf("notices (-want +got):\n%s", diff)
	}
	if n := told[0]; n.Event != "failed" || !slices.Equal(noticeTo(n), []string{"user:ann"}) || n.Facts.Milestone == nil || n.Facts.Milestone.ID != next.ID {
		t.Errorf("%+v is told to %v", n.Facts, noticeTo(n))
	}
}
