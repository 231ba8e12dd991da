package template

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// Validate returns every fault of the template as one joined error that is an
// ErrInvalid, with paths such as parameters[0].pattern or
// content.milestones[1].name; nil if there is none. What parameters will
// be filled into is checked as far as that can be told without their values. Weights of variants are not checked:
// they are kept as they are given. Strategies and segments are looked up in the catalog
// if there is one.
func (t *Template) Validate(catalog *rollout.Catalog) error {
	return t.validate(catalog)
}

func (t *Template) validate(catalogs ...*rollout.Catalog) error {
	var v validator
	v.name("name", t.Name)
	v.text("description", t.Description, MaxDescription)
	v.project(t.Project)
	v.parameters(t.Parameters)
	v.sound((*place)(nil).field("anchor"), reflect.ValueOf(t.Anchor))
	v.sound((*place)(nil).field("content"), reflect.ValueOf(t.Content))
	if len(t.Parameters) > MaxParameters {
		return v.err()
	}
	c, ok := t.copy(&v)
	if !ok {
		return v.err()
	}
	u := t.uses(&v, &c)
	t.bindings(&v, &c, u)
	t.secrets(&v, u)
	t.times(&v)
	t.known(&v, catalogs)
	t.rehearse(&v, u)
	return v.err()
}

// copy returns a copy of the content, unless it is too large.
func (t *Template) copy(v *validator) (releaseplan.Content, bool) {
	if raw, err := json.Marshal(t); err != nil {
		if len(v.faults) == 0 { // else that is why
			v.fault("content", "cannot be written as JSON: %v", err)
		}
		return releaseplan.Content{}, false
	} else if len(raw) > MaxBytes {
		v.fault("", "%d bytes of JSON are too many: at most %d", len(raw), MaxBytes)
		return releaseplan.Content{}, false
	}
	c, err := copyContent(&t.Content)
	if err != nil && len(v.faults) == 0 {
		v.fault("content", "is not read again as it was written: %v", err)
	}
	return c, err == nil
}

func (v *validator) project(s string) {
	if utf8.RuneCountInString(s) > MaxProject {
		v.fault("project", "must be at most %d characters", MaxProject)
	} else {
		v.short("project", s)
	}
}

// bindings checks where they go and whether any value of their parameter is taken there.
func (t *Template) bindings(v *validator, c *releaseplan.Content, u *uses) {
	if !v.most("bindings", len(t.Bindings), MaxBindings) {
		return
	}
	for i, b := range t.Bindings {
		path := fmt.Sprintf("bindings[%d]", i)
		p := t.parameter(b.Parameter)
		if p == nil {
			v.fault(path+".parameter", "%q is no parameter", clip(b.Parameter))
		}
		field, why := locate(c, b.Path)
		if why != "" {
			v.fault(path+".path", "%s %s", clip(b.Path), why)
			continue
		}
		for j, other := range t.Bindings[:i] {
			if within(b.Path, other.Path) || within(other.Path, b.Path) {
				v.fault(path+".path", "%s is bound by bindings[%d] too", clip(b.Path), j)
				break
			}
		}
		if p == nil {
			continue
		}
		u.bind(boundPath(b.Path), p.Name)
		if !slices.ContainsFunc(slices.Concat(p.samples(0, 0), p.samples(1, 0)), func(raw json.RawMessage) bool { return assign(field, raw) }) {
			v.fault(path+".parameter", "%s takes no %s", b.Path, p.kind())
		}
	}
}

// times makes sure that there is something which times are relative to.
func (t *Template) times(v *validator) {
	if !t.anchor().IsZero() {
		return
	}
	for path := range t.Content.Times() {
		v.fault("content."+path, "is relative to nothing: set the anchor, or a planned start")
	}
}

// within reports whether a path is another one or leads to a part of it.
func within(path, whole string) bool {
	rest, ok := strings.CutPrefix(path, whole)
	return ok && (rest == "" || whole == "" || rest[0] == '.' || rest[0] == '[')
}
