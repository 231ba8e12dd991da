package workflow_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// give puts parameters into the spec of a job, and returns it.
func give(t testing.TB, kind, spec, parameters string) (string, error) {
	t.Helper()
	j := job("j", kind, spec)
	s, err := (*workflow.Types)(nil).Decode(&j)
	if err != nil {
		t.Fatal(err)
	}
	taker, ok := s.(workflow.InputTaker)
	if !ok {
		t.Fatalf("%s takes no inputs", kind)
	}
	err = taker.TakeInputs(json.RawMessage(parameters))
	text, encodeErr := workflow.EncodeSpec(s)
	if encodeErr != nil {
		t.Fatal(encodeErr)
	}
	return string(text), err
}

// The specs that the examples of the document are given to, by type.
var takers = map[string]string{
	"zadig-build": `{"service_and_builds_options":[
		{"service_name":"zadig","service_module":"aslan","mine":1,"key_vals":[{"key":"username","value":""},{"key":"password","value":"","is_credential":true}],"repos":[{"repo_namespace":"koderover","repo_name":"zadig","codehost_id":1}]},
		{"service_name":"zadig","service_module":"zadig-portal"}]}`,
	"zadig-deploy":   `{"services":[{"service_name":"zadig","variable_yaml":"a: b"},{"service_name":"old"}],"service_and_images":[{"service_name":"old"}]}`,
	"custom-deploy":  `{"namespace":"n","targets":[{"target":"Deployment/service2/service2","image_name":"keep"}]}`,
	"freestyle":      `{"script":"true","envs":[{"key":"IssueID","value":""},{"key":"FromStatus","value":""}],"properties":{"envs":[{"key":"TargetStatus","value":""}]},"repos":[{"repo_name":"gone"}]}`,
	"zadig-test":     `{"test_modules":[{"name":"unit-test","key_vals":[{"key":"username","value":""},{"key":"password","value":""}]},{"name":"integration-test"},{"name":"other"}]}`,
	"zadig-scanning": `{"scannings":[{"name":"scan"},{"name":"scan-1"}]}`,
	"sql":            `{"id":"old","sql":"old"}`,
	"plugin":         `{"plugin":{"inputs":[{"name":"CONTENT","type":"string","value":"old"}]}}`,
	"tapd":           `{"project_id":"old","project_name":"old","status":"done"}`,
}

// The parameters of the document, by type, and the specs that come of them.
func TestTheExamplesOfTheDocumentAreTaken(t *testing.T) {
	const repo = `{"codehost_name":"koderover","repo_namespace":"koderover","repo_name":"zadig","branch":"main"}`
	const portal = `{"codehost_name":"koderover","repo_namespace":"koderover","repo_name":"zadig-portal","branch":"main"}`
	want := map[string]string{
		"zadig-build": `{"registry":"https://koderover.******.com/test","service_and_builds":[
			{"service_name":"zadig","service_module":"aslan","mine":1,"key_vals":[{"key":"username","value":"admin"},{"key":"password","value":"Zadig","is_credential":true}],
			 "repos":[{"codehost_id":1,"codehost_name":"koderover","repo_namespace":"koderover","repo_name":"zadig","branch":"main","enable_commit":true,"commit_id":"e1f10409e99c3f13b0777d2cd8b1a42750b093e1"}]},
			{"service_name":"zadig","service_module":"zadig-portal","repos":[` + portal + `]}],
			"service_and_builds_options":` + string(member(t, takers["zadig-build"], "service_and_builds_options")) + `}`,
		"zadig-deploy": `{"env":"dev","services":[{"service_name":"zadig","variable_yaml":"a: b","value_merge_strategy":"override","modules":[
			{"service_module":"aslan","image":"koderover.***.com/test/aslan:main"},{"service_module":"zadig-portal","image":"koderover.***.com/test/zadig-portal:main"}]}]}`,
		"custom-deploy": `{"namespace":"n","targets":[{"target":"Deployment/service2/service2","image":"koderover.***.com/test/service2:0505","image_name":"keep"}]}`,
		"freestyle": `{"script":"true","envs":[{"key":"IssueID","value":"ZAD-10126"},{"key":"FromStatus","value":"Testing"}],"properties":{"envs":[{"key":"TargetStatus","value":"ToBeReleased"}]},
			"repos":[{"codehost_name":"koderover","repo_namespace":"koderover","repo_name":"zadig","branch":"task-mgr"}]}`,
		"zadig-test": `{"test_modules":[{"name":"unit-test","key_vals":[{"key":"username","value":"admin"},{"key":"password","value":"Zadig"}],"repos":[` + repo + `]},
			{"name":"integration-test","repos":[` + portal + `]},{"name":"other"}]}`,
		"zadig-scanning": `{"scannings":[{"name":"scan","repos":[` + repo + `]},{"name":"scan-1","repos":[` + portal + `]}]}`,
		"sql":            `{"id":"","database_name":"mysql","sql":"show databases;"}`,
		"plugin":         `{"plugin":{"inputs":[{"name":"CONTENT","type":"string","value":"hello world"}]}}`,
		"tapd": `{"project_id":"43976133","project_name":"Welcome to TAPD DEMO","status":"open","iterations":[
			{"iteration_id":"1143976133001000001","iteration_name":"Current iteration","start_date":"2025-08-04","end_date":"2025-09-03"}]}`,
	}
	var examples []struct {
		Type       string          `json:"job_type"`
		Parameters json.RawMessage `json:"parameters"`
	}
	if err := json.Unmarshal(read(t, "inputs.json"), &examples); err != nil {
		t.Fatal(err)
	}
	if len(examples) != len(want) {
		t.Fatalf("%d examples, want %d", len(examples), len(want))
	}
	for _, e := range examples {
		got, err := give(t, e.Type, takers[e.Type], string(e.Parameters))
		if err != nil {
			t.Errorf("%s: %v", e.Type, err)
			continue
		}
		if diff := cmp.Diff(zeroless(parsed(t, want[e.Type])), zeroless(parsed(t, got))); diff != "" {
			t.Errorf("%s: %s", e.Type, diff)
		}
	}
}

