package penstock

import "slices"

// An Actor is who asks for something: a person, or a program that acts for
// itself. It is a plain argument of every command and never hides in a context.
// The host vouches for it; Penstock believes every field.
type Actor struct {
	ID     string   `json:"id"`
	Name   string   `json:"name,omitempty"`
	Email  string   `json:"email,omitempty"`
	Groups []string `json:"groups,omitempty"` // ids of the groups that the actor is a member of
	Admin  bool     `json:"admin,omitempty"`  // may do everything but vote for others
}

// SystemID is the id of the actor that stands for the library itself: moves by
// rule, and what a Runner does.
const SystemID = "system"

// System returns the actor that stands for the library itself.
func System() Actor { return Actor{ID: SystemID, Admin: true} }

// Is reports whether party names the actor: the user with its id, or a group
// that it is a member of. The zero Party names nobody.
func (a Actor) Is(party Party) bool {
	switch party.Type {
	case User, "":
		return a.ID != "" && a.ID == party.ID
	case Group:
		return party.ID != "" && slices.Contains(a.Groups, party.ID)
	default:
		return false
	}
}

// A PartyType says whether a Party is one person or many.
type PartyType string

// The types of a party. The empty type means [User].
const (
	User  PartyType = "user"
	Group PartyType = "group"
)

// A Party is who is named in a plan: its owner, an approver, a recipient. Two
// parties are the same if their type and id are.
type Party struct {
	Type         PartyType `json:"type,omitempty"`
	ID           string    `json:"id,omitempty"`
	Name         string    `json:"name,omitempty"`          // shown to people; not compared
	IdentityType string    `json:"identity_type,omitempty"` // where the account lives: system, ldap, oauth, …
}

// UserParty returns the party that is the user with id.
func UserParty(id string) Party { return Party{Type: User, ID: id} }

// GroupParty returns the party that is the group with id.
func GroupParty(id string) Party { return Party{Type: Group, ID: id} }

// IsZero reports whether p names nobody.
func (p Party) IsZero() bool { return p.ID == "" && p.Name == "" }

// Key returns what two values of the same party have in common: "user:ann",
// "group:sre". A party without an id has to be looked up in a [Directory] first.
func (p Party) Key() string {
	if p.Type == "" {
		return string(User) + ":" + p.ID
	}
	return string(p.Type) + ":" + p.ID
}

// Label returns the name to show to people: the name, or else the id.
func (p Party) Label() string {
	if p.Name != "" {
		return p.Name
	}
	return p.ID
}

// A Folder is where a plan is filed. Hosts grant rights by folder.
type Folder struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Key returns what identifies the folder: its id, or else its unique name.
func (f Folder) Key() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}
