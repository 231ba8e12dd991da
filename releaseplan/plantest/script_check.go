package plantest

import (
	"context"
	"sync"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// A CheckScript is a releaseplan.Check that does what it is told, call by call, and remembers what it was asked. Each
// gate of each plan begins the script anew; another round of the gate goes on where the round before it was:
//
//	tests := plantest.NewCheckScript().Waits(2, time.Minute).Fails("3 tests fail").Passes()
//
// says "not yet" twice, a minute apart, and then that the gate has failed; the round after that passes, and so
// does each after it: the last act goes on. The methods that add acts return the script; they are called before it is
// used. All others are safe for concurrent use. Time is that of package time, so in a testing/synctest bubble it is the
// bubble's.
type CheckScript struct {
	acts []checkAct

	mu       sync.Mutex
	calls    []*CheckCall
	began    map[checkKey]int
	released chan struct{}
}

// A checkAct is what is said to one call.
type checkAct func(ctx context.Context, s *CheckScript) (releaseplan.CheckResult, error)

// A checkKey is one gate of one plan.
type checkKey struct {
	plan string
	gate releaseplan.GateKind
}

// A CheckCall is one time that a CheckScript was asked.
type CheckCall struct {
	Job    releaseplan.CheckJob
	Began  time.Time
	Ended  time.Time               // zero while it goes on
	Result releaseplan.CheckResult // that it returned
	Err    error                   // that it returned, or that it panicked
	Cause  error                   // for which its context had ended by then; nil if it had not
}

// NewCheckScript returns a script without acts: every gate passes at once.
func NewCheckScript() *CheckScript {
	return &CheckScript{began: make(map[checkKey]int), released: make(chan struct{})}
}

// Passes adds an act that lets the gate pass.
func (s *CheckScript) Passes() *CheckScript {
	return s.Says(releaseplan.CheckResult{Answer: releaseplan.GatePass})
}

// Fails adds an act by which the gate fails, and says why.
func (s *CheckScript) Fails(note string) *CheckScript {
	return s.Says(releaseplan.CheckResult{Answer: releaseplan.GateFail, Note: note})
}

// Waits adds n acts that have no answer yet, and ask to be made again after a time.
func (s *CheckScript) Waits(n int, again time.Duration) *CheckScript {
	for range n {
		s.Says(releaseplan.CheckResult{Answer: releaseplan.GateProgress, Again: again})
	}
	return s
}

// Says adds an act that returns a result, whatever it is.
func (s *CheckScript) Says(r releaseplan.CheckResult) *CheckScript {
	return s.add(func(context.Context, *CheckScript) (releaseplan.CheckResult, error) { return r, nil })
}

// Breaks adds n acts that cannot tell: they return [ErrScripted].
func (s *CheckScript) Breaks(n int) *CheckScript {
	for range n {
		s.add(func(context.Context, *CheckScript) (releaseplan.CheckResult, error) {
			return releaseplan.CheckResult{}, ErrScripted
		})
	}
	return s
}

// Blocks adds an act that lets the gate pass once [CheckScript.Release] was called, or fails to tell as soon as
// its context ends.
func (s *CheckScript) Blocks() *CheckScript {
	return s.add(func(ctx context.Context, s *CheckScript) (releaseplan.CheckResult, error) {
		select {
		case <-s.waits():
			return releaseplan.CheckResult{Answer: releaseplan.GatePass}, nil
		case <-ctx.Done():
			return releaseplan.CheckResult{}, context.Cause(ctx)
		}
	})
}

// Panics adds an act that panics.
func (s *CheckScript) Panics(value any) *CheckScript {
	return s.add(func(context.Context, *CheckScript) (releaseplan.CheckResult, error) {
		panic(value) //nolint:forbidigo // this is what it was told to do
	})
}

func (s *CheckScript) add(act checkAct) *CheckScript {
	s.acts = append(s.acts, act)
	return s
}

// Release lets what blocks now pass.
func (s *CheckScript) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.released)
	s.released = make(chan struct{})
}

// waits returns what Release closes.
func (s *CheckScript) waits() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.released
}

// Check does the next act of the job's gate. It is releaseplan.Check's.
func (s *CheckScript) Check(ctx context.Context, job releaseplan.CheckJob) (r releaseplan.CheckResult, err error) {
	call, do := s.begin(job)
	err = errPanicked // unless it returns
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		call.Ended, call.Result, call.Err, call.Cause = time.Now(), r, err, context.Cause(ctx)
	}()
	return do(ctx, s)
}

// begin notes a call, and returns what is to be said to it.
func (s *CheckScript) begin(job releaseplan.CheckJob) (*CheckCall, checkAct) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := checkKey{plan: job.Plan.ID(), gate: job.Gate}
	n := s.began[key]
	s.began[key]++
	call := &CheckCall{Job: job, Began: time.Now()}
	s.calls = append(s.calls, call)
	if len(s.acts) == 0 {
		return call, func(context.Context, *CheckScript) (releaseplan.CheckResult, error) {
			return releaseplan.CheckResult{Answer: releaseplan.GatePass}, nil
		}
	}
	return call, s.acts[min(n, len(s.acts)-1)]
}

// Calls returns what the script was asked so far, in the order in which it began.
func (s *CheckScript) Calls() []CheckCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]CheckCall, len(s.calls))
	for i, c := range s.calls {
		all[i] = *c
	}
	return all
}
