package template

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// The names of the events of a template in the log.
const (
	EventCreated    = "template.created"
	EventUpdated    = "template.updated"
	EventArchived   = "template.archived"
	EventUnarchived = "template.unarchived"
	EventDeleted    = "template.deleted"
)

// Create stores a new template. Its id, version, stamps, and ids of milestones,
// strategies and safeguards that have none are given. A name that is taken is an
// ErrExists; one template too many is a [*LimitError]; what is wrong with it is
// an ErrInvalid that tells every fault. It takes the right to edit.
func (s *Service) Create(ctx context.Context, t Template, by penstock.Actor) (Template, error) {
	if err := s.ask(ctx, by, penstock.Edit, &Template{Name: t.Name, Project: t.Project}); err != nil {
		return Template{}, err
	}
	t, err := s.prepare(ctx, t, nil)
	if err != nil {
		return Template{}, err
	}
	t.ID, t.Version, t.Archived = s.newID(), 1, time.Time{}
	if !isID(t.ID) {
		return Template{}, notAnID(t.ID)
	}
	err = s.write(ctx, by, func(c *change) error {
		if c.Head.Live >= s.limit {
			return &LimitError{Limit: s.limit}
		}
		if _, _, err := s.load(ctx, t.ID); !errors.Is(err, penstock.ErrNotFound) {
			if err == nil {
				err = fmt.Errorf("template %s: %w", t.ID, penstock.ErrExists)
			}
			return err
		}
		c.Head.Live++
		t.Created = stampOf(by, c.At)
		t.Updated = t.Created
		if err := s.rename(ctx, c, "", t.Name); err != nil {
			return err
		}
		return s.save(ctx, c, &t, 0, EventCreated, nil)
	})
	if err != nil {
		return Template{}, err
	}
	return t, nil
}

// prepare returns t as it is to be stored in place of another one, if there is one.
func (s *Service) prepare(ctx context.Context, t Template, stored *Template) (Template, error) {
	catalog, err := s.look(ctx, &t)
	if err != nil {
		return t, err
	}
	if err := t.validate(s.catalog, catalog); err != nil {
		return t, err
	}
	if t, err = t.normal(); err != nil {
		return t, err
	}
	err = identify(&t, stored, s.newID)
	return t, err
}

// save adds the ops that store a new version of a template.
func (s *Service) save(ctx context.Context, c *change, t *Template, version int64, name string, before *Template) error {
	if err := s.refer(ctx, c, t); err != nil {
		return err
	}
	if err := s.keep(ctx, c, t); err != nil {
		return err
	}
	return s.put(c, t, version, name, before)
}

// Update lets f change a copy of the template with id and stores what it made of
// it as the next version. A version other than 0 that is not that of the
// template is an ErrConflict, and so is a template that changes while f works. What the Service gives (id,
// version, stamps, archived) stays as it is, whatever f does. An archived template is
// refused. To move a template to another project takes the right to edit it in
// both. What changes nothing stores nothing, but it is a conflict all the same if
// others change the template meanwhile. f runs once; its error is returned as it is.
func (s *Service) Update(ctx context.Context, id string, version int64, f func(*Template) error, by penstock.Actor) (Template, error) {
	before, record, err := s.read(ctx, id, penstock.Edit, by)
	if err != nil {
		return Template{}, err
	}
	if version != 0 && version != before.Version {
		return Template{}, fmt.Errorf("template %s has version %d, not %d: %w", id, before.Version, version, penstock.ErrConflict)
	}
	if before.archived() {
		return Template{}, refused("update")
	}
	after, err := before.normal() // f may keep what it gets
	if err != nil {
		return Template{}, err
	}
	if err := f(&after); err != nil {
		return Template{}, err
	}
	after.ID, after.Version, after.Archived, after.Created, after.Updated = before.ID, before.Version, before.Archived, before.Created, before.Updated
	if after.Project != before.Project {
		if err := s.ask(ctx, by, penstock.Edit, &Template{ID: id, Name: before.Name, Project: after.Project}); err != nil {
			return Template{}, err
		}
	}
	if after, err = s.prepare(ctx, after, &before); err != nil {
		return Template{}, err
	}
	same, err := equal(&before, &after)
	if err != nil {
		return Template{}, err
	}
	if !same {
		after.Version++
	}
	err = s.write(ctx, by, func(c *change) error {
		if _, now, err := s.load(ctx, id); err != nil {
			return err
		} else if now != record {
			return fmt.Errorf("template %s: %w", id, penstock.ErrConflict)
		}
		if same {
			return nil
		}
		after.Updated = stampOf(by, c.At)
		if err := s.rename(ctx, c, before.Name, after.Name); err != nil {
			return err
		}
		return s.save(ctx, c, &after, record, EventUpdated, &before)
	})
	if err != nil {
		return Template{}, err
	}
	return after, nil
}

