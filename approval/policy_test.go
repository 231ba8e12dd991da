package approval_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

func TestValidate(t *testing.T) {
	many := func(n int) []penstock.Party {
		var parties []penstock.Party
		for i := range n {
			parties = append(parties, penstock.UserParty(fmt.Sprint("u", i)))
		}
		return parties
	}
	nodes := func(n int) (all []approval.Node) {
		for i := range n {
			all = append(all, node(approval.Any, 0, fmt.Sprint("u", i)))
		}
		return all
	}
	group := approval.Node{Need: approval.KOf, K: 9, Approvers: []penstock.Party{penstock.GroupParty("sre")}}
	sized := func(edit func(*approval.Policy)) approval.Policy {
		p := policy(approval.Native, node(approval.Any, 0, "ann"))
		edit(&p)
		return p
	}
	tests := []struct {
		rule   string
		policy approval.Policy
		want   []string
	}{
		{"the zero policy asks for nothing", approval.Policy{}, nil},
		{"a native policy", policy(approval.Native, node(approval.All, 0, "ann", "bob")), nil},
		{"a kind of the host", policy("pager", nodes(3)...), nil},
		{"an enabled policy has a kind", policy("", nodes(1)...), []string{"kind"}},
		{"an enabled policy has a node", policy(approval.Lark), []string{"nodes"}},
		{"native has one node", policy(approval.Native, nodes(2)...), []string{"nodes"}},
		{"native has a node", policy(approval.Native), []string{"nodes"}},
		{"DingTalk takes 20 nodes", policy(approval.DingTalk, nodes(20)...), nil},
		{"DingTalk does not take 21", policy(approval.DingTalk, nodes(21)...), []string{"nodes"}},
		{"others take 50", policy(approval.Lark, nodes(50)...), nil},
		{"others do not take 51", policy(approval.Lark, nodes(51)...), []string{"nodes"}},
		{"DingTalk asks nobody in two nodes", policy(approval.DingTalk, node(approval.Any, 0, "ann", "ann"), node(approval.Any, 0, "bob", "ann")), []string{"nodes[1].approvers[1]"}},
		{"others may", policy(approval.Lark, node(approval.Any, 0, "ann"), node(approval.Any, 0, "ann")), nil},
		{"a node has approvers", policy(approval.Native, node(approval.Any, 0)), []string{"nodes[0].approvers"}},
		{"500 approvers", policy(approval.Native, approval.Node{Need: approval.All, Approvers: many(500)}), nil},
		{"not 501", policy(approval.Native, approval.Node{Need: approval.All, Approvers: many(501)}), []string{"nodes[0].approvers"}},
		{"an unknown need", policy(approval.Native, node("most", 0, "ann")), []string{"nodes[0].need"}},
		{"k is at least 1", policy(approval.Native, node(approval.KOf, 0, "ann")), []string{"nodes[0].k"}},
		{"k is not negative", policy(approval.Native, node(approval.KOf, -1, "ann")), []string{"nodes[0].k"}},
		{"k counts distinct approvers", policy(approval.Native, node(approval.KOf, 2, "ann", "ann")), []string{"nodes[0].k"}},
		{"k of distinct approvers", policy(approval.Native, node(approval.KOf, 2, "ann", "bob")), nil},
		{"k with a group is for Open", policy(approval.Native, group), nil},
		{"k belongs to k_of", policy(approval.Native, node(approval.All, 1, "ann")), []string{"nodes[0].k"}},
		{"an approver has an id", policy(approval.Native, node(approval.Any, 0, "ann", "")), []string{"nodes[0].approvers[1].id"}},
		{"an approver is a user or a group", sized(func(p *approval.Policy) { p.Nodes[0].Approvers[0].Type = "robot" }), []string{"nodes[0].approvers[0].type"}},
		{"an initiator has an id", sized(func(p *approval.Policy) { p.Initiator = &penstock.Party{Name: "Ann"} }), []string{"initiator.id"}},
		{"timeout from 0", sized(func(p *approval.Policy) { p.TimeoutMinutes = -1 }), []string{"timeout"}},
		{"timeout to a year", sized(func(p *approval.Policy) { p.TimeoutMinutes = 525_601 }), []string{"timeout"}},
		{"texts are bounded", sized(func(p *approval.Policy) {
			p.Description, p.App = strings.Repeat("x", 4097), strings.Repeat("x", 4097)
		}), []string{"description", "approval_id"}},
		{"texts are UTF-8", sized(func(p *approval.Policy) { p.Description = "\xff" }), []string{"description"}},
		{"other is JSON objects", sized(func(p *approval.Policy) {
			p.Other = map[approval.Kind]json.RawMessage{"a": []byte(`{`), "b": []byte(`[]`), "c": nil, "d": []byte(` {"x":1}`), "e": []byte("{\"x\":\"\xff\"}")}
		}), []string{"other.a", "other.b", "other.c", "other.e"}},
		{"other is bounded", sized(func(p *approval.Policy) {
			p.Other = map[approval.Kind]json.RawMessage{"a": []byte(`{"x":"` + strings.Repeat("x", 64*1024) + `"}`)}
		}), []string{"other.a"}},
		{"other has names", sized(func(p *approval.Policy) { p.Other = map[approval.Kind]json.RawMessage{"": []byte(`{}`)} }), []string{"other"}},
		{"other has at most 16 kinds", sized(func(p *approval.Policy) {
			p.Other = map[approval.Kind]json.RawMessage{}
			for i := range 17 {
				p.Other[approval.Kind(fmt.Sprint("k", i))] = []byte(`{}`)
			}
		}), []string{"other"}},
		{"a disabled policy is not checked for people", approval.Policy{Kind: "x", Nodes: []approval.Node{{Need: "most", K: -1}, node("", 0, "")}}, nil},
		{"a disabled policy is checked for sizes", approval.Policy{Nodes: append(nodes(50), node("", 0, strings.Repeat("x", 4097))), TimeoutMinutes: -1}, []string{"timeout", "nodes"}},
		{"every fault is reported", approval.Policy{Enabled: true, TimeoutMinutes: -1, Nodes: []approval.Node{{}, node(approval.KOf, 3, "")}}, []string{"kind", "timeout", "nodes[0].approvers", "nodes[0].need", "nodes[1].approvers[0].id", "nodes[1].k"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, fields(tt.policy.Validate())); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// The JSON of a policy is hashed, so it must stay what it is.
func TestPolicyFormat(t *testing.T) {
	ann := penstock.UserParty("ann")
	tests := []struct {
		rule   string
		policy approval.Policy
		want   string
	}{
		{"empty members are omitted", approval.Policy{}, `{}`},
		{"everything has a name", approval.Policy{
			Enabled: true, Kind: approval.DingTalk, Description: "please", TimeoutMinutes: 5, App: "app", Initiator: &ann,
			Nodes:      []approval.Node{{Need: approval.KOf, K: 2, Approvers: []penstock.Party{ann, penstock.GroupParty("sre")}}},
			Separation: approval.Separation{NotAuthor: true, NotLastEditor: true, NotExecutor: true},
			Other:      map[approval.Kind]json.RawMessage{"lark": []byte(`{"b":1,"a":[]}`)},
		}, `{"enabled":true,"kind":"dingtalk","description":"please",` +
			`"nodes":[{"need":"k_of","k":2,"approvers":[{"type":"user","id":"ann"},{"type":"group","id":"sre"}]}],` +
			`"timeout":5,"approval_id":"app","initiator":{"type":"user","id":"ann"},` +
			`"separation":{"not_author":true,"not_last_editor":true,"not_executor":true},` +
			`"other":{"lark":{"b":1,"a":[]}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			text, err := json.Marshal(tt.policy)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(text)); diff != "" {
				t.Errorf("format (-want +got):\n%s", diff)
			}
			var back approval.Policy
			if err := json.Unmarshal(text, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.policy, back); diff != "" {
				t.Errorf("round trip (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPolicyGroups(t *testing.T) {
	sre, dba := penstock.GroupParty("sre"), penstock.GroupParty("dba")
	p := policy(approval.Lark,
		approval.Node{Need: approval.Any, Approvers: []penstock.Party{sre, penstock.UserParty("dba"), sre}},
		approval.Node{Need: approval.Any, Approvers: []penstock.Party{dba, sre}})
	if diff := cmp.Diff([]penstock.Party{sre, dba}, p.Groups()); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestPolicyClone(t *testing.T) {
	make := func() approval.Policy {
		p := policy(approval.Lark, node(approval.Any, 0, "ann"))
		p.Initiator = &penstock.Party{ID: "ann"}
		p.Other = map[approval.Kind]json.RawMessage{"native": []byte(`{}`)}
		return p
	}
	p := make()
	c := p.Clone()
	c.Nodes[0].Approvers[0].ID = "bob"
	c.Nodes[0].Need = approval.All
	c.Initiator.ID = "bob"
	c.Other["native"][0] = '['
	c.Other["lark"] = nil
	if diff := cmp.Diff(make(), p); diff != "" {
		t.Errorf("the original changed (-want +got):\n%s", diff)
	}
}
