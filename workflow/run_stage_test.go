package workflow_test

import (
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/workflow"
)

func TestStagesRunOneAfterAnother(t *testing.T) {
	t.Parallel()
	both := []workflow.Stage{parallel("one", act("a", ""), act("b", "")), parallel("two", act("c", ""))}
	tellAll(t, []runRow{
		{"nothing before it is admitted", both, "", "queued; one pending: a=pending b=pending; two pending: c=pending"},
		{"the first", both, "admit", "running; one running: a=running b=running; two pending: c=pending"},
		{"half of the first", both, "admit; pass a", "running; one running: a=passed b=running; two pending: c=pending"},
		{"the second", both, "admit; pass b; pass a", "running; one passed: a=passed b=passed; two running: c=running"},
		{"both", both, "admit; pass a; pass b; pass c", "passed; one passed: a=passed b=passed; two passed: c=passed"},
		{"none after a failure", both, "admit; pass a; fail b", "failed; one failed: a=passed b=failed; two pending: c=pending"},
		{"no job of a later stage can be worked on", both, "admit; lease c !refused; pass c !refused; fail c !refused; crash c !refused",
			"running; one running: a=running b=running; two pending: c=pending"},
		{"no stranger", both, "admit; pass x !missing; lease x !missing; execute /x !refused", "running; one running: a=running b=running; two pending: c=pending"},
	})
}

func TestSerialStagesGoOneByOneAndStop(t *testing.T) {
	t.Parallel()
	three := []workflow.Stage{serial("one", act("a", ""), act("b", `{"timeout":5}`), act("c", "")), serial("two", act("d", ""))}
	asked := []workflow.Stage{serial("one", act("a", ""), askJob("b"), act("c", ""))}
	tellAll(t, []runRow{
		{"one by one", three, "admit; pass a", "running; one running: a=passed b=running c=pending; two pending: d=pending"},
		{"no other can be worked on", three, "admit; lease b !refused; pass c !refused", "running; one running: a=running b=pending c=pending; two pending: d=pending"},
		{"stops at the first failed", three, "admit; pass a; fail b", "failed; one failed: a=passed b=failed c=pending; two pending: d=pending"},
		{"stops at a timeout", three, "admit; pass a; lease b; +5m; advance; fail b", "timeout; one timeout: a=passed b=timeout c=pending; two pending: d=pending"},
		{"stops at a cancel", three, "admit; pass a; cancel", "canceled; one canceled: a=passed b=canceled c=pending; two pending: d=pending"},
		{"stops at a rejection", asked, "admit; pass a; vote no b", "rejected; one rejected: a=passed b=rejected c=pending"},
		{"goes on after an approval", asked, "admit; pass a; vote yes b", "running; one running: a=passed b=passed c=running"},
	})
}

// A failure stops no sibling, however many there are.
func TestParallelStagesGoOnAfterAFailure(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 4; n++ {
		var jobs []workflow.Job
		for i := range n {
			jobs = append(jobs, act(fmt.Sprintf("a%d", i), ""))
		}
		s := story(t, "admit; fail a0", parallel("one", jobs...))
		for i := 1; i < n; i++ {
			if s.r.State() != workflow.RunRunning {
				t.Fatalf("%d jobs: %s", n, runShow(s.r))
			}
			s.tell(fmt.Sprintf("lease a%d; pass a%d", i, i))
		}
		if s.r.State() != workflow.RunFailed {
			t.Errorf("%d jobs: %s", n, runShow(s.r))
		}
	}
}

// Every pair of ends in a stage, by the priorities of its jobs' states. The job before
// passes, so that the run is not skipped, and tells of its own stage only.
func TestPrioritiesInAStage(t *testing.T) {
	t.Parallel()
	ends := []struct {
		state  string
		make   func(name string) workflow.Job
		script string
	}{
		{"skipped", func(n string) workflow.Job { return act(n, "", when(workflow.SkipIf, "1", workflow.Equals, "1")) }, ""},
		{"unstable", func(n string) workflow.Job { return act(n, "", onError(workflow.IgnoreError, 0)) }, "fail %s"},
		{"passed", func(n string) workflow.Job { return act(n, "") }, "pass %s"},
		{"rejected", func(n string) workflow.Job { return askJob(n) }, "vote no %s"},
		{"failed", func(n string) workflow.Job { return act(n, "") }, "fail %s"},
		{"timeout", func(n string) workflow.Job { return act(n, `{"timeout":1}`) }, "lease %[1]s; +1m; advance; fail %[1]s"},
		{"canceled", func(n string) workflow.Job { return larkJob(n) }, "report %s answer=canceled"},
	}
	// What the higher of two tells; unstable beside passed is passed.
	for i, low := range ends {
		for _, high := range ends[i:] {
			for _, order := range []string{"low first", "high first"} {
				first, second := low, high
				if order == "high first" {
					first, second = high, low
				}
				t.Run(low.state+" and "+high.state+", "+order, func(t *testing.T) {
					t.Parallel()
					s := story(t, "admit; pass z", serial("zero", act("z", "")), parallel("one", first.make("a"), second.make("b")))
					for key, end := range map[string]string{"a": first.script, "b": second.script} {
						if end == "" {
							continue
						}
						s.tell(fmt.Sprintf(end, key))
					}
					s.tell("+1m; advance")
					run := high.state
					if run == "skipped" || run == "unstable" {
						run = "passed" // as the job before did
					}
					s.want(fmt.Sprintf("%s; zero passed: z=passed; one %s: a=%s b=%s", run, high.state, first.state, second.state))
				})
			}
		}
	}
}

