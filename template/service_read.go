package template

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// Get returns the template with id, an archived one too, or an ErrNotFound. It takes the right to read.
func (s *Service) Get(ctx context.Context, id string, by penstock.Actor) (Template, error) {
	t, _, err := s.read(ctx, id, penstock.Read, by)
	return t, err
}

// Instantiate returns the content of a plan made of the template as it is now; see
// [Template.Instantiate]. An archived template is refused. It takes the right to read.
func (s *Service) Instantiate(ctx context.Context, id string, a Arguments, by penstock.Actor) (releaseplan.Content, error) {
	t, err := s.Get(ctx, id, by)
	if err != nil {
		return releaseplan.Content{}, err
	}
	if t.archived() {
		return releaseplan.Content{}, refused("instantiate")
	}
	return t.instantiate(a)
}

// Versions returns a page of the versions of a template, the newest first: the
// current one and those before it, at most [MaxVersions]. It takes the right to read.
func (s *Service) Versions(ctx context.Context, id string, page penstock.Page, by penstock.Actor) (penstock.List[Template], error) {
	var list penstock.List[Template]
	page, err := page.Normal()
	if err != nil {
		return list, err
	}
	if _, _, err := s.read(ctx, id, penstock.Read, by); err != nil {
		return list, err
	}
	found, err := s.versions.Find(ctx, store.Query{Where: []store.Filter{store.Equals(fieldTemplate, id)},
		Order: store.Order{Desc: true}, Offset: page.Offset, Limit: page.Limit, Total: true})
	if err != nil {
		return list, err
	}
	for _, e := range found.Items {
		list.Items = append(list.Items, e.Value)
	}
	list.Total = found.Total
	return list, nil
}

// Version returns version n of a template, or an ErrNotFound. It takes the right to read the template.
func (s *Service) Version(ctx context.Context, id string, n int64, by penstock.Actor) (Template, error) {
	if _, _, err := s.read(ctx, id, penstock.Read, by); err != nil {
		return Template{}, err
	}
	t, _, err := s.versions.Get(ctx, versionID(id, n))
	if err != nil {
		return Template{}, err
	}
	return t, nil
}

// A Filter selects templates. The zero Filter selects the first page of the global ones
// that are not archived.
type Filter struct {
	Project  string // those of this project; empty: the global ones
	Global   bool   // those of the project first, and the global ones behind them
	Archived bool   // archived templates instead of the others
	penstock.Page
}

// List returns a page of templates, by creation. Those that by may not read are
// passed over and not counted.
func (s *Service) List(ctx context.Context, f Filter, by penstock.Actor) (penstock.List[Template], error) {
	var list penstock.List[Template]
	page, err := f.Normal()
	var v validator
	v.project(f.Project)
	if err := errors.Join(err, v.err()); err != nil {
		return list, err
	}
	projects := []string{f.Project}
	if f.Global && f.Project != "" {
		projects = append(projects, "")
	}
	for _, project := range projects {
		q := store.Query{Where: []store.Filter{store.Equals(fieldArchived, fmt.Sprint(f.Archived)), store.Equals(fieldProject, project)}}
		if s.authorizer == nil {
			err = s.window(ctx, q, page, &list)
		} else {
			err = s.readable(ctx, q, page, by, &list)
		}
		if err != nil {
			return penstock.List[Template]{}, err
		}
	}
	return list, nil
}

// window adds what is on the page of the templates that match, behind those that are counted already.
func (s *Service) window(ctx context.Context, q store.Query, page penstock.Page, list *penstock.List[Template]) error {
	room := page.Limit - len(list.Items)
	q.Offset, q.Limit, q.Total = max(page.Offset-list.Total, 0), max(room, 1), true
	found, err := s.all.Find(ctx, q)
	if err != nil {
		return err
	}
	for _, e := range found.Items[:min(len(found.Items), room)] {
		list.Items = append(list.Items, e.Value)
	}
	list.Total += found.Total
	return nil
}

// readable does so with those that by may read.
func (s *Service) readable(ctx context.Context, q store.Query, page penstock.Page, by penstock.Actor, list *penstock.List[Template]) error {
	const some = 100
	for q.Limit = some; ; {
		found, err := s.all.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range found.Items {
			switch err := s.ask(ctx, by, penstock.Read, &e.Value); {
			case errors.Is(err, penstock.ErrForbidden):
				continue
			case err != nil:
				return err
			}
			if list.Total >= page.Offset && len(list.Items) < page.Limit {
				list.Items = append(list.Items, e.Value)
			}
			list.Total++
		}
		if found.Next == nil {
			return nil
		}
		q.After = found.Next
	}
}

// An Entry is what the log says of one write of a template.
type Entry struct {
	Seq    int64          `json:"-"` // grows from entry to entry, with gaps
	Name   string         `json:"-"` // [EventCreated] or one of its neighbours
	At     time.Time      `json:"-"`
	By     penstock.Party `json:"by,omitzero"`
	Before *Template      `json:"before,omitempty"` // nil if it was created
	After  *Template      `json:"after,omitempty"`  // nil if it was deleted
}

// History returns what the log says of the template with id, oldest first: entries
// with a Seq greater than after, at most limit of them (0: 100, at most 1,000). An
// ErrNotFound if it is deleted. It takes the right to read.
func (s *Service) History(ctx context.Context, id string, after int64, limit int, by penstock.Actor) ([]Entry, error) {
	if _, _, err := s.read(ctx, id, penstock.Read, by); err != nil {
		return nil, err
	}
	events, err := s.store.Events(ctx, store.EventQuery{Subject: s.all.Key(id), After: after, Limit: limit})
	if err != nil {
		return nil, err
	}
	all := make([]Entry, len(events))
	for i, e := range events {
		if err := json.Unmarshal(e.Body, &all[i]); err != nil {
			return nil, fmt.Errorf("decode event %d of %s: %w", e.Seq, e.Subject, err)
		}
		all[i].Seq, all[i].Name, all[i].At = e.Seq, e.Name, e.At
	}
	return all, nil
}
