package releaseplan_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestVersionCountsEffectiveEdits(t *testing.T) {
	p := bPlan(t, bRich())
	for _, row := range []struct {
		rule   string
		change func(*content)
		counts bool
	}{
		{"nothing", func(*content) {}, false},
		{"a name", func(c *content) { c.Name = "another" }, true},
		{"the same again", func(c *content) { c.Name = "another" }, false},
		{"a label", func(c *content) { c.Labels["x"] = "y" }, true},
		{"a task", func(c *content) { firstTask(c).Description = "another" }, true},
		{"the order of a spec", func(c *content) { c.Phases[0].Tasks[1].Spec = json.RawMessage(`{"n":1,"run":"go test"}`) }, false},
		{"a need by its name", func(c *content) { c.Phases[0].Tasks[1].Needs = []string{"compile"} }, false},
		{"nanoseconds", func(c *content) { c.Window.Start = c.Window.Start.Add(1) }, false},
		{"no owner", func(c *content) { c.Owner = penstock.Party{} }, false},
		{"a secret that is not set again", func(c *content) { c.Variables[2].Value, c.Variables[2].Digest = "", "forged" }, false},
		{"the same secret", func(c *content) { c.Variables[2].Value = "s3cret" }, false},
		{"another secret", func(c *content) { c.Variables[2].Value = "0ther" }, true},
		{"the order of phases", func(c *content) { slices.Reverse(c.Phases) }, true},
	} {
		next, changes, err := bTryEdit(p, bNoon.Add(time.Hour), row.change)
		if err != nil {
			t.Fatalf("%s: %v", row.rule, err)
		}
		want := p.Version()
		if row.counts {
			want++
		}
		if next.Version() != want || (len(changes) > 0) != row.counts || (next == p) == row.counts {
			t.Errorf("%s: version %d, want %d; %d changes", row.rule, next.Version(), want, len(changes))
		}
		if row.counts && (next.Status().Edited.By.ID != "ann" || !next.Status().Edited.At.Equal(bNoon.Add(time.Hour))) {
			t.Errorf("%s: edited %+v", row.rule, next.Status().Edited)
		}
		p = next
	}
}

func TestEditOfAStaleVersionIsAConflict(t *testing.T) {
	p := bPlan(t, bRich())
	p = bEdit(t, p, bNoon, func(c *content) { c.Name = "another" })
	c := p.Content()
	c.Description = "lost"
	for version, want := range map[int64]error{0: nil, 1: penstock.ErrConflict, 2: nil, 3: penstock.ErrConflict} {
		_, _, err := p.Do(releaseplan.Command{Action: releaseplan.Edit, Content: &c, IfVersion: version}, bAnn, bNoon)
		if !errors.Is(err, want) {
			t.Errorf("if version %d: %v, want %v", version, err, want)
		}
	}
}

// inStates makes a plan of Ann's in each state in which edits are allowed: three
// sequential tasks of which one is done.
func inStates(t *testing.T) map[releaseplan.State]*releaseplan.Plan {
	c := content{Name: "x", Phases: []releaseplan.Phase{
		{Name: "one", Tasks: []releaseplan.Task{{Name: "a"}, {Name: "b"}, {Name: "c"}}},
		{Name: "two", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{{Name: "d"}}},
	}, Variables: []releaseplan.Variable{{Name: "v", Value: "1"}}, Window: &releaseplan.Window{Start: bNoon}}
	running := bAct(t, bPlan(t, c), bNoon, releaseplan.Execute)
	running = bTask(t, running, releaseplan.Complete, "a", bNoon)
	running = bTask(t, running, releaseplan.Start, "b", bNoon)
	return map[releaseplan.State]*releaseplan.Plan{
		releaseplan.Draft:   bPlan(t, c),
		releaseplan.Running: running,
		releaseplan.Paused:  bAct(t, running, bNoon, releaseplan.Pause),
		releaseplan.Failed:  bTask(t, running, releaseplan.Fail, "b", bNoon),
	}
}

