package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// originService is a Service with a workflow that bob has to approve.
func originService(t *testing.T, s store.Store, a penstock.Authorizer, d *workflow.Definition) *workflow.Service {
	t.Helper()
	service, err := workflow.New(workflow.Config{Store: s, Authorizer: a, Types: runActTypes(t)})
	if err != nil {
		t.Fatal(err)
	}
	if d != nil {
		if _, err := service.Definitions().Create(t.Context(), *d, ann); err != nil {
			t.Fatal(err)
		}
	}
	return service
}

// To start is safe to repeat, whatever became of the workflow; but only for who did.
func TestStartForIsIdempotent(t *testing.T) {
	shared := memory.New()
	s := originService(t, shared, nil, stages(serial("one", act("a", ""))))
	ctx, other := t.Context(), originService(t, shared, nil, nil)
	first, err := s.StartFor(ctx, "r1", "build", workflow.Start{Remark: "so"}, granted(), ann)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := s.StartAs(ctx, "r2", "build", workflow.Start{Origin: new(granted())}, ann)
	if err != nil {
		t.Fatal(err)
	}
	if plain.Origin() != nil {
		t.Errorf("who starts a run without a plan has given it the origin %+v", plain.Origin())
	}
	disable := func(d *workflow.Definition) error { d.Disabled = true; return nil }
	if _, err := s.Definitions().Update(ctx, "build", 0, disable, ann); err != nil {
		t.Fatal(err)
	}
	another, otherPlan := checkout(), checkout()
	another.Task, otherPlan.Plan = "t2", "p2"
	for _, row := range []struct {
		name  string
		start func(s *workflow.Service) (*workflow.Run, error)
		want  error
	}{
		{"again", func(s *workflow.Service) (*workflow.Run, error) {
			return s.StartFor(ctx, "r1", "build", workflow.Start{}, checkout(), ann)
		}, nil},
		{"another task", func(s *workflow.Service) (*workflow.Run, error) {
			return s.StartFor(ctx, "r1", "build", workflow.Start{}, another, ann)
		}, penstock.ErrExists},
		{"another plan", func(s *workflow.Service) (*workflow.Run, error) {
			return s.StartFor(ctx, "r1", "build", workflow.Start{}, otherPlan, ann)
		}, penstock.ErrExists},
		{"another workflow", func(s *workflow.Service) (*workflow.Run, error) {
			return s.StartFor(ctx, "r1", "other", workflow.Start{}, checkout(), ann)
		}, penstock.ErrExists},
		{"a run of no plan", func(s *workflow.Service) (*workflow.Run, error) {
			return s.StartFor(ctx, "r2", "build", workflow.Start{}, checkout(), ann)
		}, penstock.ErrExists},
		{"a new one", func(s *workflow.Service) (*workflow.Run, error) {
			return s.StartFor(ctx, "r3", "build", workflow.Start{}, checkout(), ann)
		}, penstock.ErrRefused},
		{"no id", func(s *workflow.Service) (*workflow.Run, error) {
			return s.StartFor(ctx, "", "build", workflow.Start{}, checkout(), ann)
		}, penstock.ErrInvalid},
		{"no origin", func(s *workflow.Service) (*workflow.Run, error) {
			return s.StartFor(ctx, "r1", "build", workflow.Start{}, workflow.Origin{}, ann)
		}, penstock.ErrInvalid},
		{"the library's own name", func(s *workflow.Service) (*workflow.Run, error) {
			return s.StartFor(ctx, "r1", "build", workflow.Start{}, checkout(), penstock.System())
		}, penstock.ErrForbidden},
	} {
		for _, by := range []*workflow.Service{s, other} {
			r, err := row.start(by)
			switch {
			case !errors.Is(err, row.want):
				t.Errorf("%s: %v, want %v", row.name, err, row.want)
			case err == nil && (r.ID() != first.ID() || r.Number() != 1 || !cmp.Equal(*r.Origin(), granted())):
				t.Errorf("%s: %s of %+v", row.name, r, r.Origin())
			}
		}
	}
}

// No plan lends its run to another by a call that needs no plan.
func TestStartAsIsNotForRunsOfPlans(t *testing.T) {
	s := originService(t, memory.New(), nil, stages(serial("one", act("a", ""))))
	if _, err := s.StartFor(t.Context(), "r1", "build", workflow.Start{}, checkout(), ann); err != nil {
		t.Fatal(err)
	}
	if _, err := s.StartAs(t.Context(), "r1", "build", workflow.Start{Origin: new(checkout())}, ann); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("got %v", err)
	}
	clone, err := s.Clone(t.Context(), "r1", ann)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := s.Start(t.Context(), "build", workflow.Start{Origin: new(granted())}, ann)
	if err != nil {
		t.Fatal(err)
	}
	if clone.Origin() != nil || plain.Origin() != nil {
		t.Errorf("the clone is of %+v, another of %+v", clone.Origin(), plain.Origin())
	}
	var in workflow.Start
	if err := json.Unmarshal([]byte(`{"origin":{"plan":"p1","task":"t1"},"Origin":{"plan":"p1","task":"t1"},"plan":"p1"}`), &in); err != nil || in.Origin != nil {
		t.Errorf("JSON gives the origin %+v: %v", in.Origin, err)
	}
}

// An approval is passed on by who could give it.
func TestStartForAsksForTheRightToApprove(t *testing.T) {
	var asked []penstock.Right
	lacks := penstock.Right("")
	authorizer := func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if by.ID != "eve" {
			return nil
		}
		asked = append(asked, right)
		if right == lacks {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}
	d := stages(approved(serial("one", act("a", ""))))
	d.Stages[0].Approval.Nodes[0].Approvers = []penstock.Party{penstock.UserParty("bob")}
	s := originService(t, memory.New(), authorizer, d)
	eve := penstock.Actor{ID: "eve"}
	for i, row := range []struct {
		lacks  penstock.Right
		origin workflow.Origin
		want   error
		asked  []penstock.Right
	}{
		{penstock.Execute, granted(), penstock.ErrForbidden, []penstock.Right{penstock.Execute}},
		{penstock.Approve, granted(), penstock.ErrForbidden, []penstock.Right{penstock.Execute, penstock.Approve}},
		{penstock.Approve, checkout(), nil, []penstock.Right{penstock.Execute}},
		{"", granted(), nil, []penstock.Right{penstock.Execute, penstock.Approve}},
	} {
		lacks, asked = row.lacks, nil
		_, err := s.StartFor(t.Context(), []string{"a", "b", "c", "d"}[i], "build", workflow.Start{}, row.origin, eve)
		if !errors.Is(err, row.want) {
			t.Errorf("without %s: %v", row.lacks, err)
		}
		if diff := cmp.Diff(row.asked, asked); diff != "" {
			t.Errorf("without %s (-want +got):\n%s", row.lacks, diff)
		}
	}
}
