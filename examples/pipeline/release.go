package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/workflow"
)

// A question asks a person whether to release, and returns the answer with a remark.
type question func(ctx context.Context) (yes bool, remark string)

// A watcher shows a run, and lets people do their part.
type watcher struct {
	*board
	workflows *workflow.Service
	run       string // its id
	ask       question
	tasks     sync.WaitGroup
	tails     map[string]chan struct{} // by job; closed when its log was shown
}

// release starts a run, shows it until it has ended, and returns it. When ctx ends it
// is canceled. Without ask, bob approves.
func (p *pipeline) release(ctx context.Context, s *console.Screen, ask question, start workflow.Start) (*workflow.Run, error) {
	whole := context.WithoutCancel(ctx)
	run, err := p.workflows.Start(whole, p.workflow, start, ann)
	if err != nil {
		return nil, err
	}
	w := &watcher{board: &board{Screen: s}, workflows: p.workflows, run: run.ID(), ask: ask, tails: make(map[string]chan struct{})}
	for _, stage := range run.Stages() {
		for _, j := range stage.Jobs {
			w.groups = append(w.groups, &group{job: j.Key})
		}
	}
	work, stop := context.WithCancelCause(whole)
	defer stop(nil)
	unhook := context.AfterFunc(ctx, func() {
		s.Line("\n%s", s.Paint(console.Amber, "interrupted: the run is being canceled"))
		if _, err := p.workflows.Do(whole, w.run, workflow.Command{Action: workflow.CancelRun, Remark: "interrupted"}, ann); err != nil && !errors.Is(err, penstock.ErrRefused) {
			stop(err)
		}
	})
	defer unhook()
	for e, err := range p.workflows.Follow(work, w.run, 0, ann) {
		if err == nil && e.Change.Kind == workflow.JobMoved {
			err = w.moved(ctx, work, e.Change)
		}
		if err != nil {
			stop(err)
			break
		}
	}
	w.tasks.Wait()
	if err := context.Cause(work); err != nil {
		return nil, err
	}
	return p.workflows.Get(whole, w.run, ann)
}

// moved shows what happened to a job, and lets people do their part.
func (w *watcher) moved(ctx, work context.Context, c workflow.Change) error {
	run, err := w.workflows.Get(work, w.run, ann)
	if err != nil {
		return err
	}
	j, err := run.Job(c.Job)
	if err != nil {
		return err
	}
	state := workflow.JobState(c.To)
	switch {
	case c.From == c.To && c.Vote == "": // it was taken by the engine
	case c.Vote != "":
		w.show(c.Job, fmt.Sprintf("  %s: %s (%s)", c.By.Label(), c.Vote, c.Remark))
	case state == workflow.JobRunning:
		w.tail(work, c.Job, c.Status.Count)
	case state == workflow.JobWaiting:
		w.show(c.Job, "  "+c.Status.Request.Policy().Description)
		w.tasks.Go(func() { w.decide(ctx, c.Job) })
	case j.State == state && ended(state):
		if shown := w.tails[c.Job]; shown != nil {
			<-shown
		}
		w.end(c.Job, w.summary(j, c.Remark))
	}
	return nil
}

// tail shows the log of an attempt while it grows.
func (w *watcher) tail(ctx context.Context, job string, attempt int) {
	shown := make(chan struct{})
	w.tails[job] = shown
	w.tasks.Go(func() {
		defer close(shown)
		for line, err := range w.workflows.TailLog(ctx, w.run, job, attempt, -1, ann) {
			if err != nil {
				w.show(job, "  "+err.Error())
				return
			}
			w.show(job, "  "+w.Paint(console.Dim, "│")+" "+console.Printable(line.Text))
		}
	})
}

// decide votes on the release, as bob.
func (w *watcher) decide(ctx context.Context, job string) {
	yes, remark := true, "nobody was asked; see -ask"
	if w.ask != nil {
		yes, remark = w.ask(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	c := workflow.Command{Action: workflow.Vote, Job: job, Vote: approval.Approve, Remark: remark}
	if !yes {
		c.Vote = approval.Reject
	}
	if _, err := w.workflows.Do(ctx, w.run, c, bob); err != nil && ctx.Err() == nil {
		w.show(job, "  "+err.Error())
	}
}

// ended reports whether a job has come to an end, unless its error policy says otherwise.
func ended(state workflow.JobState) bool {
	switch state {
	case workflow.JobPending, workflow.JobRunning, workflow.JobWaiting, workflow.JobDeciding, workflow.JobCanceling:
		return false
	default:
		return true
	}
}