func equal(a, b *Template) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("encode template %s: %w", a.ID, err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		return false, fmt.Errorf("encode template %s: %w", b.ID, err)
	}
	return bytes.Equal(x, y), nil
}

// Archive takes a template out of the lists: it can be read, unarchived and
// deleted, and nothing else. Its name stays taken. It takes the right to delete. An archived one stays as it is.
func (s *Service) Archive(ctx context.Context, id string, by penstock.Actor) (Template, error) {
	return s.shelve(ctx, id, by, func(c *change, t *Template) (string, error) {
		if t.archived() {
			return "", nil
		}
		c.Head.Live--
		t.Archived = c.At
		return EventArchived, nil
	})
}

// Unarchive brings an archived template back. One too many is a [*LimitError].
// It takes the right to delete.
func (s *Service) Unarchive(ctx context.Context, id string, by penstock.Actor) (Template, error) {
	return s.shelve(ctx, id, by, func(c *change, t *Template) (string, error) {
		if !t.archived() {
			return "", nil
		}
		if c.Head.Live >= s.limit {
			return "", &LimitError{Limit: s.limit}
		}
		c.Head.Live++
		t.Archived = time.Time{}
		return EventUnarchived, nil
	})
}

// shelve stores what f makes of a template as an event of that name; empty: nothing.
func (s *Service) shelve(ctx context.Context, id string, by penstock.Actor, f func(*change, *Template) (string, error)) (Template, error) {
	var after Template
	err := s.write(ctx, by, func(c *change) error {
		before, record, err := s.read(ctx, id, penstock.Delete, by)
		if err != nil {
			return err
		}
		after = before
		name, err := f(c, &after)
		if err != nil || name == "" {
			return err
		}
		return s.put(c, &after, record, name, &before)
	})
	if err != nil {
		return Template{}, err
	}
	return after, nil
}

// Delete removes a template with its versions. Plans that were made of it stay as they are, and
// so do its events in the log. It takes the right to delete.
func (s *Service) Delete(ctx context.Context, id string, by penstock.Actor) error {
	return s.write(ctx, by, func(c *change) error {
		t, record, err := s.read(ctx, id, penstock.Delete, by)
		if err != nil {
			return err
		}
		e, err := c.event(EventDeleted, &t, nil)
		if err != nil {
			return err
		}
		c.Ops = append(c.Ops, s.all.Delete(id, record, e))
		if !t.archived() {
			c.Head.Live--
		}
		page, err := s.store.Find(ctx, store.Query{Kind: kindVersion, Where: []store.Filter{store.Equals(fieldTemplate, id)}, Limit: store.MaxLimit, NoBody: true})
		if err != nil {
			return fmt.Errorf("find the versions of template %s: %w", id, err)
		}
		for _, r := range page.Records {
			c.Ops = append(c.Ops, store.Op{Kind: store.Delete, Record: store.Record{Key: r.Key, Version: r.Version}})
		}
		return s.rename(ctx, c, t.Name, "")
	})
}
