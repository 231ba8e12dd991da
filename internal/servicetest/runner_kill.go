package servicetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

const (
	killSeeds = 20
	manyKills = 25 // of each seed, on a store in memory
	fewKills  = 6  // on others, for which each costs some hundred calls of a database
)

// Processes die at random calls of their stores, before the call or between the commit and its answer,
// and others take over what they leave. Nothing is lost, and nothing is carried out twice unless its crash policy says so.
func (on suite) testRunnersAreKilled(t *testing.T) {
	for seed := range uint64(killSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				newSlaughter(t, w.store, seed).run()
			})
		})
	}
}

// A slaughter is many processes that die, and what they did before.
type slaughter struct {
	t      *testing.T
	chance *dice
	share  float64 // of calls that fail
	store  store.Store
	desk   *desk
	user   *world
	grave  chan struct{} // what the dead wait for
	kills  int64
	deaths atomic.Int64
	alive  []*mortal

	mu       sync.Mutex
	byID     map[string]int // effects by attempt
	byTask   map[string]int
	checking map[string]int // by round, at the same time
	twice    []string       // rounds that two checked at the same time

	retries map[string]int // by people, by task
	plans   []string
	through map[string]bool
}

func newSlaughter(t *testing.T, s store.Store, seed uint64) *slaughter {
	x := &slaughter{t: t, store: s, chance: &dice{rand: rand.New(rand.NewPCG(seed, 7))}, desk: newDesk(300 * time.Millisecond), grave: make(chan struct{}),
		byID: make(map[string]int), byTask: make(map[string]int), checking: make(map[string]int), retries: make(map[string]int), through: make(map[string]bool)}
	if x.kills = fewKills; isMemory(s) {
		x.kills = manyKills
	}
	if seed%2 == 1 {
		x.share = 0.02
	}
	x.user = process(t, releaseplan.Config{Store: s, Providers: map[approval.Kind]approval.Provider{approval.Lark: nil}})
	return x
}

// A mortal is a process that dies at a call of its store.
type mortal struct {
	*world
	all   *slaughter
	left  atomic.Int64 // calls until then
	picky bool         // only commits count that are not heartbeats
	after bool         // it dies once the call is done
	dead  atomic.Bool
	stop  func() error
}

// rest keeps the dead from doing anything more.
func (m *mortal) rest() error {
	if m.dead.Load() {
		<-m.all.grave
		return errBroken
	}
	return nil
}

func (m *mortal) die() error {
	m.dead.Store(true)
	m.all.deaths.Add(1)
	return m.rest()
}

func (m *mortal) before(_ context.Context, c storeCall) error {
	if err := m.rest(); err != nil {
		return err
	}
	if m.counts(c) && m.left.Add(-1) <= 0 && (!m.after || c.Name != "Commit") && m.all.deaths.Load() < m.all.kills {
		return m.die()
	}
	if m.all.chance.float() < m.all.share {
		return errBroken
	}
	return nil
}

func (m *mortal) behind(c storeCall) error {
	if m.counts(c) && m.after && m.left.Load() <= 0 && m.all.deaths.Load() < m.all.kills {
		return m.die()
	}
	if err := m.rest(); err != nil {
		return err
	}
	if m.all.chance.float() < m.all.share {
		return errBroken
	}
	return nil
}

func (m *mortal) counts(c storeCall) bool {
	return !m.picky || c.Name == "Commit" && c.Ops[0].Key.Kind != "plan.runner"
}

