package releaseplan

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// A Verdict says whether an action can be done now and, if not, everything that
// stands against it.
type Verdict struct {
	Action   Action
	Task     string // id, of an action on a task
	Allowed  bool
	Refusals []Refusal // empty if it is allowed
}

// A Refusal is one thing that stands against an action.
type Refusal struct {
	Rule     string    // short and stable: "state", "permitted", "window_open", …
	Needs    string    // what is missing, for people
	Earliest time.Time // when it can clear at the earliest; zero: time alone will not do it
	Err      error     // the faults behind it; may be nil
}

// Can tells of every action on the plan as a whole, sorted by name, whether by
// could do it at the time at. What the action is given, such as a code or a
// vote, is not looked at.
func (p *Plan) Can(by penstock.Actor, at time.Time) []Verdict {
	at = later(instant(at), p.st.Updated.At)
	q := p.At(at).pin()
	actions := planActions()
	all := make([]Verdict, len(actions))
	for i, a := range actions {
		all[i] = q.can(Command{Action: a}, by, at)
	}
	return all
}

// CanTask is Can for every action on one task. A task that is not of this plan
// is an ErrNotFound.
func (p *Plan) CanTask(task string, by penstock.Actor, at time.Time) ([]Verdict, error) {
	if _, err := p.find(task); err != nil {
		return nil, err
	}
	at = later(instant(at), p.st.Updated.At)
	now, before := p.At(at).pin(), p.At(at.Add(-tick)).pin()
	var all []Verdict
	for _, a := range taskActions() {
		q := now
		if a == Complete || a == Fail { // an outcome comes before what is due at the same instant
			q = before
		}
		all = append(all, q.can(Command{Action: a, Task: task}, by, at))
	}
	return all, nil
}

// can judges one command.
func (p *Plan) can(c Command, by penstock.Actor, at time.Time) Verdict {
	v := Verdict{Action: c.Action, Task: c.Task}
	if err := p.permit(by, c); err != nil {
		v.Refusals = append(v.Refusals, Refusal{Rule: "permitted", Needs: needsOf(err), Err: err})
	}
	if p.Archived() && !allowedArchived(c.Action) {
		v.Refusals = append(v.Refusals, Refusal{Rule: "not_archived", Needs: "the plan to be unarchived first"})
	}
	sit := &situation{p: p, by: by, at: at, place: p.place(c.Action, c.Milestone), later: c.later(at)}
	switch rule, stands := standing[c.Action]; {
	case c.Action.onTask():
		ref := p.def.index[c.Task]
		s := p.task(ref).clone()
		refusals, known := taskLife.Refusals(&taskSituation{p: p, ref: ref, s: &s, at: at}, s.State, c.Action)
		if !known {
			v.Refusals = append(v.Refusals, Refusal{Rule: "state", Needs: "a task that is not " + words(string(s.State))})
		}
		for _, r := range refusals {
			v.Refusals = append(v.Refusals, Refusal(r))
		}
	case stands:
		for _, r := range rule.refusals(sit) {
			if r.Rule != "not_archived" || !p.Archived() {
				v.Refusals = append(v.Refusals, Refusal(r))
			}
		}
		if c.Action == Vote {
			v.Refusals = append(v.Refusals, p.canVote(by, at)...)
		}
	default:
		refusals, known := planLife.Refusals(sit, p.st.State, c.Action)
		if !known {
			v.Refusals = append(v.Refusals, Refusal{Rule: "state", Needs: "a plan that is " + askedIn()[c.Action]})
		}
		for _, r := range refusals {
			v.Refusals = append(v.Refusals, Refusal(r))
		}
	}
	v.Allowed = len(v.Refusals) == 0
	return v
}

// canVote tells what stands against a vote of by.
func (p *Plan) canVote(by penstock.Actor, at time.Time) []Refusal {
	if p.st.State != AwaitingApproval || p.st.Request == nil {
		return nil
	}
	_, err := p.st.Request.Vote(approval.Vote{Decision: approval.Approve}, by, at)
	if err == nil {
		return nil
	}
	rule := "vote"
	if errors.Is(err, penstock.ErrForbidden) {
		rule = "permitted"
	}
	return []Refusal{{Rule: rule, Needs: needsOf(err), Err: err}}
}

// needsOf tells what an error says is missing.
func needsOf(err error) string {
	var forbidden *penstock.ForbiddenError
	var refused *penstock.RefusedError
	switch {
	case errors.As(err, &forbidden):
		return "the " + string(forbidden.Right) + " right on " + forbidden.On.String()
	case errors.As(err, &refused) && len(refused.Needs) > 0:
		return refused.Needs[0]
	default:
		return err.Error()
	}
}

// planActions and taskActions are what Can tells of, sorted.
var (
	planActions = sync.OnceValue(func() []Action {
		return slices.Sorted(func(yield func(Action) bool) {
			for a := range standing {
				if !a.internal() && a != Observe && !yield(a) { // what measures asks nobody
					return
				}
			}
			for _, a := range planLife.Actions() {
				if !yield(a) {
					return
				}
			}
		})
	})
	taskActions = sync.OnceValue(func() []Action { return slices.DeleteFunc(taskLife.Actions(), Action.internal) })
)

// askedIn tells in which states each action that moves a plan can be asked for.
var askedIn = sync.OnceValue(func() map[Action]string {
	in := make(map[Action]string)
	states := planLife.States()
	for _, a := range planLife.Actions() {
		in[a] = oneOf(slices.DeleteFunc(slices.Clone(states), func(s State) bool {
			_, asked := planLife.Rules[s][a]
			return !asked
		}))
	}
	return in
})

// allowed returns the names of the actions on the plan that its state and guards
// take, for refusals to tell.
func (p *Plan) allowed(by penstock.Actor, at time.Time) (names []string) {
	for _, a := range planLife.Allowed(&situation{p: p, by: by, at: at}, p.st.State) {
		names = append(names, string(a))
	}
	return names
}
