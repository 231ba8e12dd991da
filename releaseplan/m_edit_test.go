package releaseplan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// What an edit of milestones needs while the second of three is live.
func TestEditOfMilestones(t *testing.T) {
	t.Parallel()
	type edit func(*releaseplan.Content)
	describe := func(i int) edit {
		return func(c *releaseplan.Content) { c.Milestones[i].Description = "changed" }
	}
	add := func(at int) edit {
		return func(c *releaseplan.Content) {
			c.Milestones = slices.Insert(c.Milestones, at, mContent("50%").Milestones[0])
		}
	}
	remove := func(i int) edit {
		return func(c *releaseplan.Content) { c.Milestones = slices.Delete(c.Milestones, i, i+1) }
	}
	for _, row := range []struct {
		rule           string
		edit           edit
		draft, pausing string // the field at fault; "" if it is taken
	}{
		{"before the live one", describe(0), "", "milestones[0]"},
		{"the live one", describe(1), "", "milestones[1]"},
		{"behind the live one", describe(2), "", ""},
		{"a new one before", add(0), "", "milestones[0]"},
		{"a new one behind", add(2), "", ""},
		{"a new last one", add(3), "", ""},
		{"without the last one", remove(2), "", ""},
		{"without the first one", remove(0), "", "milestones[0]"},
		{"without the live one", remove(1), "", "milestones[1]"},
		{"the id of the live one", func(c *releaseplan.Content) { c.Milestones[1].ID = "another" }, "", "milestones[1]"},
		{"the target", func(c *releaseplan.Content) { c.Target.Feature = "another" }, "target", "target"},
		{"no target", func(c *releaseplan.Content) { c.Target = nil }, "target", "target"},
		{"a safeguard", func(c *releaseplan.Content) { c.Safeguards[0].Above = new(7.0) }, "", ""},
		{"no safeguard", func(c *releaseplan.Content) { c.Safeguards = nil }, "", ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			for state, field := range map[releaseplan.State]string{releaseplan.Draft: row.draft, releaseplan.Paused: row.pausing} {
				a := aNew(t, mWatched()).act(releaseplan.Execute).at(61 * time.Minute)
				if state == releaseplan.Draft {
					a.act(releaseplan.Reopen)
				} else {
					a.act(releaseplan.Pause)
				}
				if field == "" {
					a.edit(row.edit)
					if r := a.p.Status().Rollout; r.Name != "25%" || len(r.Serves) != 1 || r.Serves[0].Parameters["rollout"] != "25" {
						t.Errorf("%s: it serves %+v", state, r)
					}
					a.act(map[releaseplan.State]releaseplan.Action{releaseplan.Draft: releaseplan.Execute, releaseplan.Paused: releaseplan.Resume}[state])
					a.advance().wait(1000 * time.Hour).advance()
					continue
				}
				c := a.p.Content()
				row.edit(&c)
				err := a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.Edit, Content: &c}, penstock.ErrInvalid)
				if faults := penstock.Faults(err); len(faults) == 0 || faults[0].Field != field {
					t.Errorf("%s: %v, want a fault of %s", state, err, field)
				}
			}
		})
	}
}

// What is served is what went live, whatever becomes of the content; once the
// live one is gone from it, nothing follows by itself.
func TestLiveMilestoneThatIsEditedAway(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).wait(time.Minute).act(releaseplan.Reopen)
	a.edit(func(c *releaseplan.Content) { c.Milestones = c.Milestones[1:] }).act(releaseplan.Execute)
	a.wait(100*time.Hour).serves("5%", "not_started not_started")
	if n := len(a.p.Status().Rollout.Each); n != 1 {
		t.Errorf("it keeps %d exposures", n)
	}
	a.of(releaseplan.StartMilestone, "25%").serves("25%", "active not_started").wait(time.Hour).serves("100%", "completed active")
	if r := a.p.At(a.now).Status().Rollout; len(r.Serves) != 1 || r.Serves[0].Parameters["rollout"] != "100" {
		t.Errorf("it serves %+v", r.Serves)
	}
}

