package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// absent stands for a member that is taken out.
type absent struct{}

// edited returns the definition of full.json with one value changed.
func edited(t testing.TB, path string, value any) (workflow.Definition, error) {
	t.Helper()
	var doc any
	if err := json.Unmarshal(read(t, "full.json"), &doc); err != nil {
		t.Fatal(err)
	}
	slim(doc, path)
	put(t, doc, path, value)
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	d, err := workflow.ParseDefinition(text)
	if err == nil {
		err = d.Validate(nil)
	}
	return d, err
}

// slim makes all jobs of a document simple waits but the first, which others
// follow, and the one that a path is about.
func slim(doc any, path string) {
	for i, s := range doc.(map[string]any)["stages"].([]any) {
		for j, job := range s.(map[string]any)["jobs"].([]any) {
			at := fmt.Sprintf("stages[%d].jobs[%d]", i, j)
			if job := job.(map[string]any); i+j > 0 && path != at && !strings.HasPrefix(path, at+".") {
				job["type"], job["spec"] = "wait", map[string]any{"for": "P1D"}
			}
		}
	}
}

var pathPart = regexp.MustCompile(`[^.\[\]]+`)

// put changes a value of a document.
func put(t testing.TB, doc any, path string, value any) {
	t.Helper()
	parts := pathPart.FindAllString(path, -1)
	for i, part := range parts {
		last := i == len(parts)-1
		switch v := doc.(type) {
		case map[string]any:
			switch {
			case !last:
				doc = v[part]
			case value == absent{}:
				delete(v, part)
			default:
				v[part] = value
			}
		case []any:
			n, err := strconv.Atoi(part)
			if err != nil || n >= len(v) {
				t.Fatalf("%s: there is no element %s", path, part)
			}
			if !last {
				doc = v[n]
			} else {
				v[n] = value
			}
		default:
			t.Fatalf("%s: there is no %s", path, part)
		}
	}
}

// parsed returns a JSON text as a value.
func parsed(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// A rule is something that Validate looks at: what can stand in a place, and
// what cannot. All are JSON; the empty text takes the member out.
type rule struct {
	name, path string
	good, bad  []string
	fault      string // the path of the fault, if it is not path
}

func testRules(t *testing.T, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			value := func(text string) any {
				if text == "" {
					return absent{}
				}
				return parsed(t, text)
			}
			if len(r.bad) == 0 {
				t.Error("nothing is refused")
			}
			for _, good := range r.good {
				if _, err := edited(t, r.path, value(good)); err != nil {
					t.Errorf("%.80s is refused: %v", good, err)
				}
			}
			for _, bad := range r.bad {
				fault := r.fault
				if fault == "" {
					fault = r.path
				}
				_, err := edited(t, r.path, value(bad))
				if !errors.Is(err, penstock.ErrInvalid) || !blames(err, fault) {
					t.Errorf("%.80s gives %v, not a fault of %s", bad, err, fault)
				}
			}
		})
	}
}

// many returns a JSON list.
func many(n int, element func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = element(i)
	}
	return "[" + strings.Join(all, ",") + "]"
}

func wait(i int) string {
	return fmt.Sprintf(`{"name":"w%d","type":"wait","spec":{"for":"PT1S"}}`, i)
}

func stage(i int) string {
	return fmt.Sprintf(`{"name":"S%d","jobs":[{"name":"w%d","type":"wait","spec":{"for":"PT1S"}}]}`, i, i)
}

