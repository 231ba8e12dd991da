package workflow_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/workflow"
)

func TestExpandSpec(t *testing.T) {
	scope := workflow.MapScope{"a": "1", "odd": "\"},{\\\n\r\t\x01\u2028é", "nested": "{{.a}}", "环境": "prod"}
	for _, row := range []struct{ rule, spec, want string }{
		{"nothing to fill in", `{"x": [1, "y", null, true, -1.5e3, {}], "z": [] }`, `{"x": [1, "y", null, true, -1.5e3, {}], "z": [] }`},
		{"at any depth", `{"a":[{"b":[["{{.a}}"]]}]}`, `{"a":[{"b":[["1"]]}]}`},
		{"a text alone", `"{{.a}}"`, `"1"`},
		{"members keep their names", `{"{{.a}}":"{{.a}}"}`, `{"{{.a}}":"1"}`},
		{"everything else stays byte by byte", " {\"x\" :\t\"a\\/b\", \"n\": 1.0,\n\"y\":\"{{.a}}\" , \"z\":\"\\u0041<\"}\n", " {\"x\" :\t\"a\\/b\", \"n\": 1.0,\n\"y\":\"1\" , \"z\":\"\\u0041<\"}\n"},
		{"a value cannot change the structure", `{"x":"{{.odd}}","y":2}`, `{"x":"\"},{\\\n\r\t\u0001` + "\u2028é" + `","y":2}`},
		{"a value is not looked into", `["{{.nested}}","{{.a}}"]`, `["{{.a}}","1"]`},
		{"escaped braces", `["\u007b\u007b.a}}"]`, `["1"]`},
		{"an escaped dot", `["{{\u002ea}}"]`, `["1"]`},
		{"escaped letters", `["{{.\u73af\u5883}}"]`, `["prod"]`},
		{"an escape beside it", `["a\"b\\{{.a}}\n"]`, `["a\"b\\1\n"]`},
		{"literal braces", `["{{.{{}}.a}}"]`, `["{{.a}}"]`},
	} {
		t.Run(row.rule, func(t *testing.T) {
			got, err := workflow.ExpandSpec(json.RawMessage(row.spec), scope)
			if err != nil || string(got) != row.want {
				t.Errorf("got %s, %v; want %s", got, err, row.want)
			}
		})
	}
}

func TestExpandSpecRefuses(t *testing.T) {
	scope := workflow.MapScope{"bytes": "secret\xff", "big": strings.Repeat("x", 600<<10), "project": "p"}
	deep := func(n int) string { return strings.Repeat("[", n) + `"{{.project}}"` + strings.Repeat("]", n) }
	for _, row := range []struct {
		rule, spec string
		want       []string
	}{
		{"unknown names, every one with its place", `{"steps":[{},{},{"spec":{"script":"{{.job.a.status}}{{.workflow.params.x}}"}}],"b":["{{.project.x}}"]}`, []string{
			"steps[2].spec.script: the variable {{.job.a.status}} has no value",
			"steps[2].spec.script: the variable {{.workflow.params.x}} has no value",
			"b[0]: the variable {{.project.x}} has no value",
		}},
		{"a value that is not UTF-8, without telling it", `{"x":"{{.bytes}}"}`, []string{"x: the value of {{.bytes}} is not UTF-8"}},
		{"what is too long in one string", `["{{.big}}{{.big}}"]`, []string{"[0]: has more than 1048576 bytes when its variables are filled in"}},
		{"what is too long in all", `["{{.big}}","{{.big}}"]`, []string{"has more than 1048576 bytes when its variables are filled in"}},
		{"what is no JSON", `{"x":"{{.project}}"`, []string{"must be JSON in UTF-8"}},
		{"what is no UTF-8", "[\"{{.project}}\xff\"]", []string{"must be JSON in UTF-8"}},
		{"what is nested too deep", deep(101), []string{"is nested more than 100 deep"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			got, err := workflow.ExpandSpec(json.RawMessage(row.spec), scope)
			if diff := cmp.Diff(row.want, whys(err)); diff != "" || got != nil {
				t.Errorf("got %.50s -want +got:\n%s", got, diff)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("tells a value: %v", err)
			}
		})
	}
	if _, err := workflow.ExpandSpec(json.RawMessage(deep(100)), scope); err != nil {
		t.Errorf("as deep as can be: %v", err)
	}
}

