package arp_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// states makes a plan in every state of the library, or in some of them, and says which word the
// dialect has for each by the name of the plan.
func (f *fixture) states(some ...string) map[string]string {
	f.t.Helper()
	words := make(map[string]string)
	asks := &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty(adm)}}}}
	gate := func(on releaseplan.GateKind) []releaseplan.Gate { return []releaseplan.Gate{{On: on}} }
	command := func(actions ...releaseplan.Action) (all []releaseplan.Command) {
		for _, a := range actions {
			all = append(all, releaseplan.Command{Action: a, Vote: approval.Approve})
		}
		return all
	}
	type content = releaseplan.Content
	for _, row := range []struct {
		name  string
		state releaseplan.State
		word  string
		c     content
		then  []releaseplan.Command
		more  func(p *releaseplan.Plan) *releaseplan.Plan
	}{
		{name: "draft", state: releaseplan.Draft, word: "Draft"},
		{name: "finalize-check", state: releaseplan.FinalizeCheck, word: "Draft", c: content{Gates: gate(releaseplan.GateFinalize)}, then: command(releaseplan.Finalize)},
		{name: "finalize-check-failed", state: releaseplan.FinalizeCheckFailed, word: "Draft", c: content{Gates: gate(releaseplan.GateFinalize)}, then: command(releaseplan.Finalize), more: f.failCheck},
		{name: "finalized", state: releaseplan.Finalized, word: "Draft", then: command(releaseplan.Finalize)},
		{name: "awaiting", state: releaseplan.AwaitingApproval, word: "Draft", c: content{Approval: asks}, then: command(releaseplan.Finalize, releaseplan.RequestApproval)},
		{name: "approved", state: releaseplan.Approved, word: "Draft", c: content{Approval: asks}, then: command(releaseplan.Finalize, releaseplan.RequestApproval, releaseplan.Vote)},
		{name: "denied", state: releaseplan.Denied, word: "Draft", c: content{Approval: asks}, then: append(command(releaseplan.Finalize, releaseplan.RequestApproval), releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Reject})},
		{name: "execute-check", state: releaseplan.ExecuteCheck, word: "Running", c: content{Gates: gate(releaseplan.GateExecute)}, then: command(releaseplan.Execute)},
		{name: "execute-check-failed", state: releaseplan.ExecuteCheckFailed, word: "Failed", c: content{Gates: gate(releaseplan.GateExecute)}, then: command(releaseplan.Execute), more: f.failCheck},
		{name: "running", state: releaseplan.Running, word: "Running", then: command(releaseplan.Execute)},
		{name: "paused", state: releaseplan.Paused, word: "Paused", then: command(releaseplan.Execute, releaseplan.Pause)},
		{name: "failed-sequential", state: releaseplan.Failed, word: "Paused", then: command(releaseplan.Execute), more: f.failTask},
		{name: "failed-parallel", state: releaseplan.Failed, word: "Failed", c: content{Phases: onePhase(releaseplan.Parallel, "A")}, then: command(releaseplan.Execute), more: f.failTask},
		{name: "failed-free", state: releaseplan.Failed, word: "Failed", c: content{Phases: onePhase(releaseplan.Free, "A")}, then: command(releaseplan.Execute), more: f.failTask},
		{name: "complete-check", state: releaseplan.CompleteCheck, word: "Running", c: content{Gates: gate(releaseplan.GateComplete)}, then: command(releaseplan.Execute), more: f.completeTask},
		{name: "complete-check-failed", state: releaseplan.CompleteCheckFailed, word: "Failed", c: content{Gates: gate(releaseplan.GateComplete)}, then: command(releaseplan.Execute), more: func(p *releaseplan.Plan) *releaseplan.Plan { return f.failCheck(f.completeTask(p)) }},
		{name: "expired", state: releaseplan.Expired, word: "Failed", c: content{Window: &releaseplan.Window{End: begin.Add(time.Minute)}}, then: command(releaseplan.Execute)},
		{name: "canceled", state: releaseplan.Canceled, word: "Canceled", then: command(releaseplan.Cancel)},
		{name: "completed", state: releaseplan.Completed, word: "Completed", then: command(releaseplan.Execute), more: f.completeTask},
	} {
		if len(some) > 0 && !slices.Contains(some, row.name) {
			continue
		}
		if row.c.Name = row.name; row.c.Phases == nil {
			row.c.Phases = onePhase(releaseplan.Sequential, "A")
		}
		row.c.Folder = penstock.Folder{ID: "default"}
		p := f.plan(0, row.c, row.then...)
		if row.more != nil {
			p = row.more(p)
		}
		if row.state == releaseplan.Expired {
			f.at(begin.Add(time.Hour))
			p = f.reload(p) // nobody has stored it yet
		}
		if p.State() != row.state {
			f.t.Fatalf("%s is %s", row.name, p.State())
		}
		words[row.name] = row.word
	}
	return words
}

