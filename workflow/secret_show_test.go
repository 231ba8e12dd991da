package workflow_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/workflow"
)

// What may hold secrets is printed and logged without them, whatever the verb and the handler.
func TestWhatIsPrintedHoldsNoSecret(t *testing.T) {
	t.Parallel()
	argument := workflow.Argument{Name: "seen", Value: hush, Chosen: []string{hush}}
	job := workflow.JobInput{Job: "seen", Parameters: json.RawMessage(`"` + hush + `"`), Skip: new(true)}
	repo := workflow.Repository{Name: "seen", OAuthToken: hush}
	for name, v := range map[string]any{
		"a secret parameter":        workflow.Param{Name: "seen", Type: workflow.SecretParam, Value: hush, Default: hush, Chosen: []string{hush}},
		"a parameter, a credential": &workflow.Param{Name: "seen", Type: workflow.StringParam, Secret: true, Value: hush},
		"a parameter, a repository": workflow.Param{Name: "seen", Type: workflow.RepoParam, Repo: &repo},
		"parameters":                []workflow.Param{{Name: "seen", Type: workflow.SecretParam, Value: hush}},
		"a definition":              workflow.Definition{Key: "seen", Params: []workflow.Param{{Type: workflow.SecretParam, Value: hush}}},
		"a repository":              repo,
		"a variable of a job":       workflow.KeyVal{Key: "seen", Value: hush, Chosen: []string{hush}, Secret: true},
		"one of type secret":        workflow.KeyVal{Key: "seen", Value: hush, Type: workflow.SecretParam},
		"an argument":               argument,
		"an input":                  job,
		"a start": workflow.Start{Remark: "seen", Params: []workflow.Argument{argument}, Inputs: []workflow.JobInput{job}, Host: map[string]string{"vault.token": hush},
			Later: []workflow.StageInputs{{Stage: "s", Inputs: []workflow.JobInput{job}}}},
		"a command":              workflow.Command{Action: "seen", Inputs: []workflow.JobInput{job}},
		"variables":              workflow.RunVariables{Workflow: "seen", Params: []workflow.Param{{Type: workflow.SecretParam, Value: hush}}, Host: map[string]string{"vault.token": hush}},
		"variables by reference": &workflow.RunVariables{Workflow: "seen", Jobs: []workflow.JobVariables{{Outputs: map[string]string{"A": hush}}}},
		"variables of a job":     workflow.JobVariables{Key: "seen", Inputs: map[string]string{"A": hush}},
		"an execution":           workflow.Execution{Job: "seen", Spec: json.RawMessage(`{"script":"` + hush + `"}`)},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			got := fmt.Sprintf(verb, v)
			if strings.Contains(got, hush) || strings.Contains(got, fmt.Sprintf("%x", hush)) || strings.Contains(got, fmt.Sprint([]byte(hush))[1:30]) {
				t.Errorf("%s: %s shows %s", name, verb, got)
			}
			if verb == "%+v" && !strings.Contains(got, "seen") && !strings.HasPrefix(got, "[") {
				t.Errorf("%s: %s shows nothing: %s", name, verb, got)
			}
		}
		if name == "parameters" || name == "a definition" || name == "a command" { // their JSON is that of what they hold
			continue
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("it", "v", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("it", "v", v)
		if got := log.String(); strings.Contains(got, hush) || !strings.Contains(got, "seen") {
			t.Errorf("%s: the log shows %s", name, got)
		}
	}
}

// What is kept and sent has everything; what is neither has nothing that is to be kept back.
func TestWhatIsSentHoldsItsSecrets(t *testing.T) {
	t.Parallel()
	argument := workflow.Argument{Name: "a", Value: hush}
	for name, v := range map[string]any{
		"a parameter": workflow.Param{Name: "p", Type: workflow.SecretParam, Value: hush},
		"an argument": argument, "a variable": workflow.KeyVal{Key: "k", Value: hush, Secret: true},
		"a start": workflow.Start{Params: []workflow.Argument{argument}, Host: map[string]string{"vault.token": hush}}, "a repository": workflow.Repository{OAuthToken: hush},
	} {
		if text, err := json.Marshal(v); err != nil || strings.Count(string(text), hush) < 1 {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	for name, v := range map[string]any{
		"an execution": workflow.Execution{Job: "a", Spec: json.RawMessage(`{"script":"` + hush + `"}`)},
		"variables":    &workflow.RunVariables{Host: map[string]string{"vault.token": hush}},
		"of a job":     workflow.JobVariables{Outputs: map[string]string{"A": hush}},
	} {
		if text, err := json.Marshal(v); err != nil || strings.Contains(string(text), hush) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}

// To print a start changes nothing of it.
func TestPrintingChangesNothing(t *testing.T) {
	t.Parallel()
	repo := workflow.Repository{OAuthToken: hush}
	p := workflow.Param{Type: workflow.RepoParam, Repo: &repo, Secret: true, Chosen: []string{hush}}
	s := workflow.Start{Params: []workflow.Argument{{Value: hush, Chosen: []string{hush}}}, Inputs: []workflow.JobInput{{Parameters: json.RawMessage(`1`)}}, Host: map[string]string{"a.b": hush},
		Later: []workflow.StageInputs{{Inputs: []workflow.JobInput{{Parameters: json.RawMessage(`1`)}}}}}
	before, _ := json.Marshal([]any{p, s})
	_ = fmt.Sprintf("%+v %+v", p, s)
	if after, _ := json.Marshal([]any{p, s}); !bytes.Equal(before, after) {
		t.Errorf("before %s\nafter %s", before, after)
	}
}
