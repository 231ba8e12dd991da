package workflow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// secretDefinition has a secret wherever one can be.
func secretDefinition() workflow.Definition {
	return workflow.Definition{Project: "shop", Key: "vault", Params: []workflow.Param{
		{Name: "password", Type: workflow.SecretParam, Value: "hush-param"},
		{Name: "token", Type: workflow.StringParam, Secret: true, Default: "hush-default"},
		{Name: "plain", Type: workflow.StringParam, Value: "public"},
		{Name: "code", Type: workflow.RepoParam, Repo: &workflow.Repository{CodeHostName: "hub", Namespace: "n", Name: "r", Branch: "main", OAuthToken: "hush-token"}},
	}, Stages: []workflow.Stage{{Name: "only", Jobs: []workflow.Job{{Name: "run", Type: "freestyle", Spec: json.RawMessage(
		`{"script":"true","properties":{"envs":[{"key":"A","value":"hush-\u003c\"env\"","is_credential":true},{"key":"B","value":"seen"}]},` +
			`"unknown":[{"Is_Credential":true,"Value":"hush-unknown","choice_value":["hush-one",""]},{"type":"secret","value":{"deep":"seen"}}]}`)}}}}}
}

func hides(t *testing.T, what string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, all := range []string{string(text), fmt.Sprintf("%+v", v)} {
		if strings.Contains(all, "hush") {
			t.Errorf("%s shows a secret: %s", what, all)
		}
	}
}

func TestSecretsOfDefinitionsAreStoredApart(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	made := s.create(secretDefinition())
	hides(t, "what create returns", made)
	spec := string(made.Value.Stages[0].Jobs[0].Spec)
	for _, part := range []string{`"B","value":"seen"`, `{"deep":"seen"}`, `"value":"***`, `["***`, `,""]`} {
		if !strings.Contains(spec, part) {
			t.Errorf("no %s in %s", part, spec)
		}
	}
	if got := made.Value.Params[0].Value; !strings.HasPrefix(got, workflow.Masked) || made.Value.Params[2].Value != "public" {
		t.Errorf("shown as %q and %q", got, made.Value.Params[2].Value)
	}
	next := s.update("vault", func(d *workflow.Definition) { d.Description = "new" })
	hides(t, "what update returns", next)
	for what, read := range map[string]func() (any, error){
		"get":      func() (any, error) { return s.Definitions().Get(t.Context(), "vault", anna) },
		"versions": func() (any, error) { return s.Definitions().Versions(t.Context(), "vault", penstock.Page{}, anna) },
		"history":  func() (any, error) { return s.Definitions().History(t.Context(), "vault", 0, 0, anna) },
		"list":     func() (any, error) { return s.Definitions().List(t.Context(), workflow.WorkflowFilter{}, anna) },
	} {
		v, err := read()
		if err != nil {
			t.Error(err)
		}
		hides(t, what, v)
	}
	events, err := s.store.Events(t.Context(), store.EventQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if strings.Contains(string(e.Body), "hush") {
			t.Errorf("event %s shows a secret: %s", e.Name, e.Body)
		}
	}
	for _, kind := range []string{"workflow", "workflow.definition", "workflow.name"} {
		page, err := s.store.Find(t.Context(), store.Query{Kind: kind})
		if err != nil || len(page.Records) == 0 {
			t.Errorf("%d of %s, %v", len(page.Records), kind, err)
		}
		for _, r := range page.Records {
			if strings.Contains(string(r.Body)+fmt.Sprint(r.Fields), "hush") {
				t.Errorf("%s shows a secret", r.Key)
			}
		}
	}
}

func TestADefinitionWithoutSecretsHasNoRecordOfThem(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	s.create(plainDefinition("one"))
	page, err := s.store.Find(t.Context(), store.Query{Kind: "workflow.secret"})
	if err != nil || len(page.Records) != 0 {
		t.Errorf("%v, %v", page.Records, err)
	}
}

