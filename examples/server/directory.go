package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/penstock-go/penstock"
)

// newDirectory returns who there is: the people of a file of tokens and the groups that they are in
// or, without a file, whoever somebody names.
func newDirectory(ctx context.Context, t *tokens) penstock.Directory {
	d := directory{t: t, numbers: make(map[int64]penstock.Party), folders: make(map[int64]penstock.Folder)}
	d.foresee(ctx, penstock.Folder{ID: "DEFAULT", Name: "DEFAULT"})
	for _, who := range t.byID {
		d.expect(ctx, penstock.Party{Type: penstock.User, ID: who.ID, Name: who.Name})
		for _, g := range who.Groups {
			d.expect(ctx, penstock.Party{Type: penstock.Group, ID: g, Name: g})
		}
		for _, f := range who.Folders {
			d.foresee(ctx, penstock.Folder{ID: f, Name: f})
		}
	}
	return d
}

// A directory knows people, groups and folders. Folders are whatever somebody calls them. It is
// immutable.
type directory struct {
	penstock.Trust
	t       *tokens
	numbers map[int64]penstock.Party // of those in the file, by what Trust numbers them
	folders map[int64]penstock.Folder
}

var _ penstock.NumberedDirectory = directory{}

func (d directory) expect(ctx context.Context, p penstock.Party) {
	if info, err := d.Trust.Party(ctx, p); err == nil {
		d.numbers[info.Number] = info.Party
	}
}

func (d directory) foresee(ctx context.Context, f penstock.Folder) {
	if info, err := d.Folder(ctx, f); err == nil {
		d.folders[info.Number] = info.Folder
	}
}

// Party finds a person by id or name, or a group by id.
func (d directory) Party(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	switch {
	case d.t.made != "":
		return d.Trust.Party(ctx, p)
	case p.Type == penstock.Group:
		return d.group(ctx, p)
	}
	found, ok := d.t.byID[p.ID]
	if p.ID == "" {
		found, ok = d.named(p.Name)
	}
	if !ok {
		return penstock.PartyInfo{}, penstock.ErrNotFound
	}
	info, err := d.Trust.Party(ctx, penstock.Party{Type: penstock.User, ID: found.ID, Name: found.Name})
	info.Email = found.Email
	return info, err
}

// named finds the only person with a name, or else the one with that id.
func (d directory) named(name string) (found person, ok bool) {
	for _, who := range d.t.byID {
		if name == "" || who.Name != name {
			continue
		}
		if ok { // two have it
			return person{}, false
		}
		found, ok = who, true
	}
	if !ok {
		found, ok = d.t.byID[name]
	}
	return found, ok
}

func (d directory) group(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	if p.ID == "" {
		p.ID = p.Name
	}
	info, err := d.Trust.Party(ctx, penstock.Party{Type: penstock.Group, ID: p.ID})
	if err != nil {
		return info, err
	}
	for _, who := range d.t.byID {
		if slices.Contains(who.Groups, p.ID) {
			info.Members = append(info.Members, penstock.Party{Type: penstock.User, ID: who.ID, Name: who.Name})
		}
	}
	if len(info.Members) == 0 {
		return penstock.PartyInfo{}, penstock.ErrNotFound
	}
	slices.SortFunc(info.Members, func(a, b penstock.Party) int { return cmp.Compare(a.ID, b.ID) })
	return info, nil
}

// PartyByNumber finds a party of the file or, without one, whoever has that number as the id.
func (d directory) PartyByNumber(ctx context.Context, kind penstock.PartyType, number int64) (penstock.PartyInfo, error) {
	if p, ok := d.numbers[number]; ok && p.Type == kind {
		return d.Party(ctx, p)
	}
	return d.Party(ctx, penstock.Party{Type: kind, ID: strconv.FormatInt(number, 10)})
}

// FolderByNumber finds a folder that is known, or else the one that has the number as its id.
func (d directory) FolderByNumber(ctx context.Context, number int64) (penstock.FolderInfo, error) {
	if f, ok := d.folders[number]; ok {
		return d.Folder(ctx, f)
	}
	return d.Folder(ctx, penstock.Folder{ID: strconv.FormatInt(number, 10)})
}
