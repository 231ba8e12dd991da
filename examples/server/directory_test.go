package main

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
)

func TestDirectoryOfAFile(t *testing.T) {
	t.Parallel()
	d := newDirectory(t.Context(), crewed(t)).(penstock.NumberedDirectory)
	user := func(id, name string) penstock.Party { return penstock.Party{Type: penstock.User, ID: id, Name: name} }
	for name, test := range map[string]struct{ ask, want penstock.Party }{
		"id":                       {penstock.UserParty("ann"), user("ann", "Ann")},
		"id without a type":        {penstock.Party{ID: "ann"}, user("ann", "Ann")},
		"name":                     {penstock.Party{Name: "Ann"}, user("ann", "Ann")},
		"id as a name":             {penstock.Party{Name: "ann"}, user("ann", "Ann")},
		"no name of its own":       {penstock.Party{Name: "root"}, user("root", "root")},
		"the id counts":            {penstock.Party{ID: "ann", Name: "Bob"}, user("ann", "Ann")},
		"stranger":                 {penstock.UserParty("mallory"), penstock.Party{}},
		"nobody":                   {penstock.Party{}, penstock.Party{}},
		"group":                    {penstock.GroupParty("sre"), penstock.Party{Type: penstock.Group, ID: "sre", Name: "sre"}},
		"group by name":            {penstock.Party{Type: penstock.Group, Name: "sre"}, penstock.Party{Type: penstock.Group, ID: "sre", Name: "sre"}},
		"group that nobody is in":  {penstock.GroupParty("qa"), penstock.Party{}},
		"group with a user's name": {penstock.GroupParty("ann"), penstock.Party{}},
	} {
		got, err := d.Party(t.Context(), test.ask)
		if test.want.IsZero() {
			if !errors.Is(err, penstock.ErrNotFound) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
			continue
		}
		if err != nil || cmp.Diff(test.want, got.Party) != "" || !got.Active || got.Number <= 0 {
			t.Errorf("%s: %v, %v", name, got, err)
			continue
		}
		again, err := d.PartyByNumber(t.Context(), got.Type, got.Number)
		if err != nil || cmp.Diff(got, again) != "" {
			t.Errorf("%s by number: %v, %v", name, again, err)
		}
	}
	sre, _ := d.Party(t.Context(), penstock.GroupParty("sre"))
	if diff := cmp.Diff([]penstock.Party{user("ann", "Ann"), user("bob", "Bob")}, sre.Members); diff != "" {
		t.Error(diff)
	}
	if ann, _ := d.Party(t.Context(), penstock.UserParty("ann")); ann.Email != "ann@example.org" {
		t.Errorf("e-mail %q", ann.Email)
	}
	if p, err := d.PartyByNumber(t.Context(), penstock.Group, mustNumber(t, d, "ann")); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("a user's number finds the group %v, %v", p, err)
	}
	for _, name := range []string{"DEFAULT", "OTHER", "7"} { // 7 is in no file, but is its own number
		f, err := d.Folder(t.Context(), penstock.Folder{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := d.FolderByNumber(t.Context(), f.Number); err != nil || got != f {
			t.Errorf("folder %d is %v, %v", f.Number, got, err)
		}
	}
}

func mustNumber(t *testing.T, d penstock.Directory, id string) int64 {
	t.Helper()
	p, err := d.Party(t.Context(), penstock.UserParty(id))
	if err != nil {
		t.Fatal(err)
	}
	return p.Number
}

func TestTwoOfOneNameAreNotGuessed(t *testing.T) {
	t.Parallel()
	c, err := newTokens([]person{{Token: "0000000000000000", ID: "1", Name: "Ann"}, {Token: "0000000000000001", ID: "2", Name: "Ann"}}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := newDirectory(t.Context(), c).Party(t.Context(), penstock.Party{Name: "Ann"}); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("%v, %v", p, err)
	}
}

// Without a file everybody is believed in.
func TestDirectoryWithoutAFile(t *testing.T) {
	t.Parallel()
	c, err := readTokens("", newLog(t.Output(), 0))
	if err != nil {
		t.Fatal(err)
	}
	d := newDirectory(t.Context(), c).(penstock.NumberedDirectory)
	if p, err := d.Party(t.Context(), penstock.UserParty("mallory")); err != nil || p.ID != "mallory" {
		t.Errorf("%v, %v", p, err)
	}
	if p, err := d.PartyByNumber(t.Context(), penstock.User, mustNumber(t, d, "admin")); err != nil || p.ID != "admin" {
		t.Errorf("%v, %v", p, err)
	}
	if p, err := d.PartyByNumber(t.Context(), penstock.User, 1608); err != nil || p.ID != "1608" {
		t.Errorf("%v, %v", p, err)
	}
}