func TestRulesOfDefinitions(t *testing.T) {
	text := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	const job, stage0 = "stages[0].jobs[0]", "stages[0]"
	testRules(t, []rule{
		{"a project is required", "project", []string{`"p"`}, []string{`""`, ``}, ""},
		{"the key is letters, digits and hyphens", "name", []string{`"a"`, `"A-1"`, text(63)}, []string{`""`, `"a b"`, `"ä"`, `"a_b"`, text(64)}, ""},
		{"the name is one line of text", "display_name", []string{`""`, `"Ä b"`}, []string{`"a\nb"`, text(256)}, ""},
		{"the description is bounded", "description", []string{text(65_536)}, []string{text(65_537)}, ""},
		{"a limit is -1, 0 or more", "concurrency_limit", []string{`-1`, `0`, `1`, `null`, ``}, []string{`-2`, `"1"`, `1.5`}, ""},
		{"storages have distinct names", "share_storages", []string{`[{"name":"cache"},{"name":"b","path":"/b"}]`}, []string{`[{"name":"cache"},{"name":"cache"}]`}, "share_storages[1].name"},
		{"storages have absolute paths", "share_storages[0].path", []string{`""`, `"/a"`, `"{{.workflow.params.tag}}"`}, []string{`"a"`}, ""},
		{"there are not too many storages", "share_storages", nil, []string{many(101, func(i int) string { return fmt.Sprintf(`{"name":"s%d"}`, i) })}, ""},
		{"notifications are objects", "notify_ctls[0]", []string{`{}`}, []string{`1`, `null`, `[]`}, ""},
		{"there are not too many notifications", "notify_ctls", []string{many(100, func(int) string { return `{}` })}, []string{many(101, func(int) string { return `{}` })}, ""},

		{"there is a stage", "stages", []string{many(100, stage)}, []string{`[]`, ``, many(101, stage)}, ""},
		{"a stage has a name", "stages[0].name", []string{`"编译 & more"`}, []string{`""`, `"a\u0000"`}, ""},
		{"stages have distinct names", "stages[1].name", []string{`"build"`}, []string{`"Build"`}, ""},
		{"stages have distinct ids", "stages[1].id", []string{`"s2"`}, []string{`"s1"`}, ""},
		{"a stage has a job", "stages[2].jobs", []string{"[" + wait(1) + "]"}, []string{`[]`, ``}, ""},
		{"there are not too many jobs", "stages[2].jobs", []string{many(984, wait)}, []string{many(1_000, wait)}, "jobs"},
		{"an approval has approvers", stage0 + ".approval.native_approval.approve_users", []string{`[{"user_id":"a"}]`}, []string{`[]`}, ""},
		{"a policy that is off is not looked at", stage0 + ".approval", []string{`{"enabled":false,"type":"native"}`, `null`}, []string{`{"enabled":true}`}, stage0 + ".approval.type"},
		{"an approval needs 1 to all approvers", stage0 + ".approval.native_approval", []string{`{"needed_approvers":2,"approve_users":[{"user_id":"a"},{"user_id":"b"}]}`},
			[]string{`{"needed_approvers":0,"approve_users":[{"user_id":"a"}]}`, `{"needed_approvers":3,"approve_users":[{"user_id":"a"},{"user_id":"b"}]}`}, stage0 + ".approval.native_approval.needed_approvers"},
		{"an approver has an id", stage0 + ".approval.native_approval.approve_users[1].group_id", []string{`"dev"`}, []string{`""`}, ""},
		{"whoever starts a run does not approve it", stage0 + ".approval.native_approval.approve_users[0].type", []string{`""`}, []string{`"task_creator"`}, ""},
		{"who executes a stage is a user, group or the starter", stage0 + ".manual_exec.manual_exec_users[0].type", []string{`"user"`, `""`}, []string{`"role"`}, ""},
		{"who executes a stage has an id", stage0 + ".manual_exec.manual_exec_users[0].user_id", []string{`"bob"`}, []string{`""`}, ""},
		{"nobody executes a stage twice", stage0 + ".manual_exec.manual_exec_users", []string{`[{"user_id":"a"},{"type":"group","group_id":"a"}]`}, []string{`[{"user_id":"a"},{"type":"user","user_id":"a"}]`}, stage0 + ".manual_exec.manual_exec_users[1]"},
		{"a manual stage notifies through an app", stage0 + ".manual_exec.lark_person_notification_config", []string{`{"app_id":"a"}`, `null`, ``}, []string{`{}`, `{"app_id":""}`}, stage0 + ".manual_exec.lark_person_notification_config.app_id"},

		{"a job name is short, small and begins with a letter", "stages[1].jobs[7].name", []string{`"编译-1"`, `"b"`, text(32)}, []string{`""`, `"Build"`, `"1b"`, `"-b"`, `"b_c"`, text(33)}, ""},
		{"jobs have distinct names in all stages", "stages[1].jobs[0].name", []string{`"test-1"`}, []string{`"build"`}, ""},
		{"jobs have distinct ids in all stages", "stages[1].jobs[0].id", []string{`"j2"`}, []string{`"j1"`}, ""},
		{"a job has a type that is known", "stages[1].jobs[7].type", []string{`"wait"`}, []string{`""`, `"Wait"`, `"jenkins"`}, ""},
		{"a spec is an object", "stages[1].jobs[7].spec", []string{`{"for":"P1D"}`}, []string{`[]`, `"x"`, `null`, `1`}, ""},
		{"a spec is not too large", "stages[1].jobs[7].spec.more", []string{text(260_000)}, []string{text(263_000)}, "stages[1].jobs[7].spec"},
		{"a spec is not too deep", "stages[1].jobs[7].spec.more", []string{strings.Repeat("[", 49) + strings.Repeat("]", 49)}, []string{strings.Repeat("[", 50) + strings.Repeat("]", 50)}, "stages[1].jobs[7].spec"},
		{"a run policy is known", job + ".run_policy", []string{`""`, `"default_not_run"`, `"force_run"`, `"skip"`}, []string{`"never"`}, ""},
		{"a job that must run is not skipped", job + ".skipped", []string{`false`}, []string{`true`}, ""},
		{"a crash policy is known", job + ".crash_policy", []string{`""`, `"fail"`, `"repeat"`}, []string{`"again"`}, ""},
		{"an error policy is known", job + ".error_policy.policy", []string{`""`, `"stop"`, `"ignore_error"`, `"retry"`, `"manual_check"`}, []string{`"again"`}, ""},
		{"retries are bounded", job + ".error_policy.maximum_retry", []string{`1`, `100`}, []string{`0`, `-1`, `101`, ``}, ""},
		{"an execute policy has a type", job + ".execute_policy.type", []string{`"skip"`, `"execute"`}, []string{`""`, `"run"`}, ""},
		{"an execute policy matches all or any", job + ".execute_policy.match_rule", []string{`""`, `"all"`, `"any"`}, []string{`"some"`}, ""},
		{"a rule has a verb", job + ".execute_policy.rules[0].verb", []string{`"="`, `"!="`, `"contains"`, `"not_contains"`, `"begins_with"`, `"not_begins_with"`, `"ends_with"`, `"not_ends_with"`}, []string{`""`, `"=="`}, ""},
		{"a rule has a field", job + ".execute_policy.rules[0].field", []string{`"x"`}, []string{`""`}, ""},
		{"there are not too many rules", job + ".execute_policy.rules", []string{`[]`}, []string{many(101, func(int) string { return `{"field":"a","verb":"=","value":""}` })}, ""},
		{"notifications of a job are objects", job + ".notify_ctls[0]", []string{`{}`}, []string{`1`}, ""},
		{"services of a job are objects", job + ".service_modules[0]", []string{`{}`}, []string{`1`}, ""},

		{"a parameter has a name", "params[2].name", []string{`"a_b-1"`, `"参数"`}, []string{`""`, `"a b"`, `"a.b"`, text(65)}, ""},
		{"parameters have distinct names", "params[2].name", []string{`"Env"`}, []string{`"env"`}, ""},
		{"a parameter has a type", "params[2].type", []string{`"string"`, `"text"`, `"secret"`}, []string{`""`, `"number"`, `"file"`}, ""},
		{"a parameter has a source that is known", "params[2].source", []string{`""`, `"runtime"`, `"fixed"`, `"reference"`}, []string{`"file"`}, ""},
		{"a choice has options", "params[0].choice_option", []string{`["qa"]`}, []string{`[]`, ``, many(1_001, func(i int) string { return strconv.Quote(strconv.Itoa(i)) })}, ""},
		{"options are distinct", "params[0].choice_option", []string{`["qa","QA"]`}, []string{`["qa","qa"]`}, "params[0].choice_option[1]"},
		{"the value of a choice is an option", "params[0].value", []string{`"prod"`, `""`}, []string{`"dev"`}, ""},
		{"the default of a choice is an option", "params[0].default", []string{`"prod"`, `""`}, []string{`"dev"`}, ""},
		{"what is chosen are options", "params[1].choice_value", []string{`["api","web"]`, `[]`}, []string{`["db"]`}, "params[1].choice_value[0]"},
		{"nothing is chosen twice", "params[1].choice_value", nil, []string{`["web","web"]`}, "params[1].choice_value[1]"},
		{"only of a multi-select several are chosen", "params[0].choice_value", []string{`[]`}, []string{`["qa"]`}, ""},
		{"a string is one line", "params[2].value", []string{`"a b"`}, []string{`"a\nb"`}, ""},
		{"a text is several lines", "params[4].value", []string{`"a\nb"`}, []string{text(65_537)}, ""},
		{"a choice is no secret", "params[0].is_credential", []string{`false`}, []string{`true`}, ""},
		{"a repository belongs to a repo", "params[2].repo", []string{`null`}, []string{`{"repo_name":"a"}`}, ""},
		{"a repository has a name", "params[6].repo.repo_name", []string{`"a"`}, []string{`""`}, ""},
		{"a required value that is fixed is there", "params[5]", []string{`{"name":"tag","type":"string","source":"fixed","required":true,"value":"x"}`, `{"name":"tag","type":"string","source":"fixed","required":true,"default":"x"}`},
			[]string{`{"name":"tag","type":"string","source":"fixed","required":true}`}, "params[5].value"},
		{"there are not too many parameters", "params", nil, []string{many(201, func(i int) string { return fmt.Sprintf(`{"name":"p%d","type":"string"}`, i) })}, ""},
	})
}

// Every fault is told at once.
func TestValidateTellsEveryFault(t *testing.T) {
	d := workflow.Definition{
		Key: "a b", Stages: []workflow.Stage{
			{Name: "one", Jobs: []workflow.Job{{Name: "X", Type: "wait"}, {Name: "y", Type: "no"}}},
			{Name: "one"}},
	}
	var got []string
	for _, f := range penstock.Faults(d.Validate(nil)) {
		got = append(got, f.Field)
	}
	want := []string{"project", "name", "stages[1].name", "stages[1].jobs", "stages[0].jobs[0].name", "stages[0].jobs[0].spec", "stages[0].jobs[1].type"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValidateChangesNothing(t *testing.T) {
	for _, file := range []string{"full.json", "create.json", "detail.json"} {
		d := definition(t, file)
		before, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		_ = d.Validate(nil)
		after, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(before), string(after)); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}
