package workflow

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// policyJSON is an approval policy as workflows write it: type, and beside it a
// member for each kind, such as native_approval, of which type selects one.
type policyJSON approval.Policy

// kindSuffix is what the member of a kind ends with.
const kindSuffix = "_approval"

// policyHead are the members that all kinds share.
type policyHead struct {
	Enabled     bool                `json:"enabled"`
	Type        approval.Kind       `json:"type,omitempty"`
	Description string              `json:"description,omitempty"`
	Separation  approval.Separation `json:"separation,omitzero"`
}

// kindJSON is the member of the kind that is selected.
type kindJSON struct {
	Timeout int             `json:"timeout,omitempty"` // minutes
	Users   People          `json:"approve_users,omitempty"`
	Needed  int             `json:"needed_approvers,omitempty"`
	Need    approval.Need   `json:"need,omitempty"` // if Needed cannot say it
	App     string          `json:"approval_id,omitempty"`
	Asker   *penstock.Party `json:"approval_initiator,omitempty"`
	Nodes   []nodeJSON      `json:"approval_nodes,omitempty"`

	NeededToo  int             `json:"NeededApprovers,omitempty"`            // read only: as some answers spell it
	AskerToo   *penstock.Party `json:"default_approval_initiator,omitempty"` // read only
	CreatorToo *penstock.Party `json:"creator_user,omitempty"`               // read only: WeCom
}

// nodeJSON is one node of a kind that has several.
type nodeJSON struct {
	Type   json.RawMessage `json:"type,omitempty"` // AND, OR, K_OF; a number in WeCom, where the relation says
	K      int             `json:"k,omitempty"`
	Users  People          `json:"approve_users,omitempty"`
	Groups []groupJSON     `json:"approve_groups,omitempty"` // read only

	Relation int    `json:"apv_rel,omitempty"` // read only: 1 all, 2 any
	UsersToo People `json:"users,omitempty"`   // read only: WeCom
}

type groupJSON struct {
	ID   string `json:"group_id"`
	Name string `json:"group_name"`
}

// MarshalJSON writes the policy as workflows do.
func (p policyJSON) MarshalJSON() ([]byte, error) {
	members, err := p.members()
	if err != nil {
		return nil, err
	}
	head, err := json.Marshal(policyHead{p.Enabled, p.Kind, p.Description, p.Separation})
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(head, &members); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// UnmarshalJSON reads what MarshalJSON writes, and what Zadig answers.
func (p *policyJSON) UnmarshalJSON(text []byte) error {
	var head policyHead
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &head); err != nil {
		return decodeFault("", text, &head, err)
	}
	if err := json.Unmarshal(text, &members); err != nil {
		return decodeFault("", text, &members, err)
	}
	next := approval.Policy{
		Enabled: head.Enabled, Kind: head.Type, Description: head.Description, Separation: head.Separation,
	}
	selected := kindMember(head.Type, members)
	for name, config := range members {
		kind, ok := strings.CutSuffix(name, kindSuffix)
		switch {
		case !ok || bytes.Equal(config, []byte("null")):
		case name == selected:
			var k kindJSON
			if err := json.Unmarshal(config, &k); err != nil {
				return decodeFault(name, config, &k, err)
			}
			k.into(&next)
		default:
			if next.Other == nil {
				next.Other = make(map[approval.Kind]json.RawMessage)
			}
			next.Other[approval.Kind(kind)] = config
		}
	}
	*p = policyJSON(next)
	return nil
}

// members returns the members of the kinds.
func (p policyJSON) members() (map[string]json.RawMessage, error) {
	members := make(map[string]json.RawMessage, len(p.Other)+5)
	for kind, config := range p.Other {
		members[string(kind)+kindSuffix] = config
	}
	if p.Kind == "" {
		return members, nil
	}
	config, err := json.Marshal(kindOf(approval.Policy(p)))
	if err != nil {
		return nil, err
	}
	name := string(p.Kind) + kindSuffix
	if _, taken := p.Other[approval.Lark]; p.Kind == approval.LarkIntl && !taken {
		name = string(approval.Lark) + kindSuffix // both kinds of Lark share it
	}
	members[name] = config
	return members, nil
}