// born begins another process.
func (x *slaughter) born() {
	m := &mortal{all: x, picky: x.chance.n(4) > 0, after: x.chance.n(2) == 0}
	m.left.Store(1 + int64(x.chance.n(8)))
	if !m.picky {
		m.left.Store(1 + int64(x.chance.n(100)))
	}
	m.world = process(x.t, releaseplan.Config{
		Store:     &meddledStore{Store: x.store, before: m.before, after: m.behind},
		Providers: map[approval.Kind]approval.Provider{approval.Lark: &phone{desk: x.desk, gone: m.dead.Load, hang: x.grave}},
	})
	r := runnerOf(m.plans, m.handle)
	r.Checks = map[string]releaseplan.Check{"smoke": releaseplan.CheckFunc(m.check)}
	r.TTL, r.Poll, r.Workers = ttl, 3*time.Second, 4
	m.stop = m.run(r)
	x.alive = append(x.alive, m)
}

func (m *mortal) handle(_ context.Context, job releaseplan.Job) error {
	if err := m.rest(); err != nil {
		return err
	}
	m.all.mu.Lock()
	m.all.byID[job.Attempt]++
	m.all.byTask[job.Plan.ID()+"/"+job.Task.ID]++
	m.all.mu.Unlock()
	<-time.After(time.Duration(m.all.chance.n(4000)) * time.Millisecond)
	return m.rest()
}

func (m *mortal) check(_ context.Context, job releaseplan.CheckJob) (releaseplan.CheckResult, error) {
	if err := m.rest(); err != nil {
		return releaseplan.CheckResult{}, err
	}
	count := func(n int) {
		m.all.mu.Lock()
		defer m.all.mu.Unlock()
		if m.all.checking[job.Round] += n; m.all.checking[job.Round] > 1 {
			m.all.twice = append(m.all.twice, job.Round)
		}
	}
	count(1)
	<-time.After(time.Duration(m.all.chance.n(2000)) * time.Millisecond)
	count(-1) // whoever dies now is no longer at it
	switch m.all.chance.n(4) {
	case 0:
		return releaseplan.CheckResult{}, errors.Join(m.rest(), errors.New("no route"))
	case 1:
		return releaseplan.CheckResult{Answer: releaseplan.GateProgress, Note: fmt.Sprint(m.all.chance.n(100), " %")}, m.rest()
	default:
		return releaseplan.CheckResult{Answer: releaseplan.GatePass}, m.rest()
	}
}

// plan files another plan and sets it going.
func (x *slaughter) plan() {
	c := planOf(phaseOf(releaseplan.Parallel, 2), phaseOf(releaseplan.Sequential, 2))
	for p := range c.Phases {
		for i := range c.Phases[p].Tasks {
			if x.chance.n(2) == 0 {
				c.Phases[p].Tasks[i].Crash = releaseplan.RepeatOnCrash
			}
		}
	}
	if x.chance.n(2) == 0 {
		c.Gates = []releaseplan.Gate{{On: releaseplan.GateExecute, Check: "smoke"}, {On: releaseplan.GateComplete, Check: "smoke"}}
	}
	if x.chance.n(2) == 0 {
		x.plans = append(x.plans, x.user.start(c).ID())
		return
	}
	c.Start.Mode = releaseplan.OnApproval
	c.Approval = byBob(0)
	c.Approval.Kind = approval.Lark
	id := x.user.create(c).ID()
	x.user.do(id, releaseplan.Command{Action: releaseplan.Finalize})
	x.user.do(id, releaseplan.Command{Action: releaseplan.RequestApproval})
	x.plans = append(x.plans, id)
}

// people look after plans: they decide, and retry what a crash has failed. They tell how many are not through.
func (x *slaughter) people() (going int) {
	for _, id := range x.plans {
		if x.through[id] {
			continue
		}
		p := x.user.get(id)
		if x.through[id] = p.State() == releaseplan.Completed; !x.through[id] {
			going++
		}
		if p.State() != releaseplan.Failed {
			continue
		}
		for _, task := range p.Tasks() {
			if task.Status.State == releaseplan.TaskFailed {
				x.user.do(id, releaseplan.Command{Action: releaseplan.Retry, Task: task.ID})
				x.retries[id+"/"+task.ID]++
			}
		}
	}
	if x.chance.n(2) == 0 {
		x.desk.decide(approval.Approved)
	}
	return going
}

