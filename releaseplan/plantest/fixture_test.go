package plantest_test

import (
	"errors"
	"regexp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/releaseplan/plantest"
	"github.com/penstock-go/penstock/store/memory"
)

// statesIn returns the states of a drawing.
func statesIn(diagram string) (all []string) {
	for _, line := range regexp.MustCompile(`(?m)^\s*(\S+) --> (\S+?)(?: ?:.*)?$`).FindAllStringSubmatch(diagram, -1) {
		all = append(all, line[1], line[2])
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "[*]" })
}

func TestEveryStateHasAFixture(t *testing.T) {
	states := statesIn(releaseplan.Diagram())
	if len(states) < 18 {
		t.Fatalf("read only %q of the diagram", states)
	}
	for _, s := range states {
		if !slices.Contains(plantest.Situations(), plantest.Situation(s)) {
			t.Errorf("there is no fixture of a plan that is %s", s)
			continue
		}
		if p := plantest.In(t, releaseplan.State(s)); string(p.State()) != s {
			t.Errorf("the fixture of %s is %s", s, p.State())
		}
	}
}

func TestEveryTaskStateIsInAFixture(t *testing.T) {
	states := statesIn(releaseplan.TaskDiagram())
	for _, finer := range []releaseplan.TaskState{releaseplan.TaskPending, releaseplan.TaskWaiting, releaseplan.TaskReady, releaseplan.TaskPaused} {
		states = append(states, string(finer))
	}
	seen := make(map[string]bool)
	for _, s := range plantest.Situations() {
		for _, task := range plantest.In(t, s).Tasks() {
			seen[string(task.State)] = true
		}
	}
	for _, s := range states {
		if !seen[s] && s != string(releaseplan.TaskTodo) { // always shown by a finer word
			t.Errorf("no fixture has a task that is %s", s)
		}
	}
}

// situations says of each situation what it is beyond the state's name.
var situations = map[plantest.Situation]func(p *releaseplan.Plan) bool{
	plantest.Archived: func(p *releaseplan.Plan) bool { return p.Archived() && p.State() == releaseplan.Completed },
	plantest.Scheduled: func(p *releaseplan.Plan) bool {
		return p.At(plantest.Start().Add(time.Hour)).State() == releaseplan.Running
	},
	plantest.Missed: func(p *releaseplan.Plan) bool {
		return p.State() == releaseplan.Draft && !p.Status().Scheduled.IsZero()
	},
	plantest.Stale: func(p *releaseplan.Plan) bool {
		return p.State() == releaseplan.Paused && !p.Status().Request.Valid(p.Hash()) && p.Status().Request.State() == approval.Approved
	},
	plantest.TaskRunning: func(p *releaseplan.Plan) bool { return p.TaskCount().Running == 1 && attempt(p).Lease == "" },
	plantest.TaskLeased:  func(p *releaseplan.Plan) bool { return p.TaskCount().Running == 1 && attempt(p).Lease != "" },
	plantest.TaskCanceling: func(p *releaseplan.Plan) bool {
		return p.TaskCount().Canceling == 1 && p.State() == releaseplan.Running
	},
	plantest.TaskFailed:    func(p *releaseplan.Plan) bool { return p.TaskCount().Failed == 1 && p.State() == releaseplan.Running },
	plantest.TaskRetrying:  func(p *releaseplan.Plan) bool { return !p.Tasks()[0].Status.NotBefore.IsZero() },
	plantest.TaskSkipped:   func(p *releaseplan.Plan) bool { return p.TaskCount().Skipped == 1 },
	plantest.TaskHeld:      func(p *releaseplan.Plan) bool { return p.Tasks()[0].Status.Held },
	plantest.TaskClaimed:   func(p *releaseplan.Plan) bool { return p.Tasks()[0].Status.Claim.ID == "ann" },
	plantest.MilestoneLive: func(p *releaseplan.Plan) bool { return p.Status().Rollout.Name == "10%" },
	plantest.MilestonesServed: func(p *releaseplan.Plan) bool {
		return p.Status().Rollout.Name == "30%" && p.Status().Rollout.Through && p.State() == releaseplan.Running
	},
	plantest.RolloutPaused: func(p *releaseplan.Plan) bool {
		return !p.Status().Rollout.Paused.IsZero() && len(p.Status().Rollout.Tripped) == 0
	},
	plantest.RolloutStopped:   func(p *releaseplan.Plan) bool { return !p.Status().Rollout.Stopped.IsZero() },
	plantest.SafeguardTripped: func(p *releaseplan.Plan) bool { return len(p.Status().Rollout.Tripped) == 1 },
	plantest.CheckOpen: func(p *releaseplan.Plan) bool {
		return p.State() == releaseplan.ExecuteCheck && p.Content().Gates[0].Check == plantest.Checked && p.Status().Gate.Answer == ""
	},
	plantest.Frozen: func(p *releaseplan.Plan) bool {
		return p.State() == releaseplan.Finalized && heldBack(p, releaseplan.Execute, "")
	},
	plantest.FrozenRunning: func(p *releaseplan.Plan) bool {
		return p.State() == releaseplan.Running && heldBack(p, releaseplan.Start, p.Tasks()[0].ID)
	},
}

// heldBack reports whether the freeze, and nothing else, holds an action back.
func heldBack(p *releaseplan.Plan, do releaseplan.Action, task string) bool {
	v, err := p.Explain(do, task, plantest.Owner(), p.Status().Updated.At)
	if err != nil || len(v.Refusals) != 1 {
		return false
	}
	frozen, ok := errors.AsType[*releaseplan.FrozenError](v.Refusals[0].Err)
	return ok && frozen.Closures[0].Calendar == "freeze"
}

