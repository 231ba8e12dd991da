package lark_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/lark"
)

func poll(t testing.TB, p *lark.Provider, code string) approval.Answer {
	t.Helper()
	answer, err := p.Poll(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func vote(who string, node int, d approval.Decision, comment string, seconds int64) approval.Vote {
	return approval.Vote{Who: penstock.UserParty(who), Node: node, Decision: d, Comment: comment, At: at(seconds)}
}

func TestRequestIsAskedAndAnswered(t *testing.T) {
	o, p, r, code := created(t)
	o.change(code, func(f *form) {
		if f.Initiator != "max" || f.Form != `[{"id":"why","type":"textarea","value":"Checkout 2.4"}]` {
			t.Errorf("asked in the name of %s, with %s", f.Initiator, f.Form)
		}
	})
	if got := poll(t, p, code); got.Outcome != approval.Pending || got.Votes != nil {
		t.Errorf("at first: %+v", got)
	}
	o.decide(t, code, "bob", true, "go")
	o.decide(t, code, "dan", true, "")
	want := approval.Answer{Outcome: approval.Pending, Votes: []approval.Vote{
		vote("bob", 0, approval.Approve, "go", 3), vote("dan", 1, approval.Approve, "", 6)}}
	if diff := cmp.Diff(want, poll(t, p, code)); diff != "" {
		t.Errorf("on the way (-want +got):\n%s", diff)
	}
	o.decide(t, code, "cat", true, "fine")
	want.Outcome, want.Votes = approval.Approved, append(want.Votes, vote("cat", 1, approval.Approve, "fine", 7))
	got := poll(t, p, code)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("at last (-want +got):\n%s", diff)
	}
	if next, err := r.Answer(got, at(60)); err != nil || !next.Valid("h1") {
		t.Errorf("the request does not take it: %v", err)
	}
}

func TestOutcomes(t *testing.T) {
	for rule, tt := range map[string]struct {
		do   func(t *testing.T, o *office, code string)
		want approval.State
	}{
		"rejected": {func(t *testing.T, o *office, code string) { o.decide(t, code, "ann", false, "no") }, approval.Rejected},
		"withdrawn there": {func(_ *testing.T, o *office, code string) {
			o.change(code, func(f *form) { f.Status = "CANCELED" })
		}, approval.Canceled},
		"deleted there": {func(_ *testing.T, o *office, code string) {
			o.change(code, func(f *form) { f.Status = "DELETED" })
		}, approval.Canceled},
		"taken back after it was approved": {func(_ *testing.T, o *office, code string) {
			o.change(code, func(f *form) { f.Status, f.Reverted = "APPROVED", true })
		}, approval.Canceled},
	} {
		t.Run(rule, func(t *testing.T) {
			o, p, r, code := created(t)
			tt.do(t, o, code)
			got := poll(t, p, code)
			if got.Outcome != tt.want {
				t.Errorf("outcome %s, want %s", got.Outcome, tt.want)
			}
			if next, err := r.Answer(got, at(60)); err != nil || next.State() != tt.want {
				t.Errorf("the request does not take it: %v", err)
			}
		})
	}
}

func TestCreateIsIdempotent(t *testing.T) {
	o, p, r, code := created(t)
	for _, p := range []*lark.Provider{p, providerOf(t, config(o.server.URL))} { // another process, too
		if again, err := p.Create(t.Context(), r); again != code || err != nil {
			t.Errorf("%q, %v, want %q again", again, err, code)
		}
	}
	other, err := p.Create(t.Context(), requestOf(t, "R1", twoNodes())) // Lark's keys do not tell R from r
	if other == code || err != nil {
		t.Errorf("another request got %q, %v", other, err)
	}
	if n := len(o.open()); n != 2 {
		t.Errorf("%d instances, want 2", n)
	}
}

func TestWhatLarkCannotExpressIsRefused(t *testing.T) {
	o := newOffice(t)
	p := providerOf(t, config(o.server.URL))
	for rule, tt := range map[string]struct {
		policy approval.Policy
		want   []string
	}{
		"a quorum":                 {policyOf("one", node(approval.KOf, 2, "ann", "bob", "cat")), []string{"policy.nodes[0].k"}},
		"another need":             {policyOf("one", node(approval.All, 0, "ann", "bob")), []string{"policy.nodes[0].need"}},
		"the other need":           {policyOf("two", node(approval.Any, 0, "ann"), node(approval.Any, 0, "ann", "bob")), []string{"policy.nodes[1].need"}},
		"more nodes":               {policyOf("one", node(approval.Any, 0, "ann"), node(approval.Any, 0, "bob")), []string{"policy.nodes"}},
		"an app that is not known": {policyOf("three", node(approval.Any, 0, "ann")), []string{"policy.approval_id"}},
	} {
		t.Run(rule, func(t *testing.T) {
			_, err := p.Create(t.Context(), requestOf(t, "r1", tt.policy))
			var got []string
			for _, f := range penstock.Faults(err) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
	for rule, policy := range map[string]approval.Policy{
		"one of them":   policyOf("one", node(approval.KOf, 1, "ann", "bob")),
		"all of them":   policyOf("two", node(approval.Any, 0, "ann"), node(approval.KOf, 2, "cat", "dan")),
		"one of one":    policyOf("one", node(approval.All, 0, "ann")),
		"one of one, 2": policyOf("two", node(approval.All, 0, "ann"), node(approval.Any, 0, "cat")),
	} {
		if _, err := p.Create(t.Context(), requestOf(t, rule, policy)); err != nil {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestDefinitionIsAsConfigured(t *testing.T) {
	for rule, edit := range map[string]func(d map[string]any, first, second map[string]any){
		"active":                   func(d, _, _ map[string]any) { d["status"] = "INACTIVE" },
		"every node":               func(_, first, _ map[string]any) { first["custom_node_id"] = "chief" },
		"no node twice":            func(_, _, second map[string]any) { second["custom_node_id"] = "lead" },
		"decided by whom it says":  func(_, first, _ map[string]any) { first["node_type"] = "AND" },
		"no unknown way to decide": func(_, first, _ map[string]any) { first["node_type"] = "MAJORITY" },
		"chosen by the initiator":  func(_, first, _ map[string]any) { first["need_approver"] = false },
		"several approvers":        func(_, _, second map[string]any) { second["approver_chosen_multi"] = false },
		"no further node to choose": func(d, first, _ map[string]any) {
			d["node_list"] = append(d["node_list"].([]any), map[string]any{"node_id": "n-4", "custom_node_id": "", "node_type": "OR", "need_approver": true})
		},
	} {
		t.Run(rule, func(t *testing.T) {
			o := newOffice(t)
			d := o.definitions[anyAll]
			nodes := d["node_list"].([]any)
			edit(d, nodes[1].(map[string]any), nodes[2].(map[string]any))
			_, err := providerOf(t, config(o.server.URL)).Create(t.Context(), requestOf(t, "r1", twoNodes()))
			secretless(t, err)
			if n := len(o.open()); n != 0 {
				t.Errorf("%d instances were opened", n)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	for rule, tt := range map[string]struct {
		status string
		want   string
	}{
		"a pending one":                 {"PENDING", "CANCELED"},
		"not an approved one":           {"APPROVED", "APPROVED"}, // it would be taken back
		"a rejected one is closed":      {"REJECTED", "REJECTED"},
		"a canceled one is closed":      {"CANCELED", "CANCELED"},
		"a deleted one is closed there": {"DELETED", "DELETED"},
	} {
		t.Run(rule, func(t *testing.T) {
			o, p, _, code := created(t)
			o.change(code, func(f *form) { f.Status = tt.status })
			for range 2 {
				if err := p.Cancel(t.Context(), code); err != nil {
					t.Fatal(err)
				}
			}
			if got := o.status(code); got != tt.want {
				t.Errorf("it is %s, want %s", got, tt.want)
			}
		})
	}
	o, p, _, _ := created(t)
	for _, code := range []string{"I-99", "", "no code", "../approvals/" + anyAll} {
		if err := p.Cancel(t.Context(), code); err != nil {
			t.Errorf("an instance that is gone, %q: %v", code, err)
		}
		if _, err := p.Poll(t.Context(), code); !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("poll of %q: %v", code, err)
		}
	}
	o.change("I-1", func(f *form) { f.Initiator = "eve" }) // who is asked for tells who may withdraw
	if err := p.Cancel(t.Context(), "I-1"); err != nil {
		t.Errorf("in the name of its initiator: %v", err)
	}
}

func TestCancelThatIsOvertaken(t *testing.T) {
	o, p, _, code := created(t)
	o.fail(fault{}, fault{before: func(w http.ResponseWriter, _ *http.Request) {
		o.change(code, func(f *form) { f.Status = "REJECTED" })
		reply(w, http.StatusBadRequest, 1390001, "param is invalid", nil)
	}})
	if err := p.Cancel(t.Context(), code); err != nil {
		t.Errorf("it was decided in between: %v", err)
	}
	o, p, _, code = created(t)
	o.fail(fault{}, lost)
	if err := p.Cancel(t.Context(), code); err != nil || o.status(code) != "CANCELED" {
		t.Errorf("the answer was lost: %v", err)
	}
	o, p, _, code = created(t)
	o.fail(raw(told("CLOSED", "", "")))
	if err := p.Cancel(t.Context(), code); err == nil {
		t.Error("a status that is not known, and no error")
	}
	o.fail(fault{}, broken(http.StatusForbidden, 1390009))
	if err := p.Cancel(t.Context(), code); err == nil {
		t.Error("not allowed, and no error")
	}
}

func TestSubscribe(t *testing.T) {
	o := newOffice(t)
	p := providerOf(t, config(o.server.URL))
	for range 2 { // the second time Lark says that it was done
		if err := p.Subscribe(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]bool{oneAny: true, anyAll: true}, o.subscribed); diff != "" {
		t.Errorf("subscribed (-want +got):\n%s", diff)
	}
	o.fail(broken(http.StatusForbidden, 99991672))
	secretless(t, p.Subscribe(t.Context()))
}
