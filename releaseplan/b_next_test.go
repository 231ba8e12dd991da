package releaseplan_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// nextContent has two tasks that start by themselves, one by hand, a manual and a
// disabled one.
func nextContent() content {
	return content{Name: "x", Phases: []releaseplan.Phase{{Name: "p", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{
		{Name: "auto", Kind: "deploy"}, {Name: "needs", Kind: "deploy", Needs: []string{"auto"}}, {Name: "by hand", Kind: "deploy", Start: releaseplan.ByHand},
		{Name: "manual"}, {Name: "disabled", Kind: "deploy", Disabled: true}}}}}
}

// steps tells what there is to do, with the tasks' names.
func steps(p *releaseplan.Plan, at time.Time) (all []string, wake time.Time) {
	names := make(map[string]string)
	for _, v := range p.Tasks() {
		names[v.ID] = v.Name
	}
	list, wake := p.Next(at)
	for _, s := range list {
		text := string(s.Kind)
		if s.Task != "" {
			text += " " + names[s.Task]
		}
		if s.Lease != "" {
			text += " of " + s.Lease
		}
		all = append(all, text)
	}
	return all, wake
}

func TestNextTellsTheStepsAndWhenToWake(t *testing.T) {
	hour := time.Hour
	end := releaseplan.Window{Start: bNoon, End: bNoon.Add(10 * hour)}
	running := func(c content) *releaseplan.Plan { return bAct(t, bPlan(t, c), bNoon, releaseplan.Execute) }
	edit := func(change func(*content)) content {
		c := nextContent()
		change(&c)
		return c
	}
	remote := func(c *content) {
		c.Approval = &approval.Policy{Enabled: true, Kind: approval.Lark, App: "x", TimeoutMinutes: 60,
			Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("bob")}}}}
	}
	awaiting := func() *releaseplan.Plan {
		p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: bKey, Rules: &releaseplan.Rules{Providers: []approval.Kind{approval.Lark}}}, edit(remote), bAnn, bNoon)
		if err != nil {
			t.Fatal(err)
		}
		return bAct(t, p, bNoon, releaseplan.Finalize, releaseplan.RequestApproval)
	}
	leased := func(p *releaseplan.Plan, name string) *releaseplan.Plan {
		return bDo(t, p, releaseplan.Command{Action: releaseplan.Start, Task: bID(t, p, name), Lease: "runner"}, bNoon)
	}
	system := func(p *releaseplan.Plan, c releaseplan.Command) *releaseplan.Plan {
		next, _, err := p.Do(c, penstock.System(), bNoon)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	never := time.Time{}
	for _, row := range []struct {
		rule string
		p    *releaseplan.Plan
		at   time.Time
		want []string
		wake time.Time
	}{
		{"a draft", bPlan(t, nextContent()), bNoon, nil, never},
		{"a draft with a schedule", bPlan(t, edit(func(c *content) { c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: bNoon.Add(hour)} })), bNoon, nil, bNoon.Add(hour)},
		{"a schedule that is due", bPlan(t, edit(func(c *content) { c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: bNoon.Add(hour)} })), bNoon.Add(hour), []string{"advance"}, bNoon.Add(hour)},
		{"a plan that starts when its window opens", bAct(t, bPlan(t, edit(func(c *content) {
			c.Start, c.Window = releaseplan.Schedule{Mode: releaseplan.OnApproval}, &releaseplan.Window{Start: bNoon.Add(hour)}
		})), bNoon, releaseplan.Finalize), bNoon, nil, bNoon.Add(hour)},
		{"running", running(nextContent()), bNoon, []string{"start auto"}, never},
		{"running in a window", running(edit(func(c *content) { c.Window = &end })), bNoon, []string{"start auto"}, bNoon.Add(10*hour + time.Microsecond)},
		{"the last instant of the window", running(edit(func(c *content) { c.Window = &end })), bNoon.Add(10 * hour), []string{"start auto"}, bNoon.Add(10*hour + time.Microsecond)},
		{"after the window", running(edit(func(c *content) { c.Window = &end })), bNoon.Add(11 * hour), []string{"advance"}, bNoon.Add(10*hour + time.Microsecond)},
		{"held", bTask(t, running(nextContent()), releaseplan.Hold, "auto", bNoon), bNoon, nil, never},
		{"under a lease", leased(running(nextContent()), "auto"), bNoon, nil, never},
		{"started by hand", bTask(t, running(nextContent()), releaseplan.Start, "by hand", bNoon), bNoon, []string{"run by hand", "start auto"}, never},
		{"a manual task under way", bTask(t, running(nextContent()), releaseplan.Start, "manual", bNoon), bNoon, []string{"start auto"}, never},
		{"what it needs is done", bTask(t, leased(running(nextContent()), "auto"), releaseplan.Complete, "auto", bNoon), bNoon, []string{"start needs"}, never},
		{"aborted", bTask(t, leased(running(nextContent()), "auto"), releaseplan.Abort, "auto", bNoon), bNoon, []string{"stop auto of runner"}, never},
		{"canceled", bAct(t, leased(running(nextContent()), "auto"), bNoon, releaseplan.Cancel), bNoon, []string{"stop auto of runner"}, never},
		{"paused", bAct(t, running(nextContent()), bNoon, releaseplan.Pause), bNoon, nil, never},
		{"paused in a window", bAct(t, running(edit(func(c *content) { c.Window = &end })), bNoon, releaseplan.Pause), bNoon, nil, bNoon.Add(10*hour + time.Microsecond)},
		{"paused while a task runs", bAct(t, bTask(t, running(nextContent()), releaseplan.Start, "by hand", bNoon), bNoon, releaseplan.Pause), bNoon, nil, never},
		{"a timeout", leased(running(edit(func(c *content) { firstTask(c).Timeout.Time = hour })), "auto"), bNoon, nil, bNoon.Add(hour)},
		{"a timeout that is over", leased(running(edit(func(c *content) { firstTask(c).Timeout.Time = hour })), "auto"), bNoon.Add(hour), []string{"advance"}, bNoon.Add(hour)},
		{"the first of two timeouts", leased(leased(running(edit(func(c *content) {
			firstTask(c).Timeout.Time, c.Phases[0].Tasks[2].Timeout.Time = 2*hour, hour
		})), "auto"), "by hand"), bNoon, nil, bNoon.Add(hour)},
		{"a retry that is put off", bTask(t, leased(running(edit(func(c *content) {
			firstTask(c).Retry = releaseplan.RetryPolicy{Max: 1, Delay: penstock.Duration{Time: hour}}
		})), "auto"), releaseplan.Fail, "auto", bNoon), bNoon, nil, bNoon.Add(hour)},
		{"a wait", running(edit(func(c *content) {
			firstTask(c).Kind, firstTask(c).Spec = releaseplan.Wait, json.RawMessage(`{"for":"PT2H"}`)
		})), bNoon, nil, bNoon.Add(2 * hour)},
		{"archived", bAct(t, bAct(t, running(edit(func(c *content) { c.Window = &end })), bNoon, releaseplan.Pause), bNoon, releaseplan.Archive), bNoon, nil, never},
		{"a gate", running(edit(func(c *content) { c.Gates = []releaseplan.Gate{{On: releaseplan.GateExecute}} })), bNoon, nil, never},
		{"a gate with a timeout", running(edit(func(c *content) {
			c.Gates = []releaseplan.Gate{{On: releaseplan.GateExecute, Timeout: penstock.Duration{Time: hour}}}
		})), bNoon, nil, bNoon.Add(hour)},
		{"a request to be made", awaiting(), bNoon, []string{"request"}, bNoon.Add(hour)},
		{"a request that was made", system(awaiting(), releaseplan.Command{Action: releaseplan.ReportApproval, Instance: "i"}), bNoon, []string{"poll"}, bNoon.Add(hour)},
		{"a request that lapses", awaiting(), bNoon.Add(hour), []string{"advance"}, bNoon.Add(hour)},
		{"at its end", bAct(t, bPlan(t, content{Name: "x", Phases: []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{{Name: "skipped"}}}}, Window: &end}), bNoon, releaseplan.Cancel), bNoon, nil, never},
	} {
		t.Run(row.rule, func(t *testing.T) {
			got, wake := steps(row.p, row.at)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("steps: -want +got:\n%s", diff)
			}
			if !wake.Equal(row.wake) {
				t.Errorf("wakes at %s, want %s", wake, row.wake)
			}
		})
	}
}

// At tells what time has done by then, without storing it.
func TestAtShowsWhatIsDue(t *testing.T) {
	c := nextContent()
	c.Window = &releaseplan.Window{End: bNoon.Add(time.Hour)}
	p := bAct(t, bPlan(t, c), bNoon, releaseplan.Execute)
	if p.At(bNoon.Add(time.Hour)) != p || p.At(bNoon.Add(-time.Hour)) != p {
		t.Error("when nothing is due, the plan is the same")
	}
	expired := p.At(bNoon.Add(3 * time.Hour))
	if expired.State() != releaseplan.Expired || p.State() != releaseplan.Running {
		t.Errorf("then %s, now %s", expired.State(), p.State())
	}
	visits := expired.Status().Visits
	if got, want := visits[len(visits)-1].Entered, bNoon.Add(time.Hour+time.Microsecond); !got.Equal(want) {
		t.Errorf("expired at %s, want %s, however late anyone looks", got, want)
	}
	if diff := cmp.Diff(string(bExport(t, expired)), string(bExport(t, p.At(bNoon.Add(2*time.Hour)).At(bNoon.Add(3*time.Hour))))); diff != "" {
		t.Errorf("looking twice makes a difference: %s", diff)
	}
}
