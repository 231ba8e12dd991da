package releaseplan_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A whole plan runs on a virtual clock: carry out the steps, let each attempt take
// its time, and wake when Next says so. A Runner is the same loop over real time.
func ExamplePlan_Next() {
	p, err := draft(releaseplan.Content{
		Name:   "Checkout 2.4",
		Window: &releaseplan.Window{Start: noon.Add(time.Hour), End: noon.Add(6 * time.Hour)},
		Start:  releaseplan.Schedule{Mode: releaseplan.Scheduled, At: noon.Add(time.Hour)},
		Phases: []releaseplan.Phase{
			{Name: "checks", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{
				{Name: "unit tests", Kind: "shell"},
				{Name: "load test", Kind: "shell", Retry: releaseplan.RetryPolicy{Max: 1, Delay: penstock.Duration{Time: 10 * time.Minute}}}}},
			{Name: "production", Tasks: []releaseplan.Task{
				{Name: "deploy", Kind: "shell", Needs: []string{"unit tests"}},
				{Name: "soak", Kind: releaseplan.Wait, Spec: json.RawMessage(`{"for":"PT1H"}`)}}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	takes := map[string]time.Duration{"unit tests": 5 * time.Minute, "load test": 20 * time.Minute, "deploy": 15 * time.Minute}
	ends := make(map[string]time.Time) // when the attempts under way end, by task
	now := noon
	do := func(c releaseplan.Command, by penstock.Actor) {
		next, changes, err := p.Do(c, by, now)
		if err != nil {
			fmt.Println(err)
		}
		for _, c := range changes {
			fmt.Println(c.At.Format("15:04"), c)
		}
		p = next
	}
	do(releaseplan.Command{Action: releaseplan.Finalize}, ann)
	for range 100 { // far more than it takes
		if p.State().Final() {
			break
		}
		steps, wake := p.Next(now)
		for _, s := range steps {
			switch s.Kind {
			case releaseplan.StepAdvance:
				do(releaseplan.Command{Action: releaseplan.Advance}, penstock.System())
			case releaseplan.StepStart:
				do(releaseplan.Command{Action: releaseplan.Start, Task: s.Task, Lease: "simulator"}, penstock.System())
				t, _ := p.Task(s.Task)
				ends[s.Task] = now.Add(takes[t.Name])
			}
		}
		if len(steps) > 0 {
			continue
		}
		next, task := wake, ""
		for id, end := range ends {
			if next.IsZero() || end.Before(next) {
				next, task = end, id
			}
		}
		if now = next; task == "" {
			continue
		}
		delete(ends, task)
		outcome := releaseplan.Complete
		if t, _ := p.Task(task); t.Name == "load test" && t.Status.Count == 1 {
			outcome = releaseplan.Fail // the first time
		}
		do(releaseplan.Command{Action: outcome, Task: task}, penstock.System())
	}
	// Output:
	// 12:00 plan draft → finalize check by ann
	// 12:00 plan finalize check → finalized
	// 13:00 plan finalized → execute check
	// 13:00 plan execute check → running
	// 13:00 task "unit tests" todo → running
	// 13:00 task "load test" todo → running
	// 13:05 task "unit tests" running → done
	// 13:20 task "load test" running → failed
	// 13:20 task "load test" failed → todo (attempt 1 of 2 failed)
	// 13:30 task "load test" changed: repeat (its delay is over)
	// 13:30 task "load test" todo → running
	// 13:50 task "load test" running → done
	// 13:50 task "deploy" todo → running
	// 14:05 task "deploy" running → done
	// 14:05 task "soak" todo → running
	// 15:05 task "soak" running → done
	// 15:05 plan running → complete check
	// 15:05 plan complete check → completed
}
