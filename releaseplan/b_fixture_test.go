package releaseplan_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

var (
	bAnn  = penstock.Actor{ID: "ann"}
	bBob  = penstock.Actor{ID: "bob"}
	bNoon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	bKey  = []byte("0123456789abcdef0123456789abcdef")
)

// bPlan makes a draft of Ann's at noon.
func bPlan(t testing.TB, c releaseplan.Content) *releaseplan.Plan {
	t.Helper()
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Number: 7, Key: bKey}, c, bAnn, bNoon)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// bDo makes Ann ask for a command at a time, which must be taken.
func bDo(t testing.TB, p *releaseplan.Plan, c releaseplan.Command, at time.Time) *releaseplan.Plan {
	t.Helper()
	next, _, err := p.Do(c, bAnn, at)
	if err != nil {
		t.Fatalf("%s: %v", c.Action, err)
	}
	return next
}

// bAct makes Ann ask for actions without further ado, one after another.
func bAct(t testing.TB, p *releaseplan.Plan, at time.Time, actions ...releaseplan.Action) *releaseplan.Plan {
	t.Helper()
	for _, a := range actions {
		p = bDo(t, p, releaseplan.Command{Action: a}, at)
	}
	return p
}

// bTask makes Ann ask for an action on the task with a name.
func bTask(t testing.TB, p *releaseplan.Plan, a releaseplan.Action, name string, at time.Time) *releaseplan.Plan {
	t.Helper()
	return bDo(t, p, releaseplan.Command{Action: a, Task: bID(t, p, name), Remark: "since " + name + " is asked"}, at)
}

// bEdit makes Ann change the content at a time, which must be taken.
func bEdit(t testing.TB, p *releaseplan.Plan, at time.Time, change func(*releaseplan.Content)) *releaseplan.Plan {
	t.Helper()
	next, _, err := bTryEdit(p, at, change)
	if err != nil {
		t.Fatalf("edit: %v", err)
	}
	return next
}

func bTryEdit(p *releaseplan.Plan, at time.Time, change func(*releaseplan.Content)) (*releaseplan.Plan, []releaseplan.Change, error) {
	c := p.Content()
	change(&c)
	return p.Do(releaseplan.Command{Action: releaseplan.Edit, Content: &c}, bAnn, at)
}

// bID returns the id of the task with a name.
func bID(t testing.TB, p *releaseplan.Plan, name string) string { return bView(t, p, name).ID }

