package plantest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// ErrScripted is the error of everything here that fails as it was told to.
var ErrScripted = errors.New("it was told to fail")

// errPanicked is the error of a call that panicked.
var errPanicked = errors.New("it panicked")

// A Script is a releaseplan.Handler that does what it is told, attempt by attempt, and remembers what it
// was asked. Each task begins the script anew:
//
//	deploy := plantest.NewScript().Fails(2).Takes(time.Minute).Succeeds()
//
// fails the first two attempts at a task; the third succeeds after a minute, and so does each after it: the
// last act goes on. The methods that add acts return the script; they are called before it is
// used. All others are safe for concurrent use. Time is that of package time, so in a testing/synctest bubble it is
// the bubble's.
type Script struct {
	acts   []act
	byTask map[string]*Script // by the task's name

	mu       sync.Mutex
	calls    []*Call
	began    map[string]int // attempts by task id
	now      int
	most     int
	released chan struct{}
}

// An act is what is done of one attempt.
type act func(ctx context.Context, s *Script) error

// A Call is one attempt that a Script was asked to carry out.
type Call struct {
	Job   releaseplan.Job
	Began time.Time
	Ended time.Time // zero while it goes on
	Err   error     // that it returned, or that it panicked
	Cause error     // for which its context had ended by then; nil if it had not
}

// NewScript returns a script without acts: it succeeds at once.
func NewScript() *Script {
	return &Script{byTask: make(map[string]*Script), began: make(map[string]int), released: make(chan struct{})}
}

func (s *Script) add(acts ...act) *Script {
	s.acts = append(s.acts, acts...)
	return s
}

// Succeeds adds an act that succeeds at once.
func (s *Script) Succeeds() *Script {
	return s.add(func(context.Context, *Script) error { return nil })
}

// Fails adds n acts that fail with [ErrScripted].
func (s *Script) Fails(n int) *Script {
	for range n {
		s.FailsWith(ErrScripted)
	}
	return s
}

// FailsWith adds an act that fails with an error.
func (s *Script) FailsWith(err error) *Script {
	return s.add(func(context.Context, *Script) error { return err })
}

// Takes adds an act that succeeds after d, or fails as soon as its context ends.
func (s *Script) Takes(d time.Duration) *Script {
	return s.add(func(ctx context.Context, _ *Script) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// Blocks adds an act that succeeds once [Script.Release] was called, or fails as soon as its context ends.
func (s *Script) Blocks() *Script {
	return s.add(func(ctx context.Context, on *Script) error {
		select {
		case <-on.waits():
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// Hangs adds an act that succeeds once [Script.Release] was called, and does not care for its context.
// Release it before the test ends, or a Runner will not.
func (s *Script) Hangs() *Script {
	return s.add(func(_ context.Context, on *Script) error {
		<-on.waits()
		return nil
	})
}

// Panics adds an act that panics.
func (s *Script) Panics(value any) *Script {
	return s.add(func(context.Context, *Script) error {
		panic(value) //nolint:forbidigo // this is what it was told to do
	})
}

// On returns the script of tasks with a name, which do not follow s then. It begins without acts.
func (s *Script) On(task string) *Script {
	of := s.byTask[task]
	if of == nil {
		of = NewScript()
		s.byTask[task] = of
	}
	return of
}

// Release lets what blocks and hangs now succeed, in the scripts of all tasks.
func (s *Script) Release() {
	s.mu.Lock()
	close(s.released)
	s.released = make(chan struct{})
	s.mu.Unlock()
	for _, of := range s.byTask {
		of.Release()
	}
}

// waits returns what Release closes.
func (s *Script) waits() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.released
}

// Handle does the next act of the job's task. It is releaseplan.Handler's.
func (s *Script) Handle(ctx context.Context, job releaseplan.Job) (err error) {
	of := s
	if own := s.byTask[job.Task.Name]; own != nil {
		of = own
	}
	call, do := s.begin(of, job)
	ended := false
	defer func() {
		if !ended {
			err = errPanicked
		}
		s.end(call, err, context.Cause(ctx))
	}()
	err = do(ctx, of)
	ended = true
	return err
}

// begin notes a call, and returns what is to be done of it.
func (s *Script) begin(of *Script, job releaseplan.Job) (*Call, act) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.began[job.Task.ID]
	s.began[job.Task.ID]++
	call := &Call{Job: job, Began: time.Now()}
	s.calls = append(s.calls, call)
	s.now++
	s.most = max(s.most, s.now)
	if len(of.acts) == 0 {
		return call, func(context.Context, *Script) error { return nil }
	}
	return call, of.acts[min(n, len(of.acts)-1)]
}

func (s *Script) end(call *Call, err, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call.Ended, call.Err, call.Cause = time.Now(), err, cause
	s.now--
}

// Calls returns what the script was asked so far, in the order in which it began: all of it, or only tasks
// with one of the names.
func (s *Script) Calls(tasks ...string) (all []Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if len(tasks) == 0 || slices.Contains(tasks, c.Job.Task.Name) {
			all = append(all, *c)
		}
	}
	return all
}

// Most returns how many calls went on at the same time, at most.
func (s *Script) Most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}
