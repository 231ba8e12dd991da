package lark

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/internal/platform"
)

// definition returns the Definition that a policy selects, or nil.
func (p *Provider) definition(app string) *Definition {
	for i := range p.cfg.Definitions {
		if d := &p.cfg.Definitions[i]; d.App == app {
			return d
		}
	}
	return nil
}

// defined returns the Definition with a code, or nil.
func (p *Provider) defined(code string) *Definition {
	for i := range p.cfg.Definitions {
		if d := &p.cfg.Definitions[i]; strings.EqualFold(d.Code, code) {
			return d
		}
	}
	return nil
}

// A definitionNode is a node as Lark describes it.
type definitionNode struct {
	ID      string `json:"node_id"`
	Custom  string `json:"custom_node_id"`
	Type    string `json:"node_type"`
	Chosen  bool   `json:"need_approver"` // by the initiator
	Several bool   `json:"approver_chosen_multi"`
}

// inspect reports where a definition is not in Lark as the Config says: people would be
// asked otherwise than the policy wants.
func (p *Provider) inspect(ctx context.Context, d *Definition, r *approval.Request) error {
	var got struct {
		Data struct {
			Status string           `json:"status"`
			Nodes  []definitionNode `json:"node_list"`
		} `json:"data"`
	}
	err := p.api.Call(ctx, platform.Call{
		Action: "read a definition", Method: http.MethodGet, URL: p.url("approval/v4/approvals/" + url.PathEscape(d.Code)),
	}, &got)
	if err != nil {
		return err
	}
	if got.Data.Status != "ACTIVE" {
		return fmt.Errorf("definition %s is not active", d.Code)
	}
	asked := make([]bool, len(d.Nodes))
	for _, node := range got.Data.Nodes {
		i := d.index(node.ID, node.Custom)
		switch {
		case i < 0 && node.Chosen:
			return fmt.Errorf("definition %s: its node %s asks people whom no node of the policy names", d.Code, node.ID)
		case i < 0:
			continue
		case asked[i]:
			return fmt.Errorf("definition %s has two nodes %s", d.Code, d.Nodes[i].Key)
		case !node.Chosen:
			return fmt.Errorf("definition %s: in node %s the initiator does not choose the approvers", d.Code, d.Nodes[i].Key)
		case !decides(node.Type, d.Nodes[i].Need):
			return fmt.Errorf("definition %s: node %s is not decided by %s there", d.Code, d.Nodes[i].Key, d.Nodes[i].Need)
		case !node.Several && len(r.Nodes()[i].Approvers) > 1:
			return fmt.Errorf("definition %s: in node %s the initiator chooses one approver only", d.Code, d.Nodes[i].Key)
		}
		asked[i] = true
	}
	for i, found := range asked {
		if !found {
			return fmt.Errorf("definition %s has no node %s", d.Code, d.Nodes[i].Key)
		}
	}
	return nil
}

// index returns which of the nodes is meant, or -1.
func (d *Definition) index(id, custom string) int {
	for i, n := range d.Nodes {
		if n.Key == id || n.Key == custom {
			return i
		}
	}
	return -1
}

// decides reports whether a node of that type is decided by whom need says.
func decides(nodeType string, need approval.Need) bool {
	switch nodeType {
	case typeAnd, typeSequential:
		return need == approval.All
	case typeOr:
		return need == approval.Any
	default:
		return false
	}
}
