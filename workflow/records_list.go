package workflow

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// Get returns the latest version of a definition, or an ErrNotFound. It takes the
// right to read.
func (d Definitions) Get(ctx context.Context, key string, by penstock.Actor) (Record[Definition], error) {
	return d.Version(ctx, key, 0, by)
}

// Version returns a version of a definition that is there; 0 is the latest. Versions of one
// that had the key before are not shown. It takes the right to read.
func (d Definitions) Version(ctx context.Context, key string, version int64, by penstock.Actor) (Record[Definition], error) {
	w, err := d.read(ctx, key, penstock.Read, by)
	if err != nil {
		return Record[Definition]{}, err
	}
	if version == 0 {
		version = w.Version
	}
	if version < w.first() || version > w.Version {
		return Record[Definition]{}, noVersion(key, version)
	}
	l, err := d.load(ctx, key, version)
	if err != nil {
		return Record[Definition]{}, err
	}
	return l.shown(version, w.Created)
}

// Versions returns a page of the versions of a definition, the newest first. It
// takes the right to read.
func (d Definitions) Versions(ctx context.Context, key string, page penstock.Page, by penstock.Actor) (penstock.List[Record[Definition]], error) {
	var list penstock.List[Record[Definition]]
	page, err := page.Normal()
	if err != nil {
		return list, err
	}
	w, err := d.read(ctx, key, penstock.Read, by)
	if err != nil {
		return list, err
	}
	list.Total = int(w.Version - w.first() + 1)
	if page.Offset >= list.Total {
		return list, nil
	}
	newest := w.Version - int64(page.Offset)
	oldest := max(w.first(), newest-int64(page.Limit)+1)
	all, err := d.loadAll(ctx, key, oldest, newest)
	if err != nil {
		return penstock.List[Record[Definition]]{}, err
	}
	for v := newest; v >= oldest; v-- {
		if all[v] == nil {
			return penstock.List[Record[Definition]]{}, noVersion(key, v)
		}
		r, err := all[v].shown(v, w.Created)
		if err != nil {
			return penstock.List[Record[Definition]]{}, err
		}
		list.Items = append(list.Items, r)
	}
	return list, nil
}

// History returns what the log says of a definition since it was created, oldest first:
// those with a Version greater than after, at most limit of them (0: 100, at most
// 1,000). An ErrNotFound if it is deleted. It takes the right to read.
func (d Definitions) History(ctx context.Context, key string, after int64, limit int, by penstock.Actor) ([]Revision[Definition], error) {
	w, err := d.read(ctx, key, penstock.Read, by)
	if err != nil {
		return nil, err
	}
	entries, err := d.service.workflows().history(ctx, &w, after, limit)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	oldest := max(w.first(), entries[0].Version-1)
	versions, err := d.loadAll(ctx, key, oldest, entries[len(entries)-1].Version)
	if err != nil {
		return nil, err
	}
	all := make([]Revision[Definition], len(entries))
	for i, e := range entries {
		all[i] = Revision[Definition]{Version: e.Version, Name: e.Name, At: e.At, By: e.By, Commit: e.Commit}
		for at, version := range map[**Definition]int64{&all[i].Before: e.Version - 1, &all[i].After: e.Version} {
			if l := versions[version]; l != nil {
				if *at, err = unseal(l.text, nil); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

// A WorkflowFilter selects definitions. The zero one selects the first page of all.
type WorkflowFilter struct {
	Project string // of this project; empty: of any
	View    string // in this view of the project, in its order
	Text    string // in the key or the name, in small or large letters
	penstock.Page
}

// List returns a page of what is known of definitions, by key. What by may not read is
// passed over and not counted. A view that is unknown is an ErrNotFound.
func (d Definitions) List(ctx context.Context, f WorkflowFilter, by penstock.Actor) (penstock.List[Workflow], error) {
	var list penstock.List[Workflow]
	page, err := f.Normal()
	var c Checker
	c.Short("project", f.Project)
	c.Short("view", f.View)
	c.Short("text", f.Text)
	if f.View != "" && f.Project == "" {
		c.Fault("project", "must not be empty with a view")
	}
	if err := errors.Join(err, c.Faults()); err != nil {
		return list, err
	}
	if f.View != "" {
		return d.listView(ctx, f, page, by)
	}
	q := store.Query{}
	if f.Project != "" {
		q.Where = append(q.Where, store.Equals(fieldProject, f.Project))
	}
	q.Where = append(q.Where, store.HasPart(fieldText, searchable(f.Text)[0])) // what is deleted has no text
	found, err := d.service.workflows().list(ctx, q, page, func(w *storedRecord[Workflow]) error {
		return d.may(ctx, w, penstock.Read, by)
	})
	if err != nil {
		return list, err
	}
	for i := range found.Items {
		list.Items = append(list.Items, shownWorkflow(&found.Items[i]))
	}
	list.Total = found.Total
	return list, nil
}

func shownWorkflow(r *storedRecord[Workflow]) Workflow {
	w := *r.Value
	w.Version, w.Created, w.Updated = r.Version, r.Created, r.Updated
	return w
}

func (d Definitions) listView(ctx context.Context, f WorkflowFilter, page penstock.Page, by penstock.Actor) (penstock.List[Workflow], error) {
	var list penstock.List[Workflow]
	view, err := d.service.Views().read(ctx, f.Project, f.View, penstock.Read, by)
	if err != nil {
		return list, err
	}
	members, err := d.service.members(ctx, view.Value)
	if err != nil {
		return list, err
	}
	text := searchable(f.Text)[0]
	for i := range members {
		w := shownWorkflow(&members[i])
		if !matches(&w, text) {
			continue
		}
		switch err := d.may(ctx, &members[i], penstock.Read, by); {
		case errors.Is(err, penstock.ErrForbidden):
			continue
		case err != nil:
			return penstock.List[Workflow]{}, err
		case list.Total >= page.Offset && len(list.Items) < page.Limit:
			list.Items = append(list.Items, w)
		}
		list.Total++
	}
	return list, nil
}
