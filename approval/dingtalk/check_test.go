package dingtalk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/dingtalk"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

func quorum(k int, ids ...string) approval.Node {
	n := node(approval.KOf, ids...)
	n.K = k
	return n
}

// anywhere is a kind of the host's own, of which package approval knows no rules.
const anywhere approval.Kind = "ding-elsewhere"

func policyOf(nodes ...approval.Node) approval.Policy {
	return approval.Policy{Enabled: true, Kind: anywhere, Nodes: nodes}
}

func TestPoliciesAreRefusedEarly(t *testing.T) {
	t.Parallel()
	var many []approval.Node
	for i := range 21 {
		many = append(many, node(approval.Any, fmt.Sprint("p", i)))
	}
	twice := policyOf(node(approval.Any, "ann", "bob"), node(approval.All, "cat", "ann"))
	apart := twice.Clone()
	apart.Separation.NotAuthor = true
	group := quorum(2, "ann")
	group.Approvers = append(group.Approvers, penstock.Party{Type: penstock.Group, ID: "sre"})
	for rule, tt := range map[string]struct {
		policy  approval.Policy
		process string
		want    []string
	}{
		"what fits":                       {policyOf(node(approval.Any, "ann", "bob"), node(approval.All, "cat")), "P", nil},
		"a quorum":                        {policyOf(quorum(2, "ann", "bob", "cat")), "P", []string{"nodes[0].k"}},
		"a quorum of one, and of all":     {policyOf(quorum(1, "ann", "bob"), quorum(2, "cat", "dan")), "P", nil},
		"a group may be as many as asked": {policyOf(group), "P", nil},
		"many nodes":                      {policyOf(many...), "P", []string{"nodes"}},
		"somebody twice":                  {twice, "P", []string{"nodes[1].approvers[1]"}},
		"somebody who may be excluded":    {apart, "P", nil},
		"no process":                      {policyOf(node(approval.Any, "ann")), "", []string{"approval_id"}},
	} {
		t.Run(rule, func(t *testing.T) {
			if err := tt.policy.Validate(); err != nil {
				t.Fatal(err)
			}
			cfg := config("https://dingtalk.test")
			cfg.ProcessCode = tt.process
			var got []string
			for _, f := range penstock.Faults(provider(t, cfg).Check(tt.policy)) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is refused early, Create would refuse for sure; and what is let through, it refuses only for
// what was not known then.
func TestCheckSaysWhatCreateSays(t *testing.T) {
	t.Parallel()
	_, p := wired(t)
	dice := rand.New(rand.NewPCG(3, 4))
	people := []string{"ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal"}
	sre := penstock.Party{Type: penstock.Group, ID: "sre"}
	members := map[string][]penstock.Party{sre.Key(): users("hal", "ann")}
	refused, taken := 0, 0
	for i := range 500 {
		var nodes []approval.Node
		for range 1 + dice.IntN(3) {
			n := approval.Node{Need: []approval.Need{approval.All, approval.Any, approval.KOf}[dice.IntN(3)]}
			for _, i := range dice.Perm(len(people))[:1+dice.IntN(3)] {
				n.Approvers = append(n.Approvers, penstock.UserParty(people[i]))
			}
			if dice.IntN(4) == 0 {
				n.Approvers = append(n.Approvers, sre)
			}
			if n.Need == approval.KOf {
				n.K = 1 + dice.IntN(3)
			}
			nodes = append(nodes, n)
		}
		policy := policyOf(nodes...)
		policy.Separation = approval.Separation{NotAuthor: dice.IntN(4) == 0, NotLastEditor: dice.IntN(4) == 0}
		if policy.Validate() != nil {
			continue
		}
		r, err := approval.Open(approval.Opening{ID: "r" + strconv.Itoa(i), Policy: policy, Members: members, By: penstock.Actor{ID: "max"}, At: time.Now(),
			Subject: approval.Subject{Hash: "h", Author: people[dice.IntN(8)], LastEditor: people[dice.IntN(8)]}})
		if err != nil {
			continue
		}
		early := p.Check(policy)
		_, err = p.Create(t.Context(), r)
		late := errors.Is(err, penstock.ErrInvalid)
		switch {
		case early != nil && !late:
			t.Fatalf("%+v is refused early: %v; Create says %v", policy, early, err)
		case early == nil && late && policy.Groups() == nil && policy.Separation == (approval.Separation{}):
			t.Fatalf("%+v is refused too late: %v", policy, err)
		case early != nil:
			refused++
		case err == nil:
			taken++
		}
	}
	if refused < 50 || taken < 50 {
		t.Errorf("%d refused, %d taken: the dice are no test", refused, taken)
	}
}

// A plan is not finalized with an approval that nobody could be asked for.
func TestPlanWithSuchAnApprovalIsNotFinalized(t *testing.T) {
	t.Parallel()
	_, p := wired(t)
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Providers: map[approval.Kind]approval.Provider{approval.DingTalk: p}})
	policy := policyOf(quorum(2, "ann", "bob", "cat"))
	policy.Kind = approval.DingTalk
	plan, err := plans.Create(context.Background(), releaseplan.Content{Name: "Checkout 2.4", Approval: &policy,
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "cart", Kind: releaseplan.Manual}}}}}, owner)
	if err != nil {
		t.Fatal(err)
	}
	_, err = plans.Do(t.Context(), plan.ID(), releaseplan.Command{Action: releaseplan.Finalize}, owner)
	if faults := penstock.Faults(err); len(faults) != 1 || faults[0].Field != "approval.nodes[0].k" {
		t.Errorf("got %v", err)
	}
}

func TestEveryIsConfigured(t *testing.T) {
	t.Parallel()
	cfg := config("https://dingtalk.test")
	cfg.Every = 5 * time.Minute
	if got := approval.Every(provider(t, cfg)); got != cfg.Every {
		t.Errorf("got %s", got)
	}
	for _, bad := range []time.Duration{-time.Second, 1, time.Second - 1, 24*time.Hour + 1} {
		cfg.Every = bad
		if _, err := dingtalk.New(cfg); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%s is taken", bad)
		}
	}
}
