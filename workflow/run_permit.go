package workflow

import (
	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// MaxRemark bounds a remark, comment or error, in bytes.
const MaxRemark = 4 << 10

// internal reports whether only the library itself asks for an action.
func (a Action) internal() bool {
	switch a {
	case Admit, Lease, Complete, Fail, Interrupt, Report, Retracted, Forgotten, Advance:
		return true
	default:
		return false
	}
}

// Right returns the right that an Authorizer is asked for before the action.
func (a Action) Right() penstock.Right {
	switch a {
	case Vote:
		return penstock.Approve
	case Comment:
		return penstock.Read
	case DeleteRun:
		return penstock.Delete
	default:
		return penstock.Execute
	}
}

// permit is the rule of who may do what, besides what the host's Authorizer says:
// what the library asks for is up to nobody else, to vote up to the approvers that a
// request lists; to execute a stage by hand
// and to decide on a failure, up to those whom the definition names, and an admin;
// everything else is the Authorizer's to say.
func (r *Run) permit(by penstock.Actor, c Command) error {
	switch {
	case by.ID == penstock.SystemID:
		return nil
	case c.Action.internal():
		return &penstock.ForbiddenError{Right: penstock.Admin, On: r.Resource()}
	case by.Admin:
		return nil
	}
	forbidden := &penstock.ForbiddenError{Right: c.Action.Right(), On: r.Resource()}
	switch c.Action {
	case ExecuteStage:
		if i := r.current(); i < len(r.graph.stages) && r.byHand(i) && !r.among(by, r.graph.stages[i].Manual.Users) {
			return forbidden
		}
	case Ignore, Uphold:
		i, ok := r.graph.index[c.Job]
		if !ok {
			return r.noJob(c.Job)
		}
		if policy := r.graph.nodes[i].job.Error; policy == nil || !r.among(by, policy.Deciders) {
			return forbidden
		}
	default: // up to the Authorizer, or to the request
	}
	return nil
}

// among reports whether an actor is one of some people, of whom one may be who
// started the run.
func (r *Run) among(by penstock.Actor, people People) bool {
	for _, who := range people {
		if who.Type == Starter && by.ID != "" && by.ID == r.st.Created.By.ID || by.Is(who) {
			return true
		}
	}
	return false
}

// check reports every fault of a command that no run would take.
func (c *Command) check() error {
	var k Checker
	if !c.Action.known() {
		k.Fault("action", "%q is no action", short(string(c.Action)))
	}
	k.Text("remark", c.Remark, MaxRemark)
	if c.Key != "" {
		k.Err("", penstock.CheckKey("key", c.Key))
	}
	switch c.Action {
	case Lease, Complete, Fail, Interrupt, Ignore, Uphold:
		if c.Job == "" {
			k.Fault("job", "must name a job")
		}
		if c.Action == Lease {
			k.Name("lease", c.Lease)
		}
		if len(c.Outputs) > 0 {
			k.Err("", ValidateOutputs(c.Outputs))
		}
	case Comment:
		if c.Remark == "" {
			k.Fault("remark", "must not be empty")
		}
	case Vote:
		if c.Vote != approval.Approve && c.Vote != approval.Reject {
			k.Fault("vote", "%q is not approve or reject", short(string(c.Vote)))
		}
	default: // nothing else has members of its own
	}
	return k.Faults()
}

// known reports whether an action can be asked for at all.
func (a Action) known() bool {
	switch a {
	case CancelRun, RetryRun, ExecuteStage, Vote, Ignore, Uphold, Comment, DeleteRun:
		return true
	default:
		return a.internal()
	}
}
