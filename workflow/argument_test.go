package workflow_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// params are the parameters of a definition that takes every type.
const params = `[
	{"name":"test","type":"string","value":"old","default":"def"},
	{"name":"abc","type":"choice","choice_option":["123","456"]},
	{"name":"repo1","type":"repo","repo":{"repo_namespace":"kr-poc","repo_name":"num_test","codehost_id":4}},
	{"name":"text","type":"text"},
	{"name":"set","type":"multi-select","choice_option":["a","b"]},
	{"name":"pass","type":"string","is_credential":true},
	{"name":"key","type":"secret"},
	{"name":"fixed","type":"string","source":"fixed","value":"x"},
	{"name":"ref","type":"string","source":"reference","value":"{{.project}}"}
]`

func withParams(t testing.TB, text string) workflow.Definition {
	t.Helper()
	d := workflow.Definition{}
	if err := json.Unmarshal([]byte(text), &d.Params); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheArgumentsOfTheDocumentAreTaken(t *testing.T) {
	var start struct {
		Parameters []workflow.Argument `json:"parameters"`
	}
	if err := json.Unmarshal(read(t, "start.json"), &start); err != nil {
		t.Fatal(err)
	}
	d := withParams(t, params)
	got, err := d.Arguments(start.Parameters)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Text() != "zadig" || got[1].Text() != "123" || got[7].Text() != "x" {
		t.Errorf("got %+v", got)
	}
	want := &workflow.Repository{CodeHost: 4, CodeHostName: "gitlab", Namespace: "kr-poc", Name: "num_test", Branch: "master", PRs: []int{1}}
	if diff := cmp.Diff(want, got[2].Repo, cmp.AllowUnexported(workflow.Rest{})); diff != "" {
		t.Error(diff)
	}
	if d.Params[0].Value != "old" || d.Params[2].Repo.Branch != "" {
		t.Error("the definition changed")
	}
}

func TestArguments(t *testing.T) {
	for _, c := range []struct {
		name, params, given string
		fault               string // empty: taken
	}{
		{"none", params, `[]`, ""},
		{"unknown", params, `[{"name":"none"}]`, "parameters[0].name"},
		{"twice", params, `[{"name":"text"},{"name":"text"}]`, "parameters[1].name"},
		{"another type", params, `[{"name":"text","type":"string"}]`, "parameters[0].type"},
		{"its type", params, `[{"name":"text","type":"text","value":"a\nb"}]`, ""},
		{"a secret as string", params, `[{"name":"key","type":"string","value":"a"}]`, "parameters[0].type"},
		{"a secret as secret", params, `[{"name":"key","type":"secret","value":"a"},{"name":"pass","type":"secret","value":"a"}]`, ""},
		{"a string as secret", params, `[{"name":"test","type":"secret","value":"a"}]`, "parameters[0].type"},
		{"fixed", params, `[{"name":"fixed","value":"y"}]`, "parameters[0].name"},
		{"reference", params, `[{"name":"ref","value":"y"}]`, "parameters[0].name"},
		{"no option", params, `[{"name":"abc","value":"789"}]`, "parameters[0].value"},
		{"empty choice", params, `[{"name":"abc","value":""}]`, "parameters[0].value"},
		{"several lines", params, `[{"name":"test","value":"a\nb"}]`, "parameters[0].value"},
		{"several lines of a secret", params, `[{"name":"key","value":"a\nb"}]`, "parameters[0].value"},
		{"chosen", params, `[{"name":"set","choice_value":["b","a"]}]`, ""},
		{"chosen, joined", params, `[{"name":"set","value":"b,a"}]`, ""},
		{"chosen nothing", params, `[{"name":"set"}]`, ""},
		{"chosen no option", params, `[{"name":"set","choice_value":["a","c"]}]`, "parameters[0].choice_value[1]"},
		{"chosen no option, joined", params, `[{"name":"set","value":"a,c"}]`, "parameters[0].value[1]"},
		{"chosen of a string", params, `[{"name":"test","choice_value":["a"]}]`, "parameters[0].choice_value"},
		{"a repository for a string", params, `[{"name":"test","repo":{"repo_name":"a"}}]`, "parameters[0].repo"},
		{"a repository that is another", params, `[{"name":"repo1","repo":{"repo_namespace":"a","repo_name":"b","branch":"c"}}]`, ""},
		{"a repository without a branch", params, `[{"name":"repo1","repo":{"repo_namespace":"a","repo_name":"b"}}]`, "parameters[0].repo.branch"},
		{"a repository without a name", params, `[{"name":"repo1","repo":{"repo_namespace":"a","branch":"c"}}]`, "parameters[0].repo.repo_name"},
		{"a repository without a namespace", params, `[{"name":"repo1","repo":{"repo_name":"b","branch":"c"}}]`, "parameters[0].repo.repo_namespace"},
		{"no repository", params, `[{"name":"repo1","value":"x"}]`, "parameters[0].repo"},
		{"required by default", `[{"name":"a","type":"string","required":true,"default":"x"}]`, `[]`, ""},
		{"required and missing", `[{"name":"a","type":"string","required":true}]`, `[]`, "params[0]"},
		{"required and blank", `[{"name":"a","type":"text","required":true}]`, `[{"name":"a","value":" \n"}]`, "params[0]"},
		{"required choice", `[{"name":"a","type":"choice","choice_option":["x"],"required":true}]`, `[]`, "params[0]"},
		{"required choices", `[{"name":"a","type":"multi-select","choice_option":["x"],"required":true}]`, `[{"name":"a"}]`, "params[0]"},
		{"required choices, one given", `[{"name":"a","type":"multi-select","choice_option":["x"],"required":true}]`, `[{"name":"a","value":"x"}]`, ""},
		{"required repository", `[{"name":"a","type":"repo","required":true,"repo":{"repo_namespace":"a","repo_name":"b"}}]`, `[]`, "params[0]"},
		{"required repository with a ref", `[{"name":"a","type":"repo","required":true,"repo":{"repo_namespace":"a","repo_name":"b","tag":"v1"}}]`, `[]`, ""},
		{"required secret", `[{"name":"a","type":"secret","required":true}]`, `[]`, "params[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var given []workflow.Argument
			if err := json.Unmarshal([]byte(c.given), &given); err != nil {
				t.Fatal(err)
			}
			d := withParams(t, c.params)
			before, _ := json.Marshal(d)
			got, err := d.Arguments(given)
			if c.fault == "" && (err != nil || len(got) != len(d.Params)) || c.fault != "" && (!errors.Is(err, penstock.ErrInvalid) || !blames(err, c.fault) || got != nil) {
				t.Errorf("got %v, want a fault of %q", err, c.fault)
			}
			if after, _ := json.Marshal(d); !bytes.Equal(before, after) {
				t.Error("the definition changed")
			}
		})
	}
}

func TestTheTextOfAParameter(t *testing.T) {
	for _, c := range []struct {
		p    workflow.Param
		want string
	}{
		{workflow.Param{Type: workflow.StringParam, Value: "v", Default: "d"}, "v"},
		{workflow.Param{Type: workflow.StringParam, Default: "d"}, "d"},
		{workflow.Param{Type: workflow.MultiParam, Chosen: []string{"a", "b"}, Default: "d"}, "a,b"},
		{workflow.Param{Type: workflow.RepoParam, Value: "v"}, ""},
	} {
		if got := c.p.Text(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.p, got, c.want)
		}
	}
}

// A fault never repeats a value, which may be a secret.
func TestFaultsDoNotRepeatValues(t *testing.T) {
	d := withParams(t, params)
	_, err := d.Arguments([]workflow.Argument{{Name: "key", Value: "hunter2\n"}, {Name: "abc", Value: "hunter2"}, {Name: "set", Value: "hunter2"}})
	if err == nil || len(penstock.Faults(err)) != 3 {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the value is in %v", err)
	}
}
