package approval_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

func crew(groups int, users ...string) (all []penstock.Party) {
	for _, id := range users {
		all = append(all, penstock.UserParty(id))
	}
	for i := range groups {
		all = append(all, penstock.Party{Type: penstock.Group, ID: string(rune('A' + i))})
	}
	return all
}

func TestVotersAreBounded(t *testing.T) {
	for rule, tt := range map[string]struct {
		who         []penstock.Party
		separation  approval.Separation
		least, most int
	}{
		"everybody who is named":                {crew(0, "ann", "bob", "cat"), approval.Separation{}, 3, 3},
		"each once":                             {crew(0, "ann", "bob", "ann"), approval.Separation{}, 2, 2},
		"an author may be among them":           {crew(0, "ann", "bob", "cat"), approval.Separation{NotAuthor: true}, 2, 3},
		"and an editor":                         {crew(0, "ann", "bob", "cat"), approval.Separation{NotAuthor: true, NotLastEditor: true}, 1, 3},
		"nobody is never enough":                {crew(0, "ann", "bob"), approval.Separation{NotAuthor: true, NotLastEditor: true}, 1, 2},
		"who may execute is another matter":     {crew(0, "ann", "bob"), approval.Separation{NotExecutor: true}, 2, 2},
		"a group has members":                   {crew(1), approval.Separation{}, 1, approval.MaxVoters},
		"which may be those that are named too": {crew(2, "ann", "bob"), approval.Separation{}, 2, approval.MaxVoters},
	} {
		t.Run(rule, func(t *testing.T) {
			p := approval.Policy{Separation: tt.separation, Nodes: []approval.Node{{}, {Approvers: tt.who}}}
			if least, most := p.Voters(1); least != tt.least || most != tt.most {
				t.Errorf("%d to %d, want %d to %d", least, most, tt.least, tt.most)
			}
		})
	}
}

// A node can be asked in a plain way if it can be for one of the numbers of voters that there can be.
func TestNodesAskPlainlyIfTheyCanForSomeNumberOfVoters(t *testing.T) {
	for _, need := range []approval.Need{approval.All, approval.Any, approval.KOf} {
		for k := range 6 {
			for least := 1; least < 6; least++ {
				for most := least; most < 6; most++ {
					n := approval.Node{Need: need}
					if need == approval.KOf {
						n.K = k
					}
					var wantAll, wantAny bool
					for voters := least; voters <= most; voters++ {
						needed := map[approval.Need]int{approval.All: voters, approval.Any: 1, approval.KOf: k}[need]
						wantAll = wantAll || needed == voters
						wantAny = wantAny || needed == 1
					}
					if all, anyOne := n.Asks(least, most); all != wantAll || anyOne != wantAny {
						t.Errorf("%s %d of %d to %d: %t, %t, want %t, %t", need, n.K, least, most, all, anyOne, wantAll, wantAny)
					}
				}
			}
		}
	}
	if all, anyOne := (approval.Node{Need: "most"}).Asks(1, 1); all || anyOne {
		t.Error("what is no need can be asked")
	}
}

// A picky provider is a Checker and a Pacer.
type picky struct {
	approval.Provider
	says  error
	every time.Duration
}

func (p picky) Check(approval.Policy) error { return p.says }
func (p picky) Every() time.Duration        { return p.every }

func TestCheckAsksCheckers(t *testing.T) {
	enabled := approval.Policy{Enabled: true}
	two := errors.Join(penstock.Invalid("nodes[0].k", "too many"), penstock.Invalid("approval_id", "unknown"))
	for rule, tt := range map[string]struct {
		from   approval.Provider
		policy approval.Policy
		want   []string
	}{
		"all faults":                         {picky{says: two}, enabled, []string{"nodes[0].k", "approval_id"}},
		"none":                               {picky{}, enabled, nil},
		"an error that is no fault":          {picky{says: errors.New("no")}, enabled, []string{""}},
		"nothing of what asks for nothing":   {picky{says: two}, approval.Policy{}, nil},
		"nothing of whom cannot tell":        {struct{ approval.Provider }{}, enabled, nil},
		"nothing of a provider that is none": {nil, enabled, nil},
	} {
		t.Run(rule, func(t *testing.T) {
			var got []string
			err := approval.Check(tt.from, tt.policy)
			for _, f := range penstock.Faults(err) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != (tt.want == nil) {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestEveryIsBounded(t *testing.T) {
	for every, want := range map[time.Duration]time.Duration{
		0: approval.DefaultEvery, -time.Hour: approval.DefaultEvery, time.Nanosecond: time.Second, time.Second: time.Second,
		5 * time.Minute: 5 * time.Minute, 1 << 62: 24 * time.Hour,
	} {
		if got := approval.Every(picky{every: every}); got != want {
			t.Errorf("%s: got %s, want %s", every, got, want)
		}
	}
	if got := approval.Every(nil); got != 3*time.Second {
		t.Errorf("without a word: %s", got)
	}
}
