package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// Get returns a view, or an ErrNotFound. It takes the right to read.
func (v Views) Get(ctx context.Context, project, name string, by penstock.Actor) (Record[View], error) {
	now, err := v.read(ctx, project, name, penstock.Read, by)
	if err != nil {
		return Record[View]{}, err
	}
	return v.shown(ctx, &now, by)
}

// read returns a view as it is stored, if by has a right on it.
func (v Views) read(ctx context.Context, project, name string, right penstock.Right, by penstock.Actor) (storedRecord[View], error) {
	now, err := v.service.views().load(ctx, hashed(project, name))
	if err == nil {
		err = v.may(ctx, &now, name, right, by)
	}
	if err != nil {
		return storedRecord[View]{}, err
	}
	return now, nil
}

func (v Views) may(ctx context.Context, now *storedRecord[View], name string, right penstock.Right, by penstock.Actor) error {
	if now.Value == nil {
		return fmt.Errorf("view %q: %w", short(name), penstock.ErrNotFound)
	}
	return v.service.authorizer.Ask(ctx, by, right, now.Value.Resource())
}

// shown returns a view with the workflows that by may see.
func (v Views) shown(ctx context.Context, now *storedRecord[View], by penstock.Actor) (Record[View], error) {
	seen, err := v.visible(ctx, now.Value, by)
	if err != nil {
		return Record[View]{}, err
	}
	return showView(now, seen), nil
}

func showView(now *storedRecord[View], seen []string) Record[View] {
	r := now.record()
	r.Value.Workflows = seen
	return r
}

// visible returns the workflows of a view that by may see.
func (v Views) visible(ctx context.Context, view *View, by penstock.Actor) ([]string, error) {
	members, err := v.service.members(ctx, view)
	if err != nil {
		return nil, err
	}
	var keys []string
	for i := range members {
		switch err := Definitions(v).may(ctx, &members[i], penstock.Read, by); {
		case err == nil:
			keys = append(keys, members[i].id)
		case !errors.Is(err, penstock.ErrForbidden):
			return nil, err
		}
	}
	return keys, nil
}

// members returns the workflows of a view that are there, in order.
func (s *Service) members(ctx context.Context, v *View) ([]storedRecord[Workflow], error) {
	known, err := s.workflows().loadAll(ctx, v.Workflows)
	if err != nil {
		return nil, err
	}
	var all []storedRecord[Workflow]
	for _, key := range v.Workflows {
		if w, ok := known[key]; ok && w.Value.Project == v.Project {
			all = append(all, w)
		}
	}
	return all, nil
}

// matches reports whether a text that is searched for is in a workflow's key or name.
func matches(w *Workflow, text string) bool {
	return slices.ContainsFunc(searchable(w.Key, w.Name), func(s string) bool { return strings.Contains(s, text) })
}

// List returns a page of the views of a project. Those that by may not read are
// passed over and not counted.
func (v Views) List(ctx context.Context, project string, page penstock.Page, by penstock.Actor) (penstock.List[Record[View]], error) {
	var list penstock.List[Record[View]]
	page, err := page.Normal()
	var c Checker
	c.Name("project", project)
	if err := errors.Join(err, c.Faults()); err != nil {
		return list, err
	}
	q := store.Query{Where: []store.Filter{store.Equals(fieldProject, project)}, Order: store.Order{By: fieldText}}
	found, err := v.service.views().list(ctx, q, page, func(now *storedRecord[View]) error {
		return v.may(ctx, now, "", penstock.Read, by)
	})
	if err != nil {
		return list, err
	}
	for i := range found.Items {
		r, err := v.shown(ctx, &found.Items[i], by)
		if err != nil {
			return penstock.List[Record[View]]{}, err
		}
		list.Items = append(list.Items, r)
	}
	list.Total = found.Total
	return list, nil
}

// History returns what the log says of a view since it was created, oldest first: those with a
// Version greater than after, at most limit of them (0: 100, at most 1,000), with
// the workflows that by may see now. It takes the right to read.
func (v Views) History(ctx context.Context, project, name string, after int64, limit int, by penstock.Actor) ([]Revision[View], error) {
	now, err := v.read(ctx, project, name, penstock.Read, by)
	if err != nil {
		return nil, err
	}
	all, err := v.service.views().history(ctx, &now, after, limit)
	if err != nil {
		return nil, err
	}
	for i := range all {
		for _, view := range []*View{all[i].Before, all[i].After} {
			if view == nil {
				continue
			}
			if view.Workflows, err = v.visible(ctx, view, by); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}
