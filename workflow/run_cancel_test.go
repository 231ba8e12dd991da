package workflow_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/workflow"
)

func TestCancel(t *testing.T) {
	t.Parallel()
	both := []workflow.Stage{parallel("one", act("a", ""), act("b", "")), serial("two", act("c", ""))}
	tellAll(t, []runRow{
		{"while it is queued", both, "cancel", "canceled; one canceled: a=pending b=pending; two pending: c=pending"},
		{"what nobody carries out ends at once", both, "admit; cancel", "canceled; one canceled: a=canceled b=canceled; two pending: c=pending"},
		{"what somebody does has to stop", both, "admit; lease a; cancel", "canceling; one running: a=canceling b=canceled; two pending: c=pending"},
		{"all of it", both, "admit; lease a; lease b; cancel; fail a", "canceling; one running: a=canceled b=canceling; two pending: c=pending"},
		{"until it has", both, "admit; lease a; lease b; cancel; fail a; pass b", "canceled; one canceled: a=canceled b=canceled; two pending: c=pending"},
		{"or its process is gone", both, "admit; lease a; cancel; crash a", "canceled; one canceled: a=canceled b=canceled; two pending: c=pending"},
		{"what passed stays so", both, "admit; pass a; cancel", "canceled; one canceled: a=passed b=canceled; two pending: c=pending"},
		{"what failed stays so", both, "admit; fail a; cancel", "canceled; one canceled: a=failed b=canceled; two pending: c=pending"},
		{"late outcomes change nothing", both, "admit; cancel; pass a !nothing; fail b !nothing; crash a !nothing", "canceled; one canceled: a=canceled b=canceled; two pending: c=pending"},
		{"nobody begins a canceled attempt", both, "admit; cancel; lease a !refused", "canceled; one canceled: a=canceled b=canceled; two pending: c=pending"},
		{"not twice", both, "admit; lease a; cancel; cancel !refused", "canceling; one running: a=canceling b=canceled; two pending: c=pending"},
		{"not once it has ended", both, "admit; cancel; cancel !refused", "canceled; one canceled: a=canceled b=canceled; two pending: c=pending"},
		{"not once it has failed", both, "admit; fail a; fail b; cancel !refused", "failed; one failed: a=failed b=failed; two pending: c=pending"},
		{"a wait", []workflow.Stage{serial("one", waitFor("a", `{"for":"PT1H"}`))}, "admit; cancel", "canceled; one canceled: a=canceled"},
		{"an approval", []workflow.Stage{parallel("one", askJob("a"), act("b", ""))}, "admit; lease b; cancel; vote yes a !refused", "canceling; one running: a=canceled b=canceling"},
		{"a stage that waits for its approval", []workflow.Stage{approved(serial("one", act("a", "")))}, "admit; cancel", "canceled; one canceled: a=pending"},
		{"a decision", []workflow.Stage{serial("one", act("a", "", onError(workflow.ManualCheck, 0)))}, "admit; fail a; cancel; ignore a by root !refused", "canceled; one canceled: a=canceled"},
		{"while it is paused", []workflow.Stage{serial("one", act("a", "")), manual(serial("two", act("b", "")))}, "admit; pass a; cancel", "canceled; one passed: a=passed; two canceled: b=pending"},
		{"between a stage and the next", []workflow.Stage{serial("one", act("a", "")), manual(serial("two", act("b", "")))}, "admit; pass a; execute /two by root; cancel", "canceled; one passed: a=passed; two canceled: b=pending"},
		{"in a retry's pause, when all else passed", []workflow.Stage{parallel("one", act("a", "", onError(workflow.Retry, 1)), act("b", ""))}, "admit; fail a; pass b; cancel", "canceled; one canceled: a=pending b=passed"},
	})
	s := story(t, "admit; lease a; +1m; cancel by eve; +1m; fail a", both...)
	got := s.r.Status()
	who := workflow.Stamp{At: noon.Add(time.Minute)}
	who.By.Type, who.By.ID = "user", "eve"
	if diff := cmp.Diff(who, got.Canceler); diff != "" || !got.Ended.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("ended at %v; -want +got:\n%s", got.Ended.Sub(noon), diff)
	}
	if reason := s.job("a").Stopping; reason != workflow.StopCancel {
		t.Errorf("it was told to stop for %q", reason)
	}
	queued := story(t, "+1m; cancel by eve", both...)
	if diff := cmp.Diff(who, queued.r.Status().Canceler); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if queued.tell("retry"); queued.r.Status().Canceler != (workflow.Stamp{}) {
		t.Error("nobody canceled what is tried again")
	}
}

