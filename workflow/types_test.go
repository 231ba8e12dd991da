package workflow_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// smoke is a type of a host's, whose spec embeds what others have in common.
type smoke struct {
	target
	Cases []smokeCase `json:"cases,omitempty"`
	workflow.Rest
}

type target struct {
	URL string `json:"url"`
}

type smokeCase struct {
	Path string `json:"path"`
	workflow.Rest
}

func (s *smoke) Check(c *workflow.Checker) {
	c.Required("url", s.URL, 1_000)
	for i, one := range s.Cases {
		c.At("cases[%d]", i).Name("path", one.Path)
	}
}

func smokeType() workflow.JobType {
	return workflow.JobType{Name: "smoke", New: func() workflow.Spec { return new(smoke) }}
}

func TestATypeOfTheHost(t *testing.T) {
	types, err := workflow.NewTypes(smokeType())
	if err != nil {
		t.Fatal(err)
	}
	good := flow([]workflow.Job{job("a", "smoke", `{"url":"x","mine":1,"cases":[{"path":"/","more":[1]}]}`)})
	if err := good.Validate(types); err != nil {
		t.Error(err)
	}
	if err := good.Validate(nil); !blames(err, "stages[0].jobs[0].type") {
		t.Errorf("a host without the type: %v", err)
	}
	bad := flow([]workflow.Job{job("a", "smoke", `{"cases":[{"path":""}]}`)})
	if err := bad.Validate(types); !blames(err, "stages[0].jobs[0].spec.url") || !blames(err, "stages[0].jobs[0].spec.cases[0].path") {
		t.Errorf("got %v", err)
	}
	spec, err := types.Decode(&good.Stages[0].Jobs[0])
	if err != nil {
		t.Fatal(err)
	}
	spec.(*smoke).URL = "y"
	text, err := workflow.EncodeSpec(spec)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parsed(t, `{"url":"y","mine":1,"cases":[{"path":"/","more":[1]}]}`), parsed(t, string(text))); diff != "" {
		t.Error(diff)
	}
}

func TestNewTypesRefuses(t *testing.T) {
	spec := func() workflow.Spec { return new(smoke) }
	for _, bad := range []workflow.JobType{
		{Name: "", New: spec}, {Name: "Smoke", New: spec}, {Name: "a b", New: spec}, {Name: "freestyle", New: spec}, {Name: "smoke"},
	} {
		if types, err := workflow.NewTypes(bad); !errors.Is(err, penstock.ErrInvalid) || types != nil {
			t.Errorf("%q: got %v", bad.Name, err)
		}
	}
	if _, err := workflow.NewTypes(smokeType(), smokeType()); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("the same type twice: %v", err)
	}
}

func TestTheBuiltInTypes(t *testing.T) {
	want := []string{"approval", "custom-deploy", "freestyle", "http", "plugin", "sql", "tapd", "wait",
		"zadig-build", "zadig-deploy", "zadig-distribute-image", "zadig-scanning", "zadig-test"}
	types, err := workflow.NewTypes()
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []*workflow.Types{types, nil} {
		if diff := cmp.Diff(want, got.Names()); diff != "" {
			t.Error(diff)
		}
	}
}

