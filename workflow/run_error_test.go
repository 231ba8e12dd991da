package workflow_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/workflow"
)

func TestErrorPolicies(t *testing.T) {
	t.Parallel()
	// Every policy with every way in which a job can end badly: the other job is there so
	// that the run goes on.
	end := map[string]struct {
		make   func(policy func(*workflow.Job)) workflow.Job
		script string
	}{
		"failed":        {func(p func(*workflow.Job)) workflow.Job { return act("a", "", p) }, "admit; fail a"},
		"not resolved":  {func(p func(*workflow.Job)) workflow.Job { return act("a", `{"text":"{{.job.x.output.Y}}"}`, p) }, "admit"},
		"timeout":       {func(p func(*workflow.Job)) workflow.Job { return act("a", `{"timeout":5}`, p) }, "admit; lease a; +5m; advance; fail a"},
		"slow timeout":  {func(p func(*workflow.Job)) workflow.Job { return act("a", `{"timeout":5}`, p) }, "admit; lease a; +5m; advance; pass a"},
		"lapsed":        {func(p func(*workflow.Job)) workflow.Job { return askJob("a", p) }, "admit; +60m; advance"},
		"rejected":      {func(p func(*workflow.Job)) workflow.Job { return askJob("a", p) }, "admit; vote no a"},
		"canceled":      {func(p func(*workflow.Job)) workflow.Job { return larkJob("a", p) }, "admit; report a answer=canceled"},
		"run canceled":  {func(p func(*workflow.Job)) workflow.Job { return act("a", "", p) }, "admit; cancel"},
		"slow canceled": {func(p func(*workflow.Job)) workflow.Job { return act("a", "", p) }, "admit; lease a; cancel; fail a"},
	}
	for _, row := range []struct {
		end                                  string
		none, stop, ignored, again, deciding string
	}{
		{"failed", "failed", "failed", "unstable", "pending", "deciding"},
		{"not resolved", "failed", "failed", "unstable", "pending", "deciding"},
		{"timeout", "timeout", "timeout", "unstable", "pending", "deciding"},
		{"slow timeout", "timeout", "timeout", "unstable", "pending", "deciding"},
		{"lapsed", "timeout", "timeout", "unstable", "pending", "deciding"},
		{"rejected", "rejected", "rejected", "rejected", "rejected", "rejected"},
		{"canceled", "canceled", "canceled", "canceled", "canceled", "canceled"},
		{"run canceled", "canceled", "canceled", "canceled", "canceled", "canceled"},
		{"slow canceled", "canceled", "canceled", "canceled", "canceled", "canceled"},
	} {
		for policy, want := range map[workflow.OnError]string{"none": row.none, workflow.Stop: row.stop, "": row.stop,
			workflow.IgnoreError: row.ignored, workflow.Retry: row.again, workflow.ManualCheck: row.deciding} {
			t.Run(row.end+" and "+string(policy), func(t *testing.T) {
				t.Parallel()
				add := func(*workflow.Job) {}
				if policy != "none" {
					add = onError(policy, 1)
				}
				s := story(t, end[row.end].script, parallel("one", end[row.end].make(add), act("b", "")))
				if got, _ := s.r.Job("a"); string(got.State) != want {
					t.Errorf("it is %s, want %s", got.State, want)
				}
			})
		}
	}
}

// Ten seconds before each, to the microsecond; it stops at the first that passes, and the
// last failure stands.
func TestRetries(t *testing.T) {
	t.Parallel()
	twice := []workflow.Stage{serial("one", act("a", "", onError(workflow.Retry, 2)), act("b", ""))}
	tellAll(t, []runRow{
		{"a microsecond early", twice, "admit; fail a; +9999999us; advance !nothing", "running; one running: a=pending b=pending"},
		{"in time", twice, "admit; fail a; +10s; advance", "running; one running: a=running b=pending"},
		{"passes then", twice, "admit; fail a; +10s; pass a !nothing; advance; pass a", "running; one running: a=passed b=running"},
		{"a second time", twice, "admit; fail a; +10s; advance; fail a; +10s; advance", "running; one running: a=running b=pending"},
		{"the last stands", twice, "admit; fail a; +10s; advance; fail a; +10s; advance; fail a", "failed; one failed: a=failed b=pending"},
		{"the last stands as a timeout", []workflow.Stage{serial("one", act("a", `{"timeout":1}`, onError(workflow.Retry, 1)))},
			"admit; fail a; +10s; advance; lease a; +1m; advance; fail a", "timeout; one timeout: a=timeout"},
		{"the others go on meanwhile", []workflow.Stage{parallel("one", act("a", "", onError(workflow.Retry, 1)), act("b", ""))},
			"admit; fail a; lease b; pass b", "running; one running: a=pending b=passed"},
		{"not of a canceled run", twice, "admit; fail a; cancel", "canceled; one canceled: a=pending b=pending"},
		{"time does nothing to a canceled run", twice, "admit; fail a; cancel; +1h; advance !nothing", "canceled; one canceled: a=pending b=pending"},
		{"an approval is asked for anew", []workflow.Stage{serial("one", askJob("a", onError(workflow.Retry, 1)))},
			"admit; +60m; advance; +10s; advance; vote yes a", "passed; one passed: a=passed"},
	})
	s := story(t, "admit; +1s; fail a", twice...)
	if _, wake := s.r.Next(s.now); !wake.Equal(noon.Add(11 * time.Second)) {
		t.Errorf("it wakes at %v", wake.Sub(noon))
	}
	first := s.job("a")
	s.tell("+1h; advance; fail a")
	if got := s.job("a"); got.Count != 2 || got.Failures != 2 || got.Attempt.ID == first.Attempt.ID || !got.Started.Equal(noon.Add(11*time.Second)) || !got.Ended.IsZero() || got.Error != "it broke" {
		t.Errorf("got %+v", got)
	}
}