// Every pair of stages that a run goes through, and every stage that ends it.
func TestPrioritiesInARun(t *testing.T) {
	t.Parallel()
	skipped := func(n string) workflow.Job { return act(n, "", when(workflow.SkipIf, "1", workflow.Equals, "1")) }
	plain := func(n string) workflow.Job { return act(n, "", onError(workflow.IgnoreError, 0)) }
	tellAll(t, []runRow{
		{"skipped, skipped", []workflow.Stage{serial("one", skipped("a")), serial("two", skipped("b"))}, "admit", "skipped; one skipped: a=skipped; two skipped: b=skipped"},
		{"skipped, unstable", []workflow.Stage{serial("one", skipped("a")), serial("two", plain("b"))}, "admit; fail b", "passed; one skipped: a=skipped; two unstable: b=unstable"},
		{"unstable, skipped", []workflow.Stage{serial("one", plain("a")), serial("two", skipped("b"))}, "admit; fail a", "passed; one unstable: a=unstable; two skipped: b=skipped"},
		{"skipped, passed", []workflow.Stage{serial("one", skipped("a")), serial("two", plain("b"))}, "admit; pass b", "passed; one skipped: a=skipped; two passed: b=passed"},
		{"passed, skipped", []workflow.Stage{serial("one", plain("a")), serial("two", skipped("b"))}, "admit; pass a", "passed; one passed: a=passed; two skipped: b=skipped"},
		{"unstable, passed", []workflow.Stage{serial("one", plain("a")), serial("two", plain("b"))}, "admit; fail a; pass b", "passed; one unstable: a=unstable; two passed: b=passed"},
		{"passed, unstable", []workflow.Stage{serial("one", plain("a")), serial("two", plain("b"))}, "admit; pass a; fail b", "passed; one passed: a=passed; two unstable: b=unstable"},
		{"unstable, unstable", []workflow.Stage{serial("one", plain("a")), serial("two", plain("b"))}, "admit; fail a; fail b", "passed; one unstable: a=unstable; two unstable: b=unstable"},
		{"unstable, failed", []workflow.Stage{serial("one", plain("a")), serial("two", act("b", ""))}, "admit; fail a; fail b", "failed; one unstable: a=unstable; two failed: b=failed"},
		{"passed, rejected stage", []workflow.Stage{serial("one", act("a", "")), approved(serial("two", act("b", "")))}, "admit; pass a; vote no /two", "rejected; one passed: a=passed; two rejected: b=pending"},
		{"passed, lapsed stage", []workflow.Stage{serial("one", act("a", "")), approved(serial("two", act("b", "")))}, "admit; pass a; +60m; advance", "timeout; one passed: a=passed; two timeout: b=pending"},
		{"passed, canceled stage", []workflow.Stage{serial("one", act("a", "")), approved(serial("two", act("b", "")))}, "admit; pass a; cancel", "canceled; one passed: a=passed; two canceled: b=pending"},
	})
}

func TestAJobThatExpands(t *testing.T) {
	t.Parallel()
	s := story(t, "admit", serial("one", act("a", `{"pieces":["x.1","y.2"]}`)), serial("two", act("b", "")))
	s.want("running; one running: a.x.1=running a.y.2=pending; two pending: b=pending")
	s.tell("pass a !missing; lease a.x.1; pass a.x.1; pass a.y.2")
	s.want("running; one passed: a.x.1=passed a.y.2=passed; two running: b=running")
	if j, err := s.r.Job("a.y.2"); err != nil || j.Name != "job-0-0-1-a" || j.Job != "a" || j.Type != "act" {
		t.Errorf("got %+v, %v", j, err)
	}
}

// The times of a stage are those of its jobs.
func TestTimesOfAStage(t *testing.T) {
	t.Parallel()
	times := func(s *runStory, i int) string {
		st := s.r.Stages()[i].Status
		text := ""
		for _, at := range []int64{st.Started.Unix(), st.Ended.Unix()} {
			switch {
			case at < 0:
				text += " -"
			default:
				text += fmt.Sprint(" ", at-noon.Unix())
			}
		}
		return text
	}
	for _, row := range []struct {
		name, script, want string
		stages             []workflow.Stage
	}{
		{"not yet", "", " - -", []workflow.Stage{serial("one", act("a", ""))}},
		{"under way", "+1s; admit; +1s; pass a", " 1 -", []workflow.Stage{serial("one", act("a", ""), act("b", ""))}},
		{"passed", "+1s; admit; +1s; pass a; +1s; pass b", " 1 3", []workflow.Stage{serial("one", act("a", ""), act("b", ""))}},
		{"failed early", "+1s; admit; +1s; fail a", " 1 2", []workflow.Stage{serial("one", act("a", ""), act("b", ""))}},
		{"canceled early", "+1s; admit; +1s; pass a; +1s; cancel", " 1 3", []workflow.Stage{serial("one", act("a", ""), act("b", ""))}},
		{"to be tried again", "+1s; admit; +1s; fail a", " 1 -", []workflow.Stage{serial("one", act("a", "", onError(workflow.Retry, 1)))}},
		{"to be decided", "+1s; admit; +1s; fail a", " 1 -", []workflow.Stage{serial("one", act("a", "", onError(workflow.ManualCheck, 0)))}},
		{"decided", "+1s; admit; +1s; fail a; +1s; ignore a by root", " 1 3", []workflow.Stage{serial("one", act("a", "", onError(workflow.ManualCheck, 0)))}},
		{"begun again", "+1s; admit; +1s; fail a; +1s; retry; +1s; admit", " 4 -", []workflow.Stage{serial("one", act("a", ""))}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := times(story(t, row.script, row.stages...), 0); got != row.want {
				t.Errorf("got%s, want%s", got, row.want)
			}
		})
	}
}
