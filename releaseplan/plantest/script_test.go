package plantest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/plantest"
	"github.com/penstock-go/penstock/store/memory"
)

// run runs a Runner until the test ends.
func run(t *testing.T, r *releaseplan.Runner) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// filed files a plan and executes it, or finalizes it if it needs an approval.
func filed(t *testing.T, plans *releaseplan.Service, c releaseplan.Content) *releaseplan.Plan {
	t.Helper()
	p, err := plans.Create(t.Context(), c, plantest.Owner())
	if err != nil {
		t.Fatal(err)
	}
	do := []releaseplan.Action{releaseplan.Execute}
	if c.Approval != nil {
		do = []releaseplan.Action{releaseplan.Finalize, releaseplan.RequestApproval}
	}
	for _, a := range do {
		if p, err = plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: a}, plantest.Owner()); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// end waits until a plan fails or is at its end.
func end(t *testing.T, plans *releaseplan.Service, id string) *releaseplan.Plan {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
	defer cancel()
	for e, err := range plans.Follow(ctx, id, plantest.Owner()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == releaseplan.PlanMoved && e.To == string(releaseplan.Failed) {
			break
		}
	}
	p, err := plans.Get(t.Context(), id, plantest.Owner())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestScriptsDoWhatTheyAreTold(t *testing.T) {
	for _, c := range []struct {
		rule   string
		script func(s *plantest.Script)
		act    func(t *testing.T, s *plantest.Script, plans *releaseplan.Service, p *releaseplan.Plan)
		state  releaseplan.State
		calls  []string // how long each took, and what came of it
	}{
		{"nothing at all", func(*plantest.Script) {}, nil, releaseplan.Completed, []string{"0s <nil>"}},
		{"fails n times", func(s *plantest.Script) { s.Fails(2).Succeeds() }, nil, releaseplan.Completed,
			[]string{"0s it was told to fail", "0s it was told to fail", "0s <nil>"}},
		{"the last act goes on", func(s *plantest.Script) { s.Fails(1) }, nil, releaseplan.Failed,
			[]string{"0s it was told to fail", "0s it was told to fail", "0s it was told to fail"}},
		{"takes its time", func(s *plantest.Script) { s.Takes(time.Minute) }, nil, releaseplan.Completed, []string{"1m0s <nil>"}},
		{"takes longer than it may", func(s *plantest.Script) { s.Takes(2 * time.Hour).Succeeds() }, nil, releaseplan.Completed,
			[]string{"1h0m0s the task ran out of time", "0s <nil>"}},
		{"blocks until it is released", func(s *plantest.Script) { s.Blocks() }, func(_ *testing.T, s *plantest.Script, _ *releaseplan.Service, _ *releaseplan.Plan) {
			s.Release()
		}, releaseplan.Completed, []string{"1m0s <nil>"}},
		{"blocks until it is canceled", func(s *plantest.Script) { s.Blocks() }, cancels, releaseplan.Canceled, []string{"1m0s the plan was canceled"}},
		{"hangs whatever happens", func(s *plantest.Script) { s.Hangs() }, func(t *testing.T, s *plantest.Script, plans *releaseplan.Service, p *releaseplan.Plan) {
			cancels(t, s, plans, p)
			<-time.After(time.Minute)
			s.Release()
		}, releaseplan.Canceled, []string{"2m0s <nil>"}},
		{"panics", func(s *plantest.Script) { s.Panics("away").Succeeds() }, nil, releaseplan.Completed, []string{"0s it panicked", "0s <nil>"}},
		{"each task has its own", func(s *plantest.Script) { s.Fails(1).On("deploy").FailsWith(errors.New("no disk")).Succeeds() }, nil, releaseplan.Completed,
			[]string{"0s no disk", "0s <nil>"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				script := plantest.NewScript()
				c.script(script)
				plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
				run(t, releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"deploy": script}))
				task := plantest.Task("deploy", "deploy")
				task.Timeout, task.Retry = penstock.FromTime(time.Hour), releaseplan.RetryPolicy{Max: 2}
				p := filed(t, plans, plantest.Content(plantest.Phase(releaseplan.Sequential, task)))
				if c.act != nil {
					<-time.After(time.Minute)
					c.act(t, script, plans, p)
				}
				p = end(t, plans, p.ID())
				synctest.Wait()
				var calls []string
				for _, call := range script.Calls() {
					calls = append(calls, fmt.Sprintf("%v %v", call.Ended.Sub(call.Began), call.Err))
				}
				if diff := cmp.Diff(c.calls, calls); diff != "" || p.State() != c.state {
					t.Errorf("the plan is %s, want %s; calls (-want +got)\n%s", p.State(), c.state, diff)
				}
			})
		})
	}
}

