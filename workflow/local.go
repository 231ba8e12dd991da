package workflow

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock/store"
)

// A Local is the [Engine] that drives runs in this process: it executes their jobs,
// makes happen what time does, and asks the providers of approvals. What the Service that it
// belongs to commits it takes up at once, and the attempts that it has a worker for in
// the same commit; what other processes commit, when it is woken, when the store tells, and
// at the latest after Poll. Runs that wait cost nothing. Set its fields before Run.
//
// What a Local executes is under a lease, which the attempt names and a heartbeat
// keeps. When a process ends without a word, its heartbeat stops, and the next Local that
// notices takes over what it left, but nothing of other engines: what had finished is kept, and of what was being
// executed the job's own policy tells whether it is repeated or has failed. Any
// number of Locals, in any number of processes, may share a store.
type Local struct {
	Workers int           // attempts at the same time; default: 64
	Poll    time.Duration // how often to look for what other processes did, if the store does not tell; default: 1 s
	TTL     time.Duration // how long a heartbeat may be silent, and the store or a provider of approvals take for an answer; default: 15 s
	Drain   time.Duration // how long executors may go on when Run ends, before they are told to stop; default: 0
	Log     *slog.Logger  // default: none

	service   *Service
	executors map[string]Executor
	wanted    []string // values of the work field that tell of jobs for its executors

	rung    chan string   // runs to look at
	again   chan struct{} // a worker is free for what was left
	alarmed chan struct{} // there is less time left than was thought

	wg      sync.WaitGroup // executors, and calls of providers
	workers sync.WaitGroup // goroutines that carry attempts out
	idle    atomic.Int32   // of them
	hire    chan begun     // taken by one that is idle

	mu       sync.Mutex
	running  bool
	lease    string          // under which attempts are begun now
	open     bool            // attempts can be begun
	work     context.Context //nolint:containedctx // of every executor: whoever commits may begin an attempt
	ending   chan struct{}   // closed when Run is to return soon
	retired  chan struct{}   // closed once nothing more is begun under the lease
	busy     int             // workers
	queued   bool            // runs may wait for workers: who wants one has its turn, and who becomes free says so
	refused  bool            // somebody had to wait since those who wait were looked for
	missed   bool            // a run was not heard of
	next     time.Time       // when to look around again
	active   map[string]*activeAttempt
	busyWith map[string]int   // attempts by run
	doubtful map[string]bool  // runs of which attempts may have begun although their commit failed
	executed map[string]bool  // attempts whose outcomes could not be recorded
	asked    map[string]pause // providers, by request
}

// An activeAttempt is one that an executor works on, or is about to.
type activeAttempt struct {
	local    *Local
	run, job string
	id       string
	lease    string
	deadline time.Time // zero: it has none
	executor Executor
	retired  <-chan struct{} // closed when the lease is over
	context  context.Context //nolint:containedctx // of the executor
	stop     context.CancelCauseFunc
}

// heard bounds how many runs wait to be looked at.
const heard = 1024

// NewLocal returns a Local of the service's runs, and attaches it: see
// [Service.Attach]. Executors are by type of job, and nil is none; jobs of other types are left to
// other engines.
func NewLocal(s *Service, executors map[string]Executor) *Local {
	executors = maps.Clone(executors)
	maps.DeleteFunc(executors, func(_ string, e Executor) bool { return e == nil })
	l := &Local{service: s, executors: executors, rung: make(chan string, heard), hire: make(chan begun), again: make(chan struct{}, 1), alarmed: make(chan struct{}, 1)}
	types := sortedKeys(executors)
	for _, t := range types {
		l.wanted = append(l.wanted, workExecute+t)
	}
	s.Attach(l, types...)
	return l
}

// ErrRunning is the error of a second Run of a Local that runs.
var ErrRunning = errors.New("the engine runs already")

// Run drives runs until ctx ends, and returns once every executor has returned.
// Attempts that it had to stop are treated as those of a process that ended. It returns nil
// after ctx has ended, or at once [ErrRunning] if the Local runs already.
//
// If another Local took this one for dead, or may soon because its heartbeat could
// not be stored, it logs that and tells its executors to stop, with [ErrLost]. Once all
// have returned it begins anew by itself, as soon as the store answers; an executor
// that does not stop holds that up.
func (l *Local) Run(ctx context.Context) error {
	if err := l.start(); err != nil {
		return err
	}
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.running = false
	}()
	for l.hold(ctx) {
	}
	return nil
}

// Wake makes a Local that runs look at a run soon. It never fails.
func (l *Local) Wake(_ context.Context, runID string) error {
	l.ring(runID)
	return nil
}