func TestMasksStandForTheirSecrets(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	first := s.create(secretDefinition())
	mask := first.Value.Params[0].Value
	for _, row := range []struct {
		rule    string
		change  func(d *workflow.Definition)
		version int64
		faults  []string
	}{
		{"everything as it was", func(*workflow.Definition) {}, 1, nil},
		{"the value itself again", func(d *workflow.Definition) { d.Params[0].Value = "hush-param" }, 1, nil},
		{"parameters in another order", func(d *workflow.Definition) { d.Params[0], d.Params[1] = d.Params[1], d.Params[0] }, 2, nil},
		{"a new name", func(d *workflow.Definition) { d.Params[1].Name = "renamed" }, 3, nil},
		{"another value", func(d *workflow.Definition) { d.Params[1].Value = "hush-new" }, 4, nil},
		{"no value", func(d *workflow.Definition) { d.Params[1].Value = "" }, 5, nil},
		{"a mask that is gone", func(d *workflow.Definition) { d.Params[1].Value = mask }, 5, []string{"params[1].value: is the mask of no value that is stored"}},
		{"a mask of nothing", func(d *workflow.Definition) {
			d.Params[1].Value = "***"
			d.Stages[0].Jobs[0].Spec = json.RawMessage(strings.ReplaceAll(string(d.Stages[0].Jobs[0].Spec), `"A","value":"***`, `"A","value":"***x`))
		}, 5, []string{"params[1].value: is the mask of no value that is stored",
			"stages[0].jobs[0].spec.properties.envs[0].value: is the mask of no value that is stored"}},
		{"a parameter that is secret no more", func(d *workflow.Definition) { d.Params[0].Secret = false }, 5,
			[]string{"params[0].default: is the mask of a secret, and nothing is secret here: give the value"}},
		{"a variable that is secret no more", func(d *workflow.Definition) {
			d.Stages[0].Jobs[0].Spec = json.RawMessage(strings.ReplaceAll(string(d.Stages[0].Jobs[0].Spec), `"is_credential":true`, `"is_credential":false`))
		}, 5, []string{"stages[0].jobs[0].spec.properties.envs[0].value: is the mask of a secret, and nothing is secret here: give the value"}},
		{"what is known to nobody is secret no more", func(d *workflow.Definition) {
			d.Stages[0].Jobs[0].Spec = json.RawMessage(strings.ReplaceAll(string(d.Stages[0].Jobs[0].Spec), `"Is_Credential":true`, `"Is_Credential":false`))
		}, 5, []string{"stages[0].jobs[0].spec.unknown[0].Value: is the mask of a secret, and nothing is secret here: give the value",
			"stages[0].jobs[0].spec.unknown[0].choice_value[0]: is the mask of a secret, and nothing is secret here: give the value"}},
		{"a mask in a text of another kind", func(d *workflow.Definition) { d.Description = d.Params[0].Default }, 5,
			[]string{"description: is the mask of a secret, and nothing is secret here: give the value"}},
		{"secret no more, with its value", func(d *workflow.Definition) { d.Params[0].Secret, d.Params[0].Default = false, "seen" }, 6, nil},
		{"secret from now on", func(d *workflow.Definition) { d.Params[0].Secret = true }, 7, nil},
	} {
		got, err := s.Definitions().Update(t.Context(), "vault", 0, func(d *workflow.Definition) error { row.change(d); return nil }, anna)
		equal(t, row.rule, told(err), row.faults)
		if row.faults == nil && (err != nil || got.Version != row.version) {
			t.Errorf("%s: version %d, %v", row.rule, got.Version, err)
		}
		hides(t, row.rule, fmt.Sprint(got, err))
	}
	_, err := s.Definitions().Create(t.Context(), like(secretDefinition(), func(d *workflow.Definition) {
		d.Key, d.Params[0].Value = "other", mask
	}), anna)
	equal(t, "the mask of another workflow", told(err), []string{"params[0].value: is the mask of no value that is stored"})
}

// What only looks like a mask, where nothing is secret, is text.
func TestAMaskElsewhereIsText(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	s.create(secretDefinition())
	for _, text := range []string{workflow.Masked, workflow.Masked + "x"} {
		got := s.update("vault", func(d *workflow.Definition) { d.Params[2].Value = text })
		equal(t, "a plain value", got.Value.Params[2].Value, text)
	}
}

func TestFaultsOfSecretsDoNotTellThem(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	_, err := s.Definitions().Create(t.Context(), like(secretDefinition(), func(d *workflow.Definition) { d.Params[0].Value = "hush-\nline" }), anna)
	equal(t, "faults", told(err), []string{"params[0].value: must be one line: type text has several"})
}
