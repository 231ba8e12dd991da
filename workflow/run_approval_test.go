package workflow_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

func TestApprovalJobs(t *testing.T) {
	t.Parallel()
	one := []workflow.Stage{serial("one", askJob("a"), act("b", ""))}
	tellAll(t, []runRow{
		{"waits", one, "admit", "running; one running: a=waiting b=pending"},
		{"approved", one, "admit; vote yes a", "running; one running: a=passed b=running"},
		{"approved by one of a group", one, "admit; vote yes a by dan", "running; one running: a=passed b=running"},
		{"rejected", one, "admit; vote no a", "rejected; one rejected: a=rejected b=pending"},
		{"lapsed", one, "admit; +60m; advance", "timeout; one timeout: a=timeout b=pending"},
		{"lapsed, not voted on", one, "admit; +60m; vote yes a !refused", "running; one running: a=waiting b=pending"},
		{"just in time", one, "admit; +59m59.999999s; vote yes a", "running; one running: a=passed b=running"},
		{"a stranger's vote", one, "admit; vote yes a by eve !forbidden; vote yes a by root !forbidden; vote yes a by ann !forbidden", "running; one running: a=waiting b=pending"},
		{"a vote on another job", one, "admit; vote yes b !refused; vote yes x !missing", "running; one running: a=waiting b=pending"},
		{"canceled with the run", one, "admit; cancel", "canceled; one canceled: a=canceled b=pending"},
		{"a sibling goes on", []workflow.Stage{parallel("one", askJob("a"), act("b", ""))}, "admit; vote no a; pass b", "rejected; one rejected: a=rejected b=passed"},
		{"and waits for it", []workflow.Stage{parallel("one", askJob("a"), act("b", ""))}, "admit; fail b", "running; one running: a=waiting b=failed"},
		{"a failure counts for more", []workflow.Stage{parallel("one", askJob("a"), act("b", ""))}, "admit; fail b; vote no a", "failed; one failed: a=rejected b=failed"},
		{"asked anew in a retry", one, "admit; vote no a; retry; admit", "running; one running: a=waiting b=pending"},
		{"but not if it was approved", one, "admit; vote yes a; fail b; retry; admit", "running; one running: a=passed b=running"},
		{"not if its policy leaves it out", []workflow.Stage{serial("one", askJob("a", when(workflow.SkipIf, "x", workflow.Equals, "x")))}, "admit", "skipped; one skipped: a=skipped"},
	})
}

func TestStageApprovals(t *testing.T) {
	t.Parallel()
	both := []workflow.Stage{approved(serial("one", act("a", ""))), approved(parallel("two", act("b", ""), act("c", "")))}
	tellAll(t, []runRow{
		{"waits", both, "admit", "running; one waiting: a=pending; two pending: b=pending c=pending"},
		{"approved", both, "admit; vote yes /one", "running; one running: a=running; two pending: b=pending c=pending"},
		{"the stage need not be named", both, "admit; vote yes", "running; one running: a=running; two pending: b=pending c=pending"},
		{"each stage its own", both, "admit; vote yes /one by dan; pass a", "running; one passed: a=passed; two waiting: b=pending c=pending"},
		{"not before its time", both, "admit; vote yes /two !refused; vote yes /x !missing", "running; one waiting: a=pending; two pending: b=pending c=pending"},
		{"not after it", both, "admit; vote yes /one; vote yes /one !refused; pass a; vote yes /one !refused", "running; one passed: a=passed; two waiting: b=pending c=pending"},
		{"rejected", both, "admit; vote no /one", "rejected; one rejected: a=pending; two pending: b=pending c=pending"},
		{"lapsed", both, "admit; +60m; advance", "timeout; one timeout: a=pending; two pending: b=pending c=pending"},
		{"lapsed, not voted on", both, "admit; +60m; vote yes /one !refused", "running; one waiting: a=pending; two pending: b=pending c=pending"},
		{"a stranger's vote", both, "admit; vote yes /one by eve !forbidden; vote no /one by root !forbidden", "running; one waiting: a=pending; two pending: b=pending c=pending"},
		{"canceled with the run", both, "admit; cancel; vote yes /one !refused", "canceled; one canceled: a=pending; two pending: b=pending c=pending"},
		{"asked anew in a retry", both, "admit; vote no /one; retry; admit; vote yes /one", "running; one running: a=running; two pending: b=pending c=pending"},
		{"asked anew after a cancel", both, "admit; cancel; retry; admit", "running; one waiting: a=pending; two pending: b=pending c=pending"},
		{"but not if it was approved", both, "admit; vote yes /one; fail a; retry; admit", "running; one running: a=running; two pending: b=pending c=pending"},
	})
}