// An edit in paused under a policy asks for another approval before it goes on;
// what is live stays.
func TestEditedMilestonesNeedApproval(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Approval = aPolicy(1)
	a := aNew(t, c).act(releaseplan.Finalize, releaseplan.RequestApproval).vote(aBob, approval.Approve).act(releaseplan.Execute).wait(time.Minute).act(releaseplan.Pause)
	a.edit(func(c *releaseplan.Content) { c.Milestones[1].Strategies[0].Parameters["rollout"] = "99" })
	a.needs(releaseplan.Command{Action: releaseplan.Resume}, "an approval of the content as it is")
	a.act(releaseplan.RequestApproval).vote(aBob, approval.Approve).wait(10*time.Hour).act(releaseplan.Execute).serves("5%", "active not_started not_started")
	a.wait(59*time.Minute).serves("25%", "")
	if got := a.p.At(a.now).Status().Rollout.Serves[0].Parameters["rollout"]; got != "99" {
		t.Errorf("it serves %s", got)
	}
}

// Nothing goes live that Lint would have refused, also not backwards in a draft,
// where content is not checked before.
func TestWhatCannotBeServedNeverGoesLive(t *testing.T) {
	t.Parallel()
	for rule, spoil := range map[string]func(*releaseplan.Milestone){
		"no strategy":         func(m *releaseplan.Milestone) { m.Strategies = nil },
		"only a disabled one": func(m *releaseplan.Milestone) { m.Strategies[0].Disabled = true },
		"a strategy at fault": func(m *releaseplan.Milestone) { m.Strategies[0].Name = "flexibleRolout!" },
		"weights that do not fit": func(m *releaseplan.Milestone) {
			m.Strategies[0].Variants = []rollout.Variant{{Name: "a", Weight: 2_000, WeightType: rollout.WeightFix, Stickiness: "default"}}
		},
		"no percentage": func(m *releaseplan.Milestone) { delete(m.Strategies[0].Parameters, "rollout") },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			c := mWatched(func(g *releaseplan.Safeguard) { g.Action, g.Back = releaseplan.SafeguardBack, "5%" })
			a := aNew(t, c).act(releaseplan.Execute).at(61 * time.Minute).act(releaseplan.Reopen)
			a.edit(func(c *releaseplan.Content) { spoil(&c.Milestones[0]) })
			if len(penstock.Faults(a.p.Lint())) == 0 {
				return // it can be served
			}
			a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "5%"}, penstock.ErrInvalid)
			a.serves("25%", "")
			a.observe("errors", 2).serves("", "") // it cannot go back, so it stops
			if c := a.happened(releaseplan.RolloutStopped); c.Remark == "" {
				t.Error("it does not tell why")
			}
		})
	}
}

// Both ids and names name milestones, so that neither may be taken for another's.
func TestNamesOfMilestonesAreTheirOwn(t *testing.T) {
	t.Parallel()
	for rule, spoil := range map[string]func(*releaseplan.Content){
		"milestones[1].name": func(c *releaseplan.Content) { c.Milestones[1].Name = "5%" },
		"milestones[1].id":   func(c *releaseplan.Content) { c.Milestones[0].ID, c.Milestones[1].ID = "one", "one" },
		"milestones[0].name": func(c *releaseplan.Content) { c.Milestones[0].Name, c.Milestones[1].ID = "two", "two" },
		"safeguards[1].name": func(c *releaseplan.Content) { c.Safeguards = append(c.Safeguards, c.Safeguards[0]) },
		"safeguards[0].name": func(c *releaseplan.Content) {
			c.Safeguards = append(c.Safeguards, c.Safeguards[0])
			c.Safeguards[1].Name, c.Safeguards[1].ID = "other", "errors"
		},
		"safeguards[0].back": func(c *releaseplan.Content) {
			c.Safeguards[0].Action, c.Safeguards[0].Back = releaseplan.SafeguardBack, "7%"
		},
		"milestones[2].after":  func(c *releaseplan.Content) { c.Milestones[2].After = &penstock.Duration{} },
		"safeguards[0].window": func(c *releaseplan.Content) { c.Safeguards[0].Window = penstock.Duration{} },
		"safeguards[0].clear":  func(c *releaseplan.Content) { c.Safeguards[0].Clear = new(1.5) },
		"safeguards[0]":        func(c *releaseplan.Content) { c.Safeguards[0].Above = nil },
		"target.environment":   func(c *releaseplan.Content) { c.Target.Environment = "" },
		"milestones[0].id":     func(c *releaseplan.Content) { c.Milestones[0].ID = "a b" },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			c := mWatched()
			c.Name = "x"
			spoil(&c)
			_, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "p"}, c, aAnn, aStart)
			mOnly(t, err, rule)
		})
	}
	// One's own id may be its name.
	c := mThree()
	c.Milestones[0].ID, c.Milestones[0].Name = "start", "start"
	aNew(t, c).act(releaseplan.Execute).serves("start", "active not_started not_started")
}
