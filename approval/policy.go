package approval

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/penstock-go/penstock"
)

// A Kind says where a request is decided. Hosts may have kinds of their own.
type Kind string

// The kinds that Penstock knows. All but Native are decided by a [Provider].
const (
	Native   Kind = "native"    // here, by [Request.Vote]
	Lark     Kind = "lark"      // in Lark as used in China (Feishu)
	LarkIntl Kind = "lark_intl" // in Lark everywhere else
	DingTalk Kind = "dingtalk"  // in DingTalk
	WorkWX   Kind = "workwx"    // in WeCom
)

// Remote reports whether requests of the kind are decided elsewhere, and so
// need a [Provider].
func (k Kind) Remote() bool { return k != Native }

// A Need says how many approvers of a node must approve.
type Need string

// The needs.
const (
	All Need = "all"  // everybody
	Any Need = "any"  // one of them
	KOf Need = "k_of" // K of them
)

// A Policy says who must approve, before what it belongs to may go on. It is
// content: its JSON is hashed and stored, so the format is kept for good. The zero
// Policy asks for nothing.
type Policy struct {
	Enabled     bool   `json:"enabled,omitempty"`
	Kind        Kind   `json:"kind,omitempty"`
	Description string `json:"description,omitempty"` // for the approvers; at most MaxText bytes

	// Nodes are decided one after another. A native policy has exactly one, one of
	// DingTalk at most 20, any other at most MaxNodes.
	Nodes []Node `json:"nodes,omitempty"`

	// TimeoutMinutes after it was opened, a pending request lapses. 0 means
	// never; at most MaxTimeout.
	TimeoutMinutes int `json:"timeout,omitempty"`

	App        string          `json:"approval_id,omitempty"` // the provider's application; what it means is the provider's
	Initiator  *penstock.Party `json:"initiator,omitempty"`   // in whose name a provider asks; nil: whoever opens the request
	Separation Separation      `json:"separation,omitzero"`

	// Other holds the configuration of kinds that are not selected: JSON objects
	// of at most MaxOther bytes, which Penstock keeps and does not read.
	Other map[Kind]json.RawMessage `json:"other,omitempty"`
}

// A Node is one step of a policy.
type Node struct {
	Need      Need             `json:"need,omitempty"`
	K         int              `json:"k,omitempty"`         // how many, for KOf only: from 1 to the number of distinct approvers
	Approvers []penstock.Party `json:"approvers,omitempty"` // users and groups; from 1 to MaxApprovers
}

// Separation of duties: who may not have a say in their own work. Each switch
// is off by default.
type Separation struct {
	NotAuthor     bool `json:"not_author,omitempty"`      // the author has no vote
	NotLastEditor bool `json:"not_last_editor,omitempty"` // whoever changed it last has no vote
	NotExecutor   bool `json:"not_executor,omitempty"`    // who approved it may not execute it; see [Request.MayExecute]
}

// Required reports whether the policy asks for an approval at all.
func (p Policy) Required() bool { return p.Enabled }

// Groups returns the groups that p names, each once, in the order in which
// they occur. Their members are what [Open] asks for.
func (p Policy) Groups() []penstock.Party {
	var groups []penstock.Party
	seen := map[string]bool{}
	for _, node := range p.Nodes {
		for _, a := range node.Approvers {
			if a.Type == penstock.Group && !seen[a.ID] {
				seen[a.ID] = true
				groups = append(groups, a)
			}
		}
	}
	return groups
}

// Clone returns a copy of p that shares nothing with it.
func (p Policy) Clone() Policy {
	p.Nodes = slices.Clone(p.Nodes)
	for i := range p.Nodes {
		p.Nodes[i].Approvers = slices.Clone(p.Nodes[i].Approvers)
	}
	if p.Initiator != nil {
		initiator := *p.Initiator
		p.Initiator = &initiator
	}
	p.Other = maps.Clone(p.Other)
	for kind, config := range p.Other {
		p.Other[kind] = slices.Clone(config)
	}
	return p
}