// What each type tells of itself.
func TestWhatTypesTell(t *testing.T) {
	for _, c := range []struct {
		kind, spec string
		outputs    []string
		timeout    int // -1: it does not tell
	}{
		{"zadig-build", `{"outputs":[{"name":"SIZE"},{"name":"IMAGE"}]}`, []string{"IMAGE", "imageTag", "PKG_FILE", "SIZE"}, -1},
		{"zadig-deploy", `{}`, nil, -1},
		{"custom-deploy", `{"timeout":3}`, nil, 3},
		{"freestyle", `{}`, nil, 60},
		{"freestyle", `{"advanced_setting":{"timeout":5,"outputs":[{"name":"A"}]},"outputs":[{"name":"B"}],"properties":{"timeout":6,"outputs":[{"name":"C"}]}}`, []string{"B", "A", "C"}, 5},
		{"freestyle", `{"properties":{"timeout":6}}`, nil, 6},
		{"zadig-test", `{"outputs":[{"name":"A"}]}`, []string{"A"}, -1},
		{"zadig-scanning", `{"outputs":[{"name":"A"}]}`, []string{"A"}, -1},
		{"sql", `{}`, []string{"ROWS", "AFFECTED"}, 60},
		{"sql", `{"timeout":2}`, []string{"ROWS", "AFFECTED"}, 2},
		{"plugin", `{"plugin":{"outputs":[{"name":"A"}]},"properties":{"timeout":4}}`, []string{"A"}, 4},
		{"zadig-distribute-image", `{"timeout":10}`, []string{"IMAGE"}, 10},
		{"tapd", `{}`, nil, -1},
		{"approval", `{"type":"native"}`, nil, 60},
		{"approval", `{"type":"native","native_approval":{"timeout":7}}`, nil, 7},
		{"approval", `{"type":"native","timeout":8,"native_approval":{"timeout":7}}`, nil, 8},
		{"wait", `{"for":"P1D"}`, nil, -1},
		{"http", `{}`, []string{"STATUS", "BODY"}, 1},
		{"http", `{"timeout":9}`, []string{"STATUS", "BODY"}, 9},
	} {
		j := job("j", c.kind, c.spec)
		spec, err := (*workflow.Types)(nil).Decode(&j)
		if err != nil {
			t.Fatal(err)
		}
		lister, ok := spec.(workflow.OutputLister)
		if !ok {
			t.Errorf("%s does not tell its outputs", c.kind)
			continue
		}
		if diff := cmp.Diff(c.outputs, lister.Outputs()); diff != "" {
			t.Errorf("%s %s: %s", c.kind, c.spec, diff)
		}
		got := -1
		if timer, ok := spec.(workflow.Timer); ok {
			got = timer.Timeout()
		}
		if got != c.timeout {
			t.Errorf("%s %s: timeout %d, want %d", c.kind, c.spec, got, c.timeout)
		}
	}
}

func TestTheScriptsOfAFreestyle(t *testing.T) {
	for _, c := range []struct {
		spec    string
		scripts []string
		keys    []string
	}{
		{`{"script":"a","envs":[{"key":"A"}]}`, []string{"a"}, []string{"A"}},
		{`{"steps":[{"name":"a","type":"shell","spec":{"script":"one"}},{"name":"b","type":"git","spec":{}},{"name":"c","type":"shell","spec":{"script":"two"}}],
			"properties":{"envs":[{"key":"B"}]},"services":[{"service_name":"a","key_vals":[{"key":"C"}]}]}`, []string{"one", "two"}, []string{"B", "C"}},
	} {
		var s workflow.FreestyleSpec
		if err := json.Unmarshal([]byte(c.spec), &s); err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, kv := range s.Variables() {
			keys = append(keys, kv.Key)
		}
		if diff := cmp.Diff(c.scripts, s.Scripts()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(c.keys, keys); diff != "" {
			t.Error(diff)
		}
	}
}

func TestExpectedAnswers(t *testing.T) {
	for _, c := range []struct {
		e      workflow.HTTPExpect
		status int
		want   bool
	}{
		{workflow.HTTPExpect{}, 200, true}, {workflow.HTTPExpect{}, 299, true}, {workflow.HTTPExpect{}, 300, false}, {workflow.HTTPExpect{}, 199, false},
		{workflow.HTTPExpect{Status: []int{404}}, 404, true}, {workflow.HTTPExpect{Status: []int{404}}, 200, false},
	} {
		if got := c.e.Accepts(c.status); got != c.want {
			t.Errorf("%v %d: got %t", c.e.Status, c.status, got)
		}
	}
}
