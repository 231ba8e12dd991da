package rollout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

type flagRules struct{ *Service }

func (flagRules) key(name string) string               { return nameKey(name) }
func (flagRules) id(f *Flag) *string                   { return &f.Name }
func (flagRules) named(f *Flag) (name, project string) { return f.Name, f.Project }
func (flagRules) sort(*Flag) int64                     { return 0 }

func (flagRules) happened(before, after *Flag) string {
	switch {
	case before.Archived == after.Archived:
		return "updated"
	case after.Archived:
		return "archived"
	default:
		return "unarchived"
	}
}

// index makes a feature to be found by what it refers to.
func (flagRules) index(f *Flag) map[string][]string {
	segments, custom := make(map[string]bool), make(map[string]bool)
	for _, s := range f.strategies() {
		if !builtIn(s.Name) {
			custom[s.Name] = true
		}
		for _, id := range s.Segments {
			segments[strconv.Itoa(id)] = true
		}
	}
	fields := map[string][]string{
		fieldArchived:    {strconv.FormatBool(f.Archived)},
		fieldEnvironment: f.environments(),
		fieldSegment:     slices.Sorted(maps.Keys(segments)),
		fieldStrategy:    slices.Sorted(maps.Keys(custom)),
	}
	for _, d := range f.Dependencies {
		fields[fieldParent] = append(fields[fieldParent], d.Feature)
	}
	return fields
}

func (r flagRules) check(ctx context.Context, c *change, before *Flag, f Flag) (Flag, error) {
	if err := r.checkArchived(ctx, c, before, &f); err != nil {
		return f, err
	}
	var v validator
	if before == nil {
		before = &Flag{}
		if f.Archived {
			v.fault("archived", "a new feature is not")
		}
	}
	v.name("name", f.Name)
	v.short("type", f.Type)
	v.text("description", f.Description)
	v.projectName("project", f.Project)
	if !v.sizes(&f, before) {
		return f, errors.Join(v.faults...)
	}
	f = f.withDefaults(r.stickiness(f.Project), r.newID)
	known, err := r.lookUp(ctx, c.by, &f)
	if err != nil {
		return f, err
	}
	for _, name := range f.environments() {
		v.setting(name, &f, before, known)
	}
	v.family(&f, before, known)
	if v.faults == nil {
		err = f.normalize(before)
	}
	return f, errors.Join(append(v.faults, err)...)
}

// checkArchived: to archive and to bring back takes the right to delete; what is
// archived can only be brought back.
func (r flagRules) checkArchived(ctx context.Context, c *change, before, f *Flag) error {
	switch {
	case before == nil || !before.Archived && !f.Archived:
		return nil
	case before.Archived && f.Archived:
		return &penstock.RefusedError{Action: "update", State: "archived", Allowed: []string{"unarchive", "delete"}}
	}
	if err := r.features.ask(ctx, c.by, penstock.Delete, before); err != nil || before.Archived {
		return err
	}
	return r.unused(ctx, Ref{KindFeature, f.Name}, c.by)
}

// neighbours are the records that a feature refers to, and who depends on it.
type neighbours struct {
	segments     map[int]*Segment
	environments map[string]bool
	definitions  map[string]*Definition
	parents      map[string]*Flag
	children     []string
	legal        func(string) []string
}

// lookUp reads the neighbours of f. What cannot be a name is unknown. A child that by may
// not read goes unnamed.
func (r flagRules) lookUp(ctx context.Context, by penstock.Actor, f *Flag) (*neighbours, error) {
	n := &neighbours{legal: r.legal, segments: make(map[int]*Segment), environments: make(map[string]bool),
		definitions: make(map[string]*Definition), parents: make(map[string]*Flag)}
	refs := make(map[Ref]bool)
	for field, values := range r.index(f) {
		for _, kind := range []string{KindSegment, KindEnvironment, KindStrategy, KindFeature} {
			for _, id := range values {
				if ref := (Ref{kind, id}); ref.field() == field && ref.valid() {
					refs[ref] = true
				}
			}
		}
	}
	var keys []store.Key
	for ref := range refs {
		keys = append(keys, ref.key())
	}
	found, err := r.get(ctx, keys)
	if err != nil {
		return nil, err
	}
	for key, record := range found {
		if err := n.add(key, record.Body); err != nil {
			return nil, fmt.Errorf("decode %s: %w", key, err)
		}
	}
	if !validName(f.Name) {
		return n, nil
	}
	children, err := r.features.all.Find(ctx, store.Query{Where: []store.Filter{store.Equals(fieldParent, f.Name)}, Limit: 1})
	for _, e := range children.Items {
		switch err := r.features.ask(ctx, by, penstock.Read, &e.Value.Value); {
		case err == nil:
			n.children = append(n.children, e.ID)
		case errors.Is(err, penstock.ErrForbidden):
			n.children = append(n.children, "one that is not shown")
		default:
			return nil, err
		}
	}
	return n, err
}

func (n *neighbours) add(key store.Key, body []byte) error {
	switch key.Kind {
	case Ref{Kind: KindSegment}.key().Kind:
		var g Record[Segment]
		err := json.Unmarshal(body, &g)
		n.segments[g.Value.ID] = &g.Value
		return err
	case Ref{Kind: KindStrategy}.key().Kind:
		var d Record[Definition]
		err := json.Unmarshal(body, &d)
		n.definitions[d.Value.Name] = &d.Value
		return err
	case Ref{Kind: KindFeature}.key().Kind:
		var f Record[Flag]
		err := json.Unmarshal(body, &f)
		n.parents[f.Value.Name] = &f.Value
		return err
	default:
		n.environments[key.ID] = true
		return nil
	}
}

// catalog is what the neighbours tell of a strategy's or a dependency's references.
func (n *neighbours) catalog() *Catalog {
	return &Catalog{
		Segment:    func(id int) *Segment { return n.segments[id] },
		Strategy:   func(name string) bool { return n.definitions[name] != nil },
		Legal:      n.legal,
		Dependents: func(string) []string { return n.children },
		Feature: func(name string) *Feature {
			f := n.parents[name]
			if f == nil {
				return nil
			}
			return &Feature{Name: name, Project: f.Project, Dependencies: f.Dependencies}
		},
	}
}
