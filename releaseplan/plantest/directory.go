package plantest

import (
	"context"
	"fmt"
	"sync"

	"github.com/penstock-go/penstock"
)

// A Directory is a penstock.NumberedDirectory that knows whom it was told of, and nobody else. A party or
// folder has the number of its place, from 1. It is safe for concurrent use.
type Directory struct {
	mu      sync.Mutex
	parties []penstock.PartyInfo
	folders []penstock.FolderInfo
	fails   error
}

// NewDirectory returns a directory of [Owner], [Approvers], [Admin] and [Stranger].
func NewDirectory() *Directory {
	d := new(Directory)
	for _, a := range append(Approvers(), Owner(), Admin(), Stranger()) {
		d.AddUser(a)
	}
	return d
}

// AddUser adds an active person, whose mail goes to her id at example.com unless she has an address. Who is
// there already is replaced.
func (d *Directory) AddUser(a penstock.Actor) {
	info := penstock.PartyInfo{Party: penstock.Party{Type: penstock.User, ID: a.ID, Name: a.Name}, DisplayName: a.Name, Email: a.Email, Active: true}
	if info.Email == "" {
		info.Email = a.ID + "@example.com"
	}
	if info.Name == "" {
		info.Name, info.DisplayName = a.ID, a.ID
	}
	d.put(info)
}

// AddGroup adds an active group of users.
func (d *Directory) AddGroup(id string, members ...string) {
	info := penstock.PartyInfo{Party: penstock.Party{Type: penstock.Group, ID: id, Name: id}, DisplayName: id, Active: true}
	for _, m := range members {
		info.Members = append(info.Members, penstock.UserParty(m))
	}
	d.put(info)
}

func (d *Directory) put(info penstock.PartyInfo) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.parties {
		if d.parties[i].Key() == info.Key() {
			info.Number = d.parties[i].Number
			d.parties[i] = info
			return
		}
	}
	info.Number = int64(len(d.parties) + 1)
	d.parties = append(d.parties, info)
}

// AddFolder adds a folder.
func (d *Directory) AddFolder(f penstock.Folder) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.folders = append(d.folders, penstock.FolderInfo{Folder: f, Number: int64(len(d.folders) + 1)})
}

// SetActive says whether a party is active. One that is not known stays so.
func (d *Directory) SetActive(p penstock.Party, active bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.parties {
		if d.parties[i].Key() == p.Key() {
			d.parties[i].Active = active
		}
	}
}

// Fail makes every question fail with an error from now on; nil ends that.
func (d *Directory) Fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails = err
}

// Party finds a party by type and id or, without an id, by type and name.
func (d *Directory) Party(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	if p.Type == "" {
		p.Type = penstock.User
	}
	return d.party(ctx, p.Label(), func(info *penstock.PartyInfo) bool {
		return info.Type == p.Type && (info.ID == p.ID || p.ID == "" && info.Name == p.Name)
	})
}

// PartyByNumber finds a party by type and number.
func (d *Directory) PartyByNumber(ctx context.Context, t penstock.PartyType, number int64) (penstock.PartyInfo, error) {
	return d.party(ctx, fmt.Sprint(number), func(info *penstock.PartyInfo) bool { return info.Type == t && info.Number == number })
}

func (d *Directory) party(ctx context.Context, label string, is func(*penstock.PartyInfo) bool) (penstock.PartyInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.answers(ctx); err != nil {
		return penstock.PartyInfo{}, err
	}
	for i := range d.parties {
		if is(&d.parties[i]) {
			info := d.parties[i]
			info.Members = append([]penstock.Party(nil), info.Members...)
			return info, nil
		}
	}
	return penstock.PartyInfo{}, fmt.Errorf("party %q: %w", label, penstock.ErrNotFound)
}

// Folder finds a folder by id or, without one, by name.
func (d *Directory) Folder(ctx context.Context, f penstock.Folder) (penstock.FolderInfo, error) {
	return d.folder(ctx, f.Key(), func(info *penstock.FolderInfo) bool {
		return info.ID == f.ID && f.ID != "" || f.ID == "" && info.Name == f.Name
	})
}

// FolderByNumber finds a folder by number.
func (d *Directory) FolderByNumber(ctx context.Context, number int64) (penstock.FolderInfo, error) {
	return d.folder(ctx, fmt.Sprint(number), func(info *penstock.FolderInfo) bool { return info.Number == number })
}

func (d *Directory) folder(ctx context.Context, label string, is func(*penstock.FolderInfo) bool) (penstock.FolderInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.answers(ctx); err != nil {
		return penstock.FolderInfo{}, err
	}
	for i := range d.folders {
		if is(&d.folders[i]) {
			return d.folders[i], nil
		}
	}
	return penstock.FolderInfo{}, fmt.Errorf("folder %q: %w", label, penstock.ErrNotFound)
}

// answers returns why there is no answer.
func (d *Directory) answers(ctx context.Context) error {
	if d.fails != nil {
		return d.fails
	}
	return ctx.Err()
}
