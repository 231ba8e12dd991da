package servicetest

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// told is what is logged.
type told struct {
	mu  sync.Mutex
	log bytes.Buffer
}

func (l *told) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.Write(p)
}

func (l *told) count(words string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.log.String(), words)
}

// Who is dead and who lives is not told by the clocks of processes, however far apart they are. That they are is said.
func (on suite) testRunnersWithClocksHoursOff(t *testing.T) {
	for name, offs := range map[string][]time.Duration{
		"one ahead":              {0, 5 * time.Hour},
		"one behind":             {0, -5 * time.Hour},
		"three, each another":    {-7 * time.Hour, 0, 3 * time.Hour},
		"all alike, but the TTL": {0, ttl, 0},
	} {
		t.Run(name, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				var tally tally
				check := &inspector{says: pass}
				d := newDesk(500 * time.Millisecond)
				var logs []*told
				for _, off := range offs {
					log := &told{}
					host := process(t, releaseplan.Config{Store: w.store, Now: func() time.Time { return time.Now().Add(off) },
						Providers: map[approval.Kind]approval.Provider{approval.Lark: d}})
					r := runnerOf(host.plans, func(ctx context.Context, job releaseplan.Job) error {
						defer tally.enter(job)()
						return busy(20*time.Second)(ctx, job)
					})
					r.Checks = map[string]releaseplan.Check{"smoke": check}
					r.TTL, r.Poll = ttl, time.Second
					r.Log = slog.New(slog.NewTextHandler(log, nil))
					host.run(r)
					logs = append(logs, log)
				}
				user := process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: nil}})
				var ids []string
				for range 5 {
					c := planOf(phaseOf(releaseplan.Parallel, 3), phaseOf(releaseplan.Sequential, 2)) // no process is dead: none may be repeated
					c.Gates = []releaseplan.Gate{{On: releaseplan.GateExecute, Check: "smoke"}}
					ids = append(ids, user.start(c).ID())
				}
				asked := larkPlan(user)
				user.pass(90 * time.Second)
				d.decide(approval.Approved)
				user.pass(time.Minute)
				for _, id := range append(ids, asked) {
					user.wantState(id, releaseplan.Completed)
				}
				tally.once(t, 26)
				d.want(t, 1, 3*time.Second)
				if check.made() != 5 {
					t.Errorf("%d checks of 5 gates", check.made())
				}
				for i, log := range logs {
					if n := log.count("lease was lost"); n != 0 {
						t.Errorf("process %d lost its lease", i)
					}
					want := 0
					for _, off := range offs {
						if (off - offs[i]).Abs() > ttl {
							want++
						}
					}
					if n := log.count("the clock of another process"); n != want {
						t.Errorf("process %d says %d times that a clock differs, want %d", i, n, want)
					}
				}
				if offs[1] == 5*time.Hour && (logs[0].count("ahead=5h0m0s")+logs[0].count("ahead=4h59m55s") != 1 || logs[1].count("ahead=-5h0m0s")+logs[1].count("ahead=-4h59m55s") != 1) {
					t.Errorf("the difference is told as %s and %s", logs[0].log.String(), logs[1].log.String())
				}
			})
		})
	}
}

// A process that is stopped for minutes, and goes on, finds that others took over what it had. What it was
// about to do in that moment it does not do.
func (on suite) testRunnerThatStoodStillDoesNothingMore(t *testing.T) {
	for _, what := range []string{"before the commit", "behind the commit"} {
		t.Run(what, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				var still atomic.Bool // the first process stands
				goOn := make(chan struct{})
				stand := func() {
					if still.Load() {
						<-goOn
					}
				}
				starts := func(c storeCall) bool {
					for _, op := range c.Ops {
						for _, e := range op.Events {
							if e.Name == string(releaseplan.TaskStarted) {
								return true
							}
						}
					}
					return false
				}
				s := &meddledStore{Store: deafStore{w.store}}
				s.before = func(_ context.Context, c storeCall) error {
					if what == "before the commit" && starts(c) {
						still.Store(true)
					}
					stand()
					return nil
				}
				s.after = func(c storeCall) error {
					if what == "behind the commit" && starts(c) {
						still.Store(true)
					}
					stand()
					return nil
				}
				var effects atomic.Int32
				first := process(t, releaseplan.Config{Store: s})
				r := runnerOf(first.plans, func(context.Context, releaseplan.Job) error {
					effects.Add(1)
					return nil
				})
				r.TTL, r.Poll = ttl, time.Second
				stop := first.run(r)
				user := process(t, releaseplan.Config{Store: w.store})
				id := user.start(tasksOf(releaseplan.Task{Crash: releaseplan.RepeatOnCrash})).ID()
				user.pass(time.Second)
				var tally tally
				second := newHost(t, w.store, func(ctx context.Context, job releaseplan.Job) error {
					defer tally.enter(job)()
					return busy(time.Second)(ctx, job)
				})
				second.begin()
				user.reach(id, releaseplan.Completed)
				user.pass(time.Minute)
				before := user.get(id)
				still.Store(false)
				close(goOn)
				user.pass(time.Minute)
				if after := user.get(id); after.Status().Changes != before.Status().Changes {
					t.Errorf("the plan changed to %s", after)
				}
				if n := effects.Load(); n != 0 {
					t.Errorf("the first carried out %d attempts that were no longer its own", n)
				}
				tally.once(t, 1)
				if err := second.stop(); err != nil {
					t.Error(err)
				}
				next := user.start(tasksOf(releaseplan.Task{}))
				user.reach(next.ID(), releaseplan.Completed)
				if n := effects.Load(); n != 1 {
					t.Errorf("it carried out %d attempts after it went on", n)
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// deafStore does what it is asked even if nobody waits for the answer any more: a process that
// stands still has sent it already.
type deafStore struct{ store.Store }

func (s deafStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	return s.Store.Commit(context.WithoutCancel(ctx), ops...)
}
