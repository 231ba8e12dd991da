package workflow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func TestReferences(t *testing.T) {
	long := strings.Repeat("a", workflow.MaxVariable)
	for _, row := range []struct {
		rule, text string
		want       []string
	}{
		{"none", "echo hello", nil},
		{"one", "echo {{.workflow.params.x}}", []string{"workflow.params.x"}},
		{"two, each once, in order", "{{.b}}{{.a}}{{.b}}", []string{"b", "a"}},
		{"letters of any script, digits, - and _", "{{.workflow.params.环境-1_x}}{{.ключ}}{{.हिन्दी}}", []string{"workflow.params.环境-1_x", "ключ", "हिन्दी"}},
		{"braces around it", "{{{.a}}}", []string{"a"}},
		{"one that begins in another", "{{.a{{.b}}", []string{"b"}},
		{"a blank: of another program", "docker ps --format '{{ .Names }}'", nil},
		{"a pipe: of another program", "{{.Names | json}}", nil},
		{"the dot alone", "{{.}}", nil},
		{"empty segments", "{{.a..b}}{{.a.}}{{..a}}", nil},
		{"not closed", "{{.a", nil},
		{"closed by one brace", "{{.a}", nil},
		{"other characters", "{{.a/b}}{{.a$}}{{.a\x00}}{{.\xff}}", nil},
		{"literal braces", "{{.{{}}.a}}", nil},
		{"the longest", "{{." + long + "}}", []string{long}},
		{"too long", "{{." + long + "a}}", nil},
		{"the most segments", "{{.a" + strings.Repeat(".a", workflow.MaxSegments-1) + "}}", []string{"a" + strings.Repeat(".a", workflow.MaxSegments-1)}},
		{"too many segments", "{{.a" + strings.Repeat(".a", workflow.MaxSegments) + "}}", nil},
	} {
		t.Run(row.rule, func(t *testing.T) {
			if diff := cmp.Diff(row.want, workflow.References(row.text)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	scope := workflow.MapScope{"a": "1", "empty": "", "nested": "{{.a}}", "literal": "{{.{{}}", "odd": "\"\n\\'\x00$(x)", "workflow.params.x": "X"}
	for _, row := range []struct{ rule, text, want string }{
		{"no variable", "plain }} {{ text", "plain }} {{ text"},
		{"a variable", "<{{.a}}>", "<1>"},
		{"twice", "{{.a}}{{.a}}", "11"},
		{"an empty value", "<{{.empty}}>", "<>"},
		{"a value is not looked into", "{{.nested}}", "{{.a}}"},
		{"nor does it stand for braces", "{{.literal}}", "{{.{{}}"},
		{"a value arrives as it is", "{{.odd}}", "\"\n\\'\x00$(x)"},
		{"values make no new variable", "{{.empty}}{{.empty}}.a}}{{{.empty}}{.a}}", ".a}}{{.a}}"},
		{"what another program fills in", "{{ .Names }}{{.Names | json}}", "{{ .Names }}{{.Names | json}}"},
		{"literal braces", "{{.{{}}.a}} {{.a}}", "{{.a}} 1"},
		{"plugins' inputs are plain text here", "$(inputs.a)", "$(inputs.a)"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			got, err := workflow.Expand(row.text, scope)
			if err != nil || got != row.want {
				t.Errorf("got %q, %v; want %q", got, err, row.want)
			}
		})
	}
}

func TestExpandRefuses(t *testing.T) {
	scope := workflow.MapScope{"big": strings.Repeat("secret", 100_000), "bytes": "\xff"}
	for _, row := range []struct {
		rule, text string
		want       []string
	}{
		{"a name that is not known", "{{.workflow.params.x}}", []string{"the variable {{.workflow.params.x}} has no value"}},
		{"every one at once, each once", "{{.job.a.output.X}}{{.project}}{{.project}}", []string{"the variable {{.job.a.output.X}} has no value", "the variable {{.project}} has no value"}},
		{"what no run can know", "{{.State}}", []string{"there is no variable {{.State}}; for a text that another program fills in, put a blank behind the braces: {{ .State }}"}},
		{"one of ours that is not closed", "{{.workflow.params.x", []string{"}} is missing after {{.workflow.params.x: a name is letters, digits, - and _, in segments that dots separate"}},
		{"one of ours with a pipe", "{{.project | lower}}", []string{"}} is missing after {{.project: a name is letters, digits, - and _, in segments that dots separate"}},
		{"a name that is too long", "{{." + strings.Repeat("a", workflow.MaxVariable+1) + "}}", []string{"the name of a variable has at most 1024 bytes in at most 16 segments"}},
		{"a result that is too long", "{{.big}}{{.big}}", []string{"has more than 1048576 bytes when its variables are filled in"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			got, err := workflow.Expand(row.text, scope)
			if diff := cmp.Diff(row.want, whys(err)); diff != "" || got != "" {
				t.Errorf("got %.20q -want +got:\n%s", got, diff)
			}
		})
	}
}

func TestExpandTellsAtMostAHundredFaults(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		b.WriteString("{{.project." + strings.Repeat("a", i+1) + "}}")
	}
	_, err := workflow.Expand(b.String(), workflow.MapScope{})
	if n := len(penstock.Faults(err)); n > 100 || n < 30 { // long names are shortened, so that some are alike
		t.Errorf("%d faults", n)
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "{{.a}}", "{{{.a}}}", "{{.{{}}", "{{{{{{.", "{{.{{.{{}}}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted := workflow.Quote(text)
		if got, err := workflow.Expand(quoted, workflow.MapScope{}); got != text || err != nil {
			t.Errorf("%q became %q, %v", text, got, err)
		}
		if names := workflow.References(quoted); names != nil {
			t.Errorf("%q refers to %q", quoted, names)
		}
	})
}

func FuzzExpand(f *testing.F) {
	f.Add("{{.a}}", "{{.a}}")
	f.Add("x{{.a}}{{.project}}", "\"}")
	f.Add("{{{.a}}", "{.a}}")
	f.Add("{{ .a}}{{.a..b}}", "v")
	f.Fuzz(func(t *testing.T, text, value string) {
		known := workflow.MapScope{}
		names := workflow.References(text)
		for _, name := range names {
			known[name] = value
		}
		got, err := workflow.Expand(text, known)
		if err != nil {
			return
		}
		if !strings.Contains(text, "{{.") && got != text {
			t.Errorf("%q without variables became %q", text, got)
		}
		if len(names) > 0 && !strings.Contains(got, value) {
			t.Errorf("%q became %q without %q", text, got, value)
		}
		if len(names) > 0 {
			if _, err := workflow.Expand(text, workflow.MapScope{}); err == nil {
				t.Errorf("%q is filled in without values", text)
			}
		}
	})
}

// whys are the faults of err as texts; a fault with a field begins with it.
func whys(err error) (all []string) {
	for _, f := range penstock.Faults(err) {
		all = append(all, f.Error())
	}
	return all
}
