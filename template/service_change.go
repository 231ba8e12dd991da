package template

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/records"
	"github.com/penstock-go/penstock/store"
)

// A head is one record that every Commit of a Service writes: the only lock.
type head struct {
	records.Head
	Live int `json:"live"` // templates that are not archived
}

func newWriter(s *Service) *records.Writer[head] {
	return records.NewWriter(s.store, store.Key{Kind: kindHead, ID: "head"}, s.now, func(h *head) *records.Head { return &h.Head })
}

// A change is one Commit in the making.
type change struct {
	*records.Change[head]
	by penstock.Actor
}

// write lets decide add ops to a change and commits them. What others overtake is
// decided again.
func (s *Service) write(ctx context.Context, by penstock.Actor, decide func(*change) error) error {
	_, err := s.writer.Write(ctx, func(c *records.Change[head]) error { return decide(&change{c, by}) })
	return err
}

// put adds the op that writes t over a version of its record, with its event.
func (s *Service) put(c *change, t *Template, version int64, name string, before *Template) error {
	e, err := c.event(name, before, t)
	if err != nil {
		return err
	}
	op, err := s.all.Put(t.ID, version, *t, e)
	if err != nil {
		return err
	}
	c.Ops = append(c.Ops, op)
	return nil
}

// keep adds the ops that keep t as one of its versions, and drop the one that is one too many.
func (s *Service) keep(ctx context.Context, c *change, t *Template) error {
	op, err := s.versions.Put(versionID(t.ID, t.Version), 0, *t)
	if err != nil {
		return err
	}
	c.Ops = append(c.Ops, op)
	if t.Version <= MaxVersions {
		return nil
	}
	old := s.versions.Key(versionID(t.ID, t.Version-MaxVersions))
	records, err := s.store.Get(ctx, old)
	if err == nil && records[0].Version != 0 {
		c.Ops = append(c.Ops, store.Op{Kind: store.Delete, Record: store.Record{Key: old, Version: records[0].Version}})
	}
	return err
}

// event returns that of a write. Revisions are the numbers of events.
func (c *change) event(name string, before, after *Template) (store.Event, error) {
	body, err := json.Marshal(Entry{By: stampOf(c.by, c.At).By, Before: before, After: after})
	return store.Event{Seq: c.Head.Revision + 1, Name: name, At: c.At, Body: body}, err
}

// rename adds the ops that keep names unique: a name is a record of its own, which
// comes, moves and goes with what it names. Empty: there is none.
func (s *Service) rename(ctx context.Context, c *change, from, to string) error {
	if from == to {
		return nil
	}
	records, err := s.store.Get(ctx, nameKey(from), nameKey(to))
	if err != nil {
		return fmt.Errorf("look up a name: %w", err)
	}
	if to != "" {
		if records[1].Version != 0 {
			return fmt.Errorf("template %q: %w", clip(to), penstock.ErrExists)
		}
		c.Ops = append(c.Ops, store.Op{Record: store.Record{Key: nameKey(to)}})
	}
	if from != "" {
		c.Ops = append(c.Ops, store.Op{Kind: store.Delete, Record: store.Record{Key: nameKey(from), Version: records[0].Version}})
	}
	return nil
}
