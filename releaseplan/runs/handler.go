package runs

import (
	"context"
	"errors"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/workflow"
)

// Config is what a Handler needs to know. Only Workflows is required.
type Config struct {
	Workflows *workflow.Service

	// Actor says who starts, reads and cancels the runs of a job: whom the workflows'
	// Authorizer is asked about, who counts as having started them, and whose e-mail a
	// ticket has to list. It is to be the same for all attempts at a task. Default: the
	// plan itself, {ID: "plan:<id>"} with its name. It is nobody's account, has no
	// e-mail, and can do what the Authorizer allows to the plan: neither the owner of a
	// plan, whom its author names, nor anybody else lends it their rights.
	Actor func(releaseplan.Job) penstock.Actor

	// Grace is how long a run that is canceled with its task may take to stop. After that the
	// task ends without it, and says so. Default: 30 s.
	Grace time.Duration
}

// A Handler carries out tasks of plans by runs of workflows: see the package. It is safe
// for concurrent use.
type Handler struct {
	workflows *workflow.Service
	actor     func(releaseplan.Job) penstock.Actor
	grace     time.Duration
}

var _ releaseplan.Handler = (*Handler)(nil)

const defaultGrace = 30 * time.Second

// New returns a Handler. What is wrong with cfg is an ErrInvalid.
func New(cfg Config) (*Handler, error) {
	var faults []error
	if cfg.Workflows == nil {
		faults = append(faults, penstock.Invalid("Workflows", "is required"))
	}
	if cfg.Grace < 0 {
		faults = append(faults, penstock.Invalid("Grace", "must not be negative"))
	}
	h := &Handler{workflows: cfg.Workflows, actor: cfg.Actor, grace: cfg.Grace}
	if h.actor == nil {
		h.actor = itself
	}
	if h.grace == 0 {
		h.grace = defaultGrace
	}
	return h, errors.Join(faults...)
}

// itself is the plan as an actor.
func itself(job releaseplan.Job) penstock.Actor {
	return penstock.Actor{ID: "plan:" + job.Plan.ID(), Name: job.Plan.Name()}
}

// Handle starts the run of the job, or finds the one that is there, and returns once it has
// ended: nil if it passed. What the job wants and cannot have is the Service's error:
// an ErrInvalid for what is wrong with the spec, an ErrForbidden, an ErrRefused.
// While the store fails it goes on trying.
func (h *Handler) Handle(ctx context.Context, job releaseplan.Job) error {
	w, err := want(&job)
	if err != nil {
		return err
	}
	a := &attempt{Handler: h, job: &job, wanted: w, by: h.actor(job)}
	run, err := a.begin(ctx)
	if err == nil {
		run, err = a.await(ctx, run)
	}
	if cause := context.Cause(ctx); cause != nil && (err != nil || !run.State().Ended()) {
		return a.stop(ctx, cause)
	}
	if err != nil {
		return err
	}
	return outcome(run)
}

// An attempt is a job on its way.
type attempt struct {
	*Handler
	*wanted
	job *releaseplan.Job
	by  penstock.Actor
}

// begin returns the run that the attempt goes on with.
func (a *attempt) begin(ctx context.Context) (*workflow.Run, error) {
	run, err := a.standing(ctx)
	switch {
	case err != nil:
		return nil, err
	case run != nil && (run.State().Ended() || a.fits(run)):
		return run, nil
	case run != nil:
		if _, err := a.end(ctx, run, "its task starts anew with other values"); err != nil {
			return nil, err
		}
	}
	err = a.persist(ctx, func() error {
		// What was begun is not to be left behind unseen when ctx ends.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.grace)
		defer cancel()
		var err error
		run, err = a.workflows.StartFor(ctx, a.job.Attempt, a.workflow, a.start, a.origin, a.by)
		return err
	})
	return run, err
}

// await follows a run until it has ended or ctx ends, and returns it as it is then.
func (a *attempt) await(ctx context.Context, run *workflow.Run) (*workflow.Run, error) {
	err := a.persist(ctx, func() error {
		for {
			now, err := a.workflows.Get(ctx, run.ID(), a.by)
			if err != nil {
				return err
			}
			if run = now; run.State().Ended() {
				return nil
			}
			for _, err := range a.workflows.Follow(ctx, run.ID(), run.Status().Changes, a.by) {
				if err != nil {
					return err
				}
			}
		}
	})
	return run, err
}

const (
	firstRetry = 50 * time.Millisecond // of what the store refused
	lastRetry  = 5 * time.Second
)

// persist calls f until it succeeds, ctx ends, or the error is one that does not pass.
func (a *attempt) persist(ctx context.Context, f func() error) error {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		err := f()
		if err == nil || isFinal(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// isFinal reports whether an error says no, and not that something is in the way.
func isFinal(err error) bool {
	for _, kind := range []error{penstock.ErrNotFound, penstock.ErrExists, penstock.ErrInvalid, penstock.ErrForbidden, penstock.ErrRefused} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
