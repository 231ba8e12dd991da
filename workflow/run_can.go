package workflow

import (
	"errors"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/lifecycle"
)

// A Verdict says whether an action can be done now and, if not, everything that
// stands against it.
type Verdict struct {
	Action   Action
	Stage    string // of an action on a stage
	Job      string // key, of an action on a job
	Inputs   bool   // of ExecuteStage: Command.Inputs may be given
	Allowed  bool
	Refusals []Refusal // empty if it is allowed
}

// A Refusal is one thing that stands against an action.
type Refusal struct {
	Rule     string    // short and stable: "state", "permitted", …
	Needs    string    // what is missing, for people
	Earliest time.Time // when it can clear at the earliest; zero: time alone will not do it
	Err      error     // the faults behind it; may be nil
}

// Can tells of every action on the run, its current stage and the jobs of that
// stage, whether by could do it at the time at: first of the run, then of the
// stage, then of the jobs in order.
func (r *Run) Can(by penstock.Actor, at time.Time) []Verdict {
	at = later(instant(at), r.st.Updated)
	q := r.At(at)
	all := []Verdict{q.can(Command{Action: CancelRun}, by, at), q.can(Command{Action: Comment, Remark: "…"}, by, at), q.can(Command{Action: RetryRun}, by, at), q.can(Command{Action: DeleteRun}, by, at)}
	i := q.current()
	if i == len(q.graph.stages) {
		return all
	}
	stage := q.graph.stages[i]
	if stage.Manual != nil && stage.Manual.Enabled {
		v := q.can(Command{Action: ExecuteStage, Stage: stage.Name}, by, at)
		v.Inputs = stage.Manual.Modify
		all = append(all, v)
	}
	if stage.Approval != nil && stage.Approval.Required() {
		all = append(all, q.can(Command{Action: Vote, Stage: stage.Name, Vote: approval.Approve}, by, at))
	}
	for j := stage.first; j < stage.end; j++ {
		key := q.graph.nodes[j].key
		if q.graph.nodes[j].policy != nil {
			all = append(all, q.can(Command{Action: Vote, Job: key, Vote: approval.Approve}, by, at))
		}
		if policy := q.graph.nodes[j].job.Error; policy != nil && policy.Policy == ManualCheck {
			all = append(all, q.can(Command{Action: Ignore, Job: key}, by, at), q.can(Command{Action: Uphold, Job: key}, by, at))
		}
	}
	return all
}

// can judges one command: what Do would say is what it says, and what both the
// rules of ownership and the state say against it is told.
func (r *Run) can(c Command, by penstock.Actor, at time.Time) Verdict {
	v := Verdict{Action: c.Action, Stage: c.Stage, Job: c.Job}
	if err := r.permit(by, c); err != nil {
		v.Refusals = append(v.Refusals, Refusal{Rule: "permitted", Needs: needsOf(err), Err: err})
	}
	v.Refusals = append(v.Refusals, r.stands(c, by, at)...)
	v.Allowed = len(v.Refusals) == 0
	return v
}

// stands returns what the state says against a command.
func (r *Run) stands(c Command, by penstock.Actor, at time.Time) []Refusal {
	var refusals []lifecycle.Refusal
	known := true
	switch c.Action {
	case Ignore, Uphold:
		i := r.graph.index[c.Job]
		s := r.jobs[i]
		refusals, known = jobLife.Refusals(&jobSituation{r: r, i: i, s: s, at: at}, s.state(), c.Action)
	case Vote:
		_, _, err := r.Do(c, by, at)
		if err == nil {
			return nil
		}
		rule := "vote"
		if errors.Is(err, penstock.ErrForbidden) {
			rule = "permitted"
		}
		return []Refusal{{Rule: rule, Needs: needsOf(err), Err: err}}
	case Comment:
	case DeleteRun:
		for _, needs := range r.keepers() {
			refusals = append(refusals, lifecycle.Refusal{Rule: "deletable", Needs: needs})
		}
	default:
		refusals, known = runLife.Refusals(&runSituation{r: r}, r.st.State, c.Action)
	}
	if !known {
		return []Refusal{{Rule: "state", Needs: "a state in which it can be asked for"}}
	}
	all := make([]Refusal, 0, len(refusals))
	for _, x := range refusals {
		all = append(all, Refusal{Rule: x.Rule, Needs: r.toRetry(x.Needs), Earliest: x.Earliest})
	}
	return slices.Clip(all)
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
