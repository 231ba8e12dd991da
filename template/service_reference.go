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
// words: the first 100, archived ones too. It is for rollout.Config.References, which decides who
// sees them: no Authorizer is asked. Records of a kind that templates do not refer to have none.
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
		words = append(words, fmt.Sprintf("%s %q", kindTemplate, r.Fields[fieldName][0]))
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

// refer adds the op that makes sure that what the template refers to exists and
// stays. What is unknown is a fault where it is named.
func (s *Service) refer(ctx context.Context, c *change, t *Template) error {
	all := t.references()
	if s.rollout == nil || len(all) == 0 {
		return nil
	}
	refs := make([]rollout.Ref, len(all))
	for i, r := range all {
		refs[i] = r.Ref
	}
	op, err := s.rollout.Refer(ctx, refs...)
	if err == nil {
		c.ops = append(c.ops, op)
		return nil
	}
	if !errors.Is(err, penstock.ErrInvalid) {
		return err
	}
	var v validator // one by one, to tell where they are named
	for _, r := range all {
		if _, err := s.rollout.Refer(ctx, r.Ref); err != nil {
			v.nest(r.path, err)
		}
	}
	if v.err() == nil { // they came meanwhile
		return fmt.Errorf("what the template refers to changes: %w", penstock.ErrConflict)
	}
	return v.err()
}
