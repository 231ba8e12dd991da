package unleash

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// newHandler returns a handler over a store of its own.
func newHandler(t testing.TB) http.Handler {
	t.Helper()
	db := memory.New()
	flags, err := rollout.NewService(rollout.Config{Store: db})
	if err != nil {
		t.Fatal(err)
	}
	templates, err := template.NewService(template.Config{Store: db})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"production", "test"} {
		if _, err := flags.Environments().Create(t.Context(), rollout.Environment{Name: name}, penstock.Actor{ID: "ann"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := flags.Features().Create(t.Context(), rollout.Flag{Name: "checkout", Project: "shop"}, penstock.Actor{ID: "ann"}); err != nil {
		t.Fatal(err)
	}
	return Handler(Config{Templates: templates, Plans: releaseplan.New(releaseplan.Config{Store: db, Rollout: flags}), Rollout: flags,
		Who: func(*http.Request) (penstock.Actor, error) { return penstock.Actor{ID: "ann"}, nil }})
}

// ask sends a request and returns the status and the body of its answer.
func ask(t testing.TB, h http.Handler, method, path string, body []byte) (int, []byte) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(body)))
	if w.Code >= http.StatusInternalServerError {
		t.Fatalf("%s %s: %d %s\nof %s", method, path, w.Code, w.Body, body)
	}
	return w.Code, w.Body.Bytes()
}

// FuzzTemplateBody: whatever is sent is a template or the caller's fault. What is shown of a template can
// be sent back, and changes nothing; and what is made of it is a plan, or is refused as a whole.
func FuzzTemplateBody(f *testing.F) {
	if text, err := os.ReadFile("../internal/dialects/unleash/testdata/template.json"); err == nil {
		f.Add(bytes.ReplaceAll(text, []byte(`"discriminator": "template",`), nil))
	}
	for _, seed := range []string{
		`{"name":"x"}`, `{"name":"x","description":null,"milestones":null}`, `{"name":"{{x}}"}`,
		`{"name":"x","milestones":[{"name":"a","sortOrder":2,"strategies":[{"name":"default","sortOrder":0.5,"segments":[1],"variants":[{"name":"v","weight":1000,"weightType":"variable","stickiness":"default"}]}]},
			{"name":"b","sortOrder":1,"transitionCondition":{"intervalMinutes":7}}]}`,
		`{"name":"x","milestones":[{"id":"y","name":"a","sortOrder":1,"strategies":[{"strategyName":"flexibleRollout","sortOrder":0,"parameters":{"rollout":"5","groupId":"{{featureName}}"},
			"constraints":[{"contextName":"appName","operator":"IN","values":["a"]},{"contextName":"n","operator":"NUM_GT","value":"5"}]}]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		h := newHandler(t)
		status, made := ask(t, h, "POST", atTemplates, body)
		if status != http.StatusOK {
			var why failure
			if err := json.Unmarshal(made, &why); err != nil || why.Name == "" || why.Message == "" {
				t.Fatalf("%d: %s, %v", status, made, err)
			}
			return
		}
		var whole map[string]json.RawMessage
		var id string
		if err := json.Unmarshal(made, &whole); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(whole["id"], &id); err != nil {
			t.Fatal(err)
		}
		for _, given := range []string{"discriminator", "createdByUserId", "createdAt"} {
			delete(whole, given)
		}
		back, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		if status, answer := ask(t, h, "PUT", atTemplates+"/"+id, back); status != http.StatusOK {
			t.Fatalf("what was shown is refused: %d %s\n%s", status, answer, back)
		}
		if _, after := ask(t, h, "GET", atTemplates+"/"+id, nil); !bytes.Equal(made, after) {
			t.Fatalf("what was shown changed it: %s", cmp.Diff(string(made), string(after)))
		}
		const plans = "/api/admin/projects/shop/features/checkout/environments/production/release-plans"
		status, answer := ask(t, h, "POST", plans, []byte(`{"templateId":"`+id+`"}`))
		if _, list := ask(t, h, "GET", plans, nil); (status == http.StatusOK) == (string(bytes.TrimSpace(list)) == "[]") {
			t.Fatalf("to add a plan answers %d %s, and then there is %s", status, answer, list)
		}
	})
}
