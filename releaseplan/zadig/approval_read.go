package zadig

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/rest"
)

// Relations of the approvers of a node to each other.
const (
	nodeAnd = "AND"
	nodeOr  = "OR"

	workWXAnd = 1
	workWXOr  = 2
)

// policy returns what was sent as a policy: the selected kind as the domain has it, the others as
// they were sent. before is the policy so far, or nil: this dialect does not know the separation
// of duties, and so leaves it as it is.
func (b *approvalBody) policy(before *approval.Policy) (*approval.Policy, error) {
	p := &approval.Policy{Enabled: b.Enabled, Kind: approval.Kind(b.Type), Description: b.Description}
	if before != nil {
		p.Separation = before.Separation
	}
	found := !b.Enabled
	var faults []error
	for _, kind := range b.sent() {
		if kind.selects(p.Kind) {
			found = true
			faults = append(faults, kind.into(p))
			continue
		}
		if p.Other == nil {
			p.Other = make(map[approval.Kind]json.RawMessage)
		}
		p.Other[kind.kinds[0]] = kind.sent
	}
	if !found {
		faults = append(faults, penstock.Invalid("approval.type", "approval not found: there is no configuration of the type %q", clipped(b.Type)))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return p, nil
}

// A sentKind is the configuration of a kind as it was sent.
type sentKind struct {
	kinds []approval.Kind // that it can be of
	sent  json.RawMessage
	into  func(*approval.Policy) error
}

func (k sentKind) selects(kind approval.Kind) bool { return slices.Contains(k.kinds, kind) }

// sent lists the configurations that there are.
func (b *approvalBody) sent() (all []sentKind) {
	if b.Native != nil {
		all = append(all, sentKind{[]approval.Kind{approval.Native}, b.Native.sent, b.Native.known.into})
	}
	if b.Lark != nil {
		all = append(all, sentKind{[]approval.Kind{approval.Lark, approval.LarkIntl}, b.Lark.sent, b.Lark.known.into})
	}
	if b.DingTalk != nil {
		all = append(all, sentKind{[]approval.Kind{approval.DingTalk}, b.DingTalk.sent, b.DingTalk.known.into})
	}
	if b.WorkWX != nil {
		all = append(all, sentKind{[]approval.Kind{approval.WorkWX}, b.WorkWX.sent, b.WorkWX.known.into})
	}
	return all
}

func (n nativeApproval) into(p *approval.Policy) error {
	p.TimeoutMinutes = n.Timeout
	node := approval.Node{Need: approval.KOf, K: n.Needed}
	distinct, groups := make(map[string]bool), false
	for i, u := range n.Approvers {
		who, err := u.party()
		if err != nil {
			return rest.Under(fmt.Sprintf("approval.native_approval.approve_users[%d]", i), err)
		}
		node.Approvers = append(node.Approvers, who)
		distinct[who.Key()], groups = true, groups || who.Type == penstock.Group
	}
	p.Nodes = []approval.Node{node}
	switch {
	case !p.Enabled:
	case n.Needed < 1:
		return penstock.Invalid("approval.native_approval.needed_approvers", "must be at least 1")
	case n.Needed > len(distinct) && !groups:
		return penstock.Invalid("approval.native_approval.needed_approvers", "all approve users should not less than needed approvers")
	}
	return nil
}

func (u planApprover) party() (penstock.Party, error) {
	switch u.Type {
	case "", string(penstock.User):
		return penstock.Party{Type: penstock.User, ID: u.UserID, Name: u.UserName}, nil
	case string(penstock.Group):
		return penstock.Party{Type: penstock.Group, ID: u.GroupID, Name: u.GroupName}, nil
	default:
		return penstock.Party{}, penstock.Invalid("type", "%q is not user or group", clipped(u.Type))
	}
}

func (l larkApproval) into(p *approval.Policy) error {
	p.TimeoutMinutes, p.App, p.Initiator = l.Timeout, l.App, l.Initiator.party()
	return messengerNodes(p, "approval.lark_approval", l.Nodes)
}

func (d dingTalkApproval) into(p *approval.Policy) error {
	p.TimeoutMinutes, p.App, p.Initiator = d.Timeout, d.App, d.Initiator.party()
	return messengerNodes(p, "approval.dingtalk_approval", d.Nodes)
}

func (w workWXApproval) into(p *approval.Policy) error {
	p.TimeoutMinutes, p.App, p.Initiator = w.Timeout, w.App, w.Creator.party()
	nodes := make([]messengerNode, len(w.Nodes))
	for i, n := range w.Nodes {
		nodes[i] = messengerNode{Approvers: n.Approvers, Type: map[int]string{workWXAnd: nodeAnd, workWXOr: nodeOr}[n.Type]}
	}
	return messengerNodes(p, "approval.workwx_approval", nodes)
}

// messengerNodes gives a policy the nodes. Those that only mark the beginning and the end are passed over.
func messengerNodes(p *approval.Policy, path string, nodes []messengerNode) error {
	if n := len(nodes); n > approval.MaxNodes+2 { // with those of the beginning and the end
		return tooMany(path+".approval_nodes", n, approval.MaxNodes)
	}
	var faults []error
	for i, n := range nodes {
		node := approval.Node{}
		switch {
		case n.Type == nodeAnd:
			node.Need = approval.All
		case n.Type == nodeOr:
			node.Need = approval.Any
		case (n.Type == "START" || n.Type == "END") && len(n.Approvers)+len(n.Groups) == 0:
			continue
		case p.Enabled:
			faults = append(faults, penstock.Invalid(fmt.Sprintf("%s.approval_nodes[%d].type", path, i), "approval-node %d type should be AND or OR", i))
		}
		for _, u := range n.Approvers {
			node.Approvers = append(node.Approvers, penstock.Party{Type: penstock.User, ID: u.ID, Name: u.Name})
		}
		for _, g := range n.Groups {
			node.Approvers = append(node.Approvers, penstock.Party{Type: penstock.Group, ID: g.ID, Name: g.Name})
		}
		if p.Enabled && len(node.Approvers) == 0 {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("%s.approval_nodes[%d]", path, i), "num of approval-node %d approver is 0", i))
		}
		p.Nodes = append(p.Nodes, node)
	}
	if p.Enabled && len(p.Nodes) == 0 {
		faults = append(faults, penstock.Invalid(path+".approval_nodes", "num of approval-node is 0"))
	}
	return errors.Join(faults...)
}

// party returns nil for nobody.
func (u *messengerUser) party() *penstock.Party {
	if u == nil || u.ID == "" {
		return nil
	}
	return &penstock.Party{Type: penstock.User, ID: u.ID, Name: u.Name}
}
