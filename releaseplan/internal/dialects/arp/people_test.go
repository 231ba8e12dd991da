package arp_test

import (
	"context"

	"github.com/penstock-go/penstock"
)

// people is a Directory with numbers that are no ids.
type people struct {
	parties []penstock.PartyInfo
	folders []penstock.FolderInfo
}

// The users of document 001, and what it takes besides.
const (
	automic  = "automic"  // owns plans; has a name to show that is a blank
	mailbox  = "mailbox"  // has the same name as automic, and hears of failures
	adm      = "adm"      // may do everything
	nonadmin = "nonadmin" // owns a plan of the list
	stranger = "stranger" // owns nothing
	gone     = "gone"     // is inactive
	ops      = "ops"      // is a group
)

func newPeople() *people {
	user := func(id string, number int64, name, display string) penstock.PartyInfo {
		return penstock.PartyInfo{Party: penstock.Party{Type: penstock.User, ID: id, Name: name}, DisplayName: display, Active: id != gone, Number: number}
	}
	folder := func(id string, number int64, name string) penstock.FolderInfo {
		return penstock.FolderInfo{Folder: penstock.Folder{ID: id, Name: name}, Number: number}
	}
	group := user(ops, 500, "OPS", "The operators")
	group.Type, group.Members = penstock.Group, []penstock.Party{{Type: penstock.User, ID: automic}}
	return &people{
		parties: []penstock.PartyInfo{
			user(automic, 302, "100/AUTOMIC/AUTOMIC", " "),
			user(mailbox, 303, "100/AUTOMIC/AUTOMIC", "AUTOMIC/AUTOMIC"),
			user(adm, 18000, "2/ADM/ADM", "ADM/ADM"),
			user(nonadmin, 18004, "2/NONADMIN/ADM", "NONADMIN/ADM"),
			user(stranger, 18005, "2/STRANGER/ADM", "STRANGER/ADM"),
			user(gone, 18006, "2/GONE/ADM", "GONE/ADM"),
			group,
		},
		folders: []penstock.FolderInfo{
			folder("default", 12798, "DEFAULT"),
			folder("admfolder", 18336, "ADMFOLDER"),
			folder("plantest", 31900, "ReleasePlanTest_2NTCVF"),
			folder("vault", 666, "VAULT"),
		},
	}
}

func (d *people) party(is func(penstock.PartyInfo) bool) (penstock.PartyInfo, error) {
	for _, p := range d.parties {
		if is(p) {
			return p, nil
		}
	}
	return penstock.PartyInfo{}, penstock.ErrNotFound
}

func (d *people) folder(is func(penstock.FolderInfo) bool) (penstock.FolderInfo, error) {
	for _, f := range d.folders {
		if is(f) {
			return f, nil
		}
	}
	return penstock.FolderInfo{}, penstock.ErrNotFound
}

func (d *people) Party(_ context.Context, q penstock.Party) (penstock.PartyInfo, error) {
	if q.Type == "" {
		q.Type = penstock.User
	}
	return d.party(func(p penstock.PartyInfo) bool {
		return p.Type == q.Type && (q.ID != "" && p.ID == q.ID || q.ID == "" && q.Name != "" && p.Name == q.Name)
	})
}

func (d *people) Folder(_ context.Context, q penstock.Folder) (penstock.FolderInfo, error) {
	return d.folder(func(f penstock.FolderInfo) bool {
		return q.ID != "" && f.ID == q.ID || q.ID == "" && q.Name != "" && f.Name == q.Name
	})
}

func (d *people) PartyByNumber(_ context.Context, t penstock.PartyType, number int64) (penstock.PartyInfo, error) {
	if t == "" {
		t = penstock.User
	}
	return d.party(func(p penstock.PartyInfo) bool { return p.Type == t && p.Number == number })
}

func (d *people) FolderByNumber(_ context.Context, number int64) (penstock.FolderInfo, error) {
	return d.folder(func(f penstock.FolderInfo) bool { return f.Number == number })
}
