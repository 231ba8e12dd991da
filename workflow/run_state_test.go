package workflow_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

func TestRunMachinesAreSound(t *testing.T) {
	t.Parallel()
	if err := workflow.CheckRunMachines(); err != nil {
		t.Error(err)
	}
}

// inEveryRunState are stories that end in each state of a run, and what can be asked of it then.
var inEveryRunState = []struct {
	state   workflow.RunState
	script  string
	allowed string // sorted
}{
	{workflow.RunQueued, "", "admit cancel"},
	{workflow.RunRunning, "admit", "cancel"},
	{workflow.RunRunning, "admit; pass a; execute /two; admit", "cancel vote"},
	{workflow.RunPaused, "admit; pass a", "cancel execute_stage"},
	{workflow.RunQueued, "admit; pass a; execute /two", "admit cancel"},
	{workflow.RunCanceling, "admit; lease a; cancel", ""},
	{workflow.RunPassed, "admit; pass a; execute /two; admit; vote yes /two; pass b", ""},
	{workflow.RunSkipped, "skipped", ""},
	{workflow.RunFailed, "admit; fail a", "retry"},
	{workflow.RunTimedOut, "admit; lease a; +5m; advance; fail a", "retry"},
	{workflow.RunCanceled, "cancel", "retry"},
	{workflow.RunCanceled, "admit; pass a; cancel", "retry"},
	{workflow.RunCanceled, "admit; lease a; cancel; fail a", "retry"},
	{workflow.RunRejected, "admit; pass a; execute /two; admit; vote no /two", "retry"},
	{workflow.RunQueued, "admit; fail a; retry", "admit cancel"},
}

// stateStory tells a story of inEveryRunState.
func stateStory(t testing.TB, script string) *runStory {
	t.Helper()
	if script == "skipped" {
		never := when(workflow.SkipIf, "1", workflow.Equals, "1")
		return story(t, "admit", serial("one", act("a", "", never)))
	}
	return story(t, script, serial("one", act("a", `{"timeout":5}`)), manual(approved(serial("two", act("b", ""))), "ann"))
}

func TestEveryActionInEveryStateOfARun(t *testing.T) {
	t.Parallel()
	actions := []workflow.Action{workflow.Admit, workflow.CancelRun, workflow.ExecuteStage, workflow.RetryRun, workflow.Vote}
	var met []workflow.RunState
	for _, row := range inEveryRunState {
		met = append(met, row.state)
		t.Run(string(row.state)+": "+row.script, func(t *testing.T) {
			t.Parallel()
			s := stateStory(t, row.script)
			if s.r.State() != row.state {
				t.Fatal(runShow(s.r))
			}
			var allowed []string
			for _, do := range actions {
				c, by := workflow.Command{Action: do}, ann
				switch do {
				case workflow.Admit:
					by = penstock.System()
				case workflow.Vote:
					c.Vote, by = approval.Approve, runActor("bob")
				}
				branch := *s
				err := branch.do(c, by)
				var refused *penstock.RefusedError
				switch {
				case err == nil:
					allowed = append(allowed, string(do))
				case !errors.As(err, &refused):
					t.Errorf("%s: %v is no refusal", do, err)
				case refused.State != string(row.state) || refused.Action != string(do):
					t.Errorf("%s: the refusal tells of %s in %s", do, refused.Action, refused.State)
				}
				if err == nil && do == workflow.Admit && branch.r.State() == workflow.RunQueued {
					t.Error("admitted, and queued")
				}
			}
			if got := strings.Join(allowed, " "); got != row.allowed {
				t.Errorf("allowed: %q, want %q", got, row.allowed)
			}
			s.tell("comment !invalid; advance !nothing")
			before := len(s.trail)
			if err := s.do(workflow.Command{Action: workflow.Comment, Remark: "so"}, runActor("eve")); err != nil || len(s.trail) != before+1 {
				t.Errorf("a comment: %v", err)
			}
		})
	}
	states, _ := workflow.RunMachineStates()
	for _, state := range states {
		if !slices.Contains(met, state) {
			t.Errorf("no story ends in %s", state)
		}
	}
}

