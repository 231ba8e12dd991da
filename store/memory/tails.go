package memory

import (
	"context"

	"github.com/penstock-go/penstock/store"
)

// Few ask for what values end in. So a field is indexed by its values backwards only
// once somebody has asked for that.

// tailless returns the fields of a query that are to be indexed by their values backwards,
// and are not yet.
func (s *snapshot) tailless(q store.Query) (fields []string) {
	for _, f := range q.Where {
		known := s.number(name{kind: q.Kind, field: f.Field, use: byValue}) != 0
		if f.Op == store.Suffix && known && s.number(name{kind: q.Kind, field: f.Field, use: byTail}) == 0 {
			fields = append(fields, f.Field)
		}
	}
	return fields
}

// addTails indexes a field by its values backwards.
func (c *change) addTails(kind, field string) {
	values := c.all(c.number(name{kind: kind, field: field, use: byValue}))
	tails := c.intern(name{kind: kind, field: field, use: byTail})
	found := make([]entry, 0, values.size())
	for e := range c.index.walk(values.from, values.to, false) {
		found = append(found, e)
	}
	for _, e := range found {
		c.index.put(c.edit, entry{tails, backwards(e.value), e.sort, e.id})
	}
}

// searchable returns the snapshot of now with the indexes that a query needs.
func (s *Store) searchable(ctx context.Context, q store.Query) (*snapshot, error) {
	now, err := s.indexed(ctx)
	if err != nil || len(now.tailless(q)) == 0 {
		return now, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now = s.now.Load(); now == nil {
		return nil, store.ErrClosed
	}
	next := &change{snapshot: *now.caughtUp(), edit: new(edit)}
	for _, field := range next.tailless(q) {
		if next.number(name{kind: q.Kind, field: field, use: byTail}) == 0 { // two filters may name one field
			next.addTails(q.Kind, field)
		}
	}
	s.now.Store(&next.snapshot)
	return &next.snapshot, nil
}
