package approval

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// An Opening is what [Open] needs to know.
type Opening struct {
	ID      string // of the request; unique for good, at most MaxText bytes
	Policy  Policy // enabled and valid
	Subject Subject

	// Members are the users in each group of [Policy.Groups], by the
	// [penstock.Party.Key] of the group. A group without members is an error.
	Members map[string][]penstock.Party

	By penstock.Actor // who asks for the approval
	At time.Time      // now
}

// Open opens a request. It keeps a snapshot: the policy, and in each node the
// people who may vote — users first, in the order of the policy, then the
// members of its groups, everybody once, without those whom the separation of
// duties excludes.
//
// A bad policy, a missing id or hash, a group without members and a quorum that
// the people who may vote cannot reach are [*penstock.InvalidError], all of them
// joined. Open keeps nothing that o refers to.
func Open(o Opening) (*Request, error) {
	f := o.check()
	if f != nil {
		return nil, f.join()
	}
	r := &Request{state: Pending, terms: terms{
		RequestID: o.ID, Subject: o.Subject, By: partyOf(o.By), Opened: instant(o.At),
	}}
	asks, err := stored(o.Policy)
	if err != nil {
		return nil, penstock.Invalid("policy", "%v", err)
	}
	r.Asks = asks
	nodeOf := map[string]int{} // DingTalk: where somebody was found first
	for i, node := range r.Asks.Nodes {
		path := fmt.Sprintf("policy.nodes[%d]", i)
		people := expand(node, o.Members, path, &f)
		if len(people) > MaxVoters {
			f.add(path+".approvers", "must be at most %d people, not %d", MaxVoters, len(people))
			continue
		}
		for _, p := range people {
			if first, found := nodeOf[p.ID]; found && r.Kind() == DingTalk {
				f.add(path+".approvers", "%s is in nodes[%d] already", p.Label(), first)
			} else {
				nodeOf[p.ID] = i
			}
		}
		r.Panels = append(r.Panels, seat(node, people, r.excludes, path, &f))
	}
	if f != nil {
		return nil, f.join()
	}
	return r, nil
}

func (o Opening) check() (f faults) {
	f.under("policy", o.Policy.check())
	if !o.Policy.Enabled {
		f.add("policy.enabled", "must be true")
	}
	f.text("id", o.ID, MaxText)
	if o.ID == "" {
		f.add("id", "must not be empty")
	}
	f.text("subject.hash", o.Subject.Hash, MaxText)
	f.text("subject.author", o.Subject.Author, MaxText)
	f.text("subject.last_editor", o.Subject.LastEditor, MaxText)
	if o.Subject.Hash == "" {
		f.add("subject.hash", "must not be empty")
	}
	if s := o.Policy.Separation; (s.NotAuthor || s.NotLastEditor) && o.Subject.Author == "" {
		f.add("subject.author", "must not be empty under separation of duties")
	}
	if at := instant(o.At); at.IsZero() || at.Year() < 1 || at.Year() > maxYear-2 { // the deadline must be writable too
		f.add("at", "must be a time from year 1 to %d", maxYear-2)
	}
	return append(f, checkActor(o.By)...)
}

// stored returns p as it is when it comes back from its JSON.
func stored(p Policy) (next Policy, err error) {
	text, err := json.Marshal(p)
	if err != nil {
		return next, err
	}
	err = json.Unmarshal(text, &next)
	return next, err
}

// expand returns the people of a node, each once: users first, then the
// members of groups.
func expand(n Node, members map[string][]penstock.Party, path string, f *faults) []penstock.Party {
	var people []penstock.Party
	seen := make(map[string]bool, len(n.Approvers))
	add := func(p penstock.Party) {
		if seen[p.ID] {
			return
		}
		seen[p.ID] = true
		p.Type = penstock.User
		p.Name = strings.ToValidUTF8(p.Name, "\uFFFD")
		p.IdentityType = strings.ToValidUTF8(p.IdentityType, "\uFFFD")
		people = append(people, p)
	}
	for _, a := range n.Approvers {
		if a.Type != penstock.Group {
			add(a)
		}
	}
	for i, a := range n.Approvers {
		if a.Type != penstock.Group {
			continue
		}
		if len(members[a.Key()]) == 0 {
			f.add(fmt.Sprintf("%s.approvers[%d]", path, i), "group %s must have members", a.Label())
		}
		for _, m := range members[a.Key()] {
			if sub := checkMember(m); sub != nil {
				f.under(fmt.Sprintf("members[%s]", a.Key()), sub)
				continue
			}
			add(m)
		}
	}
	return people
}

// checkMember leaves names to expand, which mends them: they are the directory's.
func checkMember(m penstock.Party) (f faults) {
	if m.Type == penstock.Group {
		f.add("type", "must be %s, not %s", penstock.User, m.Type)
	}
	return append(f, checkParty(penstock.Party{Type: penstock.User, ID: m.ID}, true)...)
}

// seat takes the vote from those who are excluded, and checks that the others
// are enough.
func seat(n Node, people []penstock.Party, why func(id string) Reason, path string, f *faults) panel {
	var p panel
	for _, person := range people {
		if reason := why(person.ID); reason != "" {
			p.Excluded = append(p.Excluded, Exclusion{person, reason})
		} else {
			p.Approvers = append(p.Approvers, person)
		}
	}
	switch n.Need {
	case All:
		p.Needed = max(1, len(p.Approvers))
	case Any:
		p.Needed = 1
	case KOf:
		p.Needed = n.K
	}
	if len(people) > 0 && p.Needed > len(p.Approvers) {
		f.add(path, "needs %d approvals, but only %d of its %d approvers may vote%s",
			p.Needed, len(p.Approvers), len(people), because(p.Excluded))
	}
	return p
}

func because(excluded []Exclusion) string {
	if len(excluded) == 0 {
		return ""
	}
	return ": not " + list(excluded, Exclusion.String)
}

// excludes says why the user with id has no vote; empty if it has one.
func (r *Request) excludes(id string) Reason {
	s, editor := r.Asks.Separation, r.Subject.LastEditor
	if editor == "" {
		editor = r.Subject.Author
	}
	switch {
	case s.NotAuthor && id == r.Subject.Author:
		return IsAuthor
	case s.NotLastEditor && id == editor:
		return IsLastEditor
	default:
		return ""
	}
}