// member returns a member of a JSON object.
func member(t testing.TB, text, name string) json.RawMessage {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		t.Fatal(err)
	}
	return members[name]
}

// zeroless takes the members out of a document that mean nothing.
func zeroless(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if v[name] = zeroless(inner); v[name] == nil || v[name] == "" {
				delete(v, name)
			}
		}
	case []any:
		for i := range v {
			v[i] = zeroless(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	}
	return v
}

func TestInputs(t *testing.T) {
	const fixedKey = `{"script":"a","envs":[{"key":"A","value":"b","source":"fixed"},{"key":"C","value":"x","type":"choice","choice_option":["x","y"]},{"key":"M","value":"","type":"multi-select","choice_option":["x","y"]}]}`
	const serviceTest = `{"test_type":"service_test","service_and_tests":[{"service_name":"a","name":"x"},{"service_name":"a","name":"y"}]}`
	for _, c := range []struct {
		kind, spec, parameters string
		fault                  string // empty: taken
	}{
		{"zadig-build", takers["zadig-build"], `{}`, ""},
		{"zadig-build", takers["zadig-build"], `null`, ""},
		{"zadig-build", takers["zadig-build"], `{"service_list":[]}`, ""},
		{"zadig-build", takers["zadig-build"], `[]`, "."},
		{"zadig-build", takers["zadig-build"], `{"registry":1}`, "registry"},
		{"zadig-build", takers["zadig-build"], `{"services":[]}`, "services"},
		{"zadig-build", takers["zadig-build"], `{"registry":"a","registry":"b"}`, "."},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"other"}]}`, "service_list[0]"},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"aslan"},{"service_name":"zadig","service_module":"aslan"}]}`, "service_list[1]"},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"aslan","image":"x"}]}`, "service_list[0].image"},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"aslan","inputs":[{"key":"other","value":""}]}]}`, "service_list[0].inputs[0].key"},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"aslan","inputs":[{"key":"username","value":""},{"key":"username","value":""}]}]}`, "service_list[0].inputs[1].key"},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"aslan","repo_info":[{"repo_name":"other","branch":"b"}]}]}`, "service_list[0].repo_info[0].repo_name"},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"aslan","repo_info":[{"repo_name":"zadig","branch":"b"},{"repo_name":"zadig","branch":"c"}]}]}`, "service_list[0].repo_info[1].repo_name"},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"aslan","repo_info":[{"repo_name":"zadig"}]}]}`, "service_list[0].repo_info[0].branch"},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"aslan","repo_info":[{"repo_name":"zadig","prs":[1]}]}]}`, ""},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"aslan","repo_info":[{"repo_name":"zadig","branch":"b","enable_commit":true}]}]}`, "service_list[0].repo_info[0].commit_id"},
		{"zadig-build", takers["zadig-build"], `{"service_list":[{"service_name":"zadig","service_module":"zadig-portal","inputs":[{"key":"any","value":"x"}]}]}`, ""},
		{"zadig-build", `{"source":"fromjob","job_name":"b"}`, `{"service_list":[]}`, "service_list"},
		{"zadig-build", `{"service_and_builds":[{"service_name":"a","repos":[{"repo_name":"r","source_from":"param","param_name":"p"}]}]}`, `{"service_list":[{"service_name":"a","repo_info":[{"repo_name":"r","branch":"b"}]}]}`, "service_list[0].repo_info[0]"},

		{"zadig-deploy", takers["zadig-deploy"], `{"service_list":[]}`, ""},
		{"zadig-deploy", `{"env":"qa","env_source":"fixed"}`, `{"env_name":"qa"}`, ""},
		{"zadig-deploy", `{"env":"qa","env_source":"fixed"}`, `{"env_name":"prod"}`, "env_name"},
		{"zadig-deploy", `{"source":"fixed"}`, `{"service_list":[]}`, "service_list"},
		{"zadig-deploy", `{"source":"fromjob","job_name":"b"}`, `{"service_list":[]}`, "service_list"},
		{"zadig-deploy", `{}`, `{"service_list":[{"service_name":"a"}]}`, "service_list[0].service_module"},
		{"zadig-deploy", `{"deploy_contents":["vars"]}`, `{"service_list":[{"service_name":"a"}]}`, ""},
		{"zadig-deploy", `{}`, `{"service_list":[{"service_name":"a","service_module":"b","value_merge_strategy":"x"}]}`, "service_list[0].value_merge_strategy"},
		{"zadig-deploy", `{}`, `{"env":"qa"}`, "env"},

		{"custom-deploy", `{"target_options":[{"target":"Deployment/a/b"}]}`, `{"target_list":[{"workload_type":"deployment","workload_name":"a","container_name":"b","image_name":"i"}]}`, ""},
		{"custom-deploy", `{"target_options":[{"target":"Deployment/a/b"}]}`, `{"target_list":[{"workload_type":"Deployment","workload_name":"a","container_name":"c","image_name":"i"}]}`, "target_list[0]"},
		{"custom-deploy", `{"source":"fixed"}`, `{"target_list":[]}`, "target_list"},
		{"custom-deploy", `{}`, `{"target_list":[{"workload_type":"Job","workload_name":"a","container_name":"c","image_name":"i"}]}`, "target_list[0].workload_type"},
		{"custom-deploy", `{}`, `{"target_list":[{"workload_type":"Deployment","workload_name":"a/b","container_name":"c","image_name":"i"}]}`, "target_list[0].workload_name"},
		{"custom-deploy", `{}`, `{"target_list":[{"workload_type":"Deployment","workload_name":"a","container_name":"c"}]}`, "target_list[0].image_name"},
		{"custom-deploy", `{}`, `{"targets":[]}`, "targets"},

		{"freestyle", fixedKey, `{"kv":[{"key":"C","value":"y"},{"key":"M","value":"x,y"}]}`, ""},
		{"freestyle", fixedKey, `{"kv":[{"key":"C","value":"z"}]}`, "kv[0].value"},
		{"freestyle", fixedKey, `{"kv":[{"key":"M","value":"x,z"}]}`, "kv[0].value[1]"},
		{"freestyle", fixedKey, `{"kv":[{"key":"A","value":"z"}]}`, "kv[0].key"},
		{"freestyle", fixedKey, `{"kv":[{"key":"","value":"z"}]}`, "kv[0].key"},
		{"freestyle", `{"script":"a"}`, `{"kv":[{"key":"any","value":"z"}]}`, "kv[0].key"},
		{"freestyle", `{"steps":[{"name":"a","type":"shell","spec":{"script":"b"}}]}`, `{"repo_info":[{"repo_name":"a","branch":"b"}]}`, "repo_info"},
		{"freestyle", `{"steps":[{"name":"a","type":"git","spec":{}}]}`, `{"repo_info":[{"repo_name":"a","branch":"b","checkout_path":"c","remote_name":"up","submodules":true}]}`, ""},
		{"freestyle", `{"script":"a"}`, `{"repo_info":[{"repo_name":"a","branch":"b","checkout_path":"/c"}]}`, "repo_info[0].checkout_path"},
		{"freestyle", `{"script":"a"}`, `{"services":[]}`, "services"},
		{"freestyle", `{"freestyle_type":"service_freestyle","source":"fromjob","job_name":"b"}`, `{"services":[]}`, "services"},
		{"freestyle", `{"freestyle_type":"service_freestyle","services":[{"service_name":"a"}]}`, `{"services":[{"service_name":"a","inputs":[{"key":"A","value":"b"}]}]}`, ""},
		{"freestyle", `{"freestyle_type":"service_freestyle","services":[{"service_name":"a"}]}`, `{"services":[{"service_name":"b"}]}`, "services[0]"},

		{"zadig-test", takers["zadig-test"], `{"testing_list":[{"testing_name":"none"}]}`, "testing_list[0].testing_name"},
		{"zadig-test", takers["zadig-test"], `{"testing_list":[{"testing_name":"other"},{"testing_name":"other"}]}`, "testing_list[1].testing_name"},
		{"zadig-test", takers["zadig-test"], `{"service_list":[{"service_name":"a"}]}`, "service_list"},
		{"zadig-test", serviceTest, `{"service_list":[{"service_name":"a"}]}`, ""},
		{"zadig-test", serviceTest, `{"service_list":[{"service_name":"a","testing_name":"x"},{"service_name":"a","testing_name":"y"}]}`, ""},
		{"zadig-test", serviceTest, `{"service_list":[{"service_name":"a"},{"service_name":"a","testing_name":"y"}]}`, "service_list[1].testing_name"},
		{"zadig-test", serviceTest, `{"service_list":[{"service_name":"b"}]}`, "service_list[0]"},
		{"zadig-test", serviceTest, `{"testing_list":[{"testing_name":"x"}]}`, "testing_list"},
		{"zadig-scanning", takers["zadig-scanning"], `{"scanning_list":[{"scanning_name":"scan","inputs":[{"key":"A","value":"b"}]}]}`, ""},
		{"zadig-scanning", takers["zadig-scanning"], `{"scanning_list":[{"scanning_name":"none"}]}`, "scanning_list[0].scanning_name"},
		{"zadig-scanning", takers["zadig-scanning"], `{"testing_list":[]}`, "testing_list"},

		{"sql", takers["sql"], `{"sql":"select 1"}`, ""},
		{"sql", takers["sql"], `{"sql":""}`, "sql"},
		{"sql", `{"source":"fixed","id":"a"}`, `{"database_name":"b"}`, "database_name"},
		{"sql", `{"source":"fixed","id":"a"}`, `{"sql":"select 1"}`, ""},
		{"plugin", takers["plugin"], `{"kv":[{"key":"none","value":"x"}]}`, "kv[0].key"},
		{"plugin", takers["plugin"], `{"kv":[{"key":"CONTENT","value":"x"},{"key":"CONTENT","value":"x"}]}`, "kv[1].key"},
		{"plugin", `{"plugin":{"inputs":[{"name":"C","type":"choice","choice_option":["a"]}]}}`, `{"kv":[{"key":"C","value":"b"}]}`, "kv[0].value"},
		{"tapd", takers["tapd"], `{"iteration_ids":["1","2"]}`, ""},
		{"tapd", takers["tapd"], `{"iteration_ids":["1"],"iterations":[]}`, "iteration_ids"},
		{"tapd", takers["tapd"], `{"iterations":[{"iteration_name":"x"}]}`, "iterations[0].iteration_id"},
		{"tapd", `{"source":"fixed"}`, `{"status":"open"}`, "."},
		{"tapd", `{"source":"fixed"}`, `{}`, ""},
		{"approval", `{"type":"native"}`, `{}`, ""},
		{"approval", `{"type":"native"}`, `{"approve":true}`, "approve"},
	} {
		before, _ := give(t, c.kind, c.spec, `{}`)
		after, err := give(t, c.kind, c.spec, c.parameters)
		switch {
		case c.fault == "" && err != nil:
			t.Errorf("%s %s: %v", c.kind, c.parameters, err)
		case c.fault == "":
		case !errors.Is(err, penstock.ErrInvalid), !blames(err, c.fault) && c.fault != "." || c.fault == "." && !blames(err, ""):
			t.Errorf("%s %s: got %v, want a fault of %s", c.kind, c.parameters, err, c.fault)
		case before != after:
			t.Errorf("%s %s: is refused and changes the spec", c.kind, c.parameters)
		}
	}
}

// A list that a start makes empty stays so: the defaults do not come back.
func TestAnEmptyChoiceIsAChoice(t *testing.T) {
	spec, err := give(t, "zadig-build", `{"default_service_and_builds":[{"service_name":"a"}]}`, `{"service_list":[]}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := expandAll(t, job("b", "zadig-build", spec)); !blames(err, "service_and_builds") {
		t.Errorf("got %v", err)
	}
}