// What is asked, of whom, and for how long.
func TestRequests(t *testing.T) {
	t.Parallel()
	s := story(t, "+1s; admit; vote yes /one; +1s; vote yes a", approved(serial("one", askJob("a"))))
	requests := []*approval.Request{s.r.Stages()[0].Status.Request, s.job("a").Request}
	for i, r := range requests {
		nodes := r.Nodes()
		if r.State() != approval.Approved || r.Hash() != "r1" || len(nodes) != 1 || len(nodes[0].Approvers) != 2 || nodes[0].Approvers[1].ID != "dan" || r.Deadline().Sub(r.OpenedAt()).Minutes() != 60 {
			t.Errorf("request %d: %s, %+v", i, r.Hash(), nodes)
		}
	}
	if requests[0].ID() == requests[1].ID() {
		t.Error("two requests of one id")
	}
	var votes []string
	for _, c := range s.trail {
		if c.Vote != "" {
			votes = append(votes, c.String())
		}
	}
	if diff := cmp.Diff([]string{`stage "one" vote: approve by bob`, "job a vote: approve by bob"}, votes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	again := story(t, "admit; vote no a", serial("one", askJob("a")))
	before := again.job("a").Request.ID()
	again.tell("retry; admit")
	if again.job("a").Request.ID() == before {
		t.Error("a new request has the id of the old one")
	}
}

// larkStage is a stage that is approved elsewhere.
func larkStage(s workflow.Stage) workflow.Stage {
	s.Approval = &approval.Policy{Enabled: true, Kind: approval.Lark, TimeoutMinutes: 60, App: "app",
		Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{{Type: penstock.User, ID: "bob"}}}}}
	return s
}

func TestApprovalsThatAreDecidedElsewhere(t *testing.T) {
	t.Parallel()
	job, stage := []workflow.Stage{serial("one", larkJob("a"))}, []workflow.Stage{larkStage(serial("one", act("b", "")))}
	tellAll(t, []runRow{
		{"a job, approved", job, "admit; report a instance=i; report a answer=approved", "passed; one passed: a=passed"},
		{"a job, rejected", job, "admit; report a instance=i; report a answer=rejected", "rejected; one rejected: a=rejected"},
		{"a job, canceled there", job, "admit; report a instance=i; report a answer=canceled", "canceled; one canceled: a=canceled"},
		{"a job, still asked", job, "admit; report a instance=i; report a answer=pending !nothing", "running; one running: a=waiting"},
		{"a job, all at once", job, "admit; report a instance=i answer=approved", "passed; one passed: a=passed"},
		{"a job, too late", job, "admit; report a instance=i; +60m; report a answer=approved !refused", "running; one running: a=waiting"},
		{"a job, not voted on here", job, "admit; vote yes a !refused", "running; one running: a=waiting"},
		{"a job, another request", job, "admit; report a request=old answer=approved !nothing", "running; one running: a=waiting"},
		{"a job, no answer", job, "admit; report a answer=perhaps !invalid", "running; one running: a=waiting"},
		{"a stage, approved", stage, "admit; report /one instance=i; report /one answer=approved", "running; one running: b=running"},
		{"a stage, rejected", stage, "admit; report /one answer=rejected", "rejected; one rejected: b=pending"},
		{"a stage, canceled there", stage, "admit; report /one answer=canceled", "canceled; one canceled: b=pending"},
		{"a stage, another request", stage, "admit; report /one request=old answer=approved !nothing", "running; one waiting: b=pending"},
		{"a stage, another instance", stage, "admit; report /one instance=i; report /one instance=i !nothing", "running; one waiting: b=pending"},
	})
	// An answer to what was asked before a retry says nothing of what is asked now.
	for _, all := range [][]workflow.Stage{job, stage} {
		s := story(t, "admit", all...)
		steps, _ := s.r.Next(s.now)
		old := steps[0]
		s.tell("cancel; retry; admit")
		before := runShow(s.r)
		about := strings.TrimSpace(old.Job + " /" + old.Stage)
		if old.Stage == "" {
			about = old.Job
		}
		s.tell("report " + about + " request=" + old.Request + " instance=i answer=approved !nothing")
		s.want(before)
	}
}