func (l *Local) ring(id string) {
	select {
	case l.rung <- id:
	default:
		l.mu.Lock()
		l.missed = true
		l.mu.Unlock()
		l.alarm(l.service.now())
	}
}

// alarm makes the Local look around at a time, unless it does so before.
func (l *Local) alarm(at time.Time) {
	l.mu.Lock()
	sooner := at.Before(l.next)
	if sooner {
		l.next = at
	}
	l.mu.Unlock()
	if sooner {
		nudge(l.alarmed)
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (l *Local) start() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running {
		return ErrRunning
	}
	if l.Workers <= 0 {
		l.Workers = 64
	}
	if l.Poll <= 0 {
		l.Poll = time.Second
	}
	if l.TTL <= 0 {
		l.TTL = 15 * time.Second
	}
	if l.Log == nil {
		l.Log = slog.New(slog.DiscardHandler)
	}
	l.running = true
	return nil
}

// hold drives runs under one lease, until ctx ends or the lease is lost. It reports
// whether there is to be another, which needs no pause before it: nothing is done
// until its first heartbeat is stored.
func (l *Local) hold(ctx context.Context) (again bool) {
	alive, quit := context.WithCancelCause(ctx)
	defer quit(nil)
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx)) // of executors: they outlive ctx while draining
	defer stop(nil)
	lost := func() {
		stop(ErrLost)
		quit(ErrLost)
	}
	l.renew(work)

	var lease sync.WaitGroup
	heartbeat := l.heartbeat()
	leased, release := context.WithCancel(context.WithoutCancel(ctx)) // until the last executor has returned
	born := make(chan struct{})
	lease.Go(func() { heartbeat.Beat(leased, born, lost) })
	select {
	case <-born: // before that, what it took would look abandoned
		l.unlock(true)
		lease.Go(func() { heartbeat.Watch(leased, l.inherit) })
		l.dispatch(alive, work)
	case <-alive.Done():
	}
	l.unlock(false)

	if errors.Is(context.Cause(alive), ErrLost) {
		l.Log.Warn("the lease was lost, or could not be kept: the engine stops its executors, and begins anew", "lease", l.lease)
		ending := l.ending
		unhook := context.AfterFunc(ctx, func() { close(ending) })
		l.wg.Wait()
		unhook()
	} else {
		l.drain(stop)
	}
	l.retire()
	release()
	lease.Wait()
	return ctx.Err() == nil
}

// renew gives the Local a lease under which nothing is executed yet.
func (l *Local) renew(work context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lease, l.work, l.ending, l.retired = localLease+l.service.newID(), work, make(chan struct{}), make(chan struct{})
	l.busy, l.queued, l.refused, l.missed = 0, false, false, false
	l.busyWith, l.doubtful = make(map[string]int), make(map[string]bool)
	l.active, l.executed, l.asked = make(map[string]*activeAttempt), make(map[string]bool), make(map[string]pause)
}

// unlock lets attempts be begun, or no more.
func (l *Local) unlock(open bool) {
	l.mu.Lock()
	l.open = open
	l.mu.Unlock()
	s := l.service
	s.mu.Lock()
	defer s.mu.Unlock()
	locals := slices.DeleteFunc(slices.Clone(s.locals), func(other *Local) bool { return other == l })
	if open {
		locals = append(locals, l)
	}
	s.locals = locals
}

// isEnding reports whether Run is to return soon.
func (l *Local) isEnding() bool {
	select {
	case <-l.ending:
		return true
	default:
		return false
	}
}

// drain lets executors end by themselves for a while and then tells them to.
func (l *Local) drain(stop context.CancelCauseFunc) {
	halt := func() {
		stop(ErrShutdown)
		close(l.ending)
		l.wg.Wait()
	}
	if l.Drain <= 0 {
		halt()
		return
	}
	ended := make(chan struct{})
	go func() {
		l.wg.Wait()
		close(ended)
	}()
	timer := time.NewTimer(l.Drain)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		halt()
	}
}

// What a Local asks the store may never be answered: a connection that has gone silent
// tells nobody. So each of these ends, with an error, after the TTL, and is asked
// again when the Local looks around the next time.

func (l *Local) find(ctx context.Context, q store.Query) (store.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, l.TTL)
	defer cancel()
	return l.service.store.Find(ctx, q)
}

func (l *Local) confirmed(ctx context.Context, id string) (*Run, error) {
	ctx, cancel := context.WithTimeout(ctx, l.TTL)
	defer cancel()
	st, err := l.service.confirmedRun(ctx, id)
	if err != nil {
		return nil, err
	}
	return st.run, nil
}

func (l *Local) do(ctx context.Context, id string, c Command) (*Run, error) {
	ctx, cancel := context.WithTimeout(ctx, l.TTL)
	defer cancel()
	return l.service.do(ctx, id, c)
}
