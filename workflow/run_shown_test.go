package workflow_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// secretive is a definition with a secret of each kind, of which one is too short to be masked wherever
// it stands.
func secretive() *workflow.Definition {
	return &workflow.Definition{
		Project: "shop", Key: "release",
		Params: []workflow.Param{
			{Name: "env", Type: workflow.StringParam, Value: "qa"},
			{Name: "token", Type: workflow.StringParam, Value: "hunter2", Default: "hunter3", Secret: true},
			{Name: "pin", Type: workflow.SecretParam, Value: "q"},
			{Name: "said", Type: workflow.TextParam, Value: "it is hunter2"},
			{Name: "code", Type: workflow.RepoParam, Repo: &workflow.Repository{Name: "web", Branch: "main", OAuthToken: "gl-1"}},
		},
		Stages: []workflow.Stage{
			{
				Name: "build", Manual: &workflow.ManualExec{Enabled: true, Users: workflow.People{penstock.UserParty("ann")}},
				Approval: &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("bob")}}}},
				Jobs: []workflow.Job{
					{Name: "image", Type: "freestyle", Spec: json.RawMessage(`{"script":"make {{.workflow.params.env}} {{.workflow.params.token}}","envs":[{"key":"P","value":"z","is_credential":true}]}`)},
				},
			},
			{Name: "deploy", Jobs: []workflow.Job{{Name: "roll", Type: "freestyle", Spec: json.RawMessage(`{"script":"roll {{.job.image.output.X}} hunter2","outputs":[]}`)}}},
		},
	}
}

func TestARunIsShownWithoutItsSecrets(t *testing.T) {
	p := newPlant(t, workflow.Config{})
	d := secretive()
	d.Stages[0].Jobs[0].Spec = json.RawMessage(strings.Replace(string(d.Stages[0].Jobs[0].Spec), `"envs"`, `"outputs":[{"name":"X"}],"envs"`, 1))
	p.define(d)
	r := p.start("release", workflow.Start{})
	var values []string
	for _, param := range r.Params() {
		text := param.Value + "|" + param.Default
		if param.Repo != nil {
			text += param.Repo.Name + " " + param.Repo.OAuthToken
		}
		values = append(values, text)
	}
	if diff := cmp.Diff([]string{"qa|", "***|***", "***|", "it is ***|", "|web ***"}, values); diff != "" {
		t.Error(diff)
	}
	for key, want := range map[string]string{
		"image": `{"envs":[{"is_credential":true,"key":"P","value":"***"}],"outputs":[{"name":"X"}],"script":"make qa ***"}`,
		"roll":  `{"outputs":[],"script":"roll {{.job.image.output.X}} ***"}`, // what the first job puts out is not known yet
	} {
		if diff := cmp.Diff(parsed(t, want), parsed(t, string(r.Specs()[key]))); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	r.Params()[0].Value = "prod"
	if got := r.Params()[0].Value; got != "qa" {
		t.Errorf("the run took %q over", got)
	}
}

func TestTheGateOfAStage(t *testing.T) {
	p := newPlant(t, workflow.Config{})
	d := secretive()
	d.Stages[1].Jobs[0].Spec = json.RawMessage(`{"script":"true"}`)
	p.define(d)
	r := p.start("release", workflow.Start{})
	for stage, want := range map[string]workflow.StageGate{
		"build":  {Approval: *d.Stages[0].Approval, Manual: *d.Stages[0].Manual},
		"deploy": {},
	} {
		got, err := r.Gate(stage)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", stage, err, diff)
		}
	}
	if _, err := r.Gate("other"); !errors.Is(err, penstock.ErrNotFound) {
		t.Error(err)
	}
}

func TestAStartOfAnotherVersionIsAConflict(t *testing.T) {
	p := newPlant(t, workflow.Config{})
	p.define(oneByOne("build", "a"))
	p.update(func(d *workflow.Definition) { d.Description = "new" })
	if _, err := p.Start(p.ctx, "build", workflow.Start{Version: 1}, ann); !errors.Is(err, penstock.ErrConflict) {
		t.Error(err)
	}
	if r, err := p.Start(p.ctx, "build", workflow.Start{Version: 2}, ann); err != nil || r.Number() != 1 {
		t.Errorf("%v, %v: the refused start took a number", r, err)
	}
}
