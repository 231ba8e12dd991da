package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// A session takes one plan from its draft to its end.
type session struct {
	*console.Screen
	plans       *releaseplan.Service
	id          string
	operator    penstock.Actor // acts for the owner
	people      people
	interactive bool
	dir         string  // of the run
	kept        *keeper // nil: the plan is in memory only
}

// open files the plan as a draft, or returns the one that an earlier run left
// unfinished; resumed says which.
func (s *session) open(ctx context.Context, c releaseplan.Content) (p *releaseplan.Plan, resumed bool, err error) {
	s.operator = penstock.Actor{ID: "operator"}
	if !c.Owner.IsZero() {
		s.operator = actor(c.Owner)
	}
	if s.kept != nil {
		s.plans = releaseplan.New(releaseplan.Config{Store: s.kept.store})
		return s.kept.open(ctx, s, c)
	}
	s.plans = releaseplan.New(releaseplan.Config{Store: memory.New()})
	p, err = s.file(ctx, s.plans, c)
	return p, false, err
}

// file files the plan as a draft, marked with where its tasks work and, if it is kept,
// with the file that it comes from.
func (s *session) file(ctx context.Context, plans *releaseplan.Service, c releaseplan.Content) (*releaseplan.Plan, error) {
	labels := map[string]string{labelDir: s.dir}
	if s.kept != nil {
		labels[labelFile] = s.kept.file
	}
	for k, v := range c.Labels {
		if _, ours := labels[k]; !ours {
			labels[k] = v
		}
	}
	c.Labels = labels
	p, err := plans.Create(ctx, c, s.operator)
	if err != nil {
		return nil, err
	}
	s.id = p.ID()
	return p, nil
}

// errHalted is why nothing more happens: the plan is left as it is.
var errHalted = errors.New("interrupted")

// run carries the plan out and returns it as it is at the end. When ctx ends,
// a plan that is not kept is canceled: its commands are stopped before run returns.
// One that is kept stays as it is once its commands have ended.
func (s *session) run(ctx context.Context, p *releaseplan.Plan, resumed bool) (*releaseplan.Plan, error) {
	whole := context.WithoutCancel(ctx)
	work, stop := context.WithCancelCause(whole)
	running, halt := context.WithCancel(work)
	defer halt()
	asking, dismiss := context.WithCancel(ctx)
	w := &watcher{Screen: s.Screen, begun: p.Status().Created.At, phase: -1}
	w.header(p, s)
	if resumed {
		w.left = p
		w.Heading("so far")
	}

	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.carryOut(running, p); err != nil {
			stop(err)
		}
		stop(errHalted)
	})
	told := make(chan struct{}, 1)
	end := func(why string) {
		if s.kept != nil {
			halt()
			s.Line("%s", s.Paint(console.Amber, why+": commands that run may end, for "+drain.String()+" at most; no other begins"))
			return
		}
		s.Line("%s", s.Paint(console.Amber, why+": the plan is being canceled"))
		if err := s.cancel(work, why); err != nil {
			stop(err)
		}
	}
	wg.Go(func() {
		err := s.drive(asking, told)
		if errors.Is(err, errInput) {
			end(err.Error())
		} else if err != nil {
			stop(err)
		}
	})
	ended := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(ended)
		end("interrupted")
	})

	err := w.follow(work, s, told)
	if !unhook() {
		<-ended
	}
	if cause := context.Cause(work); cause != nil {
		err = cause
	}
	dismiss()
	stop(nil)
	wg.Wait()
	if errors.Is(err, errHalted) {
		err = w.rest(whole, s)
	}
	if err != nil {
		return nil, err
	}
	return s.plans.Get(whole, s.id, s.operator)
}

// carryOut runs tasks until ctx ends.
func (s *session) carryOut(ctx context.Context, p *releaseplan.Plan) error {
	handlers := map[string]releaseplan.Handler{shellKind: &shell{show: s.printer(p)}}
	runner := releaseplan.NewRunner(s.plans, handlers)
	if s.kept != nil {
		runner.TTL, runner.Drain = takeover, drain
	}
	return runner.Run(ctx)
}

// cancel cancels the plan; one that is at its end stays there.
func (s *session) cancel(ctx context.Context, why string) error {
	_, err := s.plans.Do(ctx, s.id, releaseplan.Command{Action: releaseplan.Cancel, Remark: why}, s.operator)
	if errors.Is(err, penstock.ErrRefused) {
		return nil
	}
	return err
}

// over reports whether nothing happens any more to a plan in the state, unless
// somebody outside of this program does something.
func (s *session) over(state releaseplan.State) bool {
	return stuck(state) || state == releaseplan.Failed && !s.interactive
}

// printer shows the output of tasks; where several run at a time, with their names.
func (s *session) printer(p *releaseplan.Plan) func(task, line string) {
	names := make(map[string]string)
	phases := p.Content().Phases
	for _, t := range p.Tasks() {
		if phases[t.Phase].Kind != releaseplan.Sequential {
			names[t.ID] = fmt.Sprintf("%-20s ", clip(t.Name, 20))
		}
	}
	return func(task, line string) {
		s.Line("%10s%s %s", "", s.Paint(console.Dim, names[task]+"│"), line)
	}
}

// pause is how long scripted people take for what they do.
const pause = time.Second
