package workflow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/panics"
)

// An AttemptRef names an attempt that was leased.
type AttemptRef struct {
	Run     string // id
	Job     string // key
	Attempt string // id
	Lease   string // under which it was leased
}

// Execute lets an Executor carry an attempt out and reports what came of it. The attempt must be leased
// under a.Lease: one that is not, or is over, is an ErrRefused, and nothing is executed.
// Secrets of the run, those of the specs of other jobs included, are masked in its log, in its
// outputs and in the text of its error. An executor that panics has failed. The error is nil once the
// outcome is stored, whatever it is; if it may not be, it is an [*OutcomeError]. When ctx ends with
// [ErrShutdown] or [ErrLost] as its cause, the attempt counts as interrupted, as if its process had ended.
func (s *Service) Execute(ctx context.Context, a AttemptRef, with Executor) error {
	st, err := s.confirmedRun(ctx, a.Run)
	if err != nil {
		return err
	}
	j, err := st.run.Job(a.Job)
	if err != nil {
		return err
	}
	if at := j.Status.Attempt; at.ID != a.Attempt || at.Lease != a.Lease || a.Lease == "" || at.Ended || !j.State.active() {
		return &penstock.RefusedError{Action: "execute", State: string(j.State), Needs: []string{"an attempt that is under way under this lease"}}
	}
	c, _ := s.execute(ctx, st.run, a.Job, with)
	err = s.report(context.WithoutCancel(ctx), a.Run, c)
	if err == nil || errors.Is(err, penstock.ErrRefused) || errors.Is(err, penstock.ErrNotFound) {
		return err
	}
	return &OutcomeError{Run: a.Run, Input: Input{Command: c}, err: err}
}

// An OutcomeError is the error of [Service.Execute] when the executor has worked, and what
// came of it may not be stored. To execute the attempt again would repeat the effect: Input is
// to be handed to [Service.Step], again and again until that takes or refuses it. It wraps the
// error of the store.
type OutcomeError struct {
	Run   string // id
	Input Input  // secrets are masked in it
	err   error
}

func (e *OutcomeError) Error() string {
	return fmt.Sprintf("the outcome of job %s of run %s may not be stored: %v", e.Input.Command.Job, e.Run, e.err)
}

// Unwrap returns the error of the store.
func (e *OutcomeError) Unwrap() error { return e.err }

// execute carries out the attempt under way at a job, and returns the command that
// reports its outcome; and the panic that it ended in, if it did.
func (s *Service) execute(ctx context.Context, r *Run, job string, with Executor) (c Command, crash *panics.Error) {
	c = Command{Action: Complete, Job: job}
	err := panics.Try(func() error {
		crash = s.carryOut(ctx, r, with, &c)
		return nil
	})
	if broken, ok := errors.AsType[*panics.Error](err); ok { // what it says may hold secrets that are not known
		c.Action, c.Outputs, c.Remark, crash = Fail, nil, "its outcome could not be told: that panicked", broken
	}
	return c, crash
}

// carryOut is execute that puts the outcome into c.
func (s *Service) carryOut(ctx context.Context, r *Run, with Executor, c *Command) (crash *panics.Error) {
	e, err := r.execution(c.Job)
	c.Attempt = e.Attempt
	var outputs map[string]string
	var masker *Masker
	log := &attemptLog{logs: s.logs, key: LogKey{Run: e.Run, Job: e.Name, Attempt: e.N}}
	if err == nil { // it was filled in when the attempt began
		masker = r.masker()
		err = panics.Try(func() (err error) {
			if e.Spec, err = s.resolvedNow(ctx, e.Project, e.Type, e.Spec); err != nil {
				return err
			}
			masker = r.maskerWith(specSecrets(e.Spec))
			log.masker = masker
			e.Log, e.Masker = log, masker
			outputs, err = with.Execute(ctx, e)
			return err
		})
	}
	crash, _ = errors.AsType[*panics.Error](err)
	closing := log.Close()
	c.Outputs = masked(masker, outputs)
	if bad := ValidateOutputs(c.Outputs); bad != nil {
		c.Outputs = nil
		if err == nil {
			err = bad
		}
	}
	switch cause := context.Cause(ctx); {
	case err == nil:
		if closing != nil {
			c.Remark = cut(masker.maskCut(closing.Error()))
		}
	case errors.Is(cause, ErrShutdown), errors.Is(cause, ErrLost):
		c.Action, c.Remark = Interrupt, reason(cause, masker)
	case cause != nil:
		c.Action, c.Remark = Fail, reason(fmt.Errorf("%w: %w", cause, err), masker)
	default:
		c.Action, c.Remark = Fail, reason(err, masker)
	}
	return crash
}

// reason returns what is recorded of an executor's error.
func reason(err error, masker *Masker) string {
	text := strings.ToValidUTF8(fmt.Sprint(err), "�") // Sprint survives an Error that panics
	if text = cut(masker.maskCut(text)); text == "" {
		text = "the executor gave no reason"
	}
	return text
}
