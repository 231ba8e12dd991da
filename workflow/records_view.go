package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
)

// MaxView bounds the workflows of a view.
const MaxView = 500

// The names of the events of a view in the log.
const (
	EventViewCreated = "view.created"
	EventViewUpdated = "view.updated"
	EventViewDeleted = "view.deleted"
)

// A View is an ordered list of workflows of a project. A workflow can be in any
// number of views.
type View struct {
	Project   string   `json:"project"`
	Name      string   `json:"name"`                // unique in the project
	Workflows []string `json:"workflows,omitempty"` // keys, each once; at most MaxView
}

// Enable adds a workflow at the end of the view, or takes it out. What is so already
// stays so.
func (v *View) Enable(key string, enabled bool) {
	i := slices.Index(v.Workflows, key)
	switch {
	case enabled && i < 0:
		v.Workflows = append(v.Workflows, key)
	case !enabled && i >= 0:
		v.Workflows = slices.Delete(v.Workflows, i, i+1)
	}
}

// Resource returns the view as an Authorizer is asked about it.
func (v *View) Resource() penstock.Resource {
	return penstock.Resource{Kind: "view", ID: hashed(v.Project, v.Name), Name: v.Name, Project: v.Project}
}

// Views are the views of a [Service], by project and name. A view shows workflows
// that are there, are of its project, and may be read by who asks: others drop out.
type Views struct{ service *Service }

// Views returns the views, by project and name.
func (s *Service) Views() Views { return Views{s} }

func (s *Service) views() records[View] {
	return records[View]{service: s, kind: kindView, fields: func(v *View) map[string][]string {
		return map[string][]string{fieldProject: {v.Project}, fieldText: searchable(v.Name)}
	}}
}

// Create stores a new view. A name that is taken in the project is an ErrExists; a
// workflow that is unknown, or of another project, is an ErrInvalid. It takes the right to edit.
func (v Views) Create(ctx context.Context, view View, by penstock.Actor) (Record[View], error) {
	if err := outsider(by); err != nil {
		return Record[View]{}, err
	}
	on := view.Resource()
	on.ID = ""
	if err := v.service.authorizer.Ask(ctx, by, penstock.Edit, on); err != nil {
		return Record[View]{}, err
	}
	if err := v.check(ctx, &view, nil, by); err != nil {
		return Record[View]{}, err
	}
	view.Workflows = slices.Clone(view.Workflows)
	seen, err := v.visible(ctx, &view, by) // before it is written: then nothing may fail
	if err != nil {
		return Record[View]{}, err
	}
	next, err := v.service.views().write(ctx, hashed(view.Project, view.Name), by, func(now *storedRecord[View]) (recordWrite[View], error) {
		if now.Value != nil {
			return recordWrite[View]{}, fmt.Errorf("view %q: %w", view.Name, penstock.ErrExists)
		}
		return recordWrite[View]{next: &view, event: EventViewCreated, entry: Revision[View]{After: &view}}, nil
	})
	if err != nil {
		return Record[View]{}, err
	}
	return showView(&next, seen), nil
}

// check reports every fault of a view; workflows that it has already are good.
func (v Views) check(ctx context.Context, view *View, has []string, by penstock.Actor) error {
	var c Checker
	c.Name("project", view.Project)
	c.Name("name", view.Name)
	if !c.Count("workflows", len(view.Workflows), MaxView) {
		return c.Faults()
	}
	var wanted []string
	for _, key := range view.Workflows {
		if workflowKey.MatchString(key) && !slices.Contains(wanted, key) {
			wanted = append(wanted, key)
		}
	}
	known, err := v.service.workflows().loadAll(ctx, wanted)
	if err != nil {
		return err
	}
	for i, key := range view.Workflows {
		at, w := c.At("workflows[%d]", i), known[key]
		unknown := w.Value == nil || w.Value.Project != view.Project
		if !unknown && !slices.Contains(has, key) {
			err := Definitions(v).may(ctx, &w, penstock.Read, by)
			if unknown = errors.Is(err, penstock.ErrForbidden); err != nil && !unknown {
				return err
			}
		}
		if unknown {
			at.Fault("", "the project has no workflow %q", short(key))
		} else if slices.Contains(view.Workflows[:i], key) {
			at.Fault("", "%q is there already", key)
		}
	}
	return c.Faults()
}

// Update lets f change a copy of a view and stores what it made of it; [View.Enable]
// adds and removes. f sees every workflow that is there: who may edit a view knows what is in it. A version
// other than 0 that is not the latest is an ErrConflict, and so is a view that
// changes while f works. Project and name cannot be changed. What changes nothing
// stores nothing. f runs once; its error is returned as it is. It takes the right to edit.
func (v Views) Update(ctx context.Context, project, name string, version int64, f func(*View) error, by penstock.Actor) (Record[View], error) {
	if err := outsider(by); err != nil {
		return Record[View]{}, err
	}
	now, err := v.read(ctx, project, name, penstock.Edit, by)
	if err != nil {
		return Record[View]{}, err
	}
	if version != 0 && version != now.Version {
		return Record[View]{}, stale("view "+name, now.Version, version)
	}
	before := View{Project: project, Name: name}
	members, err := v.service.members(ctx, now.Value)
	if err != nil {
		return Record[View]{}, err
	}
	for i := range members {
		before.Workflows = append(before.Workflows, members[i].id)
	}
	after := before
	after.Workflows = slices.Clone(before.Workflows)
	if err := f(&after); err != nil {
		return Record[View]{}, err
	}
	if after.Project, after.Name = first(after.Project, project), first(after.Name, name); after.Project != project || after.Name != name {
		return Record[View]{}, penstock.Invalid("name", "project and name cannot be changed")
	}
	if err := v.check(ctx, &after, before.Workflows, by); err != nil {
		return Record[View]{}, err
	}
	if slices.Equal(after.Workflows, before.Workflows) {
		return v.shown(ctx, &now, by)
	}
	after.Workflows = slices.Clone(after.Workflows)
	seen, err := v.visible(ctx, &after, by)
	if err != nil {
		return Record[View]{}, err
	}
	next, err := v.service.views().write(ctx, now.id, by, func(current *storedRecord[View]) (recordWrite[View], error) {
		if current.at != now.at {
			return recordWrite[View]{}, fmt.Errorf("view %q: %w", name, penstock.ErrConflict)
		}
		return recordWrite[View]{next: &after, event: EventViewUpdated, entry: Revision[View]{Before: current.Value, After: &after}}, nil
	})
	if err != nil {
		return Record[View]{}, err
	}
	return showView(&next, seen), nil
}

// Delete removes a view; its workflows stay. A version other than 0 that is not the
// latest is an ErrConflict. It takes the right to delete.
func (v Views) Delete(ctx context.Context, project, name string, version int64, by penstock.Actor) error {
	if err := outsider(by); err != nil {
		return err
	}
	_, err := v.service.views().write(ctx, hashed(project, name), by, func(now *storedRecord[View]) (recordWrite[View], error) {
		if err := v.may(ctx, now, name, penstock.Delete, by); err != nil {
			return recordWrite[View]{}, err
		}
		if version != 0 && version != now.Version {
			return recordWrite[View]{}, stale("view "+name, now.Version, version)
		}
		return recordWrite[View]{event: EventViewDeleted, entry: Revision[View]{Before: now.Value}}, nil
	})
	return err
}
