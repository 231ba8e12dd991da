package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
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
// Secrets of the run and of the job's spec are masked in its log, in its outputs and in
// the text of its error. An executor that panics has failed. The error is nil once the
// outcome is stored, whatever it is. When ctx ends with [ErrShutdown] or [ErrLost] as its cause,
// the attempt counts as interrupted, as if its process had ended.
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
	_, err = s.do(context.WithoutCancel(ctx), a.Run, c)
	return err
}

// execute carries out the attempt under way at a job, and returns the command that
// reports its outcome; and what the executor panicked with, if it did.
func (s *Service) execute(ctx context.Context, r *Run, job string, with Executor) (Command, *panicError) {
	c := Command{Action: Complete, Job: job}
	e, err := r.Execution(job)
	c.Attempt = e.Attempt
	if err == nil {
		e.Spec, err = s.resolved(ctx, e.Type, e.Spec)
	}
	if err != nil { // it was filled in when the attempt began: nothing could be told by it
		c.Action, c.Remark = Fail, cut(err.Error())
		return c, nil
	}
	masker := NewMasker(slices.Concat(r.secrets(), specSecrets(e.Spec))...)
	log := &attemptLog{logs: s.logs, key: LogKey{Run: e.Run, Job: e.Name, Attempt: e.N}, masker: masker}
	e.Log = log
	var outputs map[string]string
	err = guard(func() (err error) {
		outputs, err = with.Execute(ctx, e)
		return err
	})
	crash, _ := errors.AsType[*panicError](err)
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
			c.Remark = cut(masker.Mask(closing.Error()))
		}
	case errors.Is(cause, ErrShutdown), errors.Is(cause, ErrLost):
		c.Action, c.Remark = Interrupt, cause.Error()
	case cause != nil:
		c.Action, c.Remark = Fail, reason(fmt.Errorf("%w: %w", cause, err), masker)
	default:
		c.Action, c.Remark = Fail, reason(err, masker)
	}
	return c, crash
}

// secrets returns the values of the run's secret parameters.
func (r *Run) secrets() []string {
	if !slices.ContainsFunc(r.params, Param.IsSecret) {
		return nil
	}
	return r.variables().Secrets()
}

// specSecrets is SpecSecrets that spares specs without any the decoding.
func specSecrets(spec json.RawMessage) []string {
	text := string(spec)
	for _, word := range []string{`is_credential`, `oauth_token`, `"secret"`, `\u`} {
		if strings.Contains(text, word) {
			return SpecSecrets(spec)
		}
	}
	return nil
}

// reason returns what is recorded of an executor's error.
func reason(err error, masker *Masker) string {
	text := strings.ToValidUTF8(fmt.Sprint(err), "�") // Sprint survives an Error that panics
	if text = cut(masker.Mask(text)); text == "" {
		text = "the executor gave no reason"
	}
	return text
}

// A panicError is a panic of what is the host's.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("it panicked: %v", e.value) }

// guard calls f, which is the host's, and turns a panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{value: v, stack: debug.Stack()}
		}
	}()
	return f()
}
