package releaseplan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

const secret = "hunter2-and-more"

var secretToken = []releaseplan.Variable{{Name: "token", Value: secret, Secret: true}, {Name: "url", Value: "https://{token}@example.com"}}

// withSecret is a plan with a secret, and every change of its life so far: it was
// made, its secret was set twice, and it was finalized.
func withSecret(t *testing.T) (*releaseplan.Plan, []releaseplan.Change) {
	t.Helper()
	p, changes, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: bKey}, bRunnable(secretToken), bAnn, bNoon)
	if err != nil {
		t.Fatal(err)
	}
	c := p.Content()
	c.Variables[0].Value = secret + "!"
	for _, cmd := range []releaseplan.Command{
		{Action: releaseplan.Edit, Content: &c},
		{Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "token", Value: secret}}},
		{Action: releaseplan.Finalize},
	} {
		var more []releaseplan.Change
		if p, more, err = p.Do(cmd, bAnn, bNoon); err != nil {
			t.Fatal(err)
		}
		changes = append(changes, more...)
	}
	return p, changes
}

// The value of a secret is not in content, events, exports, and texts of any kind.
func TestSecretValuesAreNowhere(t *testing.T) {
	p, changes := withSecret(t)
	texts := map[string]string{"export": string(bExport(t, p))}
	for name, v := range map[string]any{"content": p.Content(), "status": p.Status(), "changes": changes, "plan": p, "duplicate": p.Duplicate("other")} {
		doc, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts[name+" as JSON"] = string(doc)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			texts[name+" as "+verb] = fmt.Sprintf(verb, v)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t"} {
		v := secretToken[0]
		texts["a variable as "+verb] = fmt.Sprintf(verb, v)
		texts["a variable behind a pointer as "+verb] = fmt.Sprintf(verb, &v)
		texts["variables as "+verb] = fmt.Sprintf(verb, secretToken)
		texts["content that comes in as "+verb] = fmt.Sprintf(verb, content{Variables: secretToken})
		texts["a command as "+verb] = fmt.Sprintf(verb, releaseplan.Command{Variables: secretToken, Content: &content{Variables: secretToken}})
		texts["a command to set it as "+verb] = fmt.Sprintf(verb, releaseplan.Command{Action: releaseplan.SetVariables, Variables: vars("token", secret)})
		texts["a plan that is no pointer as "+verb] = fmt.Sprintf(verb, *p)
	}
	for _, bad := range []string{strings.Repeat("x", releaseplan.MaxValue) + secret, secret + "\xff"} {
		c := bRunnable([]releaseplan.Variable{{Name: "token", Value: bad, Secret: true}})
		_, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan"}, c, bAnn, bNoon)
		texts["an error"] = err.Error()
	}
	hidden := fmt.Sprintf("%x", secret)
	for what, text := range texts {
		if strings.Contains(text, secret) || strings.Contains(text, hidden) {
			t.Errorf("%s holds the secret: %s", what, text)
		}
		if strings.Contains(text, string(bKey)) {
			t.Errorf("%s holds the key: %s", what, text)
		}
	}
	if got := secretToken[0].String(); got != "token=***" {
		t.Errorf("a secret is written as %s", got)
	}
	if got := secretToken[1].String(); got != "url=https://{token}@example.com" {
		t.Errorf("a plain variable is written as %s", got)
	}
}

func TestDigestTellsWhetherASecretChanged(t *testing.T) {
	p := bPlan(t, bRunnable(secretToken))
	digest := func(p *releaseplan.Plan) string { return p.Content().Variables[0].Digest }
	set := func(value string) *releaseplan.Plan {
		return bDo(t, p, releaseplan.Command{Action: releaseplan.SetVariables, Variables: vars("token", value)}, bNoon)
	}
	switch other := set("other"); {
	case digest(p) == "":
		t.Error("a secret that is set has no digest")
	case digest(set(secret)) != digest(p) || set(secret) != p:
		t.Error("the same value is another")
	case digest(other) == digest(p) || other.Hash() == p.Hash():
		t.Error("another value is the same")
	case set("") != p:
		t.Error("no value is another")
	}
	named := bRunnable([]releaseplan.Variable{{Name: "other", Value: secret, Secret: true}})
	if digest(bPlan(t, named)) == digest(p) {
		t.Error("the digest tells that two variables have the same value")
	}
	plain := bEdit(t, p, bNoon, func(c *content) { c.Variables[0].Secret = false })
	if v := plain.Content().Variables[0]; v.Value != "" || v.Digest != "" {
		t.Errorf("a secret that is made plain shows %#v", struct{ a, b string }{v.Value, v.Digest})
	}
}

// Nobody but the plan makes a digest.
func TestDigestsFromOutsideDoNotCount(t *testing.T) {
	forged := bPlan(t, bRunnable(secretToken)).Content().Variables[0].Digest
	c := bRunnable([]releaseplan.Variable{{Name: "token", Secret: true, Digest: forged}})
	p := bPlan(t, c)
	if p.Content().Variables[0].Digest != "" || p.Lint() == nil {
		t.Error("a digest made a new plan believe that its secret is set")
	}
	p = bEdit(t, p, bNoon, func(c *content) { c.Variables[0].Digest = forged })
	if p.Content().Variables[0].Digest != "" || p.Version() != 1 {
		t.Error("a digest made an edited plan believe that its secret is set")
	}
}

func TestSecretsAreFilledInAsTheyAre(t *testing.T) {
	got, err := bPlan(t, bRunnable(secretToken)).Variables(map[string]string{"token": "{url}"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"token": "{url}", "url": "https://{url}@example.com"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What has no values cannot be finalized until they are set.
func TestImportAndDuplicateForgetSecrets(t *testing.T) {
	p := bPlan(t, bRunnable(secretToken))
	imported, err := releaseplan.Import(bExport(t, p))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Duplicate("other").Variables[0].Digest; got != "" {
		t.Errorf("the content of a duplicate has the digest %s", got)
	}
	for what, q := range map[string]*releaseplan.Plan{"imported": imported, "duplicate": bPlan(t, p.Duplicate("other"))} {
		if q.Content().Variables[0].Digest != "" {
			t.Errorf("%s: the secret counts as set", what)
		}
		if _, _, err := q.Do(releaseplan.Command{Action: releaseplan.Finalize}, bAnn, bNoon); !errors.Is(err, penstock.ErrRefused) || !strings.Contains(err.Error(), "the secret value of token is not set") {
			t.Errorf("%s: finalize: %v", what, err)
		}
		q = bDo(t, q, releaseplan.Command{Action: releaseplan.SetVariables, Variables: vars("token", "new")}, bNoon)
		if got := bAct(t, q, bNoon, releaseplan.Finalize).State(); got != releaseplan.Finalized {
			t.Errorf("%s: with its secret set it is %s", what, got)
		}
	}
}

func TestFoldedPlanKeepsItsDigests(t *testing.T) {
	p, changes := withSecret(t)
	folded, err := releaseplan.Fold(changes)
	if err != nil {
		t.Fatal(err)
	}
	bSamePlan(t, p, folded)
}
