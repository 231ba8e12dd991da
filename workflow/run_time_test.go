package workflow_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func TestTimeouts(t *testing.T) {
	t.Parallel()
	five := []workflow.Stage{serial("one", act("a", `{"timeout":5}`))}
	tellAll(t, []runRow{
		{"a microsecond early", five, "admit; lease a; +4m59.999999s; advance !nothing; pass a", "passed; one passed: a=passed"},
		{"an outcome in time counts", five, "admit; lease a; +5m; pass a", "passed; one passed: a=passed"},
		{"so does a failure", five, "admit; lease a; +5m; fail a", "failed; one failed: a=failed"},
		{"nobody carries it out yet", five, "admit; +500h; advance !nothing", "running; one running: a=running"},
		{"it counts from when somebody does", five, "admit; +1h; lease a; +4m59.999999s; advance !nothing", "running; one running: a=running"},
		{"to the end", five, "admit; +1h; lease a; +5m; advance; fail a", "timeout; one timeout: a=timeout"},
		{"and anew with each attempt", []workflow.Stage{serial("one", act("a", `{"timeout":5}`, onError(workflow.Retry, 1)))},
			"admit; lease a; +4m; fail a; +10s; advance; +1h; lease a; +4m59.999999s; advance !nothing; pass a", "passed; one passed: a=passed"},
		{"whoever carries it out is told", five, "admit; lease a; +5m; advance", "running; one running: a=canceling"},
		{"a late outcome does not count", five, "admit; lease a; +5m1us; pass a", "timeout; one timeout: a=timeout"},
		{"not after it was told to stop either", five, "admit; lease a; +5m; advance; pass a", "timeout; one timeout: a=timeout"},
		{"nor twice", five, "admit; lease a; +6m; pass a; pass a !nothing", "timeout; one timeout: a=timeout"},
		{"a cancel wins over a timeout", five, "admit; lease a; +5m; advance; cancel; fail a", "canceled; one canceled: a=canceled"},
		{"none", []workflow.Stage{serial("one", act("a", ""))}, "admit; +9000h; advance !nothing; pass a", "passed; one passed: a=passed"},
		{"each its own", []workflow.Stage{parallel("one", act("a", `{"timeout":5}`), act("b", `{"timeout":7}`))}, "admit; lease a; lease b; +6m; advance; fail a", "running; one running: a=timeout b=running"},
		{"an outcome, and in the same instant an approval lapses", []workflow.Stage{parallel("one", act("a", ""), askJob("b"))}, "admit; +60m; pass a", "timeout; one timeout: a=passed b=timeout"},
		{"the time of those before it does not count", []workflow.Stage{serial("one", act("a", ""), act("b", `{"timeout":5}`))}, "admit; +1h; pass a; lease b; +4m; advance !nothing; +1m; advance; fail b", "timeout; one timeout: a=passed b=timeout"},
	})
	s := story(t, "admit; lease a; +1h; advance", five...)
	if got := s.job("a"); !got.Started.Equal(noon) || got.Stopping != workflow.StopTimeout {
		t.Errorf("got %+v", got)
	}
	if steps, _ := s.r.Next(s.now); len(steps) != 1 || steps[0].Kind != workflow.StepStop || steps[0].Lease != "p1" || steps[0].Job != "a" || steps[0].Attempt != s.job("a").Attempt.ID {
		t.Errorf("got %+v", steps)
	}
	s.tell("+1h; fail a")
	if got := s.job("a"); !got.Deadline.IsZero() || !got.Ended.Equal(noon.Add(2*time.Hour)) || got.Error != "ran out of time" {
		t.Errorf("got %+v", got)
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	five := []workflow.Stage{serial("one", waitFor("w", `{"for":"PT5M"}`), act("a", ""))}
	until := []workflow.Stage{serial("one", act("a", ""), waitFor("w", `{"until":"2026-05-04T15:00:00.0000009+02:00"}`))} // 13:00
	tellAll(t, []runRow{
		{"a microsecond early", five, "admit; +4m59.999999s; advance !nothing", "running; one running: w=running a=pending"},
		{"for", five, "admit; +5m; advance", "running; one running: w=passed a=running"},
		{"for, and far too late", five, "admit; +500h; advance", "running; one running: w=passed a=running"},
		{"until", until, "admit; pass a; +1h; advance", "passed; one passed: a=passed w=passed"},
		{"until, and early", until, "admit; pass a; +59m59s; advance !nothing", "running; one running: a=passed w=running"},
		{"until a time that is over", until, "admit; +2h; pass a", "passed; one passed: a=passed w=passed"},
		{"until the beginning of time", []workflow.Stage{serial("one", waitFor("w", `{"until":"0001-01-01T00:00:00.000000001Z"}`))}, "admit", "passed; one passed: w=passed"},
		{"canceled", five, "admit; cancel", "canceled; one canceled: w=canceled a=pending"},
		{"nobody carries it out", five, "admit; lease w !refused", "running; one running: w=running a=pending"},
		{"one after another, late", []workflow.Stage{serial("one", waitFor("v", `{"for":"PT5M"}`), waitFor("w", `{"for":"PT5M"}`)), serial("two", waitFor("x", `{"for":"PT5M"}`))},
			"admit; +14m; advance", "running; one passed: v=passed w=passed; two running: x=running"},
	})
	// However late it is told, each began when the one before ended.
	s := story(t, "admit; +1h; advance", serial("one", waitFor("v", `{"for":"PT5M"}`)), serial("two", waitFor("w", `{"for":"PT5M"}`)))
	if got := s.job("w"); !got.Started.Equal(noon.Add(5*time.Minute)) || !got.Ended.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("got %+v", got)
	}
	if got := s.r.Status(); !got.Ended.Equal(noon.Add(10 * time.Minute)) {
		t.Errorf("it ended at %v", got.Ended.Sub(noon))
	}
}