func TestManualStages(t *testing.T) {
	t.Parallel()
	both := []workflow.Stage{serial("one", act("a", "")), manual(serial("two", act("b", "")), "cleo")}
	first := []workflow.Stage{manual(parallel("one", act("a", "", withPolicy(workflow.SkipManual)), act("b", "")), "cleo"), serial("two", act("c", "", withPolicy(workflow.SkipManual)))}
	all := []workflow.Stage{manual(serial("one", act("a", "", withPolicy(workflow.SkipManual))), "cleo")}
	asked := []workflow.Stage{manual(approved(serial("one", act("a", ""))), "cleo")}
	off := manual(serial("one", act("a", "")), "cleo")
	off.Manual.Enabled = false
	tellAll(t, []runRow{
		{"paused", both, "admit; pass a", "paused; one passed: a=passed; two paused: b=pending"},
		{"time does nothing to it", both, "admit; pass a; +9000h; advance !nothing", "paused; one passed: a=passed; two paused: b=pending"},
		{"queued again", both, "admit; pass a; execute /two by cleo", "queued; one passed: a=passed; two pending: b=pending"},
		{"and admitted", both, "admit; pass a; execute /two by cleo; admit", "running; one passed: a=passed; two running: b=running"},
		{"the stage need not be named", both, "admit; pass a; execute by cleo; admit; pass b", "passed; one passed: a=passed; two passed: b=passed"},
		{"another stage", both, "admit; pass a; execute /one by cleo !refused; execute /x by cleo !missing", "paused; one passed: a=passed; two paused: b=pending"},
		{"not before its turn", both, "admit; execute /two by cleo !refused", "running; one running: a=running; two pending: b=pending"},
		{"not twice", both, "admit; pass a; execute /two by cleo; execute /two by cleo !refused; admit; execute /two by cleo !refused", "running; one passed: a=passed; two running: b=running"},
		{"by a stranger", both, "admit; pass a; execute /two by ann !forbidden", "paused; one passed: a=passed; two paused: b=pending"},
		{"the first stage waits for the queue", first, "", "queued; one pending: a=pending b=pending; two pending: c=pending"},
		{"the first stage pauses then", first, "admit", "paused; one paused: a=pending b=pending; two pending: c=pending"},
		{"jobs that are skipped by hand", first, "admit; execute by cleo; admit; pass b; pass c", "passed; one passed: a=skipped b=passed; two passed: c=passed"},
		{"all jobs are", all, "admit; execute by cleo; admit", "skipped; one skipped: a=skipped"},
		{"a job that is skipped before its turn", []workflow.Stage{manual(serial("one", act("a", ""), act("b", "", withPolicy(workflow.SkipManual)), act("c", "")))},
			"admit; execute by root; admit; pass a", "running; one running: a=passed b=skipped c=running"},
		{"approved after that", asked, "admit; execute by cleo; admit", "running; one waiting: a=pending"},
		{"switched off", []workflow.Stage{off}, "admit", "running; one running: a=running"},
		{"not again in a retry", both, "admit; pass a; execute by cleo; admit; fail b; retry; admit", "running; one passed: a=passed; two running: b=running"},
		{"skipped ones stay so in a retry", first, "admit; execute by cleo; admit; fail b; retry; admit", "running; one running: a=skipped b=running; two pending: c=pending"},
		{"but again when it was not executed", both, "admit; pass a; cancel; retry; admit", "paused; one passed: a=passed; two paused: b=pending"},
	})
	s := story(t, "admit; +1m; pass a; +1m; execute by cleo", both...)
	got := s.r.Stages()[1].Status.Executed
	if got.By.ID != "cleo" || !got.At.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("got %+v", got)
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	ignored, never := onError(workflow.IgnoreError, 0), when(workflow.SkipIf, "1", workflow.Equals, "1")
	all := []workflow.Stage{parallel("one", act("a", ""), act("b", "", ignored), act("c", "", never), act("d", "")), serial("two", act("e", ""))}
	tellAll(t, []runRow{
		{"from failed", all, "admit; pass a; fail b; fail d; retry", "queued; one pending: a=passed b=unstable c=skipped d=pending; two pending: e=pending"},
		{"what passed is kept", all, "admit; pass a; fail b; fail d; retry; admit", "running; one running: a=passed b=unstable c=skipped d=running; two pending: e=pending"},
		{"to its end", all, "admit; pass a; fail b; fail d; retry; admit; pass d; pass e", "passed; one passed: a=passed b=unstable c=skipped d=passed; two passed: e=passed"},
		{"as often as one likes", all, "admit; pass a; fail b; fail d; retry; admit; fail d; retry; admit; pass d; fail e; retry; admit; pass e", "passed; one passed: a=passed b=unstable c=skipped d=passed; two passed: e=passed"},
		{"from canceled", all, "admit; pass a; cancel; retry; admit", "running; one running: a=passed b=running c=skipped d=running; two pending: e=pending"},
		{"from canceled while it was queued", all, "cancel; retry; admit", "running; one running: a=running b=running c=skipped d=running; two pending: e=pending"},
		{"from timeout", []workflow.Stage{serial("one", act("a", `{"timeout":1}`))}, "admit; lease a; +1m; advance; fail a; retry; admit", "running; one running: a=running"},
		{"from rejected", []workflow.Stage{serial("one", askJob("a"))}, "admit; vote no a; retry; admit", "running; one running: a=waiting"},
		{"not from passed", []workflow.Stage{serial("one", act("a", ""))}, "admit; pass a; retry !refused", "passed; one passed: a=passed"},
		{"not from skipped", []workflow.Stage{serial("one", act("a", "", never))}, "admit; retry !refused", "skipped; one skipped: a=skipped"},
		{"not while it runs", all, "admit; retry !refused", "running; one running: a=running b=running c=skipped d=running; two pending: e=pending"},
		{"the error policy begins anew", []workflow.Stage{serial("one", act("a", "", onError(workflow.Retry, 1)))},
			"admit; fail a; +10s; advance; fail a; retry; admit; fail a", "running; one running: a=pending"},
		{"a canceled one can be canceled again", all, "cancel; retry; cancel", "canceled; one canceled: a=pending b=pending c=pending d=pending; two pending: e=pending"},
		{"late outcomes of the attempt before", all, "admit; lease d; pass a; pass b; fail d; retry; admit; pass d attempt=old !nothing", "running; one running: a=passed b=passed c=skipped d=running; two pending: e=pending"},
	})

	s := story(t, "admit; +1s; pass a X=1; fail b Y=2; +1s; fail d Z=3", all...)
	kept := []workflow.JobStatus{s.job("a"), s.job("b"), s.job("c")}
	failed := s.job("d")
	s.tell("+1s; retry; +1s; admit")
	if diff := cmp.Diff(kept, []workflow.JobStatus{s.job("a"), s.job("b"), s.job("c")}, runCompare); diff != "" {
		t.Errorf("what is kept changed:\n%s", diff)
	}
	if diff := cmp.Diff([]map[string]string{{"X": "1"}, {"Y": "2"}, nil}, []map[string]string{s.r.Outputs("a"), s.r.Outputs("b"), s.r.Outputs("d")}); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if d := s.job("d"); d.Count != 2 || d.Attempt.ID == failed.Attempt.ID || d.Error != "" || !d.Started.Equal(noon.Add(4*time.Second)) || !d.Ended.IsZero() {
		t.Errorf("got %+v", d)
	}
	if st := s.r.Status(); st.Retries != 1 || !st.Ended.IsZero() || !st.Started.Equal(noon.Add(4*time.Second)) || !st.Created.At.Equal(noon) {
		t.Errorf("got %+v", st)
	}
}

