package workflow_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// Every policy that is valid is read again as it was written.
func TestPoliciesSurviveARoundTrip(t *testing.T) {
	ann, sre := penstock.Party{Type: penstock.User, ID: "ann", Name: "Ann", IdentityType: "ldap"}, penstock.Party{Type: penstock.Group, ID: "sre", Name: "SRE"}
	both := []penstock.Party{ann, sre}
	other := map[approval.Kind]json.RawMessage{approval.DingTalk: json.RawMessage(`{"Timeout":5}`), "pager": json.RawMessage(`{"a":1}`)}
	for _, p := range []approval.Policy{
		{},
		{Kind: approval.Native},
		{Kind: approval.Native, TimeoutMinutes: 5, Other: other},
		{Kind: approval.Native, Nodes: []approval.Node{{Need: approval.All, Approvers: both}, {Need: approval.Any, Approvers: both}}},
		{Enabled: true, Kind: approval.Native, Description: "d", Nodes: []approval.Node{{Need: approval.KOf, K: 2, Approvers: both}}, Separation: approval.Separation{NotAuthor: true, NotLastEditor: true, NotExecutor: true}},
		{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.All, Approvers: both}}},
		{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{{ID: "bob"}}}}},
		{Enabled: true, Kind: approval.Lark, App: "a", Initiator: &ann, Nodes: []approval.Node{{Need: approval.All, Approvers: both}, {Need: approval.KOf, K: 1, Approvers: both}}},
		{Enabled: true, Kind: approval.LarkIntl, App: "a", Nodes: []approval.Node{{Need: approval.Any, Approvers: both}}},
		{Enabled: true, Kind: approval.LarkIntl, Nodes: []approval.Node{{Need: approval.Any, Approvers: both}}, Other: map[approval.Kind]json.RawMessage{approval.Lark: json.RawMessage(`{}`)}},
		{Enabled: true, Kind: approval.Lark, Nodes: []approval.Node{{Need: approval.Any, Approvers: both}}, Other: map[approval.Kind]json.RawMessage{approval.LarkIntl: json.RawMessage(`{}`)}},
		{Enabled: true, Kind: approval.DingTalk, Nodes: []approval.Node{{Need: approval.All, Approvers: both}}},
		{Enabled: true, Kind: approval.WorkWX, Nodes: []approval.Node{{Need: approval.All, Approvers: both}}},
		{Enabled: true, Kind: "pager", App: "a", Nodes: []approval.Node{{Need: approval.All, Approvers: both}}},
	} {
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		before := workflow.Stage{Name: "s", Approval: &p}
		text, err := json.Marshal(before)
		if err != nil {
			t.Fatal(err)
		}
		var after workflow.Stage
		if err := json.Unmarshal(text, &after); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

// What other systems write is read.
func TestPoliciesAsOthersWriteThem(t *testing.T) {
	user := func(id string) penstock.Party { return penstock.Party{ID: id} }
	for _, c := range []struct {
		text string
		want approval.Policy
	}{
		{
			`{"enabled":true,"type":"native","native_approval":{"Timeout":5,"NeededApprovers":1,"approve_users":[{"user_id":"a"}]}}`,
			approval.Policy{Enabled: true, Kind: approval.Native, TimeoutMinutes: 5, Nodes: []approval.Node{{Need: approval.KOf, K: 1, Approvers: []penstock.Party{user("a")}}}},
		},
		{
			`{"enabled":true,"type":"lark","lark_approval":{"default_approval_initiator":{"id":"i"},"approval_nodes":[{"type":"START"},
				{"type":"AND","approve_users":[{"id":"a"}],"approve_groups":[{"group_id":"g","group_name":"G"}]},{"type":"END"}]}}`,
			approval.Policy{Enabled: true, Kind: approval.Lark, Initiator: &penstock.Party{ID: "i"}, Nodes: []approval.Node{{
				Need: approval.All, Approvers: []penstock.Party{user("a"), {Type: penstock.Group, ID: "g", Name: "G"}}}}},
		},
		{
			`{"enabled":true,"type":"workwx","workwx_approval":{"creator_user":{"id":"i"},"approval_nodes":[{"type":1,"apv_rel":1,"users":[{"id":"a"}]},{"type":1,"apv_rel":2,"users":[{"id":"b"}]}]}}`,
			approval.Policy{Enabled: true, Kind: approval.WorkWX, Initiator: &penstock.Party{ID: "i"}, Nodes: []approval.Node{
				{Need: approval.All, Approvers: []penstock.Party{user("a")}}, {Need: approval.Any, Approvers: []penstock.Party{user("b")}}}},
		},
	} {
		var s workflow.Stage
		if err := json.Unmarshal([]byte(`{"name":"s","approval":`+c.text+`}`), &s); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&c.want, s.Approval); diff != "" {
			t.Error(diff)
		}
		if err := s.Approval.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestPeopleAreWrittenAsUsersAndGroups(t *testing.T) {
	people := workflow.People{{ID: "ann", Name: "Ann"}, {Type: penstock.Group, ID: "sre", Name: "SRE"}, {Type: workflow.Starter}}
	text, err := json.Marshal(people)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"user_id":"ann","user_name":"Ann"},{"type":"group","group_id":"sre","group_name":"SRE"},{"type":"task_creator"}]`
	if string(text) != want {
		t.Errorf("got %s", text)
	}
	var got workflow.People
	if err := json.Unmarshal([]byte(`[{"id":"ann","name":"Ann"},{"type":"group","id":"sre","name":"SRE"},{"type":"task_creator"}]`), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(people, got); diff != "" {
		t.Error(diff)
	}
}

// Every value that cannot be read is told, with its path.
func TestDecodingTellsEveryFault(t *testing.T) {
	_, err := workflow.ParseDefinition([]byte(`{"project":1,"stages":[{"name":"a","parallel":"x","jobs":[{"skipped":1}]},{"approval":{"native_approval":{"timeout":"x"},"type":"native"}}]}`))
	for _, path := range []string{"project", "stages[0].parallel", "stages[0].jobs[0].skipped"} {
		if !blames(err, path) {
			t.Errorf("no fault of %s in %v", path, err)
		}
	}
	_, err = workflow.ParseDefinition([]byte(`{"stages":[{},{"approval":{"native_approval":{"timeout":"x"},"type":"native"}}]}`))
	if !blames(err, "stages[1].approval.native_approval.timeout") {
		t.Errorf("got %v", err)
	}
	if _, err := workflow.ParseDefinition([]byte(`{`)); !blames(err, "") {
		t.Errorf("got %v", err)
	}
}

// What a spec does not know of the kind that it selects is kept with what it is of.
func TestApprovalsKeepWhatTheyDoNotKnow(t *testing.T) {
	for _, c := range []struct {
		rule, text, want string
		change           func(*workflow.ApprovalSpec)
	}{
		{"of the kind and of people", `{"type":"native","odd":1,"native_approval":{"timeout":5,"float":1.5,"needed_approvers":1,"approve_users":[{"user_id":"ann","avatar":"a"},{"user_id":"bob"},{"type":"group","group_id":"g","members":[]}]}}`, "", nil},
		{"of nodes", `{"type":"lark","lark_approval":{"approval_id":"x","approval_initiator":{"id":"z","avatar":"q"},"timeout":5,"approval_nodes":[{"type":"AND","no":2,"approve_users":[{"user_id":"bob","avatar":{"x":1}}]},{"type":"OR","approve_users":[{"user_id":"ann"}]}]}}`, "", nil},
		{"of the kind that both of Lark share", `{"type":"lark_intl","lark_approval":{"approval_id":"x","timeout":5,"odd":1,"approval_nodes":[{"type":"OR","approve_users":[{"user_id":"ann","avatar":"a"}]}]}}`, "", nil},
		{"nodes that only mark the start are not written", `{"type":"lark","lark_approval":{"approval_id":"x","timeout":5,"approval_nodes":[{"type":"START","odd":1},{"type":"OR","odd":2,"approve_users":[{"user_id":"ann"}]}]}}`,
			`{"type":"lark","lark_approval":{"approval_id":"x","timeout":5,"approval_nodes":[{"type":"OR","odd":2,"approve_users":[{"user_id":"ann"}]}]}}`, nil},
		{"people who are gone take it with them", `{"type":"native","native_approval":{"timeout":5,"odd":1,"needed_approvers":1,"approve_users":[{"user_id":"ann","avatar":"a"},{"user_id":"bob","avatar":"b"}]}}`,
			`{"type":"native","native_approval":{"timeout":5,"odd":1,"needed_approvers":1,"approve_users":[{"user_id":"bob","avatar":"b","type":"user"},{"user_id":"eve","type":"user"}]}}`,
			func(s *workflow.ApprovalSpec) {
				s.Policy.Nodes[0].Approvers = []penstock.Party{{Type: penstock.User, ID: "bob"}, {Type: penstock.User, ID: "eve"}}
			}},
		{"another kind has nothing of it", `{"type":"native","native_approval":{"timeout":5,"odd":1,"needed_approvers":1,"approve_users":[{"user_id":"ann"}]}}`,
			`{"type":"dingtalk","dingtalk_approval":{"timeout":5,"approval_nodes":[{"type":"K_OF","k":1,"approve_users":[{"user_id":"ann"}]}]},"native_approval":{"timeout":5,"odd":1,"needed_approvers":1,"approve_users":[{"user_id":"ann"}]}}`,
			func(s *workflow.ApprovalSpec) { s.Policy.Kind = approval.DingTalk }},
	} {
		spec, err := (*workflow.Types)(nil).Decode(&workflow.Job{Type: "approval", Spec: json.RawMessage(c.text)})
		if err != nil {
			t.Fatal(c.rule, err)
		}
		if c.want == "" {
			c.want = c.text
		}
		if c.change != nil {
			c.change(spec.(*workflow.ApprovalSpec))
		}
		text, err := workflow.EncodeSpec(spec)
		if err != nil {
			t.Fatal(c.rule, err)
		}
		var got, want any
		if err := errors.Join(json.Unmarshal(text, &got), json.Unmarshal([]byte(c.want), &want)); err != nil {
			t.Fatal(c.rule, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.rule, diff)
		}
	}
}
