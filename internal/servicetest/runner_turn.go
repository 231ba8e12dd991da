package servicetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// While there are more Checks than are made at the same time, each has its turn, however often the others want to be
// made again.
func (on suite) testRunnerMakesEachCheckInTurn(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var mu sync.Mutex
		made := make(map[string]int)
		r := runnerOf(w.plans, busy(time.Second))
		r.Workers, r.Poll, r.TTL = 2, time.Second, ttl
		r.Checks = map[string]releaseplan.Check{"smoke": releaseplan.CheckFunc(func(_ context.Context, job releaseplan.CheckJob) (releaseplan.CheckResult, error) {
			mu.Lock()
			made[job.Round]++
			mu.Unlock()
			<-time.After(2 * time.Second)
			return releaseplan.CheckResult{Answer: releaseplan.GateProgress, Again: time.Second}, nil
		})}
		w.run(r)
		const plans = 10
		for range plans {
			w.do(w.create(gatedBy(releaseplan.GateFinalize, 0)).ID(), releaseplan.Command{Action: releaseplan.Finalize})
		}
		w.pass(5 * time.Minute)
		mu.Lock()
		defer mu.Unlock()
		least, most := 1000, 0
		for _, n := range made {
			least, most = min(least, n), max(most, n)
		}
		if len(made) != plans || least < most/2 || least < 10 {
			t.Errorf("%d gates of %d were checked, %d to %d times each", len(made), plans, least, most)
		}
	})
}

// A provider that is slow holds up no other, and not more requests are made of it at the same time than there are workers.
func (on suite) testRunnerIsNotHeldUpBySlowProviders(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		slow, quick := &crowd{desk: newDesk(50 * time.Second)}, &crowd{desk: newDesk(100 * time.Millisecond)}
		w = process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: slow, approval.DingTalk: quick}})
		r := runnerOf(w.plans, busy(time.Second))
		r.Workers, r.Poll, r.TTL = 4, time.Second, ttl
		w.run(r)
		request := func(kind approval.Kind) string {
			c := planOf(phaseOf(releaseplan.Sequential, 1))
			c.Start.Mode = releaseplan.OnApproval
			c.Approval = byBob(0)
			c.Approval.Kind = kind
			id := w.create(c).ID()
			w.do(id, releaseplan.Command{Action: releaseplan.Finalize})
			w.do(id, releaseplan.Command{Action: releaseplan.RequestApproval})
			return id
		}
		for range 20 {
			request(approval.Lark)
		}
		w.pass(time.Minute)
		quick.decide(approval.Approved)
		id := request(approval.DingTalk)
		w.pass(time.Second)
		quick.decide(approval.Approved)
		begin := w.now()
		if took := w.reach(id, releaseplan.Completed) - begin; took > 10*time.Second {
			t.Errorf("the quick provider's approval came after %v", took)
		}
		w.pass(10 * time.Minute)
		slow.mu.Lock()
		defer slow.mu.Unlock()
		if len(slow.cases) != 20 || slow.most > 4 {
			t.Errorf("%d of 20 requests were made of the slow provider, up to %d at the same time", len(slow.cases), slow.most)
		}
	})
}

// A crowd notes how many talk to a desk at the same time.
type crowd struct {
	*desk
	busy sync.Mutex
	now  int
	most int
}

func (c *crowd) enter() (leave func()) {
	c.busy.Lock()
	defer c.busy.Unlock()
	c.now++
	c.most = max(c.most, c.now)
	return func() {
		c.busy.Lock()
		defer c.busy.Unlock()
		c.now--
	}
}

func (c *crowd) Create(ctx context.Context, r *approval.Request) (string, error) {
	defer c.enter()()
	return c.desk.Create(ctx, r)
}

func (c *crowd) Poll(ctx context.Context, code string) (approval.Answer, error) {
	defer c.enter()()
	return c.desk.Poll(ctx, code)
}

// A Runner that can do nothing for the plans that wait asks the store as often beside many as beside few: those that wait
// for a Check that is being made, for one that has no room, for a provider it has not, or to be asked about again.
func (on suite) testRunnerIsIdleBesideWaitingPlans(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		const plans, checks = 100, 10
		spy := &spyStore{Store: w.store}
		hang := make(chan struct{})
		check := &inspector{says: func(ctx context.Context, n int) (releaseplan.CheckResult, error) {
			<-hang
			return pass(ctx, n)
		}}
		user := process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: nil}})
		for range plans {
			larkPlan(user)
			user.do(user.create(gatedBy(releaseplan.GateFinalize, 48*time.Hour)).ID(), releaseplan.Command{Action: releaseplan.Finalize})
		}
		host := process(t, releaseplan.Config{Store: spy, Providers: map[approval.Kind]approval.Provider{approval.DingTalk: newDesk(time.Second)}})
		r := runnerOf(host.plans, busy(time.Second))
		r.Workers, r.Poll, r.TTL = checks, time.Second, ttl
		r.Checks = map[string]releaseplan.Check{"smoke": check}
		host.run(r)
		host.pass(time.Minute)
		if check.made() != checks {
			t.Errorf("%d checks are made", check.made())
		}
		spy.told(nil)
		host.pass(time.Minute)
		reads := 0
		for _, c := range spy.of("Get") {
			for _, k := range c.keys {
				if k.Kind != "plan.runner" {
					reads++
				}
			}
		}
		if finds := len(spy.of("Find")); reads > 10 || finds > 60*8 {
			t.Errorf("in a minute in which nothing happened, %d records were read and %d looked for", reads, finds)
		}
		close(hang)
		host.pass(time.Minute)
		if check.made() != plans {
			t.Errorf("%d checks of %d gates", check.made(), plans)
		}
	})
}