func TestQuoteSpecMakesData(t *testing.T) {
	given := json.RawMessage(`{"kv":[{"key":"{{.a}}","value":"{{.workflow.params.token}} \u007b\u007b.x}}"}], "n": 1}`)
	quoted, err := workflow.QuoteSpec(given)
	if err != nil {
		t.Fatal(err)
	}
	got, err := workflow.ExpandSpec(quoted, workflow.MapScope{"workflow.params.token": "t0ken", "x": "y"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"kv":[{"key":"{{.a}}","value":"{{.workflow.params.token}} {{.x}}"}], "n": 1}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestExpandPlugin(t *testing.T) {
	const spec = `{"plugin":{"args":["echo $(inputs.A) {{.project}}"],"cmds":["$(inputs.B)"],"envs":[{"name":"$(inputs.A)","value":"$(inputs.A)"}],` +
		`"image":"$(inputs.A)","inputs":[{"name":"A","type":"string","value":"{{.evil}}"},{"name":"B","type":"string","default":"b"},{"name":"TOKEN","value":"t0ken"}]}}`
	scope := workflow.MapScope{"project": "$(inputs.TOKEN)", "evil": "$(inputs.TOKEN){{.project}}\""}
	got, err := workflow.ExpandPlugin(json.RawMessage(spec), scope)
	if err != nil {
		t.Fatal(err)
	}
	const evil = `$(inputs.TOKEN){{.project}}\"`
	want := `{"plugin":{"args":["echo ` + evil + ` $(inputs.TOKEN)"],"cmds":["b"],"envs":[{"name":"` + `$(inputs.A)","value":"` + evil + `"}],` +
		`"image":"$(inputs.A)","inputs":[{"name":"A","type":"string","value":"` + evil + `"},{"name":"B","type":"string","default":"b"},{"name":"TOKEN","value":"t0ken"}]}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestExpandPluginRefuses(t *testing.T) {
	const inputs = `"inputs":[{"name":"A","value":"{{.workflow.params.x}}"}]`
	for _, row := range []struct {
		rule, spec string
		want       []string
	}{
		{"an input that it does not have", `{"plugin":{"args":["$(inputs.B)"]}}`, []string{"plugin.args[0]: the variable $(inputs.B) has no value"}},
		{"one that is not closed", `{"plugin":{"args":["$(inputs.A"],"inputs":[]}}`, []string{"plugin.args[0]: ) is missing after $(inputs.A: a name is letters, digits, - and _, in segments that dots separate"}},
		{"an input that cannot be filled in", `{"plugin":{"cmds":["$(inputs.A)"],` + inputs + `}}`, []string{
			"plugin.cmds[0]: the variable $(inputs.A) has no value", "plugin.inputs[0].value: the variable {{.workflow.params.x}} has no value"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			_, err := workflow.ExpandPlugin(json.RawMessage(row.spec), workflow.MapScope{})
			if diff := cmp.Diff(row.want, whys(err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Whatever the values are, an expanded spec has the structure that it had.
func FuzzExpandSpec(f *testing.F) {
	f.Add(`{"a":["{{.x}}",1,{"{{.x}}":"<{{.x}}>"}]}`, `"}],{{.x}}`)
	f.Add(`"\u007b{.x}}\ud800"`, "\n\\")
	f.Add(`[ "{{.x.y-z}}" , {"k":null} ]`, "$(inputs.a)")
	f.Fuzz(func(t *testing.T, spec, value string) {
		var before any
		if json.Unmarshal([]byte(spec), &before) != nil {
			_, _ = workflow.ExpandSpec(json.RawMessage(spec), workflow.MapScope{}) // does not panic
			return
		}
		got, err := workflow.ExpandSpec(json.RawMessage(spec), every(value))
		if err != nil {
			return
		}
		var after any
		if err := json.Unmarshal(got, &after); err != nil {
			t.Fatalf("%s became %s: %v", spec, got, err)
		}
		if utf8.ValidString(spec) {
			if diff := cmp.Diff(expanded(t, before, value), after); diff != "" {
				t.Errorf("%s became %s; -want +got:\n%s", spec, got, diff)
			}
		}
		again, err := workflow.ExpandSpec(json.RawMessage(spec), every(value))
		if err != nil || string(again) != string(got) {
			t.Errorf("not the same again: %s, %v", again, err)
		}
		if !strings.Contains(spec, "{{") && !strings.Contains(spec, `\`) && string(got) != spec {
			t.Errorf("%s without variables became %s", spec, got)
		}
	})
}

// every knows every name, by the same value.
type every string

func (v every) Lookup(string) (string, bool) { return string(v), true }

// expanded fills in the strings of a decoded JSON text.
func expanded(t *testing.T, v any, value string) any {
	switch v := v.(type) {
	case string:
		s, err := workflow.Expand(v, every(value))
		if err != nil {
			t.Errorf("%q: %v", v, err)
		}
		return s
	case []any:
		for i := range v {
			v[i] = expanded(t, v[i], value)
		}
		return v
	case map[string]any:
		for k := range v {
			v[k] = expanded(t, v[k], value)
		}
		return v
	default:
		return v
	}
}