// inEveryJobState are stories in which the job a ends in each state, and what the actions
// on a job do then: + something, - it is refused, 0 nothing.
var inEveryJobState = []struct {
	state  workflow.JobState
	script string
	job    workflow.Job
	does   string // lease complete fail interrupt vote report ignore uphold
}{
	{workflow.JobPending, "", act("a", ""), "-------- "},
	{workflow.JobPending, "admit; fail a", act("a", "", onError(workflow.Retry, 1)), "-000----"},
	{workflow.JobRunning, "admit", act("a", ""), "++++----"},
	{workflow.JobRunning, "admit; lease a", act("a", ""), "-+++----"},
	{workflow.JobRunning, "admit", waitFor("a", `{"for":"PT5M"}`), "-+++----"},
	{workflow.JobWaiting, "admit", askJob("a"), "----+0--"},
	{workflow.JobWaiting, "admit", larkJob("a"), "-----+--"},
	{workflow.JobDeciding, "admit; fail a", act("a", "", onError(workflow.ManualCheck, 0)), "-000--++"},
	{workflow.JobCanceling, "admit; lease a; cancel", act("a", ""), "-+++----"},
	{workflow.JobCanceling, "admit; lease a; +5m; advance", act("a", `{"timeout":5}`), "-+++----"},
	{workflow.JobPassed, "admit; pass a", act("a", ""), "-000----"},
	{workflow.JobPassed, "admit; vote yes a", askJob("a"), "--------"},
	{workflow.JobUnstable, "admit; fail a", act("a", "", onError(workflow.IgnoreError, 0)), "-000----"},
	{workflow.JobUnstable, "admit; fail a; ignore a by root", act("a", "", onError(workflow.ManualCheck, 0)), "-000----"},
	{workflow.JobSkipped, "admit", act("a", "", when(workflow.SkipIf, "1", workflow.Equals, "1")), "--------"},
	{workflow.JobFailed, "admit; fail a", act("a", ""), "-000----"},
	{workflow.JobFailed, "admit; fail a; uphold a by root", act("a", "", onError(workflow.ManualCheck, 0)), "-000----"},
	{workflow.JobTimedOut, "admit; lease a; +5m; advance; fail a", act("a", `{"timeout":5}`), "-000----"},
	{workflow.JobTimedOut, "admit; +60m; advance", askJob("a"), "--------"},
	{workflow.JobCanceled, "admit; cancel", act("a", ""), "-000----"},
	{workflow.JobCanceled, "admit; cancel", askJob("a"), "--------"},
	{workflow.JobRejected, "admit; vote no a", askJob("a"), "--------"},
}

func TestEveryActionInEveryStateOfAJob(t *testing.T) {
	t.Parallel()
	actions := []workflow.Action{workflow.Lease, workflow.Complete, workflow.Fail, workflow.Interrupt, workflow.Vote, workflow.Report, workflow.Ignore, workflow.Uphold}
	var met []workflow.JobState
	for _, row := range inEveryJobState {
		met = append(met, row.state)
		t.Run(string(row.state)+": "+row.script, func(t *testing.T) {
			t.Parallel()
			s := story(t, row.script, serial("one", row.job))
			if got, _ := s.r.Job("a"); got.State != row.state {
				t.Fatal(runShow(s.r))
			}
			does := ""
			for _, do := range actions {
				c := workflow.Command{Action: do, Job: "a", Attempt: s.job("a").Attempt.ID, Lease: "p1", Vote: approval.Approve}
				by := penstock.System()
				switch {
				case do == workflow.Vote:
					by = runActor("bob")
				case do == workflow.Report && row.job.Type == "approval" && strings.Contains(string(row.job.Spec), "lark"):
					c.Instance = "i1"
				}
				branch := *s
				err := branch.do(c, by)
				switch {
				case err != nil && !errors.Is(err, penstock.ErrRefused):
					t.Errorf("%s: %v is no refusal", do, err)
				case err != nil:
					does += "-"
				case branch.r == s.r:
					does += "0"
				default:
					does += "+"
				}
			}
			if want := strings.TrimSpace(row.does); does != want {
				t.Errorf("%v do %q, want %q", actions, does, want)
			}
		})
	}
	_, states := workflow.RunMachineStates()
	for _, state := range states {
		if !slices.Contains(met, state) {
			t.Errorf("no story ends in %s", state)
		}
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	check := onError(workflow.ManualCheck, 0, "cleo", "ops", "starter")
	lone := onError(workflow.ManualCheck, 0)
	for _, row := range []struct {
		name, script, do, allowed string
		stages                    []workflow.Stage
	}{
		{"cancel is the Authorizer's to say", "admit", "cancel", "ann bob cleo dan eve root system", []workflow.Stage{serial("one", act("a", ""))}},
		{"so is retry", "cancel", "retry", "ann bob cleo dan eve root system", []workflow.Stage{serial("one", act("a", ""))}},
		{"those named execute a stage", "admit", "execute /one", "cleo dan root system", []workflow.Stage{manual(serial("one", act("a", "")), "cleo", "ops")}},
		{"the starter may be named", "admit", "execute /one", "ann root system", []workflow.Stage{manual(serial("one", act("a", "")), "starter")}},
		{"nobody is named", "admit", "execute /one", "root system", []workflow.Stage{manual(serial("one", act("a", "")))}},
		{"those named ignore", "admit; fail a", "ignore a", "ann cleo dan root system", []workflow.Stage{serial("one", act("a", "", check))}},
		{"those named uphold", "admit; fail a", "uphold a", "ann cleo dan root system", []workflow.Stage{serial("one", act("a", "", check))}},
		{"nobody is named to decide", "admit; fail a", "ignore a", "root system", []workflow.Stage{serial("one", act("a", "", lone))}},
		{"approvers vote", "admit", "vote yes /one", "bob dan", []workflow.Stage{approved(serial("one", act("a", "")))}},
		{"approvers vote on a job", "admit", "vote yes a", "bob dan", []workflow.Stage{serial("one", askJob("a"))}},
		{"the library admits", "", "admit", "system", []workflow.Stage{serial("one", act("a", ""))}},
		{"the library tells outcomes", "admit", "pass a", "system", []workflow.Stage{serial("one", act("a", ""))}},
		{"the library leases", "admit", "lease a", "system", []workflow.Stage{serial("one", act("a", ""))}},
		{"the library tells what a provider says", "admit", "report a answer=approved", "system", []workflow.Stage{serial("one", larkJob("a"))}},
		{"the library advances", "admit", "advance", "system", []workflow.Stage{serial("one", act("a", ""))}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := story(t, row.script, row.stages...)
			allowed := strings.Fields(row.allowed)
			for _, who := range []string{"ann", "bob", "cleo", "dan", "eve", "root", "system"} {
				branch := *s
				want := ""
				if !slices.Contains(allowed, who) {
					want = " !forbidden"
				}
				branch.step(fmt.Sprintf("%s by %s%s", row.do, who, want))
			}
		})
	}
}

