package penstock

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// A Directory knows the people, groups and folders that plans name. It is the
// host's: a user table, an LDAP server, a list in a file. Implementations are
// safe for concurrent use.
type Directory interface {
	// Party finds the party with p's type and id or, if p has no id, with its
	// unique name. A party that is not known is an ErrNotFound.
	Party(ctx context.Context, p Party) (PartyInfo, error)

	// Folder finds a folder by id or, if f has none, by its unique name. A
	// folder that is not known is an ErrNotFound.
	Folder(ctx context.Context, f Folder) (FolderInfo, error)
}

// A NumberedDirectory is a [Directory] that finds by number too. Dialects that name parties
// and folders by integers ask it; of any other Directory they expect that it knows
// the number, written in decimal, as the id.
type NumberedDirectory interface {
	Directory

	// PartyByNumber finds the party of a type that has the number. One that is not known is an
	// ErrNotFound.
	PartyByNumber(ctx context.Context, t PartyType, number int64) (PartyInfo, error)

	// FolderByNumber finds the folder that has the number. One that is not known is an ErrNotFound.
	FolderByNumber(ctx context.Context, number int64) (FolderInfo, error)
}

// PartyInfo is what a [Directory] knows of a party.
type PartyInfo struct {
	Party               // with type, id and name filled in
	DisplayName string  // as people write it
	Email       string  // where messages go; may be empty
	Active      bool    // an inactive party owns nothing new and gets no messages
	Members     []Party // of a group: its users, without groups in between
	Number      int64   // > 0, stable, different for each party; shown by dialects that know parties by integers
}

// FolderInfo is what a [Directory] knows of a folder.
type FolderInfo struct {
	Folder
	Number int64 // > 0, stable, different for each folder
}

// Trust is the Directory of hosts that have none: it believes that every party
// and folder it is asked about exists, and that it is active. A group has no
// members that it knows. An id that is a whole number from 1 to 2^53 is its own number; other
// numbers are 53 bits of a hash of the identity. So they are the same in every
// process and after every restart, and exact in JSON.
type Trust struct{}

// Party returns p as an active party. A party with neither id nor name is
// ErrNotFound.
func (Trust) Party(_ context.Context, p Party) (PartyInfo, error) {
	if p.IsZero() {
		return PartyInfo{}, ErrNotFound
	}
	if p.Type == "" {
		p.Type = User
	}
	if p.ID == "" {
		p.ID = p.Name
	}
	if p.Name == "" {
		p.Name = p.ID
	}
	return PartyInfo{Party: p, DisplayName: p.Name, Active: true, Number: stableNumber(string(p.Type), p.ID)}, nil
}

// Folder returns f. A folder with neither id nor name is ErrNotFound.
func (Trust) Folder(_ context.Context, f Folder) (FolderInfo, error) {
	if f.Key() == "" {
		return FolderInfo{}, ErrNotFound
	}
	if f.ID == "" {
		f.ID = f.Name
	}
	if f.Name == "" {
		f.Name = f.ID
	}
	return FolderInfo{Folder: f, Number: stableNumber("folder", f.ID)}, nil
}

// stableNumber maps an id to 1 … 2^53.
func stableNumber(kind, id string) int64 {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && n >= 1 && n <= 1<<53 && strconv.FormatInt(n, 10) == id {
		return n
	}
	sum := sha256.Sum256([]byte(kind + ":" + id))
	return int64(binary.BigEndian.Uint64(sum[:8])>>11) + 1
}