func TestManualChecks(t *testing.T) {
	t.Parallel()
	checked := onError(workflow.ManualCheck, 0, "cleo")
	one := []workflow.Stage{serial("one", act("a", `{"timeout":5}`, checked), act("b", ""))}
	tellAll(t, []runRow{
		{"it waits for ever", one, "admit; fail a; +9000h; advance !nothing", "running; one running: a=deciding b=pending"},
		{"ignored", one, "admit; fail a; ignore a by cleo", "running; one running: a=unstable b=running"},
		{"upheld", one, "admit; fail a; uphold a by cleo", "failed; one failed: a=failed b=pending"},
		{"a timeout is ignored", one, "admit; lease a; +5m; advance; fail a; ignore a by cleo", "running; one running: a=unstable b=running"},
		{"a timeout stays one", one, "admit; lease a; +5m; advance; fail a; uphold a by cleo", "timeout; one timeout: a=timeout b=pending"},
		{"not before it failed", one, "admit; ignore a by cleo !refused; uphold a by cleo !refused", "running; one running: a=running b=pending"},
		{"not twice", one, "admit; fail a; uphold a by cleo; ignore a by cleo !refused", "failed; one failed: a=failed b=pending"},
		{"of no such job", one, "admit; ignore x by cleo !missing; uphold x by root !missing", "running; one running: a=running b=pending"},
		{"of a job without it", one, "admit; pass a; fail b; ignore b by cleo !forbidden; ignore b by root !refused", "failed; one failed: a=passed b=failed"},
		{"canceled", one, "admit; fail a; cancel", "canceled; one canceled: a=canceled b=pending"},
		{"a sibling goes on", []workflow.Stage{parallel("one", act("a", "", checked), act("b", ""))}, "admit; fail a; pass b", "running; one running: a=deciding b=passed"},
		{"asked again after a retry of the run", one, "admit; fail a; uphold a by cleo; retry; admit; fail a", "running; one running: a=deciding b=pending"},
	})
	s := story(t, "admit; fail a; +1m; uphold a by cleo", one...)
	decided := workflow.Stamp{At: noon.Add(time.Minute)}
	decided.By.Type, decided.By.ID = "user", "cleo"
	if diff := cmp.Diff(decided, s.job("a").Decided); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A process that is gone: a job is repeated if it says so, and otherwise has failed.
func TestCrashes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, script, want string
		job                workflow.Job
		repeats            bool
		count, failures    int
	}{
		{"fails", "admit; lease a; crash a", "failed; one failed: a=failed", act("a", ""), false, 1, 0},
		{"is repeated at once", "admit; lease a; crash a", "running; one running: a=running", act("a", ""), true, 2, 0},
		{"is repeated each time", "admit; lease a; crash a; lease a; crash a; pass a", "passed; one passed: a=passed", act("a", ""), true, 3, 0},
		{"a repeat takes no retry", "admit; lease a; crash a; lease a; crash a; fail a; +10s; advance; fail a", "failed; one failed: a=failed", act("a", "", onError(workflow.Retry, 1)), true, 4, 1},
		{"a failure by crash is tried again", "admit; lease a; crash a; +10s; advance", "running; one running: a=running", act("a", "", onError(workflow.Retry, 1)), false, 2, 1},
		{"a failure by crash is ignored", "admit; lease a; crash a", "passed; one unstable: a=unstable", act("a", "", onError(workflow.IgnoreError, 0)), false, 1, 0},
		{"a failure by crash is decided", "admit; lease a; crash a", "running; one running: a=deciding", act("a", "", onError(workflow.ManualCheck, 0)), false, 1, 0},
		{"a repeat is not ignored", "admit; lease a; crash a", "running; one running: a=running", act("a", "", onError(workflow.IgnoreError, 0)), true, 2, 0},
		{"not while the run is canceled", "admit; lease a; cancel; crash a", "canceled; one canceled: a=canceled", act("a", ""), true, 1, 0},
		{"not when it ran out of time", "admit; lease a; +5m; advance; crash a", "timeout; one timeout: a=timeout", act("a", `{"timeout":5}`), true, 1, 0},
		{"a crash of an attempt before", "admit; lease a; crash a; crash a attempt=old !nothing", "running; one running: a=running", act("a", ""), true, 2, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t, stages(serial("one", row.job)), workflow.Start{})
			if row.repeats {
				workflow.RepeatJob(s.r, "a")
			}
			s.tell(row.script)
			s.want(row.want)
			if got := s.job("a"); got.Count != row.count || got.Failures != row.failures {
				t.Errorf("%d attempts, %d failures, want %d and %d", got.Count, got.Failures, row.count, row.failures)
			}
		})
	}
}

// No job is attempted without end.
func TestAttemptsAreBounded(t *testing.T) {
	t.Parallel()
	s := newStory(t, stages(serial("one", act("a", ""))), workflow.Start{})
	workflow.RepeatJob(s.r, "a")
	s.step("admit")
	for range workflow.MaxAttempts {
		s.step("crash a")
	}
	s.want("failed; one failed: a=failed")
	if got := s.job("a").Count; got != workflow.MaxAttempts {
		t.Errorf("%d attempts", got)
	}
	s.tell("retry !refused")
}
