package releaseplan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// Content that is full of faults is refused quickly, with a bounded error.
func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	c := releaseplan.Content{Name: "cycles", Phases: []releaseplan.Phase{{Name: "all", Kind: releaseplan.Parallel}}}
	for i := range 5_000 {
		task := releaseplan.Task{Name: fmt.Sprint("t", i), Needs: []string{fmt.Sprint("t", (i+1)%5_000)}}
		for j := range min(i, 99) {
			task.Needs = append(task.Needs, fmt.Sprint("t", j))
		}
		c.Phases[0].Tasks = append(c.Phases[0].Tasks, task)
	}
	if err := c.Validate(); !errors.Is(err, penstock.ErrInvalid) || len(err.Error()) > 64<<10 {
		t.Errorf("an error of %d bytes", len(fmt.Sprint(err)))
	}
	c = releaseplan.Content{Name: "variables", Phases: []releaseplan.Phase{{Name: "a", Tasks: []releaseplan.Task{{Name: "b"}}}}}
	for i := range releaseplan.MaxVariables {
		c.Variables = append(c.Variables, releaseplan.Variable{Name: fmt.Sprint("v", i), Value: strings.Repeat("{x}", 1_365)})
	}
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "p"}, c, penstock.Actor{ID: "ann"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if faults := penstock.Faults(p.Lint()); len(faults) == 0 || len(faults) > 100 {
		t.Errorf("%d faults", len(faults))
	}
}

// A person's start does not outlive its permission: while the plan is paused, out
// of its window, or changed since its approval, no Runner takes the attempt.
func TestNoRunnerTakesWhatMayNotRun(t *testing.T) {
	t.Parallel()
	ann := penstock.Actor{ID: "ann"}
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "p"}, releaseplan.Content{Name: "x",
		Phases: []releaseplan.Phase{{Name: "a", Tasks: []releaseplan.Task{{Name: "b", Kind: "work", Start: releaseplan.ByHand}}}}}, ann, at)
	if err != nil {
		t.Fatal(err)
	}
	task := p.Tasks()[0].ID
	for _, c := range []releaseplan.Command{{Action: releaseplan.Execute}, {Action: releaseplan.Start, Task: task}, {Action: releaseplan.Pause}} {
		if p, _, err = p.Do(c, ann, at); err != nil {
			t.Fatal(err)
		}
	}
	if steps, _ := p.Next(at); len(steps) != 0 {
		t.Errorf("paused, but there is to do: %v", steps)
	}
	if _, _, err := p.Do(releaseplan.Command{Action: releaseplan.Lease, Task: task, Lease: "runner"}, penstock.System(), at); !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("a paused plan's attempt was taken: %v", err)
	}
	edited := p.Content()
	edited.Variables = []releaseplan.Variable{{Name: "token", Secret: true}}
	if _, _, err := p.Do(releaseplan.Command{Action: releaseplan.Edit, Content: &edited}, ann, at); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("a paused plan got a secret without a value: %v", err)
	}
}
