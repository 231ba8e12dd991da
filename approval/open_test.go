package approval_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

func grouped(need approval.Need, k int, parties ...penstock.Party) approval.Policy {
	return policy(approval.Native, approval.Node{Need: need, K: k, Approvers: parties})
}

func TestOpenExpandsGroupsToPeople(t *testing.T) {
	sre, dba := penstock.GroupParty("sre"), penstock.GroupParty("dba")
	o := opening(grouped(approval.All, 0, sre, penstock.UserParty("cat"), dba, penstock.UserParty("ann"), penstock.UserParty("cat")))
	o.Members = map[string][]penstock.Party{
		sre.Key(): {{ID: "bob", Name: "Bob"}, penstock.UserParty("ann")},
		dba.Key(): users("dan", "bob", "cat"),
	}
	n := open(t, o).Nodes()[0]
	want := []penstock.Party{
		penstock.UserParty("cat"), penstock.UserParty("ann"), // users first, in their order
		{Type: penstock.User, ID: "bob", Name: "Bob"}, penstock.UserParty("dan"), // then members
	}
	if diff := cmp.Diff(want, n.Approvers); diff != "" {
		t.Errorf("approvers (-want +got):\n%s", diff)
	}
	if n.Needed != 4 {
		t.Errorf("needs %d approvals, want those of all 4", n.Needed)
	}
}

func TestOpenRefusesImpossible(t *testing.T) {
	sre := penstock.GroupParty("sre")
	separated := func(p approval.Policy, s approval.Separation) approval.Policy { p.Separation = s; return p }
	var crowd []penstock.Party
	for i := range 1_001 {
		crowd = append(crowd, penstock.UserParty(fmt.Sprint("u", i)))
	}
	with := func(p approval.Policy, edit func(*approval.Opening)) approval.Opening {
		o := opening(p)
		edit(&o)
		return o
	}
	members := func(parties ...penstock.Party) func(*approval.Opening) {
		return func(o *approval.Opening) { o.Members = map[string][]penstock.Party{sre.Key(): parties} }
	}
	ann := policy(approval.Native, node(approval.Any, 0, "ann"))
	tests := []struct {
		rule string
		o    approval.Opening
		want []string
	}{
		{"a disabled policy", opening(approval.Policy{}), []string{"policy.enabled"}},
		{"a bad policy", opening(policy(approval.Native)), []string{"policy.nodes"}},
		{"nothing known", approval.Opening{Policy: ann}, []string{"id", "subject.hash", "at", "by.id"}},
		{"a time that JSON cannot write", with(ann, func(o *approval.Opening) { o.At = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }), []string{"at"}},
		{"an id that is not UTF-8", with(ann, func(o *approval.Opening) { o.ID, o.By.Name = "\xff", "\xff" }), []string{"id", "by.name"}},
		{"a group without members", opening(grouped(approval.Any, 0, penstock.UserParty("ann"), sre)), []string{"policy.nodes[0].approvers[1]"}},
		{"a member without an id", with(grouped(approval.Any, 0, sre), members(penstock.Party{Name: "x"}, penstock.UserParty("ann"))), []string{"members[group:sre].id"}},
		{"a group in a group", with(grouped(approval.Any, 0, sre), members(penstock.GroupParty("x"), penstock.UserParty("ann"))), []string{"members[group:sre].type"}},
		{"too many people", with(grouped(approval.Any, 0, sre), members(crowd...)), []string{"policy.nodes[0].approvers"}},
		{"k above the people of a group", with(grouped(approval.KOf, 3, sre, penstock.UserParty("ann")), members(users("ann", "bob")...)), []string{"policy.nodes[0]"}},
		{"k of the people of a group", with(grouped(approval.KOf, 2, sre, penstock.UserParty("ann")), members(users("ann", "bob")...)), nil},
		{"k above those who may vote", opening(separated(policy(approval.Native, node(approval.KOf, 2, "ann", "max")), approval.Separation{NotAuthor: true})), []string{"policy.nodes[0]"}},
		{"nobody may vote: all", opening(separated(policy(approval.Native, node(approval.All, 0, "max")), approval.Separation{NotAuthor: true})), []string{"policy.nodes[0]"}},
		{"nobody may vote: any, second node", opening(separated(policy(approval.Lark, node(approval.Any, 0, "ann"), node(approval.Any, 0, "eve", "max")), approval.Separation{NotAuthor: true, NotLastEditor: true})), []string{"policy.nodes[1]"}},
		{"separation needs an author", with(separated(ann, approval.Separation{NotAuthor: true}), func(o *approval.Opening) { o.Subject.Author = "" }), []string{"subject.author"}},
		{"DingTalk: nobody twice, after expansion", with(policy(approval.DingTalk, node(approval.Any, 0, "ann"), approval.Node{Need: approval.Any, Approvers: []penstock.Party{sre}}), members(users("bob", "ann")...)), []string{"policy.nodes[1].approvers"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			r, err := approval.Open(tt.o)
			if diff := cmp.Diff(tt.want, fields(err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s\n%v", diff, err)
			}
			if (r == nil) != (err != nil) {
				t.Errorf("Open = %v, %v", r, err)
			}
		})
	}
}

func TestOpenKeepsASnapshot(t *testing.T) {
	sre := penstock.GroupParty("sre")
	o := opening(grouped(approval.Any, 0, sre))
	o.Members = map[string][]penstock.Party{sre.Key(): users("ann", "bob")}
	r := open(t, o)
	before := stored(t, r)

	o.Members[sre.Key()][0].ID = "mallory"
	o.Policy.Nodes[0].Approvers[0].ID = "mallory"
	r.Policy().Nodes[0].Approvers[0].ID = "mallory"
	r.Nodes()[0].Approvers[0].ID = "mallory"
	r.Explain(noon).Missing[0].ID = "mallory"
	if after := stored(t, r); after != before {
		t.Errorf("the request changed:\n%s\n%s", before, after)
	}
	if _, err := r.Vote(yes, actor("mallory"), minutes(1)); kind(err) != "forbidden" {
		t.Errorf("mallory votes: %v", err)
	}
	cast(t, r, yes, "ann")
}

func TestOpenTruncatesTimes(t *testing.T) {
	o := opening(policy(approval.Native, node(approval.Any, 0, "ann")))
	o.At = noon.Add(1999 * time.Nanosecond).In(time.FixedZone("", 3600))
	r := open(t, o)
	if got, want := r.OpenedAt(), noon.Add(time.Microsecond); got != want {
		t.Errorf("opened at %v, want %v", got, want)
	}
	if got, want := r.Deadline(), noon.Add(time.Hour+time.Microsecond); got != want {
		t.Errorf("deadline %v, want %v", got, want)
	}
}
