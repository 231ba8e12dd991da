package approval_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// The stored form is kept for good: what this golden says must always be read,
// and be written byte for byte.
const golden = `{"id":"r1","policy":{"enabled":true,"kind":"native","nodes":[{"need":"k_of","k":2,"approvers":[` +
	`{"type":"user","id":"max"},{"type":"group","id":"sre"}]}],"timeout":60,"separation":{"not_author":true},"other":{"lark":{"a":"\u003cb\u003e"}}},` +
	`"subject":{"hash":"h1","author":"max","last_editor":"eve"},"opened_by":{"type":"user","id":"max"},"opened_at":"2026-05-04T12:00:00Z",` +
	`"nodes":[{"needed":2,"approvers":[{"type":"user","id":"ann","name":"Ann"},{"type":"user","id":"bob"}],` +
	`"excluded":[{"party":{"type":"user","id":"max"},"why":"author"}]}],"state":"approved",` +
	`"votes":[{"who":{"type":"user","id":"bob"},"node":0,"decision":"approve","at":"2026-05-04T12:01:00Z"},` +
	`{"who":{"type":"user","id":"ann","name":"Ann"},"node":0,"decision":"approve","comment":"fine \u0026 good","at":"2026-05-04T12:02:00.000001Z"}],` +
	`"closed_at":"2026-05-04T12:02:00.000001Z"}`

func TestStoredFormat(t *testing.T) {
	sre := penstock.GroupParty("sre")
	p := grouped(approval.KOf, 2, penstock.UserParty("max"), sre)
	p.Separation.NotAuthor = true
	p.Other = map[approval.Kind]json.RawMessage{"lark": json.RawMessage("{ \"a\" : \"<b>\" }")}
	o := opening(p)
	o.Members = map[string][]penstock.Party{sre.Key(): {{ID: "ann", Name: "Ann"}, {ID: "bob"}}}
	r := cast(t, open(t, o), yes, "bob")
	r = must(t)(r.Vote(approval.Vote{Decision: approval.Approve, Comment: "fine & good"}, actor("ann"), minutes(2).Add(1999*time.Nanosecond)))
	if diff := cmp.Diff(golden, stored(t, r)); diff != "" {
		t.Errorf("stored form (-want +got):\n%s", diff)
	}
	checkRoundTrip(t, r)
}

// Answers are recorded with the commands that carry them.
func TestAnswerFormat(t *testing.T) {
	text, err := json.Marshal(approval.Answer{Outcome: approval.Pending, Votes: []approval.Vote{ballot("ann", 1, no)}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"outcome":"pending","votes":[{"who":{"type":"user","id":"ann"},"node":1,"decision":"reject","at":"2026-05-04T12:05:00Z"}]}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("format (-want +got):\n%s", diff)
	}
}

func checkRoundTrip(t *testing.T, r *approval.Request) {
	t.Helper()
	text := stored(t, r)
	var back approval.Request
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !reflect.DeepEqual(&back, r) {
		t.Errorf("round trip changed the request:\n%+v\n%+v", *r, back)
	}
	if again := stored(t, &back); again != text {
		t.Errorf("round trip changed the text (-want +got):\n%s", cmp.Diff(text, again))
	}
}

func TestRoundTripInEveryState(t *testing.T) {
	with := must(t)(remote(t).WithInstance("i1"))
	answer := approval.Answer{Outcome: approval.Pending, Votes: []approval.Vote{ballot("ann", 0, yes), ballot("deputy", 0, no)}}
	for name, r := range map[string]*approval.Request{
		"pending":   native(t),
		"voted":     cast(t, native(t), yes, "ann"),
		"approved":  cast(t, native(t), yes, "ann", "bob"),
		"rejected":  cast(t, native(t), no, "ann"),
		"lapsed":    must(t)(native(t).Lapse(minutes(60))),
		"withdrawn": must(t)(native(t).Withdraw(actor("max"), minutes(1))),
		"canceled":  must(t)(native(t).Cancel(minutes(1))),
		"remote":    with,
		"answered":  must(t)(with.Answer(answer, minutes(9))),
		"decided":   must(t)(with.Answer(approval.Answer{Outcome: approval.Approved, Votes: answer.Votes}, minutes(9))),
	} {
		t.Run(name, func(t *testing.T) { checkRoundTrip(t, r) })
	}
}

