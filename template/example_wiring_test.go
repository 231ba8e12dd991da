package template_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// services are those of a host, over one store. Each knows the records that it
// refers to, and they know who refers to them.
type services struct {
	records   *rollout.Service
	plans     *releaseplan.Service
	templates *template.Service
}

func newServices() (s *services, err error) {
	s = &services{}
	all := memory.New()
	if s.records, err = rollout.NewService(rollout.Config{Store: all, References: s.references}); err != nil {
		return nil, err
	}
	s.plans = releaseplan.New(releaseplan.Config{Store: all, Rollout: s.records})
	s.templates, err = template.NewService(template.Config{Store: all, Rollout: s.records})
	return s, err
}

// references tells who refers to a record, plans and templates.
func (s *services) references(ctx context.Context, on rollout.Ref) ([]string, error) {
	plans, err := s.plans.RolloutReferences(ctx, on)
	if err != nil {
		return nil, err
	}
	templates, err := s.templates.References(ctx, on)
	return append(plans, templates...), err
}

// Plans and templates both keep what they refer to: a segment cannot be deleted
// before the last of them is gone.
func Example_wiring() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	s, err := newServices()
	if err != nil {
		fmt.Println(err)
		return
	}
	beta, err := s.records.Segments().Create(ctx, rollout.Segment{Name: "beta testers", Constraints: []rollout.Constraint{
		{ContextName: "userId", Operator: rollout.In, Values: []string{"bob", "cem"}}}}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	standard, err := s.templates.Create(ctx, template.Template{Name: "Testers first", Content: releaseplan.Content{
		Name: "Release",
		Milestones: []releaseplan.Milestone{{Name: "testers", Strategies: []rollout.Strategy{
			{Name: rollout.Everyone, Segments: []int{beta.Value.ID}}}}}}}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	content, err := s.templates.Instantiate(ctx, standard.ID, template.Arguments{}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := s.plans.Create(ctx, content, ann)
	if err != nil {
		fmt.Println(err)
		return
	}

	remove := func() {
		err := s.records.Segments().Delete(ctx, beta.Value.ID, 0, ann)
		var use *rollout.InUseError
		switch {
		case errors.As(err, &use):
			fmt.Println(use.On, "is in use:", strings.Contains(err.Error(), plan.ID()), strings.Contains(err.Error(), standard.ID))
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println("deleted")
		}
	}
	remove()
	if err := s.templates.Delete(ctx, standard.ID, ann); err != nil {
		fmt.Println(err)
		return
	}
	remove()
	if err := s.plans.Delete(ctx, plan.ID(), ann); err != nil {
		fmt.Println(err)
		return
	}
	remove()
	// Output:
	// segment 1 is in use: true true
	// segment 1 is in use: true false
	// deleted
}
