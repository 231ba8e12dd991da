package releaseplan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// Spans says of everything what PhaseSpan and TaskSpan do.
func TestSpansAreEachSpan(t *testing.T) {
	draft := bPlan(t, spanned())
	running := bAct(t, draft, bNoon.AddDate(0, 0, -2), releaseplan.Execute)
	untimed := spanned()
	untimed.Planned = nil
	parallel := spanned()
	parallel.Phases[0].Kind = releaseplan.Parallel
	for name, p := range map[string]*releaseplan.Plan{
		"a draft": draft, "one that runs early": running, "without a planned time": bPlan(t, untimed), "parallel": bPlan(t, parallel), "nothing": bPlan(t, content{Name: "x"}),
		"one that is begun": bTask(t, bTask(t, running, releaseplan.Complete, "a", bNoon), releaseplan.Start, "b", bNoon.Add(time.Hour)),
	} {
		t.Run(name, func(t *testing.T) {
			var phases, tasks []releaseplan.Span
			for i := range p.Content().Phases {
				phases = append(phases, p.PhaseSpan(i))
			}
			for _, task := range p.Tasks() {
				s, err := p.TaskSpan(task.ID)
				if err != nil {
					t.Fatal(err)
				}
				tasks = append(tasks, s)
			}
			gotPhases, gotTasks := p.Spans()
			if diff := cmp.Diff(phases, gotPhases); diff != "" {
				t.Errorf("phases: -each +all:\n%s", diff)
			}
			if diff := cmp.Diff(tasks, gotTasks); diff != "" {
				t.Errorf("tasks: -each +all:\n%s", diff)
			}
		})
	}
}
