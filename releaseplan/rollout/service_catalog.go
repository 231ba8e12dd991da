package rollout

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/penstock-go/penstock/store"
)

// Refs returns the records of a [Service] that the strategy refers to: the
// definition of a custom one, then its segments in order.
func (s *Strategy) Refs() []Ref {
	refs := make([]Ref, 0, len(s.Segments)+1)
	if !builtIn(s.Name) {
		refs = append(refs, Ref{KindStrategy, s.Name})
	}
	for _, id := range s.Segments {
		refs = append(refs, Ref{KindSegment, strconv.Itoa(id)})
	}
	return refs
}

// CheckRefs says of each of refs that [Service.Refer] does not take why not:
// "segment 7 is unknown", "feature checkout is archived". No Authorizer is asked.
func (s *Service) CheckRefs(ctx context.Context, refs ...Ref) (map[Ref]string, error) {
	found, err := s.lookFor(ctx, refs)
	if err != nil {
		return nil, err
	}
	faults := make(map[Ref]string)
	for _, r := range refs {
		switch record, ok := found[r.key()]; {
		case !ok:
			faults[r] = clip(r.String()) + " is unknown"
		case slices.Contains(record.Fields[fieldArchived], "true"):
			faults[r] = clip(r.String()) + " is archived"
		}
	}
	return faults, nil
}

// Catalog returns what the records that refs name say of strategies, as they are
// now, for others who store strategies to validate them by. It knows no other
// records, and no feature that is archived. No Authorizer is asked.
func (s *Service) Catalog(ctx context.Context, refs ...Ref) (*Catalog, error) {
	found, err := s.lookFor(ctx, refs)
	if err != nil {
		return nil, err
	}
	n := &neighbours{legal: s.legal, segments: make(map[int]*Segment), environments: make(map[string]bool),
		definitions: make(map[string]*Definition), parents: make(map[string]*Flag)}
	for key, record := range found {
		if err := n.add(key, record.Body); err != nil {
			return nil, fmt.Errorf("decode %s: %w", key, err)
		}
	}
	for name, f := range n.parents {
		if f.Archived {
			delete(n.parents, name)
		}
	}
	c := n.catalog()
	c.Parameters = func(x *Strategy) error {
		if d := n.definitions[x.Name]; d != nil {
			return d.Check(x.Parameters)
		}
		return nil
	}
	return c, nil
}

// lookFor returns the records that refs name, each once.
func (s *Service) lookFor(ctx context.Context, refs []Ref) (map[store.Key]store.Record, error) {
	keys := make([]store.Key, 0, len(refs))
	asked := make(map[Ref]bool, len(refs))
	for _, r := range refs {
		if !asked[r] && r.valid() {
			keys = append(keys, r.key())
		}
		asked[r] = true
	}
	return s.get(ctx, keys)
}
