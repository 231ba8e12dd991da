package approval_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// messenger is a system that decides requests node by node, as IM approvals do.
type messenger struct {
	created   map[string]string // request id -> instance
	instances map[string]*instance
}

type instance struct {
	request *approval.Request
	votes   []approval.Vote
	closed  bool
}

var _ approval.Provider = (*messenger)(nil)

func newMessenger() *messenger {
	return &messenger{created: map[string]string{}, instances: map[string]*instance{}}
}

func (m *messenger) Create(_ context.Context, r *approval.Request) (string, error) {
	if code, ok := m.created[r.ID()]; ok {
		return code, nil
	}
	code := "instance-of-" + r.ID()
	m.created[r.ID()], m.instances[code] = code, &instance{request: r}
	return code, nil
}

func (m *messenger) Poll(_ context.Context, code string) (approval.Answer, error) {
	i, ok := m.instances[code]
	if !ok {
		return approval.Answer{}, penstock.ErrNotFound
	}
	answer := approval.Answer{Outcome: approval.Approved, Votes: i.votes}
	if i.closed {
		answer.Outcome = approval.Canceled
		return answer, nil
	}
	for n, node := range i.request.Nodes() {
		approvals := 0
		for _, v := range i.votes {
			switch {
			case v.Decision == approval.Reject:
				answer.Outcome = approval.Rejected
				return answer, nil
			case v.Node == n:
				approvals++
			}
		}
		if approvals < node.Needed {
			answer.Outcome = approval.Pending
		}
	}
	return answer, nil
}

func (m *messenger) Cancel(_ context.Context, code string) error {
	if i, ok := m.instances[code]; ok {
		i.closed = true
	}
	return nil
}

