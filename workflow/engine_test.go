package workflow_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// A lease of another engine is that engine's own: a Local takes nothing of it over, and what became
// of an attempt of a process that is gone, the engine reports.
func TestLeasesOfOtherEnginesAreLeftAlone(t *testing.T) {
	for _, row := range []struct {
		rule  string
		lost  bool // the process that has the lease is gone
		crash workflow.CrashPolicy
		state workflow.RunState
		count int
	}{
		{"it takes long", false, workflow.RepeatOnCrash, workflow.RunPassed, 1},
		{"it is lost, and repeated", true, workflow.RepeatOnCrash, workflow.RunRunning, 2},
		{"it is lost, and has failed", true, workflow.FailOnCrash, workflow.RunFailed, 1},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlant(t, workflow.Config{})
				d := oneByOne("build", "a")
				d.Stages[0].Jobs[0] = act("a", `{"url":"http://127.0.0.1/"}`, ofType("http"), func(j *workflow.Job) { j.Crash = row.crash })
				p.define(d)
				defer p.drive(workflow.NewLocal(p.Service, freestyle(noop)))()
				p.Attach(deafEngine{}, "http")
				id := p.start("build", workflow.Start{}).ID()
				step := func(c workflow.Command) workflow.Next {
					t.Helper()
					next, err := p.Step(p.ctx, id, workflow.Input{Command: c})
					if err != nil {
						t.Fatal(err)
					}
					return next
				}
				attempt := step(workflow.Command{}).Steps[0].Attempt
				step(workflow.Command{Action: workflow.Lease, Job: "a", Attempt: attempt, Lease: "own-1"})
				if row.lost {
					<-time.After(40 * time.Second)
					step(workflow.Command{Action: workflow.Interrupt, Job: "a", Attempt: attempt, Remark: "its process is gone"})
				} else {
					err := p.Execute(p.ctx, workflow.AttemptRef{Run: id, Job: "a", Attempt: attempt, Lease: "own-1"}, workflow.ExecutorFunc(func(context.Context, workflow.Execution) (map[string]string, error) {
						<-time.After(40 * time.Second)
						return nil, nil
					}))
					if err != nil {
						t.Error(err)
					}
				}
				r := p.get(id)
				wantState(t, r, row.state)
				if j, _ := r.Job("a"); j.Status.Count != row.count {
					t.Errorf("there were %d attempts", j.Status.Count)
				}
			})
		})
	}
}

// deafEngine is an Engine that is driven by its test.
type deafEngine struct{}

func (deafEngine) Wake(context.Context, string) error { return nil }

// Nobody but a Local leases as one.
func TestLeasesOfLocalsAreTheirs(t *testing.T) {
	p := newPlant(t, workflow.Config{})
	p.define(oneByOne("build", "a"))
	r := p.start("build", workflow.Start{})
	_, err := p.Step(p.ctx, r.ID(), workflow.Input{Command: workflow.Command{Action: workflow.Lease, Job: "a", Lease: "local-1"}})
	if !errors.Is(err, penstock.ErrInvalid) || err.Error() != `command.lease: "local-1" is one of a Local` {
		t.Errorf("Step says %v", err)
	}
}