func TestEditUnderWayTouchesOnlyWhatComesBehind(t *testing.T) {
	plans := inStates(t)
	planned := &releaseplan.PlannedTime{Start: bNoon, End: bNoon.Add(time.Hour)}
	both := []releaseplan.State{releaseplan.Paused, releaseplan.Failed}
	failed := []releaseplan.State{releaseplan.Failed}
	for _, row := range []struct {
		rule   string
		change func(*content)
		in     []releaseplan.State // where it is allowed, besides draft
		field  string              // that is at fault elsewhere
	}{
		{"name, description, labels", func(c *content) { c.Name, c.Description, c.Labels = "y", "y", map[string]string{"a": "b"} }, both, ""},
		{"owner, folder, listeners", func(c *content) {
			c.Owner, c.Folder.ID = penstock.UserParty("bob"), "y"
			c.Listeners = []releaseplan.Listener{{Event: releaseplan.EventFailed}}
		}, both, ""},
		{"variables", func(c *content) { c.Variables[0].Value = "2" }, both, ""},
		{"a new variable", func(c *content) { c.Variables = append(c.Variables, releaseplan.Variable{Name: "w"}) }, both, ""},
		{"the name of a phase", func(c *content) { c.Phases[0].Name = "y" }, both, ""},
		{"a listener of a task that is done", func(c *content) { firstTask(c).Listeners = []releaseplan.Listener{{Event: releaseplan.EventFailed}} }, both, ""},
		{"a task behind", func(c *content) { c.Phases[0].Tasks[2].Description = "y" }, both, ""},
		{"a new task behind", func(c *content) { c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "new"}) }, both, ""},
		{"no task behind", func(c *content) { c.Phases[0].Tasks = c.Phases[0].Tasks[:2] }, both, ""},
		{"a new phase behind", func(c *content) { c.Phases = append(c.Phases, releaseplan.Phase{Name: "three"}) }, both, ""},
		{"a phase less", func(c *content) { c.Phases = c.Phases[:1] }, both, ""},
		{"another kind of a phase behind", func(c *content) { c.Phases[1].Kind = releaseplan.Free }, both, ""},
		{"a task moves behind", func(c *content) {
			c.Phases[1].Tasks = append(c.Phases[1].Tasks, c.Phases[0].Tasks[2])
			c.Phases[0].Tasks = c.Phases[0].Tasks[:2]
		}, both, ""},
		{"a task that failed", func(c *content) { c.Phases[0].Tasks[1].Description = "y" }, failed, "phases[0].tasks[1]"},
		{"a task before the one that failed", func(c *content) {
			c.Phases[0].Tasks = slices.Insert(c.Phases[0].Tasks, 1, releaseplan.Task{Name: "new"})
		}, failed, "phases[0].tasks[1]"},

		{"a task that is done", func(c *content) { firstTask(c).Description = "y" }, nil, "phases[0].tasks[0]"},
		{"a task that is done is disabled", func(c *content) { firstTask(c).Disabled = true }, nil, "phases[0].tasks[0]"},
		{"a task that is done goes", func(c *content) { c.Phases[0].Tasks = c.Phases[0].Tasks[1:] }, nil, "phases[0].tasks[0]"},
		{"a task before one that is done", func(c *content) {
			c.Phases[0].Tasks = slices.Insert(c.Phases[0].Tasks, 0, releaseplan.Task{Name: "new"})
		}, nil, "phases[0].tasks[0]"},
		{"a phase that has begun goes", func(c *content) { c.Phases = c.Phases[1:] }, nil, "phases[0]"},
		{"a phase before one that has begun", func(c *content) { c.Phases = slices.Insert(c.Phases, 0, releaseplan.Phase{Name: "new"}) }, nil, "phases[0]"},
		{"another kind of a phase that has begun", func(c *content) { c.Phases[0].Kind = releaseplan.Parallel }, nil, "phases[0]"},
		{"the window", func(c *content) { c.Window.End = bNoon.Add(time.Hour) }, nil, "window"},
		{"the start", func(c *content) { c.Start.Mode = releaseplan.OnApproval }, nil, "start"},
		{"the approval", func(c *content) { c.Approval = &approval.Policy{Description: "y"} }, nil, "approval"},
		{"the gates", func(c *content) { c.Gates = []releaseplan.Gate{{On: releaseplan.GateComplete}} }, nil, "gates"},
		{"milestones while none is live", func(c *content) { c.Milestones = []releaseplan.Milestone{{Name: "y"}} }, []releaseplan.State{releaseplan.Paused, releaseplan.Failed}, ""},
		{"the target", func(c *content) { c.Target = &releaseplan.Target{Feature: "checkout", Environment: "production"} }, nil, "target"},
		{"the planned time", func(c *content) { c.Planned = planned }, nil, "planned_time"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			for _, state := range []releaseplan.State{releaseplan.Draft, releaseplan.Paused, releaseplan.Failed} {
				p := plans[state]
				next, changes, err := bTryEdit(p, bNoon, row.change)
				if state == releaseplan.Draft || slices.Contains(row.in, state) {
					if err != nil || next.Version() != 2 {
						t.Errorf("%s: version %d, %v", state, next.Version(), err)
					}
					continue
				}
				faults := penstock.Faults(err)
				if len(faults) == 0 || faults[0].Field != row.field || next != p || changes != nil {
					t.Errorf("%s: %q, want a fault of %s", state, bFaults(err), row.field)
				}
			}
			_, _, err := bTryEdit(plans[releaseplan.Running], bNoon, row.change)
			if !errors.Is(err, penstock.ErrRefused) {
				t.Errorf("running: %v, want a refusal", err)
			}
		})
	}
}

