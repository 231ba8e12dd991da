package workflow_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/workflow"
)

// noticeAll tells the user run of everything that happens to runs, and the user job of
// everything that happens to jobs.
func noticeAll(all ...workflow.Stage) *workflow.Definition {
	all = slices.Clone(all)
	for i := range all { // others share the jobs
		all[i].Jobs = slices.Clone(all[i].Jobs)
	}
	d := stages(all...)
	d.Notify = append(d.Notify, notifyMail("run", notifyTypes...))
	for i := range d.Stages {
		for j := range d.Stages[i].Jobs {
			d.Stages[i].Jobs[j].Notify = append(d.Stages[i].Jobs[j].Notify, notifyMail("job", notifyTypes...))
		}
	}
	return d
}

func TestWhatIsTold(t *testing.T) {
	t.Parallel()
	one := []workflow.Stage{serial("one", act("a", ""))}
	two := []workflow.Stage{serial("one", act("a", ""), act("b", ""))}
	for _, c := range []struct {
		rule   string
		stages []workflow.Stage
		script string
		want   []string
	}{
		{"created, before its turn comes", one, "", []string{"created: run"}},
		{"passed", one, "admit; lease a; pass a", []string{"created: run", "prepare job a: job", "passed job a: job", "passed: run"}},
		{"failed", one, "admit; fail a", []string{"created: run", "prepare job a: job", "failed job a: job", "failed: run"}},
		{"timeout", []workflow.Stage{serial("one", act("a", `{"timeout":5}`))}, "admit; lease a; +5m; advance; fail a",
			[]string{"created: run", "prepare job a: job", "timeout job a: job", "timeout: run"}},
		{"timeout is told once the job has stopped", []workflow.Stage{serial("one", act("a", `{"timeout":5}`))}, "admit; lease a; +5m; advance; pass a",
			[]string{"created: run", "prepare job a: job", "timeout job a: job", "timeout: run"}},
		{"canceled in the queue", one, "cancel", []string{"created: run", "cancelled: run"}},
		{"canceled while a job runs", one, "admit; lease a; cancel; fail a",
			[]string{"created: run", "prepare job a: job", "cancelled job a: job", "cancelled: run"}},
		{"a job that never began is told of by nobody", two, "admit; cancel",
			[]string{"created: run", "prepare job a: job", "cancelled job a: job", "cancelled: run"}},
		{"skipped", []workflow.Stage{serial("one", act("a", "", when(workflow.SkipIf, "x", workflow.Equals, "x")))}, "admit",
			[]string{"created: run", "skipped job a: job", "skipped: run"}},
		{"pause", []workflow.Stage{manual(serial("one", act("a", "")), "ann")}, "admit; execute /one; admit; pass a",
			[]string{"created: run", "pause stage one: run", "prepare job a: job", "passed job a: job", "passed: run"}},
		{"canceled while it is paused", []workflow.Stage{manual(serial("one", act("a", "")), "ann")}, "admit; cancel",
			[]string{"created: run", "pause stage one: run", "cancelled: run"}},
		{"approval of a stage, approved", []workflow.Stage{approved(serial("one", act("a", "")))}, "admit; vote yes /one; fail a",
			[]string{"created: run", "wait_for_approval stage one: run", "prepare job a: job", "failed job a: job", "failed: run"}},
		{"approval of a stage, rejected", []workflow.Stage{approved(serial("one", act("a", "")))}, "admit; vote no /one",
			[]string{"created: run", "wait_for_approval stage one: run", "reject: run"}},
		{"approval of a stage, lapsed", []workflow.Stage{approved(serial("one", act("a", "")))}, "admit; +1h; advance",
			[]string{"created: run", "wait_for_approval stage one: run", "timeout: run"}},
		{"approval job, approved", []workflow.Stage{serial("one", askJob("a"))}, "admit; vote yes a",
			[]string{"created: run", "wait_for_approval job a: run job", "passed job a: job", "passed: run"}},
		{"approval job, rejected", []workflow.Stage{serial("one", askJob("a"))}, "admit; vote no a",
			[]string{"created: run", "wait_for_approval job a: run job", "reject job a: job", "reject: run"}},
		{"approval job, lapsed", []workflow.Stage{serial("one", askJob("a"))}, "admit; +1h; advance",
			[]string{"created: run", "wait_for_approval job a: run job", "timeout job a: job", "timeout: run"}},
		{"a failure that is ignored", []workflow.Stage{serial("one", act("a", "", onError(workflow.IgnoreError, 0)))}, "admit; fail a",
			[]string{"created: run", "prepare job a: job", "unstable job a: job", "passed: run"}},
		{"a failure that is tried again", []workflow.Stage{serial("one", act("a", "", onError(workflow.Retry, 1)))}, "admit; fail a; +10s; advance; pass a",
			[]string{"created: run", "prepare job a: job", "passed job a: job", "passed: run"}},
		{"the last of the retries", []workflow.Stage{serial("one", act("a", "", onError(workflow.Retry, 1)))}, "admit; fail a; +10s; advance; fail a",
			[]string{"created: run", "prepare job a: job", "failed job a: job", "failed: run"}},
		{"canceled between two tries", []workflow.Stage{serial("one", act("a", "", onError(workflow.Retry, 1)))}, "admit; fail a; cancel",
			[]string{"created: run", "prepare job a: job", "cancelled job a: job", "cancelled: run"}},
		{"a decision, for the failure", []workflow.Stage{serial("one", act("a", "", onError(workflow.ManualCheck, 0, "ann")))}, "admit; fail a; uphold a",
			[]string{"created: run", "prepare job a: job", "wait_for_manual_error_handling job a: run job", "failed job a: job", "failed: run"}},
		{"a decision, against it", []workflow.Stage{serial("one", act("a", "", onError(workflow.ManualCheck, 0, "ann")))}, "admit; fail a; ignore a",
			[]string{"created: run", "prepare job a: job", "wait_for_manual_error_handling job a: run job", "unstable job a: job", "passed: run"}},
		{"a timeout that was upheld", []workflow.Stage{serial("one", act("a", `{"timeout":5}`, onError(workflow.ManualCheck, 0, "ann")))}, "admit; lease a; +5m; advance; fail a; uphold a",
			[]string{"created: run", "prepare job a: job", "wait_for_manual_error_handling job a: run job", "timeout job a: job", "timeout: run"}},
		{"a retry is created again", two, "admit; pass a; fail b; retry; admit; pass b",
			[]string{"created: run", "prepare job a: job", "passed job a: job", "prepare job b: job", "failed job b: job", "failed: run",
				"created: run", "passed job b: job", "passed: run"}},
		{"a job that became several, once", []workflow.Stage{parallel("one", act("a", `{"pieces":["x","y"]}`))}, "admit; pass a.y; fail a.x",
			[]string{"created: run", "prepare job a: job", "failed job a: job", "failed: run"}},
		{"a job that became several, the last in another way", []workflow.Stage{parallel("one", act("a", `{"pieces":["x","y"]}`))}, "admit; fail a.y; pass a.x",
			[]string{"created: run", "prepare job a: job", "failed job a: job", "failed: run"}},
		{"a job that became several, of which one never began", []workflow.Stage{serial("one", act("a", `{"pieces":["x","y"]}`))}, "admit; fail a.x",
			[]string{"created: run", "prepare job a: job", "failed job a: job", "failed: run"}},
		{"a job that became several, canceled between them",
			[]workflow.Stage{serial("one", act("a", `{"pieces":["x","y"]}`)), serial("two", act("b", ""))}, "admit; pass a.x; lease a.y; cancel; fail a.y",
			[]string{"created: run", "prepare job a: job", "cancelled job a: job", "cancelled: run"}},
		{"a job that became several, the last of which ends while another fails that is tried again",
			[]workflow.Stage{parallel("one", act("a", `{"pieces":["x","y"],"timeout":5}`, onError(workflow.Retry, 2)))},
			"admit; lease a.y; fail a.x; +10s; advance; fail a.x; +10s; advance; lease a.x; +4m40s; advance; fail a.y; +10s; advance; +10s; advance; fail a.x; fail a.y; +10s; advance; pass a.y",
			[]string{"created: run", "prepare job a: job", "timeout job a: job", "timeout: run"}},
		{"a refused command tells nobody", one, "admit; vote yes a !refused; cancel by eve; retry; retry !refused",
			[]string{"created: run", "prepare job a: job", "cancelled job a: job", "cancelled: run", "created: run"}},
		{"a crash that is no end", []workflow.Stage{serial("one", act("a", "", onError(workflow.Retry, 1)))}, "admit; lease a; crash a",
			[]string{"created: run", "prepare job a: job"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			_, told := noticeStory(t, noticeAll(c.stages...), workflow.Start{}, c.script, nil)
			if diff := cmp.Diff(c.want, noticeLines(told)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}
