package zadig

import (
	"encoding/json"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// defaultTimeout is that of kinds that nobody configured, in minutes.
const defaultTimeout = 5

// toApproval returns a policy, nil if there is none, with the decisions of a request, nil for none.
func toApproval(policy *approval.Policy, request *approval.Request) *planApproval {
	if policy == nil {
		return nil
	}
	out := &planApproval{Enabled: policy.Enabled, Type: string(policy.Kind), Description: policy.Description}
	v := approvalView{policy: policy, request: request}
	if request != nil {
		out.Status = approvalWord(request.State())
	}
	out.Native.known = nativeApproval{Timeout: defaultTimeout, Needed: 1}
	out.Lark.known = larkApproval{Timeout: defaultTimeout, Nodes: []messengerNode{{Type: nodeAnd}}}
	out.DingTalk.known = dingTalkApproval{Timeout: defaultTimeout, Nodes: []messengerNode{{Type: nodeAnd}}}
	out.Native.other(policy, approval.Native)
	out.Lark.other(policy, approval.LarkIntl)
	out.Lark.other(policy, approval.Lark)
	out.DingTalk.other(policy, approval.DingTalk)
	if _, ok := policy.Other[approval.WorkWX]; ok || policy.Kind == approval.WorkWX {
		out.WorkWX = &configured[workWXApproval]{}
		out.WorkWX.other(policy, approval.WorkWX)
	}
	switch policy.Kind {
	case approval.Native:
		out.Native = configured[nativeApproval]{known: v.native()}
	case approval.Lark, approval.LarkIntl:
		out.Lark = configured[larkApproval]{known: larkApproval{Timeout: policy.TimeoutMinutes, App: policy.App, Initiator: v.initiator(), Nodes: v.nodes(), Instance: v.instance()}}
	case approval.DingTalk:
		out.DingTalk = configured[dingTalkApproval]{known: dingTalkApproval{Timeout: policy.TimeoutMinutes, App: policy.App, Initiator: v.initiator(), Nodes: v.nodes(), Instance: v.instance()}}
	case approval.WorkWX:
		out.WorkWX = &configured[workWXApproval]{known: workWXApproval{Timeout: policy.TimeoutMinutes, App: policy.App, Creator: v.initiator(), Nodes: v.workWX(), Instance: v.instance()}}
	default: // one of the host's kinds has no place here
	}
	out.fill()
	return out
}

// other reads the configuration of a kind that is not selected, if there is one.
func (c *configured[T]) other(p *approval.Policy, kind approval.Kind) {
	if text, ok := p.Other[kind]; ok {
		var read configured[T]
		if json.Unmarshal(text, &read) == nil { // otherwise it is not from here, and of another form
			*c = read
		}
	}
}

// fill makes lists of what was not listed.
func (a *planApproval) fill() {
	a.Native.known.Approvers = listed(a.Native.known.Approvers)
	a.Lark.known.Approvers = listed(a.Lark.known.Approvers)
	a.Lark.known.Nodes = listed(a.Lark.known.Nodes)
	a.DingTalk.known.Nodes = listed(a.DingTalk.known.Nodes)
	for _, nodes := range [][]messengerNode{a.Lark.known.Nodes, a.DingTalk.known.Nodes} {
		for i := range nodes {
			nodes[i].Approvers = listed(nodes[i].Approvers)
		}
	}
	if a.WorkWX != nil {
		a.WorkWX.known.Nodes = listed(a.WorkWX.known.Nodes)
		for i := range a.WorkWX.known.Nodes {
			a.WorkWX.known.Nodes[i].Approvers = listed(a.WorkWX.known.Nodes[i].Approvers)
		}
	}
}

// listed returns a list that is not nil.
func listed[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// counting returns the request whose votes count; nil if there is none. A plan that was reopened
// asks anew, and an approval is good for what was approved only.
func counting(p *releaseplan.Plan) *approval.Request {
	r := p.Status().Request
	switch p.State() {
	case releaseplan.Draft, releaseplan.FinalizeCheck, releaseplan.FinalizeCheckFailed, releaseplan.Finalized:
		return nil
	default:
		if r == nil || r.State() == approval.Approved && !r.Valid(p.Hash()) {
			return nil
		}
		return r
	}
}

// approvalWord is the word for what a request came to.
func approvalWord(s approval.State) string {
	switch s {
	case approval.Approved:
		return "passed"
	case approval.Rejected:
		return "reject"
	case approval.Lapsed:
		return "timeout"
	case approval.Withdrawn, approval.Canceled:
		return "cancelled"
	case approval.Pending:
		return ""
	default:
		return ""
	}
}

// An approvalView shows a policy with the decisions of a request, which may be nil.
type approvalView struct {
	policy  *approval.Policy
	request *approval.Request
}

func (v approvalView) native() nativeApproval {
	out := nativeApproval{Timeout: v.policy.TimeoutMinutes, Needed: 1}
	if len(v.policy.Nodes) > 0 {
		node := v.policy.Nodes[0]
		switch node.Need {
		case approval.All:
			out.Needed = len(node.Approvers)
		case approval.Any:
		case approval.KOf:
			out.Needed = node.K
		}
		out.Approvers = eachOf(node.Approvers, func(p penstock.Party) planApprover {
			if p.Type == penstock.Group {
				return planApprover{Type: string(penstock.Group), GroupID: p.ID, GroupName: p.Label()}
			}
			return planApprover{UserID: p.ID, UserName: p.Label(), vote: v.vote(0, p.ID)}
		})
		for _, said := range v.votes(0, node) { // members of groups
			out.Approvers = append(out.Approvers, planApprover{UserID: said.Who.ID, UserName: said.Who.Label(), vote: toVote(said)})
		}
	}
	if v.request != nil {
		if nodes := v.request.Nodes(); len(nodes) > 0 {
			out.Needed, out.decision = nodes[0].Needed, decided(nodes[0].State)
		}
		out.Instance = v.request.ID()
	}
	return out
}

// nodes are those of a messenger.
func (v approvalView) nodes() []messengerNode {
	out := make([]messengerNode, len(v.policy.Nodes))
	for i, node := range v.policy.Nodes {
		out[i].Type = nodeAnd
		if node.Need == approval.Any || node.Need == approval.KOf && node.K == 1 {
			out[i].Type = nodeOr
		}
		out[i].decision = v.decided(i)
		for _, p := range node.Approvers {
			if p.Type == penstock.Group {
				out[i].Groups = append(out[i].Groups, messengerGroup{ID: p.ID, Name: p.Label()})
				continue
			}
			out[i].Approvers = append(out[i].Approvers, messengerApprover{ID: p.ID, Name: p.Label(), vote: v.vote(i, p.ID)})
		}
		for _, said := range v.votes(i, node) {
			out[i].Approvers = append(out[i].Approvers, messengerApprover{ID: said.Who.ID, Name: said.Who.Label(), vote: toVote(said)})
		}
	}
	return out
}

func (v approvalView) workWX() []workWXNode {
	return eachOf(v.nodes(), func(n messengerNode) workWXNode {
		relation := workWXAnd
		if n.Type == nodeOr {
			relation = workWXOr
		}
		return workWXNode{Approvers: n.Approvers, Type: relation, decision: n.decision}
	})
}

func (v approvalView) initiator() *messengerUser {
	if v.policy.Initiator == nil {
		return nil
	}
	return &messengerUser{ID: v.policy.Initiator.ID, Name: v.policy.Initiator.Label()}
}

// instance is how the provider calls the request.
func (v approvalView) instance() string {
	if v.request == nil {
		return ""
	}
	return v.request.Instance()
}

func (v approvalView) decided(node int) decision {
	if v.request == nil || node >= len(v.request.Nodes()) {
		return decision{}
	}
	return decided(v.request.Nodes()[node].State)
}

func decided(s approval.NodeState) decision {
	switch s {
	case approval.NodeApproved:
		return decision{string(approval.Approve)}
	case approval.NodeRejected:
		return decision{string(approval.Reject)}
	case approval.NodeWaiting, approval.NodeOpen, approval.NodeClosed:
		return decision{}
	default:
		return decision{}
	}
}

// vote is what somebody said in a node.
func (v approvalView) vote(node int, id string) vote {
	if v.request != nil {
		for _, said := range v.request.Votes() {
			if said.Node == node && said.Who.ID == id {
				return toVote(said)
			}
		}
	}
	return vote{}
}

// votes are those in a node of people whom it does not name.
func (v approvalView) votes(node int, n approval.Node) (all []approval.Vote) {
	if v.request == nil {
		return nil
	}
	for _, said := range v.request.Votes() {
		named := slices.ContainsFunc(n.Approvers, func(p penstock.Party) bool { return p.Type != penstock.Group && p.ID == said.Who.ID })
		if said.Node == node && !named {
			all = append(all, said)
		}
	}
	return all
}

func toVote(v approval.Vote) vote {
	return vote{decision{string(v.Decision)}, v.Comment, seconds(v.At)}
}
