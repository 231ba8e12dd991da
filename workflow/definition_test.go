package workflow_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// read returns a file of testdata.
func read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// definition returns a definition that a file of testdata holds.
func definition(t testing.TB, name string) workflow.Definition {
	t.Helper()
	d, err := workflow.ParseDefinition(read(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheExamplesOfTheDocumentAreValid(t *testing.T) {
	d := definition(t, "create.json")
	if err := d.Validate(nil); err != nil {
		t.Error(err)
	}
	if d.Key != "workflow-demo" || d.Project != "demo" || len(d.Stages) != 5 || *d.ConcurrencyLimit != 5 {
		t.Errorf("read as %+v", d)
	}
	want := &approval.Policy{Enabled: true, Kind: approval.Native, TimeoutMinutes: 5, Nodes: []approval.Node{{
		Need: approval.KOf, K: 1, Approvers: []penstock.Party{
			{ID: "9792310b-**********", Name: "admin"}, {ID: "9837370s-**********", Name: "sre-admin"}},
	}}}
	if diff := cmp.Diff(want, d.Stages[1].Approval); diff != "" {
		t.Error(diff)
	}
}

func TestAnAnswerOfTheDocumentIsValid(t *testing.T) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(read(t, "detail.json"), &members); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"workflow_key": "name", "workflow_name": "display_name", "project_key": "project"} {
		members[to] = members[from] // where the answer differs from what is created
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	d, err := workflow.ParseDefinition(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(nil); err != nil {
		t.Error(err)
	}
	if p := d.Stages[0].Approval; p == nil || p.Enabled || p.TimeoutMinutes != 5 || p.Other[approval.DingTalk] == nil {
		t.Errorf("the approval is read as %+v", p)
	}
}

// The spec of the plugin that the document shows in a run.
func TestThePluginOfTheDocumentIsValid(t *testing.T) {
	d := flow([]workflow.Job{job("say-hi", "plugin", string(read(t, "plugin.json")))})
	if err := d.Validate(nil); err != nil {
		t.Error(err)
	}
	spec, err := (*workflow.Types)(nil).Decode(&d.Stages[0].Jobs[0])
	if err != nil {
		t.Fatal(err)
	}
	inputs := spec.(*workflow.PluginSpec).Plugin.Inputs
	if diff := cmp.Diff([]string{"sunny", "cloudy", "rainy"}, inputs[1].Options); diff != "" {
		t.Error(diff)
	}
	sameSpec(t, &d.Stages[0].Jobs[0])
}

// What a spec holds is kept to the byte of its values, through the definition
// and through its typed form.
func TestTheExamplesOfTheDocumentSurviveARoundTrip(t *testing.T) {
	for _, file := range []string{"create.json", "detail.json"} {
		d := definition(t, file)
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var before, after struct {
			Stages []struct {
				Jobs []struct{ Spec any }
			}
		}
		if err := json.Unmarshal(read(t, file), &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &after); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		for _, s := range d.Stages {
			for _, j := range s.Jobs {
				sameSpec(t, &j)
			}
		}
	}
}

// sameSpec checks that the spec of a job survives its typed form.
func sameSpec(t *testing.T, j *workflow.Job) {
	t.Helper()
	spec, err := (*workflow.Types)(nil).Decode(j)
	if err != nil {
		t.Fatal(err)
	}
	text, err := workflow.EncodeSpec(spec)
	if err != nil {
		t.Fatal(err)
	}
	var before, after any
	if err := json.Unmarshal(j.Spec, &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &after); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("%s: %s", j.Name, diff)
	}
}

func TestWhatADefinitionTells(t *testing.T) {
	d := flow([]workflow.Job{job("a", "wait", `{}`)}, []workflow.Job{job("b", "wait", `{}`)})
	d.Params = []workflow.Param{{Name: "p"}}
	if d.DisplayName() != "w" {
		t.Errorf("the name is %q", d.DisplayName())
	}
	if d.Name = "W"; d.DisplayName() != "W" {
		t.Errorf("the name is %q", d.DisplayName())
	}
	if j, s := d.Job("b"); j != &d.Stages[1].Jobs[0] || s != 1 {
		t.Errorf("job b is %v in stage %d", j, s)
	}
	if j, _ := d.Job("c"); j != nil || d.Param("q") != nil || d.Param("p") != &d.Params[0] {
		t.Error("something is found that is not there, or the reverse")
	}
	for _, c := range []struct {
		limit   *int
		n       int
		limited bool
	}{{nil, 0, false}, {new(-1), 0, false}, {new(0), 0, true}, {new(3), 3, true}} {
		d.ConcurrencyLimit = c.limit
		if n, limited := d.Limit(); n != c.n || limited != c.limited {
			t.Errorf("%v: got %d, %t", c.limit, n, limited)
		}
	}
}
