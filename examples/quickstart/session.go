package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// A session takes one plan from its draft to its end.
type session struct {
	*screen
	plans       *releaseplan.Service
	id          string
	operator    penstock.Actor // acts for the owner
	people      people
	interactive bool
	dir         string // of the run
}

// open files the plan as a draft.
func (s *session) open(ctx context.Context, c releaseplan.Content) (*releaseplan.Plan, error) {
	s.plans = releaseplan.New(releaseplan.Config{Store: memory.New()})
	s.operator = penstock.Actor{ID: "operator"}
	if !c.Owner.IsZero() {
		s.operator = actor(c.Owner)
	}
	p, err := s.plans.Create(ctx, c, s.operator)
	if err != nil {
		return nil, err
	}
	s.id = p.ID()
	return p, nil
}

// run carries the plan out and returns it as it is at the end. When ctx ends, the
// plan is canceled: its commands are stopped before run returns.
func (s *session) run(ctx context.Context, p *releaseplan.Plan) (*releaseplan.Plan, error) {
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	asking, dismiss := context.WithCancel(ctx)
	w := &watcher{screen: s.screen, begun: p.Status().Created.At, phase: -1}
	w.header(p, s.dir)

	var wg sync.WaitGroup
	handlers := map[string]releaseplan.Handler{shellKind: &shell{dir: s.dir, show: s.printer(p)}}
	wg.Go(func() {
		if err := releaseplan.NewRunner(s.plans, handlers).Run(work); err != nil {
			stop(err)
		}
	})
	told := make(chan struct{}, 1)
	wg.Go(func() {
		err := s.drive(asking, told)
		if errors.Is(err, errInput) {
			s.line("%s", s.paint(amber, err.Error()))
			err = s.cancel(work, err.Error())
		}
		if err != nil {
			stop(err)
		}
	})
	canceled := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(canceled)
		s.line("%s", s.paint(amber, "interrupted: the plan is being canceled"))
		if err := s.cancel(work, "interrupted at the terminal"); err != nil {
			stop(err)
		}
	})

	err := w.follow(work, s, told)
	if !unhook() {
		<-canceled
	}
	if cause := context.Cause(work); cause != nil {
		err = cause
	}
	dismiss()
	stop(nil)
	wg.Wait()
	if err != nil {
		return nil, err
	}
	return s.plans.Get(context.WithoutCancel(ctx), s.id, s.operator)
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
	switch state {
	case releaseplan.Failed:
		return !s.interactive
	case releaseplan.Denied, releaseplan.Expired, releaseplan.FinalizeCheckFailed, releaseplan.ExecuteCheckFailed, releaseplan.CompleteCheckFailed:
		return true
	default:
		return state.Final()
	}
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
		s.line("%10s%s %s", "", s.paint(dim, names[task]+"│"), line)
	}
}

// pause is how long scripted people take for what they do.
const pause = time.Second
