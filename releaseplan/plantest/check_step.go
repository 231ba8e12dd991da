package plantest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A Step is one command of a walk, with what came of it.
type Step struct {
	N       int // from 0
	Before  *releaseplan.Plan
	Command releaseplan.Command
	By      penstock.Actor
	At      time.Time

	After   *releaseplan.Plan // Before, if it was refused
	Changes []releaseplan.Change
	Err     error

	// Trail is everything that ever happened to the plan, Changes included. It is not to
	// be written to.
	Trail []releaseplan.Change
}

// String tells when who asked for what, and what came of it.
func (s Step) String() string {
	what := string(s.Command.Action)
	switch c := s.Command; {
	case c.Task != "":
		what += " " + c.Task
		if t, err := s.Before.Task(c.Task); err == nil {
			what = fmt.Sprintf("%s %q", c.Action, t.Name)
		}
	case c.Milestone != "":
		what += " " + c.Milestone
	case c.Safeguard != "":
		what += " " + c.Safeguard
	}
	came := s.After.State()
	if s.Err != nil {
		return fmt.Sprintf("%3d %s %s: %s: %v", s.N, s.At.Format("2 15:04:05.999999"), s.By.ID, what, s.Err)
	}
	return fmt.Sprintf("%3d %s %s: %s: %d changes, %s", s.N, s.At.Format("2 15:04:05.999999"), s.By.ID, what, len(s.Changes), came)
}

// CheckStep holds a step against what is true of every step, and the plan after it, with
// its trail, against [CheckPlan]. It returns all that is broken, or nil:
//
//   - a refused command changes nothing, and its error is of one of penstock's kinds;
//   - what Can allows is not refused for its state, a guard or a right, and what it refuses is not done;
//   - the same command of the same plan does the same again;
//   - times of changes never go back, and each move is one from where the plan or task was;
//   - no final state is left, and an outcome ends the attempt that it names and no other;
//   - nothing starts but in a running plan, inside its window, on approved content, and once all
//     that comes before it is settled; milestones go forward only there, and with every
//     safeguard clear;
//   - who let all happen at once that was due in the meantime has the same plan as who wakes
//     up only now.
func CheckStep(s Step) error {
	var b breaches
	b.refusal(s)
	b.can(s)
	again, changes, err := s.Before.Do(s.Command, s.By, s.At)
	if (err == nil) != (s.Err == nil) || len(changes) != len(s.Changes) {
		b.add("the same command does the same", "first %v and %d changes, then %v and %d", s.Err, len(s.Changes), err, len(changes))
	} else if err == nil {
		b.because("the same command does the same", same(s.After, again))
	}
	if s.Err == nil {
		b.follow(s)
		b.because("it does not matter who wakes when", onTime(s))
		b.because("after it", CheckPlan(s.After, s.Trail))
	}
	return b.join()
}

// refusal: refused means unchanged, and every error is of a kind.
func (b *breaches) refusal(s Step) {
	if s.Err == nil {
		return
	}
	if s.After != s.Before || s.Changes != nil {
		b.add("what is refused changes nothing", "%w, but there are %d changes", s.Err, len(s.Changes))
	}
	for _, kind := range []error{penstock.ErrRefused, penstock.ErrInvalid, penstock.ErrForbidden, penstock.ErrNotFound, penstock.ErrConflict} {
		if errors.Is(s.Err, kind) {
			return
		}
	}
	b.add("an error is of a kind", "%w is of none", s.Err)
}

// can: Can says what Do does.
func (b *breaches) can(s Step) {
	c := s.Command
	if c.Attempt != "" || !c.Start.IsZero() || c.Interval != nil || len(c.Then) > 0 || c.IfVersion != 0 {
		return // what it is given decides
	}
	verdicts := s.Before.Can(s.By, s.At)
	if c.Task != "" {
		if of, err := s.Before.CanTask(c.Task, s.By, s.At); err == nil {
			verdicts = append(of, verdicts...)
		}
	}
	if c.Milestone != "" {
		if of, err := s.Before.CanMilestone(c.Milestone, s.By, s.At); err == nil {
			verdicts = append(of, verdicts...)
		}
	}
	i := slices.IndexFunc(verdicts, func(v releaseplan.Verdict) bool { return v.Action == c.Action })
	if i < 0 {
		return // only the library asks for it
	}
	refused := errors.Is(s.Err, penstock.ErrRefused) || errors.Is(s.Err, penstock.ErrForbidden) && c.Action != releaseplan.AnswerGate // of a wrong code
	switch v := verdicts[i]; {
	case v.Allowed && refused:
		b.add("Can agrees with Do", "Can allows %s, Do says %w", c.Action, s.Err)
	case !v.Allowed && s.Err == nil:
		b.add("Can agrees with Do", "Can refuses %s since it needs %s, Do does it", c.Action, v.Refusals[0].Needs)
	}
}

// onTime compares who wakes late with who wakes whenever something is due.
func onTime(s Step) error {
	eager, err := Woken(s.Before, s.At)
	if err != nil {
		return err
	}
	next, _, err := eager.Do(s.Command, s.By, s.At)
	if err != nil {
		return err
	}
	return same(next, s.After)
}

// Woken returns p as it is when somebody lets happen all that is due before a time, each at
// the very instant. The error says that it was woken for nothing, or without end.
func Woken(p *releaseplan.Plan, before time.Time) (*releaseplan.Plan, error) {
	looked := p.Status().Updated.At
	for range 10_000 {
		_, wake := p.Next(looked)
		if wake.IsZero() || !wake.Before(before) {
			return p, nil
		}
		next, changes, err := p.Do(releaseplan.Command{Action: releaseplan.Advance}, penstock.System(), wake)
		if err != nil {
			return nil, err
		}
		looked = wake
		if steps, _ := p.Next(wake); len(changes) == 0 && len(steps) > 0 {
			continue // a calendar has opened for what a Runner is to start
		}
		if len(changes) == 0 {
			return nil, fmt.Errorf("it woke at %v for nothing", wake)
		}
		p = next
	}
	return nil, errors.New("it wakes without end")
}
