package releaseplan

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// Explain judges one action on the plan or, with its id, on one task: whether by could do it at
// the time at and, if not, everything that stands against it and when that can clear. [Verdict.String]
// tells it to people. An action that cannot be asked for is an ErrInvalid; a task that is not of
// this plan is an ErrNotFound.
func (p *Plan) Explain(a Action, task string, by penstock.Actor, at time.Time) (Verdict, error) {
	verdicts := p.Can
	if task != "" || a.onTask() {
		if _, err := p.find(task); err != nil {
			return Verdict{}, err
		}
		verdicts = func(by penstock.Actor, at time.Time) []Verdict {
			all, _ := p.CanTask(task, by, at) // the task is there
			return all
		}
	}
	for _, v := range verdicts(by, at) {
		if v.Action == a {
			return v, nil
		}
	}
	return Verdict{}, notAskable(a, task)
}

func notAskable(a Action, task string) error {
	of := "a plan"
	if task != "" {
		of = "a task"
	}
	return penstock.Invalid("action", "%q is nothing that can be asked of %s", short(string(a)), of)
}

// Earliest returns when everything that stands against the action can have cleared, at the
// earliest; zero if it is allowed, or if time alone will not do it.
func (v Verdict) Earliest() (at time.Time) {
	for _, r := range v.Refusals {
		if r.Earliest.IsZero() {
			return time.Time{}
		}
		at = later(at, r.Earliest)
	}
	return at
}

// String tells the verdict to people, in one line: "cannot execute: needs every calendar to be open
// (calendar "year-end" is closed until 2027-01-04T07:00:00Z); not before 2027-01-04T07:00:00Z".
func (v Verdict) String() string {
	if v.Allowed {
		return "can " + words(string(v.Action))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "cannot %s: needs ", words(string(v.Action)))
	for i, r := range v.Refusals {
		if i > 0 {
			b.WriteString(" and ")
		}
		b.WriteString(r.Needs)
		if r.Err != nil && r.Err.Error() != r.Needs && r.Rule != "permitted" {
			fmt.Fprintf(&b, " (%s)", strings.ReplaceAll(r.Err.Error(), "\n", "; "))
		}
	}
	if at := v.Earliest(); !at.IsZero() {
		fmt.Fprintf(&b, "; not before %s", at.Format(time.RFC3339))
	}
	return b.String()
}
