package lark_test

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/lark"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

func group(id string) penstock.Party { return penstock.Party{Type: penstock.Group, ID: id} }

func TestPoliciesAreRefusedEarly(t *testing.T) {
	withGroup := node(approval.KOf, 2, "ann")
	withGroup.Approvers = append(withGroup.Approvers, group("sre"))
	few := node(approval.KOf, 2, "ann", "bob", "cat")
	apart := policyOf("two", node(approval.Any, 0, "ann"), node(approval.KOf, 2, "cat", "dan", "eve"))
	apart.Separation.NotAuthor = true
	for rule, tt := range map[string]struct {
		policy approval.Policy
		want   []string
	}{
		"what fits":                       {twoNodes(), nil},
		"a quorum":                        {policyOf("one", few), []string{"nodes[0].k"}},
		"each fault":                      {policyOf("two", few, node(approval.Any, 0, "ann", "bob")), []string{"nodes[0].k", "nodes[1].need"}},
		"a quorum of one":                 {policyOf("one", node(approval.KOf, 1, "ann", "bob")), nil},
		"a quorum of all":                 {policyOf("two", node(approval.Any, 0, "ann"), node(approval.KOf, 2, "cat", "dan")), nil},
		"all of one, where any decides":   {policyOf("one", node(approval.All, 0, "ann")), nil},
		"all, where any decides":          {policyOf("one", node(approval.All, 0, "ann", "bob")), []string{"nodes[0].need"}},
		"more nodes":                      {policyOf("one", node(approval.Any, 0, "ann"), node(approval.Any, 0, "bob")), []string{"nodes"}},
		"fewer nodes":                     {policyOf("two", node(approval.Any, 0, "ann")), []string{"nodes"}},
		"an app that is not known":        {policyOf("three", node(approval.Any, 0, "ann")), []string{"approval_id"}},
		"who has no account":              {policyOf("one", node(approval.Any, 0, "ann", "Bob B")), []string{"nodes[0].approvers[1].id"}},
		"a group may be as many as asked": {policyOf("two", node(approval.Any, 0, "ann"), withGroup), nil},
		"one may be excluded":             {apart, nil},
	} {
		t.Run(rule, func(t *testing.T) {
			if err := tt.policy.Validate(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range penstock.Faults(providerOf(t, config("https://lark.test")).Check(tt.policy)) {
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
	o := newOffice(t)
	p := providerOf(t, config(o.server.URL))
	dice := rand.New(rand.NewPCG(1, 2))
	people := []string{"ann", "bob", "cat", "dan", "eve"}
	members := map[string][]penstock.Party{}
	for _, id := range []string{"G", "H"} {
		for _, i := range dice.Perm(len(people))[:1+dice.IntN(4)] {
			members[group(id).Key()] = append(members[group(id).Key()], penstock.UserParty(people[i]))
		}
	}
	refused, taken := 0, 0
	for i := range 600 {
		policy := policyOf([]string{"one", "two", "three"}[dice.IntN(12)/5])
		for range 1 + dice.IntN(20)/9 {
			n := approval.Node{Need: []approval.Need{approval.All, approval.Any, approval.KOf}[dice.IntN(3)]}
			for _, i := range dice.Perm(len(people))[:1+dice.IntN(4)] {
				n.Approvers = append(n.Approvers, penstock.UserParty(people[i]))
			}
			if dice.IntN(4) == 0 {
				n.Approvers = append(n.Approvers, group([]string{"G", "H"}[dice.IntN(2)]))
			}
			if n.Need == approval.KOf {
				n.K = 1 + dice.IntN(3)
			}
			policy.Nodes = append(policy.Nodes, n)
		}
		policy.Separation = approval.Separation{NotAuthor: dice.IntN(4) == 0, NotLastEditor: dice.IntN(4) == 0}
		if policy.Validate() != nil {
			continue
		}
		r, err := approval.Open(approval.Opening{ID: "r" + strconv.Itoa(i), Policy: policy, Members: members, By: penstock.Actor{ID: "max"}, At: at(0),
			Subject: approval.Subject{Hash: "h", Author: people[dice.IntN(5)], LastEditor: people[dice.IntN(5)]}})
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
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Providers: map[approval.Kind]approval.Provider{
		approval.Lark: providerOf(t, config("https://lark.test"))}})
	policy := policyOf("one", node(approval.KOf, 2, "ann", "bob", "cat"))
	content := releaseplan.Content{Name: "Checkout 2.4", Approval: &policy,
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "cart", Kind: releaseplan.Manual}}}}}
	plan, err := plans.Create(t.Context(), content, manager)
	if err != nil {
		t.Fatal(err)
	}
	_, err = plans.Do(t.Context(), plan.ID(), releaseplan.Command{Action: releaseplan.Finalize}, manager)
	if faults := penstock.Faults(err); !errors.Is(err, penstock.ErrInvalid) && !errors.Is(err, penstock.ErrRefused) || len(faults) != 1 || faults[0].Field != "approval.nodes[0].k" {
		t.Fatalf("got %v", err)
	}
	if faults := penstock.Faults(plan.Lint()); len(faults) != 1 {
		t.Errorf("Lint says %v", faults)
	}
	mend := func(c *releaseplan.Content) error {
		c.Approval.Nodes[0].Need, c.Approval.Nodes[0].K = approval.Any, 0
		return nil
	}
	if _, err := plans.Edit(t.Context(), plan.ID(), plan.Version(), mend, manager); err != nil {
		t.Fatal(err)
	}
	if _, err := plans.Do(t.Context(), plan.ID(), releaseplan.Command{Action: releaseplan.Finalize}, manager); err != nil {
		t.Error(err)
	}
}

func TestEveryIsConfigured(t *testing.T) {
	cfg := config("https://lark.test")
	cfg.Every = 5 * time.Minute
	if got := approval.Every(providerOf(t, cfg)); got != cfg.Every {
		t.Errorf("got %s", got)
	}
	for _, bad := range []time.Duration{-time.Second, 1, time.Second - 1, 24*time.Hour + 1} {
		cfg.Every = bad
		if _, err := lark.New(cfg); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%s is taken", bad)
		}
	}
}