func TestEditUnderWayNeedsANewApproval(t *testing.T) {
	c := content{Name: "x", Phases: []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{{Name: "a"}, {Name: "b"}}}},
		Approval: &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("bob")}}}}}
	approve := func(p *releaseplan.Plan) *releaseplan.Plan {
		t.Helper()
		next, _, err := bAct(t, p, bNoon, releaseplan.RequestApproval).Do(releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve}, bBob, bNoon)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	approved := bAct(t, approve(bAct(t, bPlan(t, c), bNoon, releaseplan.Finalize)), bNoon, releaseplan.Execute)

	paused := bAct(t, approved, bNoon, releaseplan.Pause)
	if _, _, err := paused.Do(releaseplan.Command{Action: releaseplan.RequestApproval}, bAnn, bNoon); !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("a request for what is approved: %v", err)
	}
	same := bEdit(t, paused, bNoon, func(c *content) { c.Name = "a name is not approved" })
	if got := bAct(t, same, bNoon, releaseplan.Resume).State(); got != releaseplan.Running {
		t.Errorf("after an edit of the name the plan is %s", got)
	}
	edited := bEdit(t, paused, bNoon, func(c *content) { c.Phases[0].Tasks[1].Name = "other" })
	if _, _, err := edited.Do(releaseplan.Command{Action: releaseplan.Resume}, bAnn, bNoon); !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("resume of what nobody approved: %v", err)
	}
	back := bEdit(t, edited, bNoon, func(c *content) { c.Phases[0].Tasks[1].Name = "b" })
	if got := bAct(t, back, bNoon, releaseplan.Resume).State(); got != releaseplan.Running {
		t.Errorf("with the content that was approved the plan is %s", got)
	}
	if got := bAct(t, approve(edited), bNoon, releaseplan.Execute).State(); got != releaseplan.Running {
		t.Errorf("once the edit is approved and executed the plan is %s", got)
	}

	failed := bTask(t, bTask(t, approved, releaseplan.Start, "a", bNoon), releaseplan.Fail, "a", bNoon)
	edited = bEdit(t, failed, bNoon, func(c *content) { c.Phases[0].Tasks[0].Description = "better" })
	retried := bTask(t, edited, releaseplan.Retry, "a", bNoon)
	if retried.State() != releaseplan.Failed {
		t.Errorf("a retry of what nobody approved makes the plan %s", retried.State())
	}
	if got := bAct(t, approve(retried), bNoon, releaseplan.Execute).State(); got != releaseplan.Running {
		t.Errorf("once the retry is approved and executed the plan is %s", got)
	}
}