// failCheck answers the check that a plan waits for.
func (f *fixture) failCheck(p *releaseplan.Plan) *releaseplan.Plan {
	f.t.Helper()
	return f.do(p, releaseplan.Command{Action: releaseplan.AnswerGate, Code: p.Status().Gate.Code, Answer: releaseplan.GateFail, Remark: "no"})
}

// failTask fails the first task of a plan that runs.
func (f *fixture) failTask(p *releaseplan.Plan) *releaseplan.Plan {
	f.t.Helper()
	task := p.Tasks()[0].ID
	return f.do(p, releaseplan.Command{Action: releaseplan.Start, Task: task}, releaseplan.Command{Action: releaseplan.Fail, Task: task, Remark: "no"})
}

// completeTask completes the first task of a plan that runs.
func (f *fixture) completeTask(p *releaseplan.Plan) *releaseplan.Plan {
	f.t.Helper()
	return f.do(p, releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID})
}

// TestWordsOfStates: every state of the library is told by its word, in details and in lists.
func TestWordsOfStates(t *testing.T) {
	f := newFixture(t)
	words := f.states()
	a := f.get("/plans?max_results=1000").Want(http.StatusOK)
	all, _ := a.Get("data").([]any)
	if len(all) != len(words) {
		t.Fatalf("%d plans, want %d", len(all), len(words))
	}
	for _, item := range all {
		name := text(item, "name")
		if got := text(item, "status"); got != words[name] {
			t.Errorf("the list says that %s is %s, want %s", name, got, words[name])
		}
		object, _ := item.(map[string]any)
		if got := f.get(fmt.Sprintf("/plans/%d", number(object["id"]))).Get("status"); got != words[name] {
			t.Errorf("%s is %v, want %s", name, got, words[name])
		}
	}
}

// TestTheStatusFilterIsOfWords: a word selects the plans that are shown with it, on any page.
func TestTheStatusFilterIsOfWords(t *testing.T) {
	f := newFixture(t)
	words := f.states()
	byWord := make(map[string][]string)
	for name := range strings.FieldsSeq(names(f.get("/plans?max_results=1000"))) {
		byWord[words[name]] = append(byWord[words[name]], name)
	}
	want := []string{"Canceled", "Completed", "Draft", "Failed", "Paused", "Running"}
	if got := slices.Sorted(maps.Keys(byWord)); !slices.Equal(got, want) {
		t.Fatalf("words %q, want %q", got, want)
	}
	for word, want := range byWord {
		for size := 1; size <= len(want)+1; size++ {
			var got []string
			for from := 0; from == 0 || from < len(want); from += size {
				a := f.get(fmt.Sprintf("/plans?status=%s&start_at=%d&max_results=%d", word, from, size)).Want(http.StatusOK)
				got = append(got, strings.Fields(names(a))...)
				if total := number(a.Get("total")); total != int64(len(want)) {
					t.Errorf("%s from %d: a total of %d, want %d", word, from, total, len(want))
				}
				if more := a.Get("has_more"); more != (from+size < len(want)) {
					t.Errorf("%s from %d, %d of %d: has_more is %v", word, from, size, len(want), more)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s by %d: %q, want %q", word, size, got, want)
			}
		}
	}
	a := f.get("/plans?status=Failed&name=failed-*")
	if got := names(a); got != "failed-parallel failed-free" || number(a.Get("total")) != 2 {
		t.Errorf("%q of %v", got, a.Get("total"))
	}
}

// TestAPlanThatIsCancelingIsCanceled: what still runs is told by its tasks.
func TestAPlanThatIsCancelingIsCanceled(t *testing.T) {
	f := newFixture(t)
	started, end := make(chan struct{}), make(chan struct{})
	runner := releaseplan.NewRunner(f.plans, map[string]releaseplan.Handler{"deploy": releaseplan.HandlerFunc(func(context.Context, releaseplan.Job) error {
		close(started)
		<-end
		return nil
	})})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- runner.Run(ctx) }()
	p := f.plan(0, releaseplan.Content{Name: "p", Phases: []releaseplan.Phase{{Name: "P", Tasks: []releaseplan.Task{{Name: "A", Kind: "deploy"}}}}}, releaseplan.Command{Action: releaseplan.Execute})
	<-started
	a := f.post(at(p, "/cancel"), `{"remark": "too late"}`).Want(http.StatusOK)
	if a.Get("status") != "Canceled" || a.Get("phases.0.tasks.0.status") != "Running" || f.reload(p).State() != releaseplan.Canceling {
		t.Errorf("%s: %s", f.reload(p), a.Body)
	}
	if got := names(f.get("/plans?status=Canceled")); got != "p" {
		t.Errorf("listed is %q", got)
	}
	close(end)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
