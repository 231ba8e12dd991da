package approval_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

var names = []string{"ann", "bob", "cat", "dan"}

// TestQuorumByBruteForce walks every order of every assignment of approve,
// reject and no vote to up to four approvers, for every need, and checks each
// step against counting by hand, and Reachable and Needed against the futures
// that were walked.
func TestQuorumByBruteForce(t *testing.T) {
	for n := 1; n <= len(names); n++ {
		type quorum struct {
			node   approval.Node
			needed int
		}
		all := []quorum{{node(approval.All, 0, names[:n]...), n}, {node(approval.Any, 0, names[:n]...), 1}}
		for k := 1; k <= n; k++ {
			all = append(all, quorum{node(approval.KOf, k, names[:n]...), k})
		}
		for _, q := range all {
			walk(t, open(t, opening(policy(approval.Native, q.node))), names[:n], q.needed, map[string]approval.Decision{})
		}
	}
}

// walk returns how many votes are needed to approve, or -1 if nothing does.
func walk(t *testing.T, r *approval.Request, voters []string, needed int, votes map[string]approval.Decision) int {
	t.Helper()
	approvals, state := 0, approval.Pending
	for _, d := range votes {
		if d == approval.Approve {
			approvals++
		}
	}
	if approvals == needed {
		state = approval.Approved
	}
	if len(votes) > approvals {
		state = approval.Rejected
	}
	e := r.Explain(minutes(30))
	if r.State() != state || e.State != state || r.Current() != 0 || e.Node != 0 {
		t.Fatalf("%v, %d needed: %s in node %d, want %s", votes, needed, r.State(), r.Current(), state)
	}
	if len(e.Approved) != approvals || len(e.Rejected) != len(votes)-approvals {
		t.Fatalf("%v: explained as %+v", votes, e)
	}
	before := stored(t, r)
	best := -1
	if state == approval.Approved {
		best = 0
	}
	for _, who := range voters {
		for _, d := range []approval.Decision{approval.Approve, approval.Reject} {
			next, err := r.Vote(approval.Vote{Decision: d}, actor(who), minutes(len(votes)))
			if _, again := votes[who]; again || state != approval.Pending {
				if kind(err) != "not now" {
					t.Fatalf("%v, then %s %ss: %v", votes, who, d, err)
				}
				continue
			}
			if err != nil {
				t.Fatalf("%v, then %s %ss: %v", votes, who, d, err)
			}
			cast := next.Votes()
			if replayed := r.WithVote(cast[len(cast)-1]); !reflect.DeepEqual(replayed, next) {
				t.Fatalf("replayed:\n%s\nvoted:\n%s", stored(t, replayed), stored(t, next))
			}
			votes[who] = d
			if left := walk(t, next, voters, needed, votes); left >= 0 && (best < 0 || left+1 < best) {
				best = left + 1
			}
			delete(votes, who)
		}
	}
	if stored(t, r) != before {
		t.Fatalf("%v: the receiver changed", votes)
	}
	if e.Reachable != (best >= 0) || e.Needed != max(0, best) {
		t.Fatalf("%v: reachable %t with %d more, want %d", votes, e.Reachable, e.Needed, best)
	}
	if state == approval.Pending && len(e.Missing) != len(voters)-len(votes) {
		t.Fatalf("%v: %v are missing", votes, e.Missing)
	}
	return best
}

// TestNodesByBruteForce does the same for two nodes that share a person, as a
// provider reports them.
func TestNodesByBruteForce(t *testing.T) {
	type seat struct {
		node int
		who  string
	}
	seats := []seat{{0, "ann"}, {0, "bob"}, {1, "bob"}, {1, "cat"}}
	needs := map[int]approval.Need{1: approval.Any, 2: approval.All}
	for first, need0 := range needs {
		for second, need1 := range needs {
			needed := []int{first, second}
			r := open(t, opening(policy(approval.DingTalk+"2", node(need0, 0, "ann", "bob"), node(need1, 0, "bob", "cat"))))
			var step func(votes []approval.Vote)
			step = func(votes []approval.Vote) {
				checkNodes(t, r, votes, needed)
				for _, s := range seats {
					voted := false
					for _, v := range votes {
						voted = voted || v.Node == s.node && v.Who.ID == s.who
					}
					if !voted {
						step(append(slices.Clip(votes), ballot(s.who, s.node, yes)))
						step(append(slices.Clip(votes), ballot(s.who, s.node, no)))
					}
				}
			}
			step(nil)
		}
	}
}

func checkNodes(t *testing.T, opened *approval.Request, votes []approval.Vote, needed []int) {
	t.Helper()
	r, err := opened.Answer(approval.Answer{Outcome: approval.Pending, Votes: votes}, minutes(30))
	if err != nil {
		t.Fatal(err)
	}
	replayed := opened
	for _, v := range votes {
		replayed = replayed.WithVote(v)
	}
	if got, want := stored(t, replayed), stored(t, r); got != want {
		t.Fatalf("replayed:\n%s\nanswered:\n%s", got, want)
	}
	var yes, no [2]int
	for _, v := range votes {
		if v.Decision == approval.Approve {
			yes[v.Node]++
		} else {
			no[v.Node]++
		}
	}
	current := 0
	if no[0] == 0 && yes[0] >= needed[0] {
		current = 1
	}
	want := []approval.NodeState{approval.NodeOpen, approval.NodeWaiting}
	if current == 1 {
		want = []approval.NodeState{approval.NodeApproved, approval.NodeOpen}
	}
	nodes, e := r.Nodes(), r.Explain(minutes(30))
	if got := []approval.NodeState{nodes[0].State, nodes[1].State}; !reflect.DeepEqual(got, want) || e.Node != current {
		t.Fatalf("%+v: nodes %v, current %d; want %v, %d", votes, got, e.Node, want, current)
	}
	if len(nodes[0].Votes) != yes[0]+no[0] || len(nodes[1].Votes) != yes[1]+no[1] {
		t.Fatalf("%+v: votes of the nodes %v", votes, nodes)
	}
	if want := no == [2]int{}; e.Reachable != want {
		t.Fatalf("%+v: reachable %t, want %t", votes, e.Reachable, want)
	}
	if want := max(0, needed[current]-yes[current]); e.Needed != want {
		t.Fatalf("%+v: %d needed, want %d", votes, e.Needed, want)
	}
	if want := 2 - yes[current] - no[current]; len(e.Missing) != want {
		t.Fatalf("%+v: %v missing, want %d", votes, e.Missing, want)
	}
}

func TestUnlistedVotersDoNotFillTheQuorumOfOthers(t *testing.T) {
	// A provider may let somebody else vote in place of an approver.
	v := ballot("deputy", 0, no)
	r := must(t)(remote(t).Answer(approval.Answer{Outcome: approval.Pending, Votes: []approval.Vote{v}}, minutes(6)))
	e := r.Explain(minutes(7))
	if e.Reachable || e.Needed != 2 || len(e.Missing) != 3 || e.Rejected[0] != penstock.UserParty("deputy") {
		t.Errorf("explained as %+v", e)
	}
}