func (x *slaughter) run() {
	defer close(x.grave)
	const patience = 5000 // s
	going := 0
	for second := 0; ; second++ {
		x.alive = slices.DeleteFunc(x.alive, func(m *mortal) bool { return m.dead.Load() })
		if len(x.alive) < 2 || len(x.alive) < 3 && x.chance.n(10) == 0 {
			x.born()
		}
		if second%5 == 0 {
			going = x.people()
		}
		killed := x.deaths.Load() >= x.kills
		if killed && going == 0 {
			break
		}
		if second > patience {
			x.t.Errorf("after %d s and %d deaths, %d of %d plans are not through", second, x.deaths.Load(), going, len(x.plans))
			break
		}
		for !killed && going < 5 {
			x.plan()
			going++
		}
		x.user.pass(time.Second)
	}
	x.user.pass(3 * ttl)
	x.judge()
	intact(x.t, x.store)
}

// judge fails unless all that was to be done was, as often as it may be.
func (x *slaughter) judge() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, n := range x.byID {
		if n > 1 {
			x.t.Errorf("attempt %s was carried out %d times", id, n)
		}
	}
	for _, id := range x.plans {
		p := x.user.get(id)
		if p.State() != releaseplan.Completed {
			x.t.Errorf("plan %s is %s", id, p.State())
		}
		for _, task := range p.Tasks() {
			key := id + "/" + task.ID
			if n := x.byTask[key]; task.Crash != releaseplan.RepeatOnCrash && n > 1+x.retries[key] {
				x.t.Errorf("task %s was carried out %d times, and people retried it %d times", key, n, x.retries[key])
			}
			done := slices.DeleteFunc(slices.Clone(task.Status.Attempts), func(a releaseplan.Attempt) bool { return a.Result != releaseplan.TaskDone })
			if len(done) != 1 || x.byID[done[0].ID] != 1 {
				x.t.Errorf("task %s has %d attempts that are done: its attempts are %+v", key, len(done), task.Status.Attempts)
			}
		}
		if late := x.user.trail(id, releaseplan.TaskLate); len(late) > 0 {
			x.t.Errorf("plan %s has %d late outcomes", id, len(late))
		}
		answers := 0
		for _, c := range x.user.trail(id, releaseplan.GateAnswered) {
			if c.Gate.Answer != releaseplan.GateProgress {
				answers++
			}
		}
		if answers != p.Status().Rounds {
			x.t.Errorf("plan %s has %d answers to %d rounds", id, answers, p.Status().Rounds)
		}
	}
	if len(x.twice) > 0 {
		x.t.Errorf("rounds %v were checked by two at the same time", x.twice)
	}
	if len(x.desk.overlaps) > 0 {
		x.t.Errorf("the desk was asked by two at the same time: %v", x.desk.overlaps)
	}
	for _, at := range x.desk.polled() {
		for i := 1; i < len(at); i++ {
			if gap := at[i] - at[i-1]; gap < 3*time.Second {
				x.t.Errorf("the desk was asked again after %v", gap)
			}
		}
	}
	if left := errandsOf(x.t, x.store); len(left) > 0 {
		x.t.Errorf("%d errands are left", len(left))
	}
	if beats, err := x.store.Find(context.Background(), store.Query{Kind: "plan.runner", Limit: store.MaxLimit}); err != nil || len(beats.Records) > len(x.alive) {
		x.t.Errorf("%d heartbeats of %d processes, %v", len(beats.Records), len(x.alive), err)
	}
}

func isMemory(s store.Store) bool {
	_, ok := s.(*memory.Store)
	return ok
}

// dice are thrown by many at the same time.
type dice struct {
	mu   sync.Mutex
	rand *rand.Rand
}

func (d *dice) n(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rand.IntN(n)
}

func (d *dice) float() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rand.Float64()
}
