package releaseplan

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/penstock-go/penstock/internal/lease"
	"github.com/penstock-go/penstock/store"
)

// A Runner carries plans out: it starts what is scheduled, runs automatic tasks
// through Handlers, and makes happen what time does. It works from the records of
// plans that have something to do; plans that wait cost nothing. Set its fields
// before Run.
//
// What a Runner carries out is under a lease, which the attempt names and a
// heartbeat keeps. When a process ends without a word, its heartbeat stops, and
// the next Runner that notices takes over what it left running, by each task's
// [CrashPolicy]. Several Runners, in several processes, may share a store. If that is
// a [store.Waker], each learns of what the others do as soon as it tells.
//
// What a plan needs from outside is one Runner's errand at a time: to talk with the
// provider of an approval, as often as [approval.Every] says, and to make a [Check]. It is under the same lease: when
// that ends, another Runner goes on, with the same ids of the request or the round. Of each
// provider, as of all Checks, at most Workers are under way at the same time; the others have their
// turn. A request that may have been opened when nobody wants it any more is dropped at
// its provider, for which it may be opened once more to learn its code. If a provider
// does not return for 3 min, another Runner goes on without it.
//
// A Runner is taken for dead when its heartbeat has not changed for the TTL by the clock of
// the one who looks; the clocks of two processes are never compared for that, so one that is hours
// off costs nobody a lease. But what time does by itself, such as a scheduled start or the
// end of a window, is decided by the clock of the first Runner that finds it due: keep
// the clocks of processes together. Of a clock that differs from its own by more than the TTL, a Runner
// warns in its Log.
//
// A Runner with a MetricSource watches over safeguards: it measures each of every plan
// of which a milestone is live, from when that goes live on, as long as the plan is
// neither archived nor at its end. Several Runners with one ask as many times; what a value
// does is done once. A value is waited for at most 10 s, and no longer than Measure. One
// that is not told in time, that is no number or that the source fails to tell is
// logged, and does nothing: a safeguard that cannot be measured trips nothing. A
// safeguard whose source has not returned is not asked for again, and holds up no other.
type Runner struct {
	Workers int           // tasks at the same time; default: 16
	Poll    time.Duration // how often to look for what other processes did, if the store does not tell; default: 1 s
	TTL     time.Duration // how long a heartbeat may be silent, and the store take for an answer; default: 15 s
	Drain   time.Duration // how long handlers may go on when Run ends, before they are told to stop; default: 0
	Log     *slog.Logger  // default: none

	Checks map[string]Check // by the name that gates give: they are made here, at most Workers at the same time; default: none

	Metrics MetricSource  // tells the values of metrics; Run waits until it has returned; default: none, and nothing is measured
	Measure time.Duration // how often each safeguard is measured; default: 10 s

	plans    *Service
	handlers map[string]Handler

	lease   string          // under which attempts are begun now
	beat    *lease.Lease    // what keeps it
	again   chan struct{}   // a worker is free for what was left
	wg      sync.WaitGroup  // handlers, errands, and what measures
	ending  chan struct{}   // closed when Run is to return soon
	turn    *store.Cursor   // the plan that was served last
	queued  bool            // plans wait for workers: who wants one has its turn
	serving bool            // it is the turn of a plan
	resting map[string]rest // plans that a calendar holds back, or that wait for errands only
	soonest time.Time       // when one of them is to be looked at again; zero: none was seen
	forgot  time.Time       // when expired idempotency keys were looked for last
	blind   bool            // it was said that nothing is measured

	mu      sync.Mutex
	running bool
	busy    int                      // workers
	starved bool                     // something was left for lack of a worker
	taking  string                   // plan/task of which an attempt is beginning
	active  map[string]activeAttempt // by attempt

	errands map[string]map[string]*goingErrand // by plan and name
	rooms   map[string]int                     // errands that are under way, by room
	rested  chan struct{}                      // an errand is left alone for a while
	crowded bool                               // there was no room for an errand
	waited  *store.Cursor                      // behind that plan is the first for whose errands there was no room

	measured map[gauge]bool // safeguards whose metric source has not returned
}

// An activeAttempt is one that a Handler of this Runner works on.
type activeAttempt struct {
	plan, task string
	stop       context.CancelCauseFunc
}

// NewRunner returns a Runner of the service's plans. Handlers are by kind of task;
// tasks of other kinds are left to other Runners, or to people.
func NewRunner(plans *Service, handlers map[string]Handler) *Runner {
	return &Runner{plans: plans, handlers: maps.Clone(handlers)}
}