// bView returns the task with a name.
func bView(t testing.TB, p *releaseplan.Plan, name string) releaseplan.TaskView {
	t.Helper()
	for _, v := range p.Tasks() {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("the plan has no task %q", name)
	return releaseplan.TaskView{}
}

// bStates tells the state of every task, in order.
func bStates(p *releaseplan.Plan) (states []string) {
	for _, v := range p.Tasks() {
		states = append(states, v.Name+" "+string(v.State))
	}
	return states
}

// bSized returns a content of phases × tasks, each with what real ones have.
func bSized(phases, tasks int, kind releaseplan.PhaseKind) releaseplan.Content {
	c := releaseplan.Content{Name: "Checkout 2.4", Description: "A release of the shop.", Owner: penstock.UserParty("ann")}
	for i := range phases {
		p := releaseplan.Phase{Name: fmt.Sprintf("phase %d", i), Kind: kind}
		for j := range tasks {
			t := releaseplan.Task{Name: fmt.Sprintf("task %d.%d", i, j), Kind: "deploy",
				Description: "Rolls the service out to one region after the other, watching the error rate as it goes.",
				Spec:        json.RawMessage(`{"workflow":"deploy","region":"eu-central","image":"registry/service"}`)}
			if j > 0 && kind == releaseplan.Parallel {
				t.Needs = []string{fmt.Sprintf("task %d.%d", i, j/2)}
			}
			if j == 0 {
				t.Needs = nil
			}
			p.Tasks = append(p.Tasks, t)
		}
		c.Phases = append(c.Phases, p)
	}
	return c
}

// bRich returns a content in which every field is set.
func bRich() releaseplan.Content {
	bound := 0.01
	yes, day, week := false, penstock.Duration{Days: 1}, penstock.Duration{Days: 7}
	party := penstock.Party{Type: penstock.User, ID: "ann", Name: "Ann", IdentityType: "ldap"}
	listener := []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{party}}}
	planned := &releaseplan.PlannedTime{Start: bNoon.Add(24 * time.Hour), Duration: &week}
	return releaseplan.Content{
		Name: "Checkout 2.4", Description: "A release of the shop.", Folder: penstock.Folder{ID: "shop", Name: "Shop"}, Owner: party,
		Planned: planned, Window: &releaseplan.Window{Start: bNoon, End: bNoon.AddDate(0, 1, 0)},
		Start: releaseplan.Schedule{Mode: releaseplan.Scheduled, At: bNoon.Add(48 * time.Hour)},
		Approval: &approval.Policy{Enabled: true, Kind: approval.Native, Description: "please", TimeoutMinutes: 60, App: "app", Initiator: &party,
			Nodes: []approval.Node{{Need: approval.KOf, K: 1, Approvers: []penstock.Party{penstock.UserParty("bob"), penstock.UserParty("carl")}}},
			Other: map[approval.Kind]json.RawMessage{approval.Lark: json.RawMessage(`{"timeout":5}`)}, Separation: approval.Separation{NotAuthor: true}},
		Phases: []releaseplan.Phase{
			{ID: "0190b7a2-0000-7000-8000-000000000001", Number: 11, Name: "build", Description: "of all", Owner: party, Kind: releaseplan.Sequential, Duration: &day, Listeners: listener,
				Tasks: []releaseplan.Task{
					{ID: "0190b7a2-0000-7000-8000-000000000011", Number: 12, Name: "compile", Kind: "shell"},
					{ID: "0190b7a2-0000-7000-8000-000000000012", Number: 13, Name: "test", Description: "twice", Owner: party, Kind: "shell",
						Spec: json.RawMessage(`{"run":"go test","n":1}`), Start: releaseplan.Automatic, Needs: []string{"0190b7a2-0000-7000-8000-000000000011"},
						Class: "standard", Timeout: penstock.Duration{Time: time.Hour}, Retry: releaseplan.RetryPolicy{Max: 2, Delay: penstock.Duration{Time: time.Minute}, Backoff: 2},
						Crash: releaseplan.RepeatOnCrash, Planned: &releaseplan.PlannedTime{Duration: &day}, Listeners: listener},
					{ID: "0190b7a2-0000-7000-8000-000000000013", Number: 14, Name: "lint", Kind: "shell", Disabled: true},
				}},
			{ID: "0190b7a2-0000-7000-8000-000000000002", Number: 15, Name: "announce", Kind: releaseplan.Free,
				Tasks: []releaseplan.Task{{ID: "0190b7a2-0000-7000-8000-000000000021", Number: 16, Name: "mail", Kind: releaseplan.Manual}}},
		},
		Target: &releaseplan.Target{Feature: "checkout", Environment: "production", Project: "shop"},
		Milestones: []releaseplan.Milestone{{ID: "0190b7a2-0000-7000-8000-000000000003", Name: "ten percent", Description: "first", After: &day,
			SortOrder: 7, Start: releaseplan.ByHand, At: bNoon.Add(48 * time.Hour),
			Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": "10"}}}}},
		Safeguards: []releaseplan.Safeguard{{Name: "errors", Metric: releaseplan.Metric{Name: "error_rate", Labels: map[string][]string{"zone": {"eu"}}},
			Above: &bound, Window: penstock.Duration{Time: time.Minute}, MinSamples: 10, Action: releaseplan.SafeguardBack, Back: "ten percent"}},
		Origin:    &releaseplan.Origin{Template: "01JB9GGTGQYEQ9D40R17T3YVW2", Version: 3},
		Variables: []releaseplan.Variable{{Name: "host", Value: "{region}.example.com"}, {Name: "region", Value: "eu"}, {Name: "token", Value: "s3cret", Secret: true}},
		Listeners: listener, Gates: []releaseplan.Gate{{On: releaseplan.GateFinalize, Timeout: day}, {On: releaseplan.GateExecute}, {On: releaseplan.GateComplete}},
		NotifyOwnerOnError: &yes, Labels: map[string]string{"team": "shop", "tier": "1"},
	}
}
