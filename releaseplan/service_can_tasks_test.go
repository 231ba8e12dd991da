package releaseplan_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// CanTasks says of every task what CanTask does, and asks for each right once.
func TestCanTasksIsCanTaskOfAll(t *testing.T) {
	asked := make(map[penstock.Right]int)
	deny := false
	s := cService(releaseplan.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if asked[right]++; deny && right == penstock.Execute {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	p := cRunning(t, s, cContent("x", 2, 3, releaseplan.Sequential))
	for name, row := range map[string]struct {
		by   penstock.Actor
		deny bool
	}{"the owner": {cAnn, false}, "a stranger": {penstock.Actor{ID: "eve"}, false}, "without the right": {cAnn, true}} {
		t.Run(name, func(t *testing.T) {
			deny = row.deny
			clear(asked)
			all, err := s.CanTasks(t.Context(), p.ID(), row.by)
			if err != nil {
				t.Fatal(err)
			}
			if asked[penstock.Read] != 1 || asked[penstock.Execute] > 1 || asked[penstock.Edit] > 1 {
				t.Errorf("asked for rights: %v", asked)
			}
			if len(all) != 6 {
				t.Errorf("%d tasks, want 6", len(all))
			}
			for _, task := range p.Tasks() {
				want, err := s.CanTask(t.Context(), p.ID(), task.ID, row.by)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, all[task.ID]); diff != "" {
					t.Errorf("%s: -CanTask +CanTasks:\n%s", task.Name, diff)
				}
			}
		})
	}
	deny = false
	if all, err := s.CanTasks(t.Context(), "none", cAnn); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("no plan: %v, %v", all, err)
	}
	empty := cCreate(t, s, releaseplan.Content{Name: "empty"})
	if all, err := s.CanTasks(t.Context(), empty.ID(), cAnn); err != nil || len(all) != 0 {
		t.Errorf("no tasks: %v, %v", all, err)
	}
}
