package memory

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// Commit implements store.Store.
func (s *Store) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := store.CheckOps(ops); err != nil {
		return 0, err
	}
	bodies, fields := copyBodies(ops), s.keepFields(ops) // before the lock: the copies are what takes long
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.now.Load()
	if last == nil {
		return 0, store.ErrClosed
	}
	next := &change{snapshot: *last, edit: new(edit)}
	next.version++
	for i := range ops {
		if err := next.apply(&ops[i], bodies, fields[i]); err != nil {
			return 0, err
		}
		bodies = bodies[1+len(ops[i].Events):]
	}
	if len(next.unindexed) >= maxUnindexed {
		next.catchUp()
	}
	s.now.Store(&next.snapshot)
	if s.rung != nil && next.events.length > last.events.length {
		close(s.rung)
		s.rung = nil
	}
	return next.version, nil
}

// copyBodies returns, op by op, the body of its record and those of its events.
func copyBodies(ops []store.Op) [][]byte {
	n := len(ops)
	for i := range ops {
		n += len(ops[i].Events)
	}
	bodies := make([][]byte, 0, n)
	for i := range ops {
		var body []byte
		if ops[i].Kind == store.Put {
			body = bytes.Clone(ops[i].Body)
		}
		bodies = append(bodies, body)
		for j := range ops[i].Events {
			bodies = append(bodies, bytes.Clone(ops[i].Events[j].Body))
		}
	}
	return bodies
}

// keepFields returns, op by op, the fields of its record as a state keeps them: those that
// it has, where they are the same.
func (s *Store) keepFields(ops []store.Op) [][]field {
	all := make([][]field, len(ops))
	last := s.now.Load()
	for i := range ops {
		if ops[i].Kind != store.Put {
			continue
		}
		var old []field
		if last != nil {
			if kind := last.number(name{kind: ops[i].Key.Kind, use: bySort}); kind != 0 {
				if r, ok := last.rows.get(row{kind: kind, id: ops[i].ID}); ok {
					old = r.fields
				}
			}
		}
		all[i] = keep(old, ops[i].Fields)
	}
	return all
}

// A change is the next snapshot while it is made.
type change struct {
	snapshot
	edit *edit
}

// apply applies one op. After an error the change is of no more use.
func (c *change) apply(op *store.Op, bodies [][]byte, fields []field) error {
	r := row{kind: c.intern(name{kind: op.Key.Kind, use: bySort}), id: op.ID}
	old, ok := c.rows.get(r)
	if !ok {
		old = row{kind: r.kind, id: strings.Clone(op.ID), state: &state{}}
	}
	if op.Version != old.version {
		if op.Version == 0 {
			return &store.OpError{Key: op.Key, Err: penstock.ErrExists}
		}
		return &store.OpError{Key: op.Key, Err: penstock.ErrConflict}
	}
	r = row{kind: old.kind, id: old.id, state: &state{events: old.events}}
	switch op.Kind {
	case store.Put:
		r.version, r.sort, r.body = c.version, op.Sort, bodies[0]
		r.fields = fields
	case store.Check:
		*r.state = *old.state
	case store.Delete: // nothing is left but the events
	}
	c.moved(op.Key.Kind, old, r)
	for i := range op.Events {
		e := op.Events[i]
		e.Body = bodies[1+i]
		if e.Subject == (store.Key{}) {
			e.Subject = op.Key
		}
		subject := r
		if e.Subject != op.Key {
			subject = c.subject(e.Subject)
		}
		if err := c.record(subject.state, e); err != nil {
			return err
		}
		if e.Subject != op.Key {
			c.rows.put(c.edit, subject)
		}
	}
	if r.version == 0 && len(r.events) == 0 {
		c.rows.remove(c.edit, r)
	} else if op.Kind != store.Check || len(r.events) != len(old.events) {
		c.rows.put(c.edit, r)
	}
	return nil
}

// subject returns the row of key with a state that may be changed.
func (c *change) subject(key store.Key) row {
	r := row{kind: c.intern(name{kind: key.Kind, use: bySort}), id: key.ID}
	if old, ok := c.rows.get(r); ok {
		own := *old.state
		return row{kind: old.kind, id: old.id, state: &own}
	}
	r.id, r.state = strings.Clone(key.ID), &state{}
	return r
}

// record adds e to the log of the store and to that of its subject.
func (c *change) record(subject *state, e store.Event) error {
	i, taken := subject.seq(e.Seq)
	if taken {
		return &store.OpError{Key: e.Subject, Err: penstock.ErrConflict}
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	kept := c.events.add(e)
	if i == len(subject.events) {
		// Readers of earlier states do not see behind the end of theirs.
		subject.events = append(subject.events, kept)
	} else {
		subject.events = slices.Insert(slices.Clone(subject.events), i, kept)
	}
	return nil
}

// keep returns fields as a state keeps them: old itself if they are the same.
func keep(old []field, fields map[string][]string) []field {
	n := 0
	for _, values := range fields {
		if len(values) > 0 {
			n++
		}
	}
	if n == len(old) && !slices.ContainsFunc(old, func(f field) bool { return !slices.Equal(f.values, fields[f.name]) }) {
		return old
	}
	kept := make([]field, 0, n)
	for name, values := range fields {
		if len(values) > 0 {
			kept = append(kept, field{strings.Clone(name), slices.Clone(values)})
		}
	}
	slices.SortFunc(kept, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return kept
}

// intern returns the number of an index, from 1, which it makes if need be.
func (c *change) intern(n name) uint32 {
	if number := c.number(n); number != 0 {
		return number
	}
	n.kind, n.field = strings.Clone(n.kind), strings.Clone(n.field)
	n.number = uint32(c.names.size) + 1
	c.names.put(c.edit, n)
	return n.number
}
