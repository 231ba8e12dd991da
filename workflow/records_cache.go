package workflow

import (
	"context"

	"github.com/penstock-go/penstock/store"
)

// definition returns a version of a definition with its secrets, and which one it is; 0 is the
// latest. It is shared: nobody may change it. The latest of one that is deleted is an
// ErrNotFound; versions that runs may be of are there for good.
func (s *Service) definition(ctx context.Context, key string, version int64) (*Definition, int64, error) {
	if !workflowKey.MatchString(key) {
		return nil, 0, noWorkflow(key)
	}
	if version == 0 {
		d, version, _, err := s.pinned(ctx, key)
		return d, version, err
	}
	at := definitionAt{key, version}
	if d, ok := s.definitions.Get(at); ok {
		return d, version, nil
	}
	l, err := Definitions{s}.load(ctx, key, version)
	if err != nil {
		return nil, 0, err
	}
	d, err := unseal(l.text, l.secrets)
	if err != nil {
		return nil, 0, err
	}
	s.definitions.Put(at, version, d, int64(len(l.text)*definitionMemory+1024))
	return d, version, nil
}

// pinned returns the latest version of a definition, which one it is, and the op that lets a
// commit fail unless it still is.
func (s *Service) pinned(ctx context.Context, key string) (*Definition, int64, store.Op, error) {
	var none store.Op
	if !workflowKey.MatchString(key) {
		return nil, 0, none, noWorkflow(key)
	}
	w, err := s.workflows().load(ctx, key)
	if err != nil {
		return nil, 0, none, err
	}
	if w.Value == nil {
		return nil, 0, none, noWorkflow(key)
	}
	d, version, err := s.definition(ctx, key, w.Version)
	return d, version, store.Op{Kind: store.Check, Record: store.Record{Key: s.workflows().key(key), Version: w.at}}, err
}

// A definitionAt is one version of a definition.
type definitionAt struct {
	key     string
	version int64
}

const (
	maxDefinitionCache = 32 << 20 // bytes of memory, for the definitions that were used last
	definitionMemory   = 3        // of them for one of JSON, about
)
