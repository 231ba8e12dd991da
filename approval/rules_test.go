package approval_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// refusal returns the typed error behind err.
func refusal(t testing.TB, err error) *penstock.RefusedError {
	t.Helper()
	var refused *penstock.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("%v is not a refusal", err)
	}
	return refused
}

func TestStrangerIsForbidden(t *testing.T) {
	r := native(t)
	before := stored(t, r)
	for rule, by := range map[string]penstock.Actor{
		"a stranger":                actor("eve"),
		"an admin who is not named": {ID: "root", Admin: true},
		"the library itself":        penstock.System(),
		"nobody":                    {},
		"an admin without an id":    {Admin: true},
		"a namesake":                {ID: "x", Name: "ann"},
		"by group":                  {ID: "x", Groups: []string{"ann"}},
	} {
		t.Run(rule, func(t *testing.T) {
			_, err := r.Vote(yes, by, minutes(1))
			var forbidden *penstock.ForbiddenError
			if !errors.As(err, &forbidden) || !errors.Is(err, penstock.ErrForbidden) {
				t.Fatalf("error = %v", err)
			}
			want := penstock.ForbiddenError{Right: penstock.Approve, On: penstock.Resource{Kind: "approval", ID: "r1"}}
			if *forbidden != want {
				t.Errorf("forbidden = %+v, want %+v", *forbidden, want)
			}
		})
	}
	if stored(t, r) != before {
		t.Error("the request changed")
	}
}

func TestOneVotePerPersonAndNode(t *testing.T) {
	r := cast(t, native(t), yes, "ann")
	for _, again := range []approval.Vote{yes, no} {
		_, err := r.Vote(again, actor("ann"), minutes(2))
		refused := refusal(t, err)
		if diff := cmp.Diff([]string{"a first vote in the node"}, refused.Needs); diff != "" {
			t.Errorf("needs (-want +got):\n%s", diff)
		}
	}
	if got := len(r.Votes()); got != 1 {
		t.Errorf("%d votes, want 1", got)
	}
}

func TestDuplicateApproversAreMerged(t *testing.T) {
	r := open(t, opening(policy(approval.Native, node(approval.All, 0, "ann", "ann", "bob"))))
	if got := cast(t, r, yes, "ann", "bob").State(); got != approval.Approved {
		t.Errorf("state = %s, want approved", got)
	}
}

func TestFirstRejectRejectsWhateverTheNeed(t *testing.T) {
	for _, n := range []approval.Node{
		node(approval.All, 0, "ann", "bob", "cat"),
		node(approval.Any, 0, "ann", "bob", "cat"),
		node(approval.KOf, 2, "ann", "bob", "cat"),
	} {
		t.Run(string(n.Need), func(t *testing.T) {
			r := cast(t, open(t, opening(policy(approval.Native, n))), no, "bob")
			if r.State() != approval.Rejected || r.ClosedAt() != minutes(1) {
				t.Errorf("%s at %s, want rejected at %s", r.State(), r.ClosedAt(), minutes(1))
			}
		})
	}
	t.Run("after approvals", func(t *testing.T) {
		if got := cast(t, cast(t, native(t), yes, "ann"), no, "bob").State(); got != approval.Rejected {
			t.Errorf("state = %s, want rejected", got)
		}
	})
}

func TestQuorumApproves(t *testing.T) {
	r := cast(t, native(t), yes, "cat", "ann")
	if r.State() != approval.Approved || r.ClosedAt() != minutes(2) {
		t.Errorf("%s at %s, want approved at %s", r.State(), r.ClosedAt(), minutes(2))
	}
	_, err := r.Vote(yes, actor("bob"), minutes(3))
	if refused := refusal(t, err); refused.State != "approved" || len(refused.Allowed) != 0 {
		t.Errorf("a vote after the decision: %+v", refused)
	}
}

func TestApprovalIsBoundToTheHash(t *testing.T) {
	r := native(t)
	if r.Valid("h1") {
		t.Error("valid before it is approved")
	}
	r = cast(t, r, yes, "ann", "bob")
	for hash, want := range map[string]bool{"h1": true, "h2": false, "": false} {
		if r.Valid(hash) != want {
			t.Errorf("Valid(%q) = %t", hash, !want)
		}
	}
	if cast(t, native(t), no, "ann").Valid("h1") {
		t.Error("valid although it was rejected")
	}
}

