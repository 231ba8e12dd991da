package lark_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/lark"
)

func config(base string) lark.Config {
	return lark.Config{
		AppID: appID, AppSecret: appSecret, BaseURL: base,
		EncryptKey: encryptKey, VerificationToken: verificationToken,
		Definitions: []lark.Definition{
			{App: "one", Code: oneAny, Nodes: []lark.Node{{Key: "n-1", Need: approval.Any}}},
			{App: "two", Code: anyAll, Nodes: []lark.Node{{Key: "lead", Need: approval.Any}, {Key: "n-3", Need: approval.All}},
				Form: func(r *approval.Request) ([]lark.Widget, error) {
					return []lark.Widget{lark.Text("why", r.Policy().Description)}, nil
				}},
		},
		HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

func providerOf(t testing.TB, cfg lark.Config) *lark.Provider {
	t.Helper()
	p, err := lark.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func node(need approval.Need, k int, ids ...string) approval.Node {
	n := approval.Node{Need: need, K: k}
	for _, id := range ids {
		n.Approvers = append(n.Approvers, penstock.UserParty(id))
	}
	return n
}

// policyOf returns a policy for one of the apps of config.
func policyOf(app string, nodes ...approval.Node) approval.Policy {
	return approval.Policy{Enabled: true, Kind: approval.Lark, App: app, Description: "Checkout 2.4", Nodes: nodes}
}

// twoNodes is ann or bob, and then cat and dan.
func twoNodes() approval.Policy {
	return policyOf("two", node(approval.Any, 0, "ann", "bob"), node(approval.All, 0, "cat", "dan"))
}

func requestOf(t testing.TB, id string, p approval.Policy) *approval.Request {
	t.Helper()
	r, err := approval.Open(approval.Opening{ID: id, Policy: p, By: penstock.Actor{ID: "max"}, At: time.Unix(1_790_000_000, 0),
		Subject: approval.Subject{Hash: "h1", Author: "max"}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// created is an instance of twoNodes in an office.
func created(t testing.TB) (*office, *lark.Provider, *approval.Request, string) {
	t.Helper()
	o := newOffice(t)
	p := providerOf(t, config(o.server.URL))
	r := requestOf(t, "r1", twoNodes())
	code, err := p.Create(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return o, p, r, code
}

// secretless reports an error that tells what nobody may know.
func secretless(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	for _, secret := range []string{"-secret", encryptKey, verificationToken} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q is told: %v", secret, err)
		}
	}
}
