package workflow_test

import (
	"encoding/json"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// runActSpec is the spec of the jobs of these tests: any text, a timeout, and
// perhaps several pieces. It takes no parameters.
type runActSpec struct {
	Text    string   `json:"text,omitempty"`
	Minutes int      `json:"timeout,omitempty"`
	Pieces  []string `json:"pieces,omitempty"`
}

func (*runActSpec) Check(*workflow.Checker) {}
func (s *runActSpec) Timeout() int          { return s.Minutes }
func (*runActSpec) Outputs() []string       { return []string{"X"} }
func (s *runActSpec) Expand(workflow.Upstream) ([]workflow.Piece, error) {
	one := runActSpec{Text: s.Text, Minutes: s.Minutes}
	spec, err := workflow.EncodeSpec(&one)
	if len(s.Pieces) == 0 {
		return []workflow.Piece{{Spec: spec}}, err
	}
	var pieces []workflow.Piece
	for _, suffix := range s.Pieces {
		pieces = append(pieces, workflow.Piece{Suffix: suffix, Spec: spec})
	}
	return pieces, err
}

func runActTypes(t testing.TB) *workflow.Types {
	t.Helper()
	types, err := workflow.NewTypes(workflow.JobType{Name: "act", New: func() workflow.Spec { return new(runActSpec) }})
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// act is a job with a spec, and what else it has.
func act(name, spec string, more ...func(*workflow.Job)) workflow.Job {
	j := workflow.Job{Name: name, Type: "act", Spec: json.RawMessage(spec)}
	if spec == "" {
		j.Spec = json.RawMessage("{}")
	}
	for _, f := range more {
		f(&j)
	}
	return j
}

func ofType(kind string) func(*workflow.Job) { return func(j *workflow.Job) { j.Type = kind } }

func onError(policy workflow.OnError, retries int, deciders ...string) func(*workflow.Job) {
	return func(j *workflow.Job) {
		j.Error = &workflow.ErrorPolicy{Policy: policy, MaxRetries: retries, Deciders: runPeople(deciders...)}
	}
}

func when(kind workflow.ExecuteType, field string, verb workflow.Verb, value string) func(*workflow.Job) {
	return func(j *workflow.Job) {
		j.Execute = &workflow.ExecutePolicy{Type: kind, Rules: []workflow.Rule{{Field: field, Verb: verb, Value: value}}}
	}
}

func withPolicy(p workflow.RunPolicy) func(*workflow.Job) {
	return func(j *workflow.Job) { j.RunPolicy = p }
}

func waitFor(name, spec string, more ...func(*workflow.Job)) workflow.Job {
	return act(name, spec, append([]func(*workflow.Job){ofType("wait")}, more...)...)
}

// askJob is an approval by bob or one of ops, which lapses after an hour.
func askJob(name string, more ...func(*workflow.Job)) workflow.Job {
	return act(name, `{"type":"native","timeout":60,"native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"bob"},{"type":"group","group_id":"ops"}]}}`,
		append([]func(*workflow.Job){ofType("approval")}, more...)...)
}

// larkJob is an approval that is decided elsewhere.
func larkJob(name string, more ...func(*workflow.Job)) workflow.Job {
	return act(name, `{"type":"lark","timeout":60,"lark_approval":{"approval_id":"app","approval_nodes":[{"type":"OR","approve_users":[{"user_id":"bob"}]}]}}`,
		append([]func(*workflow.Job){ofType("approval")}, more...)...)
}

func serial(name string, jobs ...workflow.Job) workflow.Stage {
	return workflow.Stage{Name: name, Jobs: jobs}
}

func parallel(name string, jobs ...workflow.Job) workflow.Stage {
	return workflow.Stage{Name: name, Parallel: true, Jobs: jobs}
}

func manual(s workflow.Stage, people ...string) workflow.Stage {
	s.Manual = &workflow.ManualExec{Enabled: true, Users: runPeople(people...)}
	return s
}

// approved is a stage that bob or one of ops has to approve within an hour.
func approved(s workflow.Stage) workflow.Stage {
	s.Approval = &approval.Policy{Enabled: true, Kind: approval.Native, TimeoutMinutes: 60, Nodes: []approval.Node{
		{Need: approval.Any, Approvers: []penstock.Party{{Type: penstock.User, ID: "bob"}, {Type: penstock.Group, ID: "ops"}}}}}
	return s
}

func runPeople(ids ...string) workflow.People {
	var all workflow.People
	for _, id := range ids {
		switch id {
		case "starter":
			all = append(all, penstock.Party{Type: workflow.Starter})
		case "ops":
			all = append(all, penstock.Party{Type: penstock.Group, ID: id})
		default:
			all = append(all, penstock.Party{Type: penstock.User, ID: id})
		}
	}
	return all
}

func stages(all ...workflow.Stage) *workflow.Definition {
	return &workflow.Definition{Project: "shop", Key: "build", Stages: all}
}

// runActor is who a story calls by name: root is an admin, dan one of ops.
func runActor(name string) penstock.Actor {
	switch name {
	case "system":
		return penstock.System()
	case "root":
		return penstock.Actor{ID: "root", Admin: true}
	case "dan":
		return penstock.Actor{ID: "dan", Groups: []string{"ops"}}
	default:
		return penstock.Actor{ID: name}
	}
}

// runMembers are the users of the groups of these tests.
func runMembers() map[string][]penstock.Party {
	ops := penstock.Party{Type: penstock.Group, ID: "ops"}
	return map[string][]penstock.Party{ops.Key(): {{Type: penstock.User, ID: "dan"}}}
}
