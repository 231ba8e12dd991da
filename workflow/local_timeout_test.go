package workflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/workflow"
)

// Jobs that wait for a worker lose none of their time: it begins to run when they are executed.
func TestTimeoutsCountFromTheLease(t *testing.T) {
	for _, row := range []struct {
		rule  string
		lasts time.Duration
		want  workflow.RunState
		after time.Duration
	}{
		{"in time", 50 * time.Second, workflow.RunPassed, 150 * time.Second},
		{"too late", 70 * time.Second, workflow.RunTimedOut, 180 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPlant(t, workflow.Config{})
			d := oneByOne("build", "a")
			d.Stages[0].Parallel, d.Stages[0].Jobs = true, nil
			for i := range 3 {
				j := shellJob(fmt.Sprint("job", i))
				j.Spec = json.RawMessage(`{"script":"x","advanced_setting":{"timeout":1}}`)
				d.Stages[0].Jobs = append(d.Stages[0].Jobs, j)
			}
			p.define(d)
			l := workflow.NewLocal(p.Service, freestyle(func(ctx context.Context, _ workflow.Execution) (map[string]string, error) {
				select {
				case <-time.After(row.lasts):
					return nil, nil
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}))
			l.Workers = 1
			defer p.drive(l)()
			began := time.Now()
			r := p.await(p.start("build", workflow.Start{}).ID())
			wantState(t, r, row.want)
			if after := r.Status().Ended.Sub(began); after != row.after {
				t.Errorf("%s: it ended after %s, not %s", row.rule, after, row.after)
			}
			for _, j := range r.Stages()[0].Jobs {
				if j.State != workflow.JobState(row.want) {
					t.Errorf("%s: %s is %s", row.rule, j.Key, j.State)
				}
			}
		})
	}
}