// Who started it, retries it.
func TestARunOfAPlanIsRetriedByThePlan(t *testing.T) {
	t.Parallel()
	s := newStory(t, stages(serial("one", act("a", ""))), workflow.Start{Origin: &workflow.Origin{Plan: "p1", Task: "t1"}})
	s.tell("admit; fail a; retry !refused; retry by root !refused")
	s.want("failed; one failed: a=failed")
}

// No attempt ever has the id of another, whatever is tried again.
func TestAttemptsHaveIdsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newStory(t, stages(parallel("one", act("a", "", onError(workflow.Retry, 1)), act("b", ""))), workflow.Start{})
	workflow.RepeatJob(s.r, "b")
	s.tell("admit; fail a; crash b; +10s; advance; fail a; fail b; retry; admit; fail a; pass b; +10s; advance; fail a; retry; admit; cancel; retry; admit; pass a")
	seen := make(map[string]string)
	for _, c := range s.trail {
		if c.Kind != workflow.JobMoved || c.To != string(workflow.JobRunning) || c.From == c.To {
			continue
		}
		id := c.Status.Attempt.ID
		if before, taken := seen[id]; taken {
			t.Errorf("%s and %s are attempts of one id", before, c.Job)
		}
		seen[id] = c.Job
	}
	if len(seen) != 9 {
		t.Errorf("%d attempts", len(seen))
	}
}