// kindMember returns the name of the member that a kind selects.
func kindMember(kind approval.Kind, members map[string]json.RawMessage) string {
	name := string(kind) + kindSuffix
	if _, ok := members[name]; !ok && kind == approval.LarkIntl {
		return string(approval.Lark) + kindSuffix
	}
	return name
}

// kindOf returns the member of the kind that p selects.
func kindOf(p approval.Policy) kindJSON {
	k := kindJSON{Timeout: p.TimeoutMinutes, App: p.App, Asker: p.Initiator}
	if p.Kind == approval.Native && len(p.Nodes) == 1 {
		node := p.Nodes[0]
		k.Users, k.Needed = node.Approvers, node.K
		if node.Need != approval.KOf {
			k.Need = node.Need
		}
		return k
	}
	for _, n := range p.Nodes {
		w := nodeJSON{K: n.K, Users: n.Approvers}
		if word, ok := needWords[n.Need]; ok {
			w.Type = json.RawMessage(`"` + word + `"`)
		}
		k.Nodes = append(k.Nodes, w)
	}
	return k
}

// into puts the member of the selected kind into p.
func (k *kindJSON) into(p *approval.Policy) {
	p.TimeoutMinutes, p.App = k.Timeout, k.App
	for _, asker := range []*penstock.Party{k.Asker, k.AskerToo, k.CreatorToo} {
		if p.Initiator == nil && asker != nil && !asker.IsZero() {
			p.Initiator = asker
		}
	}
	for _, n := range k.Nodes {
		if node, ok := n.node(); ok {
			p.Nodes = append(p.Nodes, node)
		}
	}
	needed := max(k.Needed, k.NeededToo)
	if p.Kind != approval.Native || len(k.Nodes) > 0 || len(k.Users) == 0 && needed == 0 && k.Need == "" {
		return
	}
	node := approval.Node{Need: approval.KOf, K: needed, Approvers: k.Users}
	if k.Need != "" {
		node.Need = k.Need
	}
	p.Nodes = []approval.Node{node}
}

// node returns the node, and false for one that only marks the start or the end.
func (n *nodeJSON) node() (node approval.Node, ok bool) {
	var word string
	if json.Unmarshal(n.Type, &word) == nil && (word == "START" || word == "END") {
		return node, false
	}
	node = approval.Node{K: n.K, Approvers: append(n.Users, n.UsersToo...)}
	for _, g := range n.Groups {
		node.Approvers = append(node.Approvers, penstock.Party{Type: penstock.Group, ID: g.ID, Name: g.Name})
	}
	switch n.Relation {
	case 1:
		node.Need = approval.All
	case 2:
		node.Need = approval.Any
	}
	for need, w := range needWords {
		if w == word {
			node.Need = need
		}
	}
	return node, true
}

// needWords are the types of nodes.
var needWords = map[approval.Need]string{approval.All: "AND", approval.Any: "OR", approval.KOf: "K_OF"}

// approverPath is the path of a member of an approver.
var approverPath = regexp.MustCompile(`^nodes\[(\d+)\]\.approvers\[(\d+)\]\.(id|name)$`)

// policyPath returns a path in a policy as workflows write it.
func policyPath(p approval.Policy, path string) string {
	if m := approverPath.FindStringSubmatch(path); m != nil {
		i, _ := strconv.Atoi(m[1])
		j, _ := strconv.Atoi(m[2])
		who := "user_"
		if i < len(p.Nodes) && j < len(p.Nodes[i].Approvers) && p.Nodes[i].Approvers[j].Type == penstock.Group {
			who = "group_"
		}
		path = strings.TrimSuffix(path, m[3]) + who + m[3]
	}
	member := string(p.Kind) + kindSuffix
	if p.Kind == approval.LarkIntl {
		member = string(approval.Lark) + kindSuffix
	}
	if p.Kind == approval.Native {
		path = strings.NewReplacer("nodes[0].k", member+".needed_approvers", "nodes[0].need", member+".need",
			"nodes[0].approvers", member+".approve_users").Replace(path)
	}
	switch {
	case path == "timeout", path == "approval_id":
		return member + "." + path
	case strings.HasPrefix(path, "initiator"):
		return member + ".approval_" + path
	case strings.HasPrefix(path, "nodes"):
		path = strings.NewReplacer("nodes", "approval_nodes", "approvers", "approve_users", ".need", ".type").Replace(path)
		return member + "." + path
	case path == "kind":
		return "type"
	default:
		return path
	}
}
