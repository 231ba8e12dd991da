package penstock_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock"
)

// staff is a directory in memory: parties by their key.
type staff map[string]penstock.PartyInfo

func (s staff) Party(_ context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	if p.ID == "" {
		p.ID = p.Name // the names are unique, and are the ids
	}
	info, ok := s[p.Key()]
	if !ok {
		return penstock.PartyInfo{}, fmt.Errorf("party %s: %w", p.Label(), penstock.ErrNotFound)
	}
	return info, nil
}

func (staff) Folder(context.Context, penstock.Folder) (penstock.FolderInfo, error) {
	return penstock.FolderInfo{}, penstock.ErrNotFound
}

func ExampleDirectory() {
	var directory penstock.Directory = staff{
		"user:ann":  {Party: penstock.UserParty("ann"), DisplayName: "Ann Bell", Active: true, Number: 1},
		"group:sre": {Party: penstock.GroupParty("sre"), DisplayName: "SRE", Active: true, Number: 2, Members: []penstock.Party{penstock.UserParty("ann")}},
	}

	ctx := context.Background()
	sre, err := directory.Party(ctx, penstock.GroupParty("sre"))
	fmt.Println(sre.DisplayName, len(sre.Members), err)
	_, err = directory.Party(ctx, penstock.UserParty("bob"))
	fmt.Println(err)
	// Output:
	// SRE 1 <nil>
	// party bob: not found
}

// A host without a directory trusts what it is given.
func ExampleTrust() {
	ann, err := penstock.Trust{}.Party(context.Background(), penstock.UserParty("ann"))
	fmt.Println(ann.DisplayName, ann.Active, ann.Number, err)
	// Output: ann true 6463115225254206 <nil>
}