func cancels(t *testing.T, _ *plantest.Script, plans *releaseplan.Service, p *releaseplan.Plan) {
	t.Helper()
	if _, err := plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Cancel}, plantest.Owner()); err != nil {
		t.Error(err)
	}
}

func TestScriptsAreSafeForConcurrentUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := plantest.NewScript().Blocks()
		s.On("b").Takes(time.Second)
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				name := []string{"a", "b"}[i%2]
				if err := s.Handle(t.Context(), releaseplan.Job{Task: releaseplan.Task{ID: fmt.Sprint(i), Name: name}}); err != nil {
					t.Error(err)
				}
			})
		}
		<-time.After(2 * time.Second)
		s.Release()
		wg.Wait()
		if len(s.Calls()) != 20 || len(s.Calls("b")) != 10 || s.Most() != 20 {
			t.Errorf("%d calls, %d at a time", len(s.Calls()), s.Most())
		}
	})
}

func TestProvidersAnswerAsTheyAreTold(t *testing.T) {
	lark := func(c *releaseplan.Content) { c.Approval.Kind = approval.Lark }
	for _, c := range []struct {
		rule  string
		tell  func(p *plantest.Provider)
		state releaseplan.State
	}{
		{"yes", func(p *plantest.Provider) { p.Always(approval.Approved, 0) }, releaseplan.Approved},
		{"no, after a while", func(p *plantest.Provider) { p.Always(approval.Rejected, 5) }, releaseplan.Denied},
		{"it drops the request", func(p *plantest.Provider) { p.Always(approval.Canceled, 0) }, releaseplan.Finalized},
		{"never", func(*plantest.Provider) {}, releaseplan.AwaitingApproval},
		{"after an outage", func(p *plantest.Provider) { p.Always(approval.Approved, 1).Fail(3, plantest.ErrScripted) }, releaseplan.Approved},
		{"away for good", func(p *plantest.Provider) { p.Always(approval.Approved, 1).Fail(-1, plantest.ErrScripted) }, releaseplan.AwaitingApproval},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				provider := plantest.NewProvider()
				c.tell(provider)
				plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Providers: map[approval.Kind]approval.Provider{approval.Lark: provider}})
				run(t, releaseplan.NewRunner(plans, nil))
				p := filed(t, plans, plantest.Content(plantest.Approval(1), lark))
				<-time.After(10 * time.Minute)
				p, err := plans.Get(t.Context(), p.ID(), plantest.Owner())
				if err != nil || p.State() != c.state {
					t.Errorf("the plan is %s, want %s: %v", p.State(), c.state, err)
				}
				if c.state != releaseplan.AwaitingApproval {
					return
				}
				cancels(t, nil, plans, p)
				<-time.After(time.Minute)
				if n := len(provider.Instances()); len(provider.Canceled()) != n {
					t.Errorf("%d of %d requests were canceled", len(provider.Canceled()), n)
				}
			})
		})
	}
}

func TestProvidersAnswerTwice(t *testing.T) {
	p, ctx := plantest.NewProvider(), t.Context()
	request := plantest.In(t, releaseplan.AwaitingApproval).Status().Request
	one, err := p.Create(ctx, request)
	two, again := p.Create(ctx, request)
	if err != nil || again != nil || one != two || len(p.Instances()) != 1 {
		t.Errorf("%q and %q: %v, %v", one, two, err, again)
	}
	for _, outcome := range []approval.State{approval.Approved, approval.Rejected} {
		p.Answer(one, approval.Answer{Outcome: outcome})
		if a, err := p.Poll(ctx, one); err != nil || a.Outcome != outcome {
			t.Errorf("%v: %v", a, err)
		}
	}
	if _, err := p.Poll(ctx, "unknown"); !errors.Is(err, penstock.ErrNotFound) || p.Polls(one) != 2 {
		t.Errorf("%v", err)
	}
}