// Next says when time does the next thing, and what there is to do now.
func TestNext(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, script string
		stages       []workflow.Stage
		steps        []workflow.StepKind
		wake         time.Duration // from noon; -1: never
	}{
		{"queued", "", []workflow.Stage{serial("one", act("a", ""))}, []workflow.StepKind{workflow.StepAdmit}, -1},
		{"to be executed", "admit", []workflow.Stage{parallel("one", act("a", ""), act("b", `{"timeout":9}`))}, []workflow.StepKind{workflow.StepExecute, workflow.StepExecute}, -1},
		{"one of two under way", "admit; lease b", []workflow.Stage{parallel("one", act("a", ""), act("b", `{"timeout":9}`))}, []workflow.StepKind{workflow.StepExecute}, 9 * time.Minute},
		{"under way", "admit; lease a", []workflow.Stage{parallel("one", act("a", ""))}, nil, -1},
		{"under way, due", "admit; lease a; +9m", []workflow.Stage{parallel("one", act("a", `{"timeout":9}`))}, []workflow.StepKind{workflow.StepAdvance}, 9 * time.Minute},
		{"a wait", "admit", []workflow.Stage{parallel("one", waitFor("a", `{"for":"PT3M"}`))}, nil, 3 * time.Minute},
		{"the earliest", "admit; lease d", []workflow.Stage{parallel("one", waitFor("a", `{"for":"PT3M"}`), act("b", `{"timeout":1}`), askJob("c"), act("d", `{"timeout":2}`))}, []workflow.StepKind{workflow.StepExecute}, 2 * time.Minute},
		{"an approval here", "admit", []workflow.Stage{parallel("one", askJob("a"))}, nil, 60 * time.Minute},
		{"an approval elsewhere", "admit", []workflow.Stage{parallel("one", larkJob("a"))}, []workflow.StepKind{workflow.StepRequest}, 60 * time.Minute},
		{"an approval elsewhere, asked for", "admit; report a instance=i", []workflow.Stage{parallel("one", larkJob("a"))}, []workflow.StepKind{workflow.StepPoll}, 60 * time.Minute},
		{"an approval elsewhere, not waited for", "admit; report a instance=i; cancel", []workflow.Stage{parallel("one", larkJob("a"))}, []workflow.StepKind{workflow.StepRetract}, -1},
		{"a retry", "admit; fail a", []workflow.Stage{parallel("one", act("a", "", onError(workflow.Retry, 1)))}, nil, 10 * time.Second},
		{"canceling", "admit; lease a; cancel", []workflow.Stage{parallel("one", act("a", `{"timeout":9}`))}, []workflow.StepKind{workflow.StepStop}, -1},
		{"paused", "admit", []workflow.Stage{manual(approved(serial("one", act("a", ""))))}, nil, -1},
		{"ended", "admit; fail a", []workflow.Stage{serial("one", act("a", ""), waitFor("b", `{"for":"PT3M"}`))}, nil, -1},
		{"passed", "admit; pass a", []workflow.Stage{serial("one", act("a", ""))}, nil, -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := story(t, row.script, row.stages...)
			steps, wake := s.r.Next(s.now)
			var kinds []workflow.StepKind
			for _, step := range steps {
				kinds = append(kinds, step.Kind)
			}
			if len(kinds) != len(row.steps) || len(kinds) > 0 && kinds[0] != row.steps[0] {
				t.Errorf("steps %v, want %v", kinds, row.steps)
			}
			if (row.wake < 0) != wake.IsZero() || row.wake >= 0 && wake.Sub(noon) != row.wake {
				t.Errorf("it wakes at %v, want %v", wake, row.wake)
			}
		})
	}
}

// Times come in as they may, and are kept in UTC and whole microseconds; none is before the last.
func TestTimesOfCommands(t *testing.T) {
	t.Parallel()
	s := story(t, "", serial("one", act("a", "")))
	east := time.FixedZone("east", 2*3600)
	r, _, err := s.r.Do(workflow.Command{Action: workflow.Admit}, penstock.System(), noon.Add(1500*time.Nanosecond).In(east))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Status().Started; got != noon.Add(time.Microsecond) {
		t.Errorf("it started at %v", got)
	}
	if r, _, err = r.Do(workflow.Command{Action: workflow.CancelRun}, ann, noon.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := r.Status().Ended; got != noon.Add(time.Microsecond) {
		t.Errorf("it ended at %v", got)
	}
}
