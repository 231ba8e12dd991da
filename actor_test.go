package penstock_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
)

func TestActorIs(t *testing.T) {
	ann := penstock.Actor{ID: "ann", Name: "Ann", Groups: []string{"sre", "release"}}
	for _, row := range []struct {
		rule  string
		who   penstock.Actor
		party penstock.Party
		want  bool
	}{
		{"the user with its id", ann, penstock.UserParty("ann"), true},
		{"no type means user", ann, penstock.Party{ID: "ann"}, true},
		{"names are not compared", ann, penstock.Party{Type: penstock.User, ID: "ann", Name: "Bob"}, true},
		{"nor where the account lives", ann, penstock.Party{ID: "ann", IdentityType: "ldap"}, true},
		{"another user", ann, penstock.UserParty("bob"), false},
		{"a name is no id", ann, penstock.UserParty("Ann"), false},
		{"ids are compared as they are", ann, penstock.UserParty("ANN"), false},
		{"a group that it is in", ann, penstock.GroupParty("release"), true},
		{"a group that it is not in", ann, penstock.GroupParty("qa"), false},
		{"a group with its id", ann, penstock.GroupParty("ann"), false},
		{"a user with the id of its group", ann, penstock.UserParty("sre"), false},
		{"the zero party names nobody", ann, penstock.Party{}, false},
		{"the zero party, the zero actor", penstock.Actor{}, penstock.Party{}, false},
		{"a party that has only a name", penstock.Actor{Name: "Ann"}, penstock.Party{Name: "Ann"}, false},
		{"a group without id", penstock.Actor{Groups: []string{""}}, penstock.GroupParty(""), false},
		{"an unknown type", ann, penstock.Party{Type: "robot", ID: "ann"}, false},
		{"an admin is not everybody", penstock.Actor{ID: "root", Admin: true}, penstock.UserParty("ann"), false},
		{"the library itself", penstock.System(), penstock.UserParty(penstock.SystemID), true},
	} {
		if got := row.who.Is(row.party); got != row.want {
			t.Errorf("%s: %+v is %+v: %t, want %t", row.rule, row.who, row.party, got, row.want)
		}
	}
}

func TestSystemIsAnAdmin(t *testing.T) {
	if diff := cmp.Diff(penstock.Actor{ID: "system", Admin: true}, penstock.System()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPartyKeyLabelAndZero(t *testing.T) {
	for _, row := range []struct {
		party      penstock.Party
		key, label string
		zero       bool
	}{
		{penstock.UserParty("ann"), "user:ann", "ann", false},
		{penstock.GroupParty("sre"), "group:sre", "sre", false},
		{penstock.Party{ID: "ann", Name: "Ann Bell"}, "user:ann", "Ann Bell", false},
		{penstock.Party{Name: "Ann Bell"}, "user:", "Ann Bell", false},
		{penstock.Party{Type: "robot", ID: "r2"}, "robot:r2", "r2", false},
		{penstock.Party{}, "user:", "", true},
		{penstock.Party{Type: penstock.Group, IdentityType: "ldap"}, "group:", "", true},
	} {
		if got := row.party.Key(); got != row.key {
			t.Errorf("%+v has the key %q, want %q", row.party, got, row.key)
		}
		if got := row.party.Label(); got != row.label {
			t.Errorf("%+v has the label %q, want %q", row.party, got, row.label)
		}
		if got := row.party.IsZero(); got != row.zero {
			t.Errorf("%+v is zero: %t, want %t", row.party, got, row.zero)
		}
	}
}

func TestFolderKey(t *testing.T) {
	for want, folder := range map[string]penstock.Folder{
		"":     {},
		"7":    {ID: "7", Name: "shop"},
		"shop": {Name: "shop"},
	} {
		if got := folder.Key(); got != want {
			t.Errorf("%+v has the key %q, want %q", folder, got, want)
		}
	}
}

// Actors, parties and folders are stored inside records: their JSON is a format.
func TestJSONOfActorsPartiesAndFolders(t *testing.T) {
	for want, v := range map[string]any{
		`{"id":"ann"}`: penstock.Actor{ID: "ann"},
		`{"id":"ann","name":"Ann","email":"ann@example.com","groups":["sre"],"admin":true}`: penstock.Actor{
			ID: "ann", Name: "Ann", Email: "ann@example.com", Groups: []string{"sre"}, Admin: true},
		`{"type":"group","id":"sre","name":"SRE","identity_type":"ldap"}`: penstock.Party{
			Type: penstock.Group, ID: "sre", Name: "SRE", IdentityType: "ldap"},
		`{}`:                       penstock.Party{},
		`{"id":"7","name":"shop"}`: penstock.Folder{ID: "7", Name: "shop"},
	} {
		got, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%T: -want +got:\n%s", v, diff)
		}
	}
}