// ErrRunning is the error of a second Run of a Runner that runs.
var ErrRunning = errors.New("the runner runs already")

// Run carries plans out until ctx ends, and returns once every handler, [Check] and provider has
// returned. Attempts that it had to stop are treated as those of a process that
// ended. It returns nil after ctx has ended, or at once [ErrRunning] if the Runner
// runs already.
//
// If another Runner took this one for dead, or may soon because its heartbeat could
// not be stored, it logs that and tells its handlers to stop, with [ErrLost]. Once all
// have returned it begins anew by itself, as soon as the store answers; a
// handler, a [Check] or a provider that does not stop holds that up.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.begin(); err != nil {
		return err
	}
	defer r.end()
	for r.hold(ctx) {
		r.renew()
	}
	return nil
}

// hold carries plans out under one lease, until ctx ends or the lease is lost. It
// reports whether there is to be another, which needs no pause before it:
// nothing is done until its first heartbeat is stored.
func (r *Runner) hold(ctx context.Context) (again bool) {
	alive, quit := context.WithCancelCause(ctx)
	defer quit(nil)
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx)) // of handlers: they outlive ctx while draining
	defer stop(nil)
	lost := func() {
		stop(ErrLost)
		quit(ErrLost)
	}

	var watch sync.WaitGroup // of the lease
	heartbeat := r.heartbeat()
	r.beat = heartbeat
	leased, release := context.WithCancel(context.WithoutCancel(ctx)) // until the last handler has returned
	born := make(chan struct{})
	watch.Go(func() { heartbeat.Beat(leased, born, lost) })
	select {
	case <-born: // before that, what it took would look abandoned
		watch.Go(func() { heartbeat.Watch(leased, r.inherit) })
		watch.Go(func() { r.errandWatch().Watch(leased, r.inheritErrand) })
		if r.Metrics != nil {
			r.wg.Go(func() { r.watchOver(alive) })
		}
		r.dispatch(alive, work)
	case <-alive.Done():
	}

	if errors.Is(context.Cause(alive), ErrLost) {
		r.Log.Warn("the lease was lost, or could not be kept: the runner stops its handlers, and begins anew", "lease", r.lease)
		ending := r.ending
		unhook := context.AfterFunc(ctx, func() { close(ending) })
		r.wg.Wait()
		unhook()
	} else {
		r.drain(stop)
	}
	r.dropAllErrands(ctx)
	release()
	watch.Wait()
	return ctx.Err() == nil
}

func (r *Runner) begin() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running {
		return ErrRunning
	}
	if r.Workers <= 0 {
		r.Workers = 16
	}
	if r.Poll <= 0 {
		r.Poll = time.Second
	}
	if r.TTL <= 0 {
		r.TTL = 15 * time.Second
	}
	if r.Measure <= 0 {
		r.Measure = 10 * time.Second
	}
	if r.Log == nil {
		r.Log = slog.New(slog.DiscardHandler)
	}
	r.running = true
	r.renew()
	return nil
}

// renew gives the Runner a lease under which nothing runs yet.
func (r *Runner) renew() {
	r.lease = r.plans.newID()
	r.ending = make(chan struct{})
	r.active = make(map[string]activeAttempt)
	r.errands, r.rooms, r.rested = make(map[string]map[string]*goingErrand), make(map[string]int), make(chan struct{}, 1)
	r.crowded, r.waited = false, nil
	r.measured = make(map[gauge]bool)
	r.again, r.busy, r.starved = make(chan struct{}, 1), 0, false
	r.turn, r.queued, r.serving, r.blind = nil, false, false, false
	r.resting, r.soonest = make(map[string]rest), time.Time{}
}

func (r *Runner) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running = false
}

// isEnding reports whether Run is to return soon.
func (r *Runner) isEnding() bool {
	select {
	case <-r.ending:
		return true
	default:
		return false
	}
}

// drain lets handlers end by themselves for a while and then tells them to.
func (r *Runner) drain(stop context.CancelCauseFunc) {
	halt := func() {
		stop(ErrShutdown)
		close(r.ending)
		r.wg.Wait()
	}
	if r.Drain <= 0 {
		halt()
		return
	}
	ended := make(chan struct{})
	go func() {
		r.wg.Wait()
		close(ended)
	}()
	timer := time.NewTimer(r.Drain)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		halt()
	}
}
