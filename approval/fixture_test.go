package approval_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func minutes(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

func actor(id string) penstock.Actor { return penstock.Actor{ID: id} }

func users(ids ...string) []penstock.Party {
	var parties []penstock.Party
	for _, id := range ids {
		parties = append(parties, penstock.UserParty(id))
	}
	return parties
}

func node(need approval.Need, k int, ids ...string) approval.Node {
	return approval.Node{Need: need, K: k, Approvers: users(ids...)}
}

func policy(kind approval.Kind, nodes ...approval.Node) approval.Policy {
	return approval.Policy{Enabled: true, Kind: kind, Nodes: nodes, TimeoutMinutes: 60}
}

func opening(p approval.Policy) approval.Opening {
	return approval.Opening{
		ID: "r1", Policy: p, By: actor("max"), At: noon,
		Subject: approval.Subject{Hash: "h1", Author: "max", LastEditor: "eve"},
	}
}

func open(t testing.TB, o approval.Opening) *approval.Request {
	t.Helper()
	r, err := approval.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// native opens a request in which two of ann, bob and cat must approve within
// the hour.
func native(t testing.TB) *approval.Request {
	t.Helper()
	return open(t, opening(policy(approval.Native, node(approval.KOf, 2, "ann", "bob", "cat"))))
}

// remote opens the same request for a provider.
func remote(t testing.TB) *approval.Request {
	t.Helper()
	return open(t, opening(policy(approval.Lark, node(approval.KOf, 2, "ann", "bob", "cat"))))
}

var (
	yes = approval.Vote{Decision: approval.Approve}
	no  = approval.Vote{Decision: approval.Reject}
)

// cast lets people vote one after another, a minute apart.
func cast(t testing.TB, r *approval.Request, v approval.Vote, ids ...string) *approval.Request {
	t.Helper()
	for _, id := range ids {
		next, err := r.Vote(v, actor(id), minutes(1+len(r.Votes())))
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		r = next
	}
	return r
}

func must(t testing.TB) func(*approval.Request, error) *approval.Request {
	return func(r *approval.Request, err error) *approval.Request {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

func stored(t testing.TB, r *approval.Request) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fields returns the paths of every fault in err.
func fields(err error) []string {
	var paths []string
	for _, fault := range penstock.Faults(err) {
		paths = append(paths, fault.Field)
	}
	return paths
}

// kind names the error kind of err: "" for none.
func kind(err error) string {
	for _, kind := range []error{
		penstock.ErrInvalid, penstock.ErrForbidden, penstock.ErrRefused,
	} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	if err != nil {
		return "untyped: " + err.Error()
	}
	return ""
}