// A request that is closed here is dropped at its provider.
func TestRetractions(t *testing.T) {
	t.Parallel()
	job, stage := serial("one", larkJob("a")), larkStage(serial("one", act("a", "")))
	for _, row := range []struct {
		name, script string
		stage        workflow.Stage
		want         int
	}{
		{"a canceled job", "admit; report a instance=i; cancel", job, 1},
		{"a lapsed job", "admit; report a instance=i; +60m; advance", job, 1},
		{"a canceled stage", "admit; report /one instance=i; cancel", stage, 1},
		{"a lapsed stage", "admit; report /one instance=i; +60m; advance", stage, 1},
		{"it is still to be done after a retry", "admit; report a instance=i; cancel; retry; admit", job, 1},
		{"one that was not asked for yet", "admit; cancel", job, 0},
		{"one that its provider closed", "admit; report a instance=i; report a answer=rejected", job, 0},
		{"one that was voted on here", "admit; vote no b", serial("one", askJob("b")), 0},
		{"done", "admit; report a instance=i; cancel; retracted instance=i; retracted instance=i !nothing", job, 0},
		{"done with another", "admit; report a instance=i; cancel; retracted instance=j !nothing", job, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := story(t, row.script, row.stage)
			if got := len(s.r.Status().Retract); got != row.want {
				t.Errorf("%d, want %d", got, row.want)
			}
			steps, _ := s.r.Next(s.now)
			n := 0
			for _, step := range steps {
				if step.Kind == workflow.StepRetract {
					n++
					if step.Instance != "i" || step.Provider != approval.Lark {
						t.Errorf("got %+v", step)
					}
				}
			}
			if n != row.want {
				t.Errorf("%d steps, want %d", n, row.want)
			}
		})
	}
}

// A run that could never ask is not started; one that cannot ask after all fails the job.
func TestApprovalsThatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	alone := approved(serial("one", act("a", "")))
	alone.Approval.Nodes[0].Approvers = []penstock.Party{{Type: penstock.User, ID: "ann"}}
	alone.Approval.Separation.NotAuthor = true
	nobody := workflow.Start{Members: map[string][]penstock.Party{}}
	for _, row := range []struct {
		name  string
		d     *workflow.Definition
		start workflow.Start
		path  string
	}{
		{"a stage's group without members", stages(serial("zero", act("z", "")), approved(serial("one", act("a", "")))), nobody, "stages[1].approval."},
		{"a job's group without members", stages(serial("one", act("z", ""), askJob("a"))), nobody, "stages[0].jobs[1]."},
		{"the starter alone, who may not", stages(alone), workflow.Start{}, "stages[0].approval."},
	} {
		_, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1}, row.d, runActTypes(t), row.start, ann, noon)
		faults := penstock.Faults(err)
		if !errors.Is(err, penstock.ErrInvalid) || len(faults) == 0 || !strings.HasPrefix(faults[0].Field, row.path) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	ask := act("a", `{"type":"native","description":"{{.job.z.output.X}}","native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"{{.job.z.output.WHO}}"}]}}`, ofType("approval"))
	tellAll(t, []runRow{
		{"of whom is known at last", []workflow.Stage{serial("one", act("z", ""), ask)}, "admit; pass z X=why WHO=cleo; vote yes a by cleo", "passed; one passed: z=passed a=passed"},
		{"of nobody", []workflow.Stage{serial("one", act("z", ""), ask)}, "admit; pass z X=why WHO=", "failed; one failed: z=passed a=failed"},
		{"of nobody knows whom", []workflow.Stage{serial("one", act("z", ""), ask)}, "admit; pass z", "failed; one failed: z=passed a=failed"},
	})
	s := story(t, "admit; pass z X=why WHO=cleo", serial("one", act("z", ""), ask))
	text, err := json.Marshal(s.job("a").Request)
	if err != nil || !strings.Contains(string(text), "why") || strings.Contains(string(text), "{{") {
		t.Errorf("%s, %v", text, err)
	}
}
