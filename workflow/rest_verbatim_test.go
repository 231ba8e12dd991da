package workflow_test

import (
	"encoding/json"
	"testing"

	"github.com/penstock-go/penstock/workflow"
)

// Members that nobody here knows survive wherever shared storages and chosen services are
// written down.
func TestUnknownMembersOfStoragesSurvive(t *testing.T) {
	const storage = `{"name":"cache","path":"/cache","zz":1}`
	types, err := workflow.NewTypes()
	if err != nil {
		t.Fatal(err)
	}
	for jobType, spec := range map[string]string{
		"freestyle":   `{"steps":[],"advanced_job_settings":{"share_storage_info":{"enabled":true,"share_storages":[` + storage + `]}}}`,
		"zadig-test":  `{"test_type":"service_test","target_services":[{"service_name":"s","service_module":"m","zz":2}],"service_and_tests":[{"service_name":"s","service_module":"m","name":"t","share_storage_info":{"enabled":true,"share_storages":[` + storage + `]}}]}`,
		"zadig-build": `{"service_and_builds":[{"service_name":"s","service_module":"m","build_name":"b","share_storage_info":{"enabled":true,"share_storages":[` + storage + `]}}]}`,
	} {
		decoded, err := types.Decode(&workflow.Job{Type: jobType, Spec: json.RawMessage(spec)})
		if err != nil {
			t.Fatal(jobType, err)
		}
		again, err := workflow.EncodeSpec(decoded)
		if err != nil {
			t.Fatal(err)
		}
		if want := countOf(t, spec, "zz"); countOf(t, string(again), "zz") != want {
			t.Errorf("%s: %s became %s", jobType, spec, again)
		}
	}
	var d workflow.Definition
	text := `{"project":"shop","name":"build","share_storages":[` + storage + `]}`
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if countOf(t, string(again), "zz") != 1 {
		t.Errorf("%s became %s", text, again)
	}
}

// countOf counts members with a name, however deep.
func countOf(t *testing.T, text, name string) (n int) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				if key == name {
					n++
				}
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(v)
	return n
}

// An approval and a stage by hand that do not say whether they are enabled are: what
// somebody wrote down to hold a stage back is never passed over.
func TestWhatHoldsAStageIsEnabledUnlessItSaysNo(t *testing.T) {
	const policy = `"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"bob"}]}`
	for name, c := range map[string]struct {
		stage            string
		approval, manual bool
	}{
		"silent":    {`{"name":"s","approval":{` + policy + `},"manual_exec":{"manual_exec_users":[]}}`, true, true},
		"enabled":   {`{"name":"s","approval":{"enabled":true,` + policy + `},"manual_exec":{"enabled":true}}`, true, true},
		"not":       {`{"name":"s","approval":{"enabled":false,` + policy + `},"manual_exec":{"enabled":false}}`, false, false},
		"null":      {`{"name":"s","approval":null,"manual_exec":null}`, false, false},
		"nonsense":  {`{"name":"s","approval":{"type":"nonsense"}}`, true, false},
		"not there": {`{"name":"s"}`, false, false},
	} {
		var s workflow.Stage
		if err := json.Unmarshal([]byte(c.stage), &s); err != nil {
			t.Fatal(name, err)
		}
		if got := s.Approval != nil && s.Approval.Enabled; got != c.approval {
			t.Errorf("%s: the approval is enabled: %t", name, got)
		}
		if got := s.Manual != nil && s.Manual.Enabled; got != c.manual {
			t.Errorf("%s: it waits to be executed by hand: %t", name, got)
		}
	}
}
