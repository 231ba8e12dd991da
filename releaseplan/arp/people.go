package arp

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A book is what the Directory says of the parties and folders of one answer.
type book struct {
	parties map[penstock.Party]penstock.PartyInfo
	folders map[penstock.Folder]penstock.FolderInfo
}

func newBook() book {
	return book{make(map[penstock.Party]penstock.PartyInfo), make(map[penstock.Folder]penstock.FolderInfo)}
}

// named is what a party is known by in a book.
func named(p penstock.Party) penstock.Party {
	p.IdentityType = ""
	if p.Type == "" {
		p.Type = penstock.User
	}
	return p
}

// addParty looks a party up, once. One that is not known stays as it was written, and is inactive.
func (b book) addParty(ctx context.Context, d penstock.Directory, p penstock.Party) error {
	p = named(p)
	if _, ok := b.parties[p]; ok || p.IsZero() {
		return nil
	}
	info, err := d.Party(ctx, p)
	switch {
	case errors.Is(err, penstock.ErrNotFound):
		info = penstock.PartyInfo{Party: p, DisplayName: p.Label()}
	case err != nil:
		return fmt.Errorf("look up a party: %w", err)
	}
	b.parties[p] = info
	return nil
}

// addFolder looks a folder up, once.
func (b book) addFolder(ctx context.Context, d penstock.Directory, f penstock.Folder) error {
	if _, ok := b.folders[f]; ok || f.Key() == "" {
		return nil
	}
	info, err := d.Folder(ctx, f)
	switch {
	case errors.Is(err, penstock.ErrNotFound):
		info = penstock.FolderInfo{Folder: f}
	case err != nil:
		return fmt.Errorf("look up a folder: %w", err)
	}
	b.folders[f] = info
	return nil
}

// add looks up everybody that a plan names.
func (b book) add(ctx context.Context, d penstock.Directory, c *releaseplan.Content, tasks []releaseplan.TaskView) error {
	if err := b.addFolder(ctx, d, c.Folder); err != nil {
		return err
	}
	all := []penstock.Party{c.Owner}
	listened := func(listeners []releaseplan.Listener) {
		for _, l := range listeners {
			all = append(all, l.Recipients...)
		}
	}
	listened(c.Listeners)
	for i := range c.Phases {
		all = append(all, c.Phases[i].Owner)
		listened(c.Phases[i].Listeners)
	}
	for i := range tasks {
		all = append(all, tasks[i].Owner, tasks[i].Status.Assignee, tasks[i].Status.Claim)
		listened(tasks[i].Listeners)
	}
	for _, p := range all {
		if err := b.addParty(ctx, d, p); err != nil {
			return err
		}
	}
	return nil
}

// party shows a party in full.
func (b book) party(p penstock.Party) party {
	info, ok := b.parties[named(p)]
	if !ok {
		info = penstock.PartyInfo{Party: named(p), DisplayName: p.Label()}
	}
	return party{Name: info.Label(), DisplayName: info.DisplayName, IsActive: info.Active, Type: partyTypes[named(info.Party).Type]}
}

// partyOrNull shows a party, or none.
func (b book) partyOrNull(p penstock.Party) *party {
	if p.IsZero() {
		return nil
	}
	shown := b.party(p)
	return &shown
}

// owner shows a party as lists do.
func (b book) owner(p penstock.Party) listOwner {
	info, ok := b.parties[named(p)]
	if !ok {
		info.Party = named(p)
	}
	return listOwner{Type: partyTypes[named(info.Party).Type], ID: info.Number, Name: info.Label()}
}

// folder shows a folder, or null.
func (b book) folder(f penstock.Folder) *entity {
	if f.Key() == "" {
		return nil
	}
	info, ok := b.folders[f]
	if !ok {
		info.Folder = f
	}
	name := info.Name
	if name == "" {
		name = info.ID
	}
	return &entity{ID: info.Number, Name: name}
}

// listeners shows listeners, each recipient where it belongs.
func (b book) listeners(all []releaseplan.Listener) []listener {
	out := []listener{}
	for _, l := range all {
		shown := listener{Event: events[l.Event], Recipients: []party{}, InvalidRecipients: []party{}}
		for _, r := range l.Recipients {
			if p := b.party(r); p.IsActive {
				shown.Recipients = append(shown.Recipients, p)
			} else {
				shown.InvalidRecipients = append(shown.InvalidRecipients, p)
			}
		}
		out = append(out, shown)
	}
	return out
}