func TestUnmarshalIsStrict(t *testing.T) {
	tests := []struct {
		rule, old, new string
		want           []string
	}{
		{"not JSON", golden, "{", nil},
		{"an unknown member", `"state":`, `"mood":1,"state":`, []string{""}},
		{"an unknown member inside", `"needed":2`, `"needed":2,"mood":1`, []string{""}},
		{"another type", `"id":"r1"`, `"id":1`, []string{""}},
		{"no id", `"id":"r1"`, `"id":""`, []string{"id"}},
		{"an unknown state", `"approved"`, `"happy"`, []string{"state", "state"}},
		{"a state that the votes do not make", `"approved"`, `"rejected"`, []string{"state"}},
		{"approved without enough votes", `{"who":{"type":"user","id":"bob"},"node":0,"decision":"approve","at":"2026-05-04T12:01:00Z"},`, ``, []string{"state"}},
		{"approved with a rejection", `"decision":"approve","at"`, `"decision":"reject","at"`, []string{"state"}},
		{"pending with a closing time", `"approved"`, `"pending"`, []string{"closed_at", "state"}},
		{"closed without a time", `,"closed_at":"2026-05-04T12:02:00.000001Z"`, ``, []string{"closed_at"}},
		{"a vote of a stranger", `"who":{"type":"user","id":"bob"}`, `"who":{"type":"user","id":"eve"}`, []string{"votes[0].who"}},
		{"a vote of somebody excluded", `"who":{"type":"user","id":"bob"}`, `"who":{"type":"user","id":"max"}`, []string{"votes[0].who"}},
		{"a vote in no node", `"node":0,"decision":"approve","at"`, `"node":1,"decision":"approve","at"`, []string{"votes[0].node"}},
		{"a vote without decision", `"decision":"approve","at"`, `"decision":"","at"`, []string{"votes[0].decision"}},
		{"two votes of one person", `"who":{"type":"user","id":"bob"}`, `"who":{"type":"user","id":"ann"}`, []string{"votes[1].who"}},
		{"a quorum that nobody reaches", `"needed":2`, `"needed":3`, []string{"nodes[0]"}},
		{"a quorum of nobody", `"needed":2`, `"needed":0`, []string{"nodes[0]"}},
		{"an approver without id", `{"type":"user","id":"ann","name":"Ann"},{"type":"user","id":"bob"}]`, `{"type":"user"},{"type":"user","id":"bob"}]`, []string{"nodes[0].approvers[0]"}},
		{"nodes of another policy", `"approvers":[{"type":"user","id":"max"},{"type":"group","id":"sre"}]}]`, `"approvers":[{"id":"max"},{"id":"sre"}]},{"need":"any","approvers":[{"id":"x"}]}]`, []string{"policy.nodes", "nodes"}},
		{"an instance of a native request", `"closed_at"`, `"instance":"i1","closed_at"`, []string{"instance"}},
		{"something behind it", golden, golden + ` {}`, []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			text := strings.Replace(golden, tt.old, tt.new, 1)
			if text == golden {
				t.Fatalf("%s does not occur", tt.old)
			}
			r := native(t)
			before := stored(t, r)
			err := r.UnmarshalJSON([]byte(text))
			if kind(err) != "invalid" {
				t.Fatalf("error = %v", err)
			}
			if diff := cmp.Diff(tt.want, fields(err)); tt.want != nil && diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if stored(t, r) != before {
				t.Error("the request changed")
			}
		})
	}
}

// FuzzRequestJSON reads anything; what it takes is a request that comes back
// the same, and that takes any command without harm.
func FuzzRequestJSON(f *testing.F) {
	f.Add([]byte(golden))
	f.Add([]byte(stored(f, native(f))))
	f.Add([]byte(stored(f, must(f)(must(f)(remote(f).WithInstance("i1")).Answer(
		approval.Answer{Outcome: approval.Pending, Votes: []approval.Vote{ballot("ann", 0, yes)}}, minutes(2))))))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r approval.Request
		if err := json.Unmarshal(text, &r); err != nil || string(text) == "null" {
			return
		}
		first := stored(t, &r)
		var back approval.Request
		if err := json.Unmarshal([]byte(first), &back); err != nil {
			t.Fatalf("%v\n%s", err, first)
		}
		if second := stored(t, &back); second != first {
			t.Fatalf("%s\n%s", first, second)
		}
		for name, do := range commands {
			next, err := do(&r)
			if strings.HasPrefix(kind(err), "untyped") || (next == nil) != (err != nil) {
				t.Fatalf("%s: %v, %v", name, next, err)
			}
			if next == nil {
				continue
			}
			var after approval.Request
			if err := json.Unmarshal([]byte(stored(t, next)), &after); err != nil && name != "replay the last vote" {
				t.Fatalf("%s: %v\n%s", name, err, stored(t, next))
			}
			_ = next.Explain(minutes(1)).String()
			_ = next.Nodes()
		}
		if stored(t, &r) != first {
			t.Fatal("the receiver changed")
		}
	})
}
