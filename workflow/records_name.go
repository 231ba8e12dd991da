package workflow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// The kinds of records besides those of runs.
const (
	kindWorkflow   = "workflow"            // <key>: what is known of the latest version
	kindDefinition = "workflow.definition" // <key>/<version>; never changed
	kindSecret     = "workflow.secret"     // <key>/<version>: the secrets of a definition, by their masks
	kindName       = "workflow.name"       // a name that is taken; its body says by whom
	kindView       = "workflow.view"
	kindTicket     = "workflow.ticket"
)

// The fields that records are found by.
const (
	fieldProject = "project"
	fieldText    = "text"   // what people search in, in small letters
	fieldStatus  = "status" // of a ticket
	fieldUser    = "user"   // e-mail, in small letters, of whom a ticket is for; empty: for everybody
)

// hashed makes an id of texts of any length.
func hashed(texts ...string) string {
	sum := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(sum, "%d:%s", len(t), t)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// A uniqueName is a name that only one may bear. It is a record of its own, which
// comes, moves and goes with who bears it.
type uniqueName struct{ what, scope, name string }

func (n uniqueName) key() store.Key {
	return store.Key{Kind: kindName, ID: hashed(n.what, n.scope, n.name)}
}

// rename returns the ops by which owner gives up one name and takes another; nil:
// there is none. A name that another one bears is an ErrExists.
func (s *Service) rename(ctx context.Context, owner string, from, to *uniqueName) ([]store.Op, error) {
	if from != nil && to != nil && *from == *to {
		return nil, nil
	}
	var ops []store.Op
	for _, n := range []*uniqueName{from, to} {
		if n == nil {
			continue
		}
		found, err := s.store.Get(ctx, n.key())
		if err != nil {
			return nil, fmt.Errorf("look up a name: %w", err)
		}
		r := found[0]
		switch {
		case n == to && r.Version != 0 && string(r.Body) != owner:
			return nil, fmt.Errorf("%s %q: %w", n.what, short(n.name), penstock.ErrExists)
		case n == to:
			ops = append(ops, store.Op{Record: store.Record{Key: n.key(), Version: r.Version, Body: []byte(owner)}})
		case r.Version != 0 && string(r.Body) == owner:
			ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: n.key(), Version: r.Version}})
		}
	}
	return ops, nil
}

// searchable returns texts as they are searched.
func searchable(texts ...string) []string {
	for i, t := range texts {
		texts[i] = strings.ToLower(t)
	}
	return texts
}