func TestDecisionFieldsOfClientsAreIgnored(t *testing.T) {
	claim := approval.Vote{Who: penstock.UserParty("cat"), Node: 7, At: minutes(-99), Decision: approval.Approve, Comment: "ok"}
	r, err := native(t).Vote(claim, penstock.Actor{ID: "ann", Name: "Ann"}, minutes(1))
	if err != nil {
		t.Fatal(err)
	}
	want := []approval.Vote{{
		Who:      penstock.Party{Type: penstock.User, ID: "ann", Name: "Ann"},
		Decision: approval.Approve, Comment: "ok", At: minutes(1),
	}}
	if diff := cmp.Diff(want, r.Votes()); diff != "" {
		t.Errorf("votes (-want +got):\n%s", diff)
	}
}

func TestBadVotesAreInvalid(t *testing.T) {
	tests := []struct {
		rule string
		vote approval.Vote
		at   time.Time
		want []string
	}{
		{"no decision", approval.Vote{}, minutes(1), []string{"decision"}},
		{"another decision", approval.Vote{Decision: "maybe"}, minutes(1), []string{"decision"}},
		{"the longest comment", approval.Vote{Decision: approval.Approve, Comment: strings.Repeat("x", 4096)}, minutes(1), nil},
		{"a longer comment", approval.Vote{Decision: approval.Approve, Comment: strings.Repeat("x", 4097)}, minutes(1), []string{"comment"}},
		{"a comment that is not UTF-8", approval.Vote{Decision: approval.Approve, Comment: "\xff"}, minutes(1), []string{"comment"}},
		{"before it was opened", yes, minutes(-1), []string{"at"}},
		{"every fault", approval.Vote{Comment: "\xff"}, time.Time{}, []string{"decision", "comment", "at"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			_, err := native(t).Vote(tt.vote, actor("ann"), tt.at)
			if diff := cmp.Diff(tt.want, fields(err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimeoutLapsesOnceAndVotesDoNotReArmIt(t *testing.T) {
	r := cast(t, native(t), yes, "ann")
	deadline := minutes(60)
	if r.Deadline() != deadline {
		t.Fatalf("deadline = %s, want %s", r.Deadline(), deadline)
	}
	_, err := r.Lapse(deadline.Add(-time.Microsecond))
	if refused := refusal(t, err); refused.Earliest != deadline {
		t.Errorf("earliest = %s, want %s", refused.Earliest, deadline)
	}
	_, err = r.Vote(yes, actor("bob"), deadline)
	if diff := cmp.Diff([]string{"a deadline that has not come"}, refusal(t, err).Needs); diff != "" {
		t.Errorf("a vote at the deadline needs (-want +got):\n%s", diff)
	}
	if got := must(t)(r.Vote(yes, actor("bob"), deadline.Add(-time.Nanosecond))).State(); got != approval.Approved {
		t.Errorf("a vote just before the deadline: %s", got)
	}
	lapsed := must(t)(r.Lapse(deadline))
	if lapsed.State() != approval.Lapsed || lapsed.ClosedAt() != deadline {
		t.Errorf("%s at %s", lapsed.State(), lapsed.ClosedAt())
	}
	if _, err := lapsed.Lapse(deadline); kind(err) != "not now" {
		t.Errorf("it lapses twice: %v", err)
	}
}

func TestTimeoutZeroIsNever(t *testing.T) {
	p := policy(approval.Native, node(approval.Any, 0, "ann"))
	p.TimeoutMinutes = 0
	r := open(t, opening(p))
	_, err := r.Lapse(noon.AddDate(100, 0, 0))
	if refused := refusal(t, err); !refused.Earliest.IsZero() || !r.Deadline().IsZero() {
		t.Errorf("deadline %s, earliest %s", r.Deadline(), refused.Earliest)
	}
	must(t)(r.Vote(yes, actor("ann"), noon.AddDate(100, 0, 0)))
}

func TestSeparationOfDuties(t *testing.T) {
	n := node(approval.Any, 0, "max", "eve", "ann") // max is the author, eve edited last
	tests := []struct {
		rule       string
		separation approval.Separation
		editor     string
		excluded   []approval.Exclusion
	}{
		{"off by default", approval.Separation{}, "eve", nil},
		{"not the author", approval.Separation{NotAuthor: true}, "eve",
			[]approval.Exclusion{{Party: penstock.UserParty("max"), Why: approval.IsAuthor}}},
		{"not the last editor", approval.Separation{NotLastEditor: true}, "eve",
			[]approval.Exclusion{{Party: penstock.UserParty("eve"), Why: approval.IsLastEditor}}},
		{"the author is the last editor of what nobody edited", approval.Separation{NotLastEditor: true}, "",
			[]approval.Exclusion{{Party: penstock.UserParty("max"), Why: approval.IsLastEditor}}},
		{"both", approval.Separation{NotAuthor: true, NotLastEditor: true}, "eve",
			[]approval.Exclusion{{Party: penstock.UserParty("max"), Why: approval.IsAuthor}, {Party: penstock.UserParty("eve"), Why: approval.IsLastEditor}}},
		{"not the executor leaves the vote", approval.Separation{NotExecutor: true}, "eve", nil},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			p := policy(approval.Native, n)
			p.Separation = tt.separation
			o := opening(p)
			o.Subject.LastEditor = tt.editor
			r := open(t, o)
			if diff := cmp.Diff(tt.excluded, r.Nodes()[0].Excluded); diff != "" {
				t.Errorf("excluded (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.excluded, r.Explain(noon).Excluded); diff != "" {
				t.Errorf("explained (-want +got):\n%s", diff)
			}
			for _, id := range []string{"max", "eve", "ann"} {
				want := ""
				for _, e := range tt.excluded {
					if e.Party.ID == id {
						want = "forbidden"
					}
				}
				_, err := r.Vote(yes, actor(id), minutes(1))
				if kind(err) != want {
					t.Errorf("%s votes: %v, want %q", id, err, want)
				}
			}
		})
	}
}

func TestExcludedPeopleAreToldWhy(t *testing.T) {
	p := policy(approval.Native, node(approval.Any, 0, "max", "ann"))
	p.Separation.NotAuthor = true
	_, err := open(t, opening(p)).Vote(yes, actor("max"), minutes(1))
	if want := `no approve right on approval r1: separation of duties excludes max (author)`; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func TestNotTheExecutor(t *testing.T) {
	p := policy(approval.Native, node(approval.KOf, 2, "ann", "bob", "cat"))
	free := cast(t, open(t, opening(p)), yes, "ann", "bob")
	p.Separation.NotExecutor = true
	bound := cast(t, open(t, opening(p)), yes, "ann", "bob")
	for id, want := range map[string]bool{"ann": false, "bob": false, "cat": true, "max": true, penstock.SystemID: true, "": false} {
		if bound.MayExecute(id) != want {
			t.Errorf("MayExecute(%q) = %t", id, !want)
		}
		if !free.MayExecute(id) {
			t.Errorf("without the switch MayExecute(%q) = false", id)
		}
	}
	if rejected := cast(t, open(t, opening(p)), no, "ann"); !rejected.MayExecute("ann") {
		t.Error("only who approved is barred")
	}
}

func TestOtherConfigurationIsKeptVerbatim(t *testing.T) {
	p := policy(approval.Native, node(approval.Any, 0, "ann"))
	p.Other = map[approval.Kind]json.RawMessage{"lark": json.RawMessage(`{"timeout":5.0,"n":1e2,"approval_nodes":[{"type":"AND"}]}`)}
	var back approval.Request
	if err := json.Unmarshal([]byte(stored(t, open(t, opening(p)))), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back.Policy()); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

func TestWithdrawIsRecorded(t *testing.T) {
	r := must(t)(native(t).Withdraw(penstock.Actor{ID: "max", Name: "Max"}, minutes(1)))
	if want := (penstock.Party{Type: penstock.User, ID: "max", Name: "Max"}); r.ClosedBy() != want || r.ClosedAt() != minutes(1) {
		t.Errorf("closed by %v at %s", r.ClosedBy(), r.ClosedAt())
	}
	if _, err := native(t).Withdraw(penstock.Actor{Admin: true}, minutes(1)); kind(err) != "invalid" {
		t.Errorf("withdrawn by nobody: %v", err)
	}
}