// What time brings is seen before it is asked who may.
func TestWhoMayIsAskedOfTheRunAsItIsNow(t *testing.T) {
	t.Parallel()
	s := story(t, "admit; +10m; execute /two by eve !forbidden; execute /two by cleo",
		serial("one", waitFor("w", `{"for":"PT5M"}`)), manual(serial("two", act("a", "")), "cleo"))
	s.want("queued; one passed: w=passed; two pending: a=pending")
}

func TestCommandsThatNoRunTakes(t *testing.T) {
	t.Parallel()
	s := story(t, "admit", serial("one", act("a", "")))
	long := strings.Repeat("x", workflow.MaxRemark+1)
	for _, row := range []struct {
		c    workflow.Command
		want []string
	}{
		{workflow.Command{}, []string{`action: "" is no action`}},
		{workflow.Command{Action: "pause"}, []string{`action: "pause" is no action`}},
		{workflow.Command{Action: "start"}, []string{`action: "start" is no action`}},
		{workflow.Command{Action: workflow.Comment}, []string{"remark: must not be empty"}},
		{workflow.Command{Action: workflow.CancelRun, Remark: long}, []string{"remark: 4097 bytes are too many: at most 4096"}},
		{workflow.Command{Action: workflow.CancelRun, Remark: "\xff"}, []string{"remark: must be UTF-8"}},
		{workflow.Command{Action: workflow.CancelRun, Key: long}, []string{"key: is longer than 128 bytes"}},
		{workflow.Command{Action: workflow.Vote, Stage: "one"}, []string{`vote: "" is not approve or reject`}},
		{workflow.Command{Action: workflow.Lease, Lease: "p"}, []string{"job: must name a job"}},
		{workflow.Command{Action: workflow.Lease, Job: "a"}, []string{"lease: must not be empty"}},
		{workflow.Command{Action: workflow.Complete}, []string{"job: must name a job"}},
		{workflow.Command{Action: workflow.Ignore}, []string{"job: must name a job"}},
		{workflow.Command{Action: workflow.Complete, Job: "a", Outputs: map[string]string{"A": strings.Repeat("x", workflow.MaxValue+1), "b-c": ""}},
			[]string{fmt.Sprintf("outputs.A: %d bytes are too many: at most %d", workflow.MaxValue+1, workflow.MaxValue), `outputs: the name "b-c" is not 1 to 64 letters, digits and _`}},
		{workflow.Command{Action: workflow.Fail, Job: "a", Outputs: map[string]string{"A": "\xff"}}, []string{"outputs.A: must be UTF-8"}},
		{workflow.Command{Action: workflow.Interrupt, Job: "a", Outputs: map[string]string{"": ""}}, []string{`outputs: the name "" is not 1 to 64 letters, digits and _`}},
	} {
		err := s.do(row.c, penstock.System())
		if err == nil || !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%+v: %v", row.c.Action, err)
			continue
		}
		var got []string
		for _, f := range penstock.Faults(err) {
			got = append(got, f.Error())
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.c.Action, diff)
		}
	}
}
