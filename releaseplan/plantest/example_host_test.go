package plantest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/plantest"
	"github.com/penstock-go/penstock/store/memory"
)

// This file is what the tests of a host look like. The host deploys a service to a canary and then
// to its regions, by plans that it builds itself.

// deployment is how the host builds its plans: a canary, a soak, and the regions.
func deployment(service string, regions ...string) releaseplan.Content {
	c := plantest.Content(plantest.Named(service),
		plantest.Phase(releaseplan.Sequential, plantest.Task("canary", "deploy"), plantest.Waiting("soak", 30*time.Minute)),
		plantest.Phase(releaseplan.Parallel))
	for _, region := range regions {
		t := plantest.Task("production "+region, "deploy", "canary")
		t.Retry = releaseplan.RetryPolicy{Max: 1, Delay: penstock.FromTime(time.Minute)}
		c.Phases[1].Tasks = append(c.Phases[1].Tasks, t)
	}
	return c
}

// deployments are plans of the host of any size.
func deployments(seed uint64) releaseplan.Content {
	r := rand.New(rand.NewPCG(seed, 0))
	c := deployment("checkout", []string{"eu", "us", "asia"}[:1+r.IntN(3)]...)
	if r.IntN(2) == 0 {
		plantest.Approval(1 + r.IntN(3))(&c)
	}
	return c
}

// canaryFirst is a rule of the host: whatever people do, nothing is deployed to production unless
// the canary was done, or somebody said in so many words that it is to be skipped.
func canaryFirst(s plantest.Step) error {
	canary := releaseplan.TaskTodo
	for _, c := range s.Trail {
		switch {
		case c.Kind == releaseplan.PlanMoved && c.To == string(releaseplan.Draft):
			canary = releaseplan.TaskTodo // begun anew; a canary that stays done is seen below
		case c.Name == "canary":
			canary = releaseplan.TaskState(c.To)
		}
	}
	for _, t := range s.After.Tasks() {
		if t.Name == "canary" && (t.Disabled || t.Status.State == releaseplan.TaskDone) {
			return nil
		}
	}
	for _, c := range s.Changes {
		if c.Kind == releaseplan.TaskStarted && len(c.Name) > 10 && c.Name[:10] == "production" &&
			canary != releaseplan.TaskDone && canary != releaseplan.TaskSkipped {
			return fmt.Errorf("%s: the canary is %s", c, canary)
		}
	}
	return nil
}

// A host proves a rule of its own over all plans that it makes, whatever people do to them.
func ExampleWalks() {
	plantest.Walks(t, 20, deployments, canaryFirst)

	hasty := func(uint64) releaseplan.Content { // somebody had an idea
		c := deployment("checkout", "eu")
		c.Phases[0].Tasks, c.Phases[1].Tasks = append(c.Phases[0].Tasks, c.Phases[1].Tasks...), nil
		c.Phases[0].Kind = releaseplan.Parallel
		for i := range c.Phases[0].Tasks {
			c.Phases[0].Tasks[i].Needs = nil
		}
		return c
	}
	plantest.Walks(t, 20, hasty, canaryFirst)
	// Output:
	// task "production eu" todo → running: the canary is todo
}

func TestDeploymentsKeepTheCanaryFirst(t *testing.T) {
	plantest.Walks(t, 20, deployments, canaryFirst)
}

// The host's own handler, against a Service and a Runner in virtual time.
func TestDeploymentsRideOutAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deploy := plantest.NewScript().Takes(5 * time.Minute)
		deploy.On("production us").Fails(1).Takes(5 * time.Minute)
		plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Directory: plantest.NewDirectory()})
		run(t, releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"deploy": deploy}))
		p := end(t, plans, filed(t, plans, deployment("checkout", "eu", "us")).ID())
		if took := p.Status().Ended.Sub(p.Status().Started); p.State() != releaseplan.Completed || took != 41*time.Minute {
			t.Errorf("it is %s after %v", p.State(), took)
		}
		if n := len(deploy.Calls("production us")); n != 2 || deploy.Most() != 2 {
			t.Errorf("%d attempts, %d at the same time", n, deploy.Most())
		}
		if err := plantest.CheckAll(t.Context(), plans, plantest.Admin()); err != nil {
			t.Error(err)
		}
	})
}

// A Script stands in for what the host would do.
func ExampleScript() {
	deploy := plantest.NewScript().FailsWith(errors.New("no disk")).Succeeds()
	job := releaseplan.Job{Task: releaseplan.Task{ID: "1", Name: "deploy"}}
	fmt.Println(deploy.Handle(context.Background(), job))
	fmt.Println(deploy.Handle(context.Background(), job))
	fmt.Println(len(deploy.Calls("deploy")), "calls")
	// Output:
	// no disk
	// <nil>
	// 2 calls
}
