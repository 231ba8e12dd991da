package lark_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/lark"
)

// People may be named by their user ids as well.
func TestUserIDs(t *testing.T) {
	cfg := config(lark.Feishu)
	cfg.IDType = lark.UserID
	var sent []string
	cfg.HTTP = &http.Client{Transport: wire(func(r *http.Request) string {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.HasSuffix(r.URL.Path, "/internal"):
			return `{"code":0,"tenant_access_token":"t","expire":7200}`
		case strings.Contains(r.URL.Path, "/approvals/"):
			return `{"code":0,"data":{"status":"ACTIVE","node_list":[{"node_id":"n-1","node_type":"OR","need_approver":true,"approver_chosen_multi":true}]}}`
		case r.Method == http.MethodGet:
			return `{"code":0,"data":{"instance_code":"I-1","approval_code":"DEF-ONE-ANY","status":"PENDING","user_id":"max","open_id":"ou_max","task_list":[` +
				`{"user_id":"ann","open_id":"ou_ann","status":"APPROVED","node_id":"n-1","type":"OR","end_time":"1"}]}}`
		}
		sent = append(sent, r.URL.RequestURI()+" "+string(body))
		return `{"code":0,"data":{"instance_code":"I-1"}}`
	})}
	p := providerOf(t, cfg)
	code, err := p.Create(t.Context(), requestOf(t, "r1", policyOf("one", node(approval.Any, 0, "ann", "bob"))))
	if err != nil {
		t.Fatal(err)
	}
	if got := poll(t, p, code); got.Votes[0].Who.ID != "ann" {
		t.Errorf("%+v", got)
	}
	if err := p.Cancel(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`/open-apis/approval/v4/instances {"approval_code":"DEF-ONE-ANY","user_id":"max","form":"[]",` +
			`"node_approver_user_id_list":[{"key":"n-1","value":["ann","bob"]}],"uuid":"A8EB2EA5-2E24-870D-B273-77E98169497E"}`,
		`/open-apis/approval/v4/instances/cancel?user_id_type=user_id {"approval_code":"DEF-ONE-ANY","instance_code":"I-1","user_id":"max"}`,
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// badges are accounts that are not called as the people are.
type badges map[string]string // id in Lark, by id here

func (b badges) Account(_ context.Context, who penstock.Party) (string, error) {
	if id, ok := b[who.ID]; ok {
		return id, nil
	}
	return "", penstock.ErrNotFound
}

func (b badges) User(_ context.Context, id string) (penstock.Party, error) {
	for _, here := range slices.Sorted(maps.Keys(b)) {
		if b[here] == id {
			return penstock.Party{ID: here, Name: "Name of " + here}, nil
		}
	}
	return penstock.Party{}, penstock.ErrNotFound
}

func TestAccountsAreTranslatedBothWays(t *testing.T) {
	o := newOffice(t)
	cfg := config(o.server.URL)
	accounts := badges{"max": "ou_0", "ann": "ou_1", "bob": "ou_2", "cat": "ou_3", "dan": "ou_4"}
	cfg.Accounts = accounts
	p := providerOf(t, cfg)
	code, err := p.Create(t.Context(), requestOf(t, "r1", twoNodes()))
	if err != nil {
		t.Fatal(err)
	}
	o.decide(t, code, "ou_2", true, "")
	want := vote("bob", 0, approval.Approve, "", 3)
	want.Who.Name = "Name of bob"
	if diff := cmp.Diff([]approval.Vote{want}, poll(t, p, code).Votes); diff != "" {
		t.Errorf("votes (-want +got):\n%s", diff)
	}
	delete(accounts, "bob")
	if _, err := p.Poll(t.Context(), code); err == nil || errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("the vote of nobody: %v; want an error, but not that the instance is not known", err)
	}
}

func TestPeopleWhoCannotBeAsked(t *testing.T) {
	for rule, accounts := range map[string]badges{
		"no account":             {"max": "ou_0", "bob": "ou_2", "cat": "ou_3", "dan": "ou_4"},
		"an empty one":           {"max": "ou_0", "ann": "", "bob": "ou_2", "cat": "ou_3", "dan": "ou_4"},
		"two with one":           {"max": "ou_0", "ann": "ou_1", "bob": "ou_2", "cat": "ou_3", "dan": "ou_3"},
		"the initiator has none": {"ann": "ou_1", "bob": "ou_2", "cat": "ou_3", "dan": "ou_4"},
	} {
		o := newOffice(t)
		cfg := config(o.server.URL)
		cfg.Accounts = accounts
		if _, err := providerOf(t, cfg).Create(t.Context(), requestOf(t, "r1", twoNodes())); err == nil || len(o.open()) != 0 {
			t.Errorf("%s: %v, %d instances", rule, err, len(o.open()))
		}
	}
	o := newOffice(t)
	cfg := config(o.server.URL)
	cfg.Accounts = crossed{}
	if _, err := providerOf(t, cfg).Create(t.Context(), requestOf(t, "r1", twoNodes())); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("whose account is somebody else's: %v", err)
	}
}

// crossed takes every account for max's.
type crossed struct{}

func (crossed) Account(_ context.Context, who penstock.Party) (string, error) { return who.ID, nil }

func (crossed) User(context.Context, string) (penstock.Party, error) {
	return penstock.UserParty("max"), nil
}

func TestInitiator(t *testing.T) {
	o := newOffice(t)
	cfg := config(o.server.URL)
	named := twoNodes()
	eve := penstock.UserParty("eve")
	named.Initiator = &eve
	create := func(id string, policy approval.Policy) string {
		code, err := providerOf(t, cfg).Create(t.Context(), requestOf(t, id, policy))
		if err != nil {
			t.Fatal(err)
		}
		return o.instances[code].Initiator
	}
	if got := create("r1", twoNodes()); got != "max" {
		t.Errorf("in the name of %s, want who opened it", got)
	}
	cfg.Initiator = penstock.UserParty("robot")
	if got := create("r2", twoNodes()); got != "robot" {
		t.Errorf("in the name of %s, want who is configured", got)
	}
	if got := create("r3", named); got != "eve" {
		t.Errorf("in the name of %s, want whom the policy names", got)
	}
}