func attempt(p *releaseplan.Plan) releaseplan.Attempt {
	for _, t := range p.Tasks() {
		if n := len(t.Status.Attempts); n > 0 {
			return t.Status.Attempts[n-1]
		}
	}
	return releaseplan.Attempt{}
}

// right reports whether a plan is in a situation.
func right(s plantest.Situation, p *releaseplan.Plan) bool {
	if f, ok := situations[s]; ok {
		return f(p)
	}
	return string(p.State()) == string(s)
}

func TestSituationsAreWhatTheySay(t *testing.T) {
	for _, s := range plantest.Situations() {
		p, trail := plantest.Lived(t, s)
		if !right(s, p) {
			t.Errorf("%s: the plan is %s", s, p.State())
		}
		if err := plantest.CheckPlan(p, trail); err != nil {
			t.Errorf("%s: %v", s, err)
		}
		again := plantest.In(t, s)
		if doc, twin := export(t, p), export(t, again); doc != twin {
			t.Errorf("%s: two of them differ", s)
		}
	}
}

func export(t testing.TB, p *releaseplan.Plan) string {
	t.Helper()
	doc, err := releaseplan.Export(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

func TestSituationsAreFiled(t *testing.T) {
	clock := plantest.NewClock(time.Time{})
	var book calendar.Book
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Now: clock.Now, Calendars: &book})
	filed := make(map[string]plantest.Situation)
	for i, s := range plantest.Situations() {
		target := func(c *releaseplan.Content) { // one place for each: they exclude each other
			if c.Target != nil {
				c.Target.Feature += string(rune('a' + i))
			}
		}
		if s == plantest.Frozen || s == plantest.FrozenRunning {
			book.Replace(plantest.Freeze(t, clock.Now(), clock.Now().Add(time.Hour)))
		}
		p := plantest.File(t, plans, clock, s, target)
		if s != plantest.Scheduled && !right(s, p) {
			t.Errorf("%s: the plan is %s", s, p.State())
		}
		filed[p.ID()] = s
		book.Replace(nil)
	}
	if err := plantest.CheckAll(t.Context(), plans, plantest.Admin()); err != nil {
		t.Error(err)
	}
	list, err := plans.List(t.Context(), releaseplan.Filter{Archived: releaseplan.WithArchived, Page: penstock.Page{Limit: 100}}, plantest.Admin())
	if err != nil || list.Total != len(filed) {
		t.Errorf("%d of %d plans are there: %v", list.Total, len(filed), err)
	}
}

func TestSituationsAreFiledInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
		if p := plantest.File(t, plans, plantest.Bubble{}, releaseplan.Expired); p.State() != releaseplan.Expired {
			t.Errorf("the plan is %s", p.State())
		}
	})
}

func TestFixturesTakeContentsOfYourOwn(t *testing.T) {
	group := func(c *releaseplan.Content) {
		c.Approval.Nodes[0] = approval.Node{Need: approval.All, Approvers: []penstock.Party{penstock.GroupParty("sre"), penstock.UserParty("zoe"), penstock.UserParty("ann")}}
	}
	mine := plantest.Content(
		plantest.Phase(releaseplan.Parallel, plantest.Task("a", "deploy"), plantest.Task("b", releaseplan.Manual, "a"), plantest.Waiting("soak", time.Hour)),
		plantest.Phase(releaseplan.Free, plantest.Task("c", "deploy")), plantest.Milestones(2),
		plantest.Guarded(releaseplan.SafeguardBack), plantest.Phase(releaseplan.Sequential, plantest.Exposing("expose", "20%")),
		plantest.Everything(plantest.Start()), group)
	for _, s := range plantest.Situations() {
		if s == plantest.Scheduled || s == plantest.Missed || s == plantest.TaskRetrying { // these take a schedule, or a retry policy
			continue
		}
		t.Run(string(s), func(t *testing.T) {
			p, trail := plantest.Lived(t, s, plantest.Of(mine))
			if err := plantest.CheckPlan(p, trail); err != nil {
				t.Error(err)
			}
			if _, special := situations[s]; !special && string(p.State()) != string(s) {
				t.Errorf("the plan is %s", p.State())
			}
		})
	}
}

func TestFixturesSayWhatDoesNotLeadThere(t *testing.T) {
	bare := plantest.Of(plantest.Content())
	for _, c := range []struct {
		rule string
		s    plantest.Situation
		with plantest.Option
		want string
	}{
		{"a state without its gate", plantest.Situation(releaseplan.FinalizeCheck), bare, "does not stay in finalize_check: its content lets it go on to finalized"},
		{"a vote without a policy", plantest.Situation(releaseplan.Denied), bare, "does not stay in awaiting_approval"},
		{"an end without a window", plantest.Situation(releaseplan.Expired), bare, "the window has no end"},
		{"no milestone", plantest.MilestoneLive, bare, "completed"},
		{"no safeguard", plantest.SafeguardTripped, plantest.Of(plantest.Content(plantest.Milestones(1))), "there is no safeguard"},
		{"a content with faults", plantest.Situation(releaseplan.Draft), plantest.Named(""), "name"},
		{"an unknown situation", "asleep", bare, `"asleep" is no situation`},
	} {
		fake := new(recorder)
		fake.run(func() { plantest.In(fake, c.s, c.with) })
		if !fake.said(c.want) {
			t.Errorf("%s: said %q, want %q", c.rule, fake.log, c.want)
		}
	}
}
