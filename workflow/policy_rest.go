package workflow

import (
	"cmp"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// An openKind is a [kindJSON] of which only what it does not know counts.
type openKind struct {
	kindJSON
	Asker *openParty   `json:"approval_initiator"`
	Users []openPerson `json:"approve_users"`
	Nodes []openNode   `json:"approval_nodes"`
	Rest
}

type openNode struct {
	nodeJSON
	Users []openPerson `json:"approve_users"`
	Rest
}

type openParty struct {
	penstock.Party
	Rest
}

type openPerson struct {
	personJSON
	Rest
}

// keepKind adds to the member of a policy's kind, as it is written, what is not known of it as
// it was read: of people by who they are, of nodes by their place.
func keepKind(written, read json.RawMessage, p approval.Policy) (json.RawMessage, error) {
	var was openKind
	if err := decodeOpen(read, &was); err != nil {
		return nil, err
	}
	k := kindOf(p)
	next := openKind{Users: keepPeople(was.Users, k.Users), Nodes: make([]openNode, len(k.Nodes)), Rest: was.Rest}
	if was.Asker != nil && k.Asker != nil && was.Asker.ID == k.Asker.ID {
		next.Asker = was.Asker
	}
	places := 0
	for _, node := range was.Nodes {
		if _, counts := node.node(); !counts {
			continue
		}
		if places < len(k.Nodes) {
			next.Nodes[places].Rest = node.Rest
			next.Nodes[places].Users = keepPeople(node.Users, k.Nodes[places].Users)
		}
		places++
	}
	for ; places < len(k.Nodes); places++ {
		next.Nodes[places].Users = keepPeople(nil, k.Nodes[places].Users)
	}
	return addRest(written, reflect.ValueOf(&next))
}

// keepPeople returns what is not known of people, as they were read.
func keepPeople(read []openPerson, people []penstock.Party) []openPerson {
	all := make([]openPerson, len(people))
	for i, who := range people {
		for _, was := range read {
			if p := was.party(); cmp.Or(p.Type, penstock.User) == cmp.Or(who.Type, penstock.User) && p.ID == who.ID {
				all[i].Rest = was.Rest
				break
			}
		}
	}
	return all
}

// member returns what was read under a name, in any case; nil if nothing was.
func (r Rest) member(name string) json.RawMessage {
	for key, text := range r.members {
		if strings.EqualFold(key, name) {
			return text
		}
	}
	return nil
}