func TestProviderDrivesARequest(t *testing.T) {
	opened := open(t, opening(policy(approval.DingTalk, node(approval.Any, 0, "ann", "bob"), node(approval.All, 0, "cat", "dan"))))
	tests := []struct {
		rule  string
		votes []approval.Vote
		close bool
		want  []approval.State // after each vote
	}{
		{"approved node by node", []approval.Vote{ballot("bob", 0, yes), ballot("dan", 1, yes), ballot("cat", 1, yes)}, false,
			[]approval.State{approval.Pending, approval.Pending, approval.Approved}},
		{"rejected in the second node", []approval.Vote{ballot("bob", 0, yes), ballot("dan", 1, no)}, false,
			[]approval.State{approval.Pending, approval.Rejected}},
		{"canceled there", nil, true, nil},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			ctx, m, r := t.Context(), newMessenger(), opened
			for range 2 { // the first answer may have been lost
				code, err := m.Create(ctx, r)
				if err != nil {
					t.Fatal(err)
				}
				r = must(t)(r.WithInstance(code))
			}
			poll := func() {
				answer, err := m.Poll(ctx, r.Instance())
				if err != nil {
					t.Fatal(err)
				}
				r = must(t)(r.Answer(answer, minutes(9)))
			}
			for i := range tt.votes {
				m.instances[r.Instance()].votes = tt.votes[:i+1]
				poll()
				if r.State() != tt.want[i] {
					t.Fatalf("after %d votes: %s, want %s", i+1, r.State(), tt.want[i])
				}
			}
			if tt.close {
				if err := m.Cancel(ctx, r.Instance()); err != nil {
					t.Fatal(err)
				}
				poll()
				if r.State() != approval.Canceled {
					t.Errorf("state = %s, want canceled", r.State())
				}
			}
			if diff := cmp.Diff(tt.votes, r.Votes()); diff != "" {
				t.Errorf("votes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswersThatTellNothingNewReturnTheRequest(t *testing.T) {
	answer := approval.Answer{Outcome: approval.Pending, Votes: []approval.Vote{ballot("ann", 0, yes)}}
	r := must(t)(remote(t).Answer(answer, minutes(6)))
	if again := must(t)(r.Answer(answer, minutes(7))); again != r {
		t.Error("the same answer made another request")
	}
	answer.Votes[0].Decision = approval.Reject // the slice is the caller's
	if r.Votes()[0].Decision != approval.Approve {
		t.Error("the request shares the votes of the answer")
	}
}

func TestProviderDecides(t *testing.T) {
	// However the votes add up: it may know more than it tells.
	r := must(t)(remote(t).Answer(approval.Answer{Outcome: approval.Approved}, minutes(9)))
	if !r.Valid("h1") || r.ClosedAt() != minutes(9) || r.Nodes()[0].State != approval.NodeApproved {
		t.Errorf("%s at %s, node %s", r.State(), r.ClosedAt(), r.Nodes()[0].State)
	}
	r = must(t)(remote(t).Answer(approval.Answer{Outcome: approval.Rejected}, minutes(9)))
	if r.Valid("h1") || r.Nodes()[0].State != approval.NodeRejected {
		t.Errorf("%s, node %s", r.State(), r.Nodes()[0].State)
	}
}

func TestAnswersAreChecked(t *testing.T) {
	p := policy(approval.Lark, node(approval.Any, 0, "max", "ann"))
	p.Separation.NotAuthor = true
	r := open(t, opening(p))
	edit := func(edit func(*approval.Vote)) []approval.Vote {
		v := ballot("ann", 0, yes)
		edit(&v)
		return []approval.Vote{v}
	}
	tests := []struct {
		rule   string
		answer approval.Answer
		want   []string
	}{
		{"an outcome", approval.Answer{}, []string{"outcome"}},
		{"an outcome that is no provider's", approval.Answer{Outcome: approval.Withdrawn}, []string{"outcome"}},
		{"a bounded number of votes", approval.Answer{Outcome: approval.Pending, Votes: make([]approval.Vote, 50_001)}, []string{"votes"}},
		{"a voter", approval.Answer{Outcome: approval.Pending, Votes: edit(func(v *approval.Vote) { v.Who = penstock.Party{Name: "Ann"} })}, []string{"votes[0].who.id"}},
		{"a group does not vote", approval.Answer{Outcome: approval.Pending, Votes: edit(func(v *approval.Vote) { v.Who.Type = penstock.Group })}, []string{"votes[0].who.type"}},
		{"a node", approval.Answer{Outcome: approval.Pending, Votes: edit(func(v *approval.Vote) { v.Node = 1 })}, []string{"votes[0].node"}},
		{"a negative node", approval.Answer{Outcome: approval.Pending, Votes: edit(func(v *approval.Vote) { v.Node = -1 })}, []string{"votes[0].node"}},
		{"a decision", approval.Answer{Outcome: approval.Pending, Votes: edit(func(v *approval.Vote) { v.Decision = "redirect" })}, []string{"votes[0].decision"}},
		{"a time", approval.Answer{Outcome: approval.Pending, Votes: edit(func(v *approval.Vote) { v.At = time.Time{} })}, []string{"votes[0].at"}},
		{"one vote a node", approval.Answer{Outcome: approval.Pending, Votes: []approval.Vote{ballot("ann", 0, yes), ballot("ann", 0, no)}}, []string{"votes[1].who"}},
		{"the author does not approve there either", approval.Answer{Outcome: approval.Approved, Votes: []approval.Vote{ballot("max", 0, yes)}}, []string{"votes[0].who"}},
		{"the author may say no", approval.Answer{Outcome: approval.Rejected, Votes: []approval.Vote{ballot("max", 0, no)}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			_, err := r.Answer(tt.answer, minutes(9))
			if diff := cmp.Diff(tt.want, fields(err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCommentsFromOutsideAreMended(t *testing.T) {
	for comment, want := range map[string]string{
		"fine":                          "fine",
		"\xff":                          "\uFFFD",
		strings.Repeat("é", 3000):       strings.Repeat("é", 2048),
		"x" + strings.Repeat("é", 3000): "x" + strings.Repeat("é", 2047),
		strings.Repeat("\xff.", 4096/2): strings.Repeat("\uFFFD.", 4096/4),
	} {
		v := ballot("ann", 0, approval.Vote{Decision: approval.Approve, Comment: comment})
		r := must(t)(remote(t).Answer(approval.Answer{Outcome: approval.Pending, Votes: []approval.Vote{v}}, minutes(9)))
		if got := r.Votes()[0].Comment; got != want {
			t.Errorf("comment of %d bytes became %q", len(comment), got)
		}
	}
}

func TestInstanceIsSetOnce(t *testing.T) {
	r := must(t)(remote(t).WithInstance("i1"))
	if again := must(t)(r.WithInstance("i1")); again != r {
		t.Error("the same code made another request")
	}
	if _, err := r.WithInstance("i2"); kind(err) != "not now" {
		t.Errorf("another code: %v", err)
	}
	if _, err := remote(t).WithInstance("\xff"); kind(err) != "invalid" {
		t.Errorf("a code that is not UTF-8: %v", err)
	}
}
