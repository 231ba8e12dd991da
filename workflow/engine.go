package workflow

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// An Engine drives runs: whenever it is woken for one it carries out what
// [Service.Step] tells, until there is nothing left. [Local] is one that does so in
// this process.
//
// The stored run is the truth, and an engine only its doorbell: a wake may be lost, doubled or late, and an
// engine that finds runs by itself needs none. Whatever two engines do at once for
// one run, each attempt is executed once: by who leased it.
//
// An engine leases the attempt of a [StepExecute] by a [Lease] that it gives to Step, under an id of its own,
// and lets [Service.Execute] carry it out. Whether a process of such an engine is gone nobody else can
// tell, so that no Local takes its attempts over: the engine reports each that is lost, by an
// [Interrupt], and the crash policy of the job tells what follows. Leases that begin
// with "local-" are those of Locals.
type Engine interface {
	// Wake tells that there may be something to do for a run. It returns soon, and is
	// safe for concurrent use.
	Wake(ctx context.Context, runID string) error
}

// Attach lets an engine be woken for every run that this Service commits with
// something to do; an error of its Wake is passed over. types are those of the jobs
// that it executes: once an engine was attached with some, a definition with jobs of other
// types cannot be started through this Service. A process that only starts runs,
// and leaves them to others, attaches none.
func (s *Service) Attach(e Engine, types ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engines = append(slices.Clone(s.engines), e)
	executed := maps.Clone(s.executed) // who reads it has no lock
	for _, t := range types {
		if executed == nil {
			executed = make(map[string]bool)
		}
		executed[t] = true
	}
	s.executed = executed
}

// An Input is what an engine has learned about a run. The zero Input says that it
// wants to know what there is to do.
type Input struct {
	Command Command // what to do first; of the actions that the library itself asks for
}

// A Next is what there is to do for a run.
type Next struct {
	Run   *Run
	Steps []Step    // to be carried out now; StepAdmit and StepAdvance never are among them
	Wake  time.Time // when to ask again if nothing happens before; zero: never
}

// Step takes up what an engine has learned about a run, does what time has done by
// itself meanwhile, and says what there is to do then. Everything goes into
// commits of the run, so that it may be called again, by anybody: a step that was taken
// already changes nothing. Outcomes are best reported by [Service.Execute].
func (s *Service) Step(ctx context.Context, runID string, in Input) (Next, error) {
	c := in.Command
	switch {
	case c.Action == "":
		c.Action = Advance
	case !c.Action.internal():
		return Next{}, penstock.Invalid("command.action", "%q is not the library's own: see Do", short(string(c.Action)))
	case c.Action == Lease && strings.HasPrefix(c.Lease, localLease):
		return Next{}, penstock.Invalid("command.lease", "%q is one of a Local", short(c.Lease))
	case c.Action == Admit: // limits may stand against it
		c.Action = Advance
	}
	r, err := s.do(ctx, runID, c)
	if err != nil {
		return Next{}, err
	}
	if r.st.State == RunQueued {
		if err := s.admit(ctx, r.graph.def.Key, func(string, error) {}); err != nil {
			return Next{}, err
		}
		st, err := s.confirmedRun(ctx, runID)
		if err != nil {
			return Next{}, err
		}
		r = st.run
	}
	steps, wake := r.Next(s.now())
	steps = slices.DeleteFunc(steps, func(x Step) bool { return x.Kind == StepAdmit || x.Kind == StepAdvance })
	return Next{Run: r, Steps: steps, Wake: wake}, nil
}
