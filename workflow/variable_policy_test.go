package workflow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/workflow"
)

func TestVerbs(t *testing.T) {
	for _, row := range []struct {
		field string
		verb  workflow.Verb
		value string
		want  bool
	}{
		{"dev", workflow.Equals, "dev", true}, {"dev", workflow.Equals, "de", false}, {"", workflow.Equals, "", true}, {"Dev", workflow.Equals, "dev", false},
		{"dev", workflow.NotEquals, "de", true}, {"dev", workflow.NotEquals, "dev", false},
		{"dev", workflow.Contains, "e", true}, {"dev", workflow.Contains, "x", false}, {"dev", workflow.Contains, "", true},
		{"dev", workflow.NotContains, "x", true}, {"dev", workflow.NotContains, "e", false},
		{"dev", workflow.BeginsWith, "de", true}, {"dev", workflow.BeginsWith, "ev", false},
		{"dev", workflow.NotBeginsWith, "ev", true}, {"dev", workflow.NotBeginsWith, "de", false},
		{"dev", workflow.EndsWith, "ev", true}, {"dev", workflow.EndsWith, "de", false},
		{"dev", workflow.NotEndsWith, "de", true}, {"dev", workflow.NotEndsWith, "ev", false},
		{"dev", "matches", "dev", false}, {"dev", "", "dev", false},
	} {
		policy := &workflow.ExecutePolicy{Type: workflow.ExecuteIf, Rules: []workflow.Rule{{Field: "{{.workflow.params.env}}", Verb: row.verb, Value: row.value}}}
		got, _, err := policy.Runs(workflow.MapScope{"workflow.params.env": row.field})
		if got != row.want || err != nil {
			t.Errorf("%q %s %q: got %t, %v", row.field, row.verb, row.value, got, err)
		}
	}
}

// Every type, match rule, and number of rules of two that match.
func TestExecutePolicies(t *testing.T) {
	for _, row := range []struct {
		kind  workflow.ExecuteType
		match workflow.MatchRule
		want  [3]bool // by how many match
	}{
		{workflow.SkipIf, "", [3]bool{true, true, false}},
		{workflow.SkipIf, workflow.MatchAll, [3]bool{true, true, false}},
		{workflow.SkipIf, workflow.MatchAny, [3]bool{true, false, false}},
		{workflow.ExecuteIf, "", [3]bool{false, false, true}},
		{workflow.ExecuteIf, workflow.MatchAll, [3]bool{false, false, true}},
		{workflow.ExecuteIf, workflow.MatchAny, [3]bool{false, true, true}},
		{"", workflow.MatchAll, [3]bool{true, true, true}},
		{"other", workflow.MatchAny, [3]bool{true, true, true}},
	} {
		for n, want := range row.want {
			p := &workflow.ExecutePolicy{Type: row.kind, Match: row.match}
			for i := range 2 {
				p.Rules = append(p.Rules, workflow.Rule{Field: "a", Verb: workflow.Equals, Value: map[bool]string{true: "a", false: "b"}[i < n]})
			}
			if got, why, err := p.Runs(nil); got != want || err != nil || !strings.Contains(why, fmt.Sprintf("%d of 2 match", n)) {
				t.Errorf("%s %s, %d of 2 match: got %t, %q, %v", row.kind, row.match, n, got, why, err)
			}
		}
	}
}

func TestNoRulesLetTheJobRun(t *testing.T) {
	for _, p := range []*workflow.ExecutePolicy{nil, {}, {Type: workflow.ExecuteIf}, {Type: workflow.SkipIf, Match: workflow.MatchAny}} {
		if runs, why, err := p.Runs(nil); !runs || why != "always" || err != nil {
			t.Errorf("%v: got %t, %q, %v", p, runs, why, err)
		}
	}
}

func TestExecutePolicyTellsNoValue(t *testing.T) {
	p := &workflow.ExecutePolicy{Type: workflow.SkipIf, Rules: []workflow.Rule{{Field: "{{.a}}", Verb: workflow.Equals, Value: "{{.b}}"}}}
	runs, why, err := p.Runs(workflow.MapScope{"a": "s3cret", "b": "s3cret"})
	if runs || err != nil || why != "skip if all of: {{.a}} = {{.b}} (1 of 1 match)" {
		t.Errorf("got %t, %q, %v", runs, why, err)
	}
}

func TestExecutePolicyRefusesWhatIsNotKnown(t *testing.T) {
	p := &workflow.ExecutePolicy{Type: workflow.SkipIf, Match: workflow.MatchAny, Rules: []workflow.Rule{
		{Field: "a", Verb: workflow.Equals, Value: "a"}, {Field: "{{.project}}", Verb: workflow.Equals, Value: "{{.project"}}}
	runs, why, err := p.Runs(workflow.MapScope{})
	want := []string{"rules[1].field: the variable {{.project}} has no value", "rules[1].value: }} is missing after {{.project: a name is letters, digits, - and _, in segments that dots separate"}
	if diff := cmp.Diff(want, whys(err)); diff != "" || runs || why != "" {
		t.Errorf("got %t, %q; -want +got:\n%s", runs, why, diff)
	}
}
