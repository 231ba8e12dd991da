package template

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
)

// References returns the templates that refer to a record of a [rollout.Service], in
// words, archived ones too. It is made to be rollout.Config.References: no
// Authorizer is asked, so templates are told by their ids, and beyond the first 100
// not at all. Records of a kind that templates do not refer to have none.
func (s *Service) References(ctx context.Context, on rollout.Ref) ([]string, error) {
	field := referenceField(on.Kind)
	if field == "" {
		return nil, nil
	}
	found, err := s.store.Find(ctx, store.Query{Kind: kindTemplate, Where: []store.Filter{store.Equals(field, on.ID)}, NoBody: true})
	if err != nil {
		return nil, fmt.Errorf("find templates that refer to %s: %w", on, err)
	}
	var words []string
	for _, r := range found.Records {
		words = append(words, kindTemplate+" "+r.ID)
	}
	if found.Next != nil {
		words = append(words, "more templates")
	}
	return words, nil
}

// referenceField is where templates have what they refer to.
func referenceField(kind string) string {
	switch kind {
	case rollout.KindSegment:
		return fieldSegment
	case rollout.KindStrategy:
		return fieldStrategy
	default:
		return ""
	}
}

// look returns what the rollout.Service knows of what a template names; nil
// without one.
func (s *Service) look(ctx context.Context, t *Template) (*rollout.Catalog, error) {
	all := t.references()
	if s.rollout == nil || len(all) == 0 || len(all) > 2*MaxReferences { // a fault
		return nil, nil
	}
	return s.rollout.Catalog(ctx, refsOf(all)...)
}

func refsOf(all []reference) []rollout.Ref {
	refs := make([]rollout.Ref, len(all))
	for i, r := range all {
		refs[i] = r.Ref
	}
	return refs
}

// refer adds the op that makes sure that what the template refers to exists and
// stays. What was deleted meanwhile is a fault where it is named.
func (s *Service) refer(ctx context.Context, c *change, t *Template) error {
	all := t.references()
	if s.rollout == nil || len(all) == 0 {
		return nil
	}
	op, err := s.rollout.Refer(ctx, refsOf(all)...)
	if err == nil {
		c.Ops = append(c.Ops, op)
		return nil
	}
	if !errors.Is(err, penstock.ErrInvalid) {
		return err
	}
	why, err := s.rollout.CheckRefs(ctx, refsOf(all)...)
	if err != nil {
		return err
	}
	var v validator
	for _, r := range all {
		if words, ok := why[r.Ref]; ok {
			v.fault(r.path, "%s", words)
		}
	}
	if v.err() == nil { // they came meanwhile
		return fmt.Errorf("what the template refers to changes: %w", penstock.ErrConflict)
	}
	return v.err()
}
