package workflow

import (
	"encoding/json"

	"github.com/penstock-go/penstock"
)

// Starter is the type of the party that is whoever started the run. It has no
// id, and counts only where a policy of a run names [People].
const Starter penstock.PartyType = "task_creator"

// People are users, groups, and the [Starter]. In JSON a user has user_id and
// user_name, a group group_id and group_name; id and name are read too.
type People []penstock.Party

// personJSON is how one of them is written.
type personJSON struct {
	Type      penstock.PartyType `json:"type,omitempty"`
	UserID    string             `json:"user_id,omitempty"`
	UserName  string             `json:"user_name,omitempty"`
	GroupID   string             `json:"group_id,omitempty"`
	GroupName string             `json:"group_name,omitempty"`
	Identity  string             `json:"identity_type,omitempty"`
	ID        string             `json:"id,omitempty"`   // read only, but of what is neither user nor group
	Name      string             `json:"name,omitempty"` // the same
}

// MarshalJSON writes people as user_id, user_name, group_id and group_name.
func (p People) MarshalJSON() ([]byte, error) {
	all := make([]personJSON, len(p))
	for i, party := range p {
		all[i] = personToJSON(party)
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads what [People.MarshalJSON] writes.
func (p *People) UnmarshalJSON(text []byte) error {
	var all []personJSON
	if err := json.Unmarshal(text, &all); err != nil {
		return decodeFault("", text, &all, err)
	}
	*p = nil
	if all != nil {
		*p = make(People, len(all))
	}
	for i, person := range all {
		(*p)[i] = person.party()
	}
	return nil
}

func personToJSON(p penstock.Party) personJSON {
	w := personJSON{Type: p.Type, Identity: p.IdentityType}
	switch p.Type {
	case penstock.User, "":
		w.UserID, w.UserName = p.ID, p.Name
	case penstock.Group:
		w.GroupID, w.GroupName = p.ID, p.Name
	default:
		w.ID, w.Name = p.ID, p.Name
	}
	return w
}

func (w personJSON) party() penstock.Party {
	p := penstock.Party{Type: w.Type, ID: w.ID, Name: w.Name, IdentityType: w.Identity}
	id, name := w.UserID, w.UserName
	if w.Type == penstock.Group {
		id, name = w.GroupID, w.GroupName
	}
	if id != "" {
		p.ID = id
	}
	if name != "" {
		p.Name = name
	}
	return p
}