func TestDirectoriesKnowWhoTheyWereTold(t *testing.T) {
	d, ctx := plantest.NewDirectory(), t.Context()
	d.AddGroup("sre", "bob", "cleo")
	d.AddFolder(penstock.Folder{ID: "shop", Name: "Shop"})
	ann, err := d.Party(ctx, penstock.UserParty("ann"))
	if err != nil || !ann.Active || ann.Email != "ann@example.com" {
		t.Errorf("%+v, %v", ann, err)
	}
	if same, err := d.PartyByNumber(ctx, penstock.User, ann.Number); err != nil || same.ID != "ann" {
		t.Errorf("%+v, %v", same, err)
	}
	if named, err := d.Party(ctx, penstock.Party{Name: "Ann"}); err != nil || named.ID != "ann" {
		t.Errorf("%+v, %v", named, err)
	}
	sre, err := d.Party(ctx, penstock.GroupParty("sre"))
	if err != nil || len(sre.Members) != 2 {
		t.Errorf("%+v, %v", sre, err)
	}
	shop, err := d.Folder(ctx, penstock.Folder{Name: "Shop"})
	if same, again := d.FolderByNumber(ctx, shop.Number); err != nil || again != nil || same.ID != "shop" {
		t.Errorf("%+v, %v", shop, err)
	}
	d.SetActive(penstock.UserParty("ann"), false)
	if ann, err = d.Party(ctx, penstock.UserParty("ann")); err != nil || ann.Active {
		t.Errorf("%+v, %v", ann, err)
	}
	for _, unknown := range []penstock.Party{{}, penstock.UserParty("zoe"), penstock.GroupParty("ann")} {
		if _, err := d.Party(ctx, unknown); !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("%+v: %v", unknown, err)
		}
	}
	if _, err := d.Folder(ctx, penstock.Folder{}); !errors.Is(err, penstock.ErrNotFound) {
		t.Error(err)
	}
	d.Fail(plantest.ErrScripted)
	if _, err := d.Party(ctx, penstock.UserParty("bob")); !errors.Is(err, plantest.ErrScripted) {
		t.Error(err)
	}
	d.Fail(nil)
	if _, err := d.Party(ctx, penstock.UserParty("bob")); err != nil {
		t.Error(err)
	}
}

func TestMetricsTellWhatTheyWereTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := plantest.NewMetrics()
		plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
		r := releaseplan.NewRunner(plans, nil)
		r.Metrics = m
		run(t, r)
		p := filed(t, plans, plantest.Content(plantest.Milestones(2), plantest.Guarded(releaseplan.SafeguardStop)))
		tripped := func() bool {
			<-time.After(10 * time.Minute)
			p, err := plans.Get(t.Context(), p.ID(), plantest.Owner())
			return err == nil && len(p.Status().Rollout.Tripped) > 0
		}
		m.Fail(plantest.ErrScripted)
		m.Set("error_rate", 0.01, 100)
		if tripped() {
			t.Error("tripped without a value")
		}
		m.Fail(nil)
		if tripped() {
			t.Error("tripped on a good value")
		}
		m.Set("error_rate", 0.5, 100)
		if !tripped() || len(m.Queries()) == 0 {
			t.Error("did not trip")
		}
	})
}

func TestClocksStandStill(t *testing.T) {
	c := plantest.NewClock(time.Time{})
	c.Advance(time.Hour)
	c.Advance(-time.Minute)
	if got := c.Now().Sub(plantest.Start()); got != time.Hour {
		t.Errorf("it went on by %v", got)
	}
	id := plantest.IDs("plan")
	if one, two := id(), id(); one != "plan-1" || two != "plan-2" {
		t.Errorf("%s, %s", one, two)
	}
}
