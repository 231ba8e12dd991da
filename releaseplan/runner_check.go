package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/panics"
)

const (
	firstCheck = time.Second // after which a Check that could not tell is made again
	lastCheck  = time.Minute

	leastAgain   = time.Second // of CheckResult.Again
	mostAgain    = time.Hour
	defaultAgain = 10 * time.Second
)

// check makes a Check and records what it says. It returns the plan after that, or nil if
// nothing came of it, and when to make the Check again if it is still to be made.
func (r *Runner) check(ctx context.Context, p *Plan, step Step, e *goingErrand) (next *Plan, again time.Duration, err error) {
	gate := *p.st.Gate
	secrets, err := r.secrets(ctx, p)
	var result CheckResult
	if err == nil {
		result, err = r.askCheck(ctx, p, step, secrets)
	}
	c := Command{Action: AnswerGate, Code: gate.Code, Answer: result.Answer, Remark: maskedText(result.Note, secrets)}
	switch {
	case err != nil && ctx.Err() != nil: // it was told to stop
		return nil, 0, err
	case err != nil:
		again = min(max(2*e.wait, firstCheck), lastCheck)
		e.wait = again
		c.Answer, c.Remark = GateProgress, maskedText("it could not be told: "+remarkOf(err, secrets), nil)
		err = errors.New(remarkOf(err, secrets))
	case result.Answer == GateProgress:
		e.wait = 0
		again = min(max(result.Again, leastAgain), mostAgain)
		if result.Again == 0 {
			again = defaultAgain
		}
	default:
		e.wait = 0
		again = firstCheck // if the answer cannot be stored
	}
	if c.Answer == GateProgress && !gate.records(c.Remark, later(instant(r.plans.now()), p.st.Updated.At)) {
		return nil, again, err
	}
	next, stale := r.do(context.WithoutCancel(ctx), p.id, c)
	if errors.Is(stale, penstock.ErrRefused) || errors.Is(stale, penstock.ErrForbidden) || errors.Is(stale, penstock.ErrNotFound) {
		return nil, again, err // somebody else was first
	}
	return next, again, errors.Join(err, stale)
}

// askCheck calls the Check.
func (r *Runner) askCheck(ctx context.Context, p *Plan, step Step, secrets map[string]string) (result CheckResult, err error) {
	job := CheckJob{Plan: p, Gate: p.st.Gate.On, Round: step.Attempt, N: p.st.Rounds, Opened: p.st.Gate.Opened, Deadline: p.st.Gate.Deadline}
	if job.Variables, err = p.Variables(secrets); err != nil {
		return result, err
	}
	err = panics.Try(func() (err error) {
		result, err = r.Checks[step.Handler].Check(ctx, job)
		return err
	})
	if crash, ok := errors.AsType[*panics.Error](err); ok {
		r.Log.Error("a check panicked", "plan", p.id, "check", step.Handler, "stack", string(crash.Stack))
	}
	if err == nil && result.Answer != GatePass && result.Answer != GateFail && result.Answer != GateProgress {
		err = fmt.Errorf("the check answered %q, which is not pass, fail or progress", short(string(result.Answer)))
	}
	return result, err
}
