package template

import (
	"context"
	"errors"
	"fmt"

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
