package memory

import (
	"context"
	"slices"

	"github.com/penstock-go/penstock/store"
)

// The index is not made to follow by every commit, but by who asks it next. What
// was written many times since then is moved only once, and what follows at once
// copies each node at most once: a store that is written much more than it
// is searched spends little on its index.

// maxUnindexed bounds how many moves the index is behind: then a commit makes it
// follow, so that no search waits long.
const maxUnindexed = 1024

// A move is a row that the index has yet to lead to as it is now: it leads to it as
// it was.
type move struct {
	key     store.Key
	kind    uint32
	version int64
	sort    int64
	fields  []field
}

// was returns the row as the index leads to it; its body is let go.
func (m *move) was() row {
	return row{kind: m.kind, id: m.key.ID, state: &state{version: m.version, sort: m.sort, fields: m.fields}}
}

// moved notes that the index does not lead to r if it leads to old.
func (c *change) moved(kind string, old, r row) {
	if moves(old.state, r.state) {
		m := move{store.Key{Kind: kind, ID: old.id}, old.kind, old.version, old.sort, old.fields}
		c.unindexed = append(c.unindexed, m) // readers of earlier states do not see behind the end of theirs
	}
}

// moves reports whether an index has to follow from one state of a row to another.
func moves(old, s *state) bool {
	if old.sort != s.sort || (old.version != 0) != (s.version != 0) || len(old.fields) != len(s.fields) {
		return true
	}
	return len(s.fields) > 0 && &old.fields[0] != &s.fields[0] // see keep
}

// catchUp makes the index lead to all rows as they are.
func (c *change) catchUp() {
	done := make(map[store.Key]bool, len(c.unindexed))
	for i := range c.unindexed {
		m := &c.unindexed[i]
		if done[m.key] { // the first one tells how the index has it
			continue
		}
		done[m.key] = true
		was := m.was()
		now, ok := c.rows.get(was)
		if !ok {
			now = row{kind: was.kind, id: was.id, state: &state{}}
		}
		c.reindex(m.key.Kind, was, now)
	}
	c.unindexed = nil
}

// caughtUp returns the snapshot with an index that leads to all of it.
func (s *snapshot) caughtUp() *snapshot {
	if len(s.unindexed) == 0 {
		return s
	}
	next := &change{snapshot: *s, edit: new(edit)}
	next.catchUp()
	return &next.snapshot
}

// indexed returns the snapshot of now, with an index that leads to all of it.
func (s *Store) indexed(ctx context.Context) (*snapshot, error) {
	now, err := s.read(ctx)
	if err != nil || len(now.unindexed) == 0 {
		return now, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now = s.now.Load(); now == nil {
		return nil, store.ErrClosed
	}
	now = now.caughtUp()
	s.now.Store(now)
	return now, nil
}

// reindex makes the index lead to r instead of old, and touches only what differs.
func (c *change) reindex(kind string, old, r row) {
	exists, existed := r.version != 0, old.version != 0
	moved := old.sort != r.sort || exists != existed
	if !moves(old.state, r.state) { // it moved there and back
		return
	}
	if moved && existed {
		c.index.remove(c.edit, entry{index: r.kind, sort: old.sort, id: r.id})
	}
	if moved && exists {
		c.index.put(c.edit, entry{index: r.kind, sort: r.sort, id: r.id})
	}
	was, is := old.fields, r.fields
	for len(was) > 0 || len(is) > 0 {
		switch {
		case len(is) == 0 || len(was) > 0 && was[0].name < is[0].name:
			c.reindexField(kind, was[0].name, was[0].values, nil, old, r)
			was = was[1:]
		case len(was) == 0 || is[0].name < was[0].name:
			c.reindexField(kind, is[0].name, nil, is[0].values, old, r)
			is = is[1:]
		default:
			if moved || !slices.Equal(was[0].values, is[0].values) {
				c.reindexField(kind, is[0].name, was[0].values, is[0].values, old, r)
			}
			was, is = was[1:], is[1:]
		}
	}
}

func (c *change) reindexField(kind, field string, was, is []string, old, r row) {
	values := c.intern(name{kind, field, byValue, 0})
	tails := c.number(name{kind, field, byTail, 0}) // 0: nobody has asked for it yet
	firsts := c.intern(name{kind, field, byFirst, 0})
	stays := func(v string, others []string) bool { return old.sort == r.sort && slices.Contains(others, v) }
	for _, v := range was {
		if !stays(v, is) {
			c.index.remove(c.edit, entry{values, v, old.sort, r.id})
			if tails != 0 {
				c.index.remove(c.edit, entry{tails, backwards(v), old.sort, r.id})
			}
		}
	}
	for _, v := range is {
		if !stays(v, was) {
			c.index.put(c.edit, entry{values, v, r.sort, r.id})
			if tails != 0 {
				c.index.put(c.edit, entry{tails, backwards(v), r.sort, r.id})
			}
		}
	}
	if len(was) > 0 && len(is) > 0 && was[0] == is[0] {
		return
	}
	if len(was) > 0 {
		c.index.remove(c.edit, entry{firsts, was[0], 0, r.id})
	}
	if len(is) > 0 {
		c.index.put(c.edit, entry{firsts, is[0], 0, r.id})
	}
}
