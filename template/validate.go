package template

import (
	"encoding/json"
	"fmt"
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
	var v validator
	v.name("name", t.Name)
	v.text("description", t.Description, MaxDescription)
	v.project(t.Project)
	v.parameters(t.Parameters)
	if len(v.faults) > 0 { // the rest cannot be understood
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
	t.known(&v, catalog)
	if len(v.faults) == 0 {
		t.rehearse(&v, u)
	}
	return v.err()
}

// copy returns a copy of the content, unless it is too large.
func (t *Template) copy(v *validator) (releaseplan.Content, bool) {
	if raw, err := json.Marshal(t); err != nil {
		v.fault("content", "cannot be written as JSON: %v", err)
		return releaseplan.Content{}, false
	} else if len(raw) > MaxBytes {
		v.fault("", "%d bytes of JSON are too many: at most %d", len(raw), MaxBytes)
		return releaseplan.Content{}, false
	}
	c, err := copyContent(&t.Content)
	if err != nil {
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

// uses are where the content holds what.
type uses struct {
	touched []string            // paths that parameters are filled into
	of      map[string][]string // the same by parameter, but for secret variables
	secret  map[string]bool     // parameters that secret variables take
}

// uses looks for placeholders, and for faults in them.
func (t *Template) uses(v *validator, c *releaseplan.Content) *uses {
	u := &uses{of: make(map[string][]string), secret: make(map[string]bool)}
	text := func(path, s string) string {
		for _, name := range names(s) {
			switch {
			case t.parameter(name) != nil:
				u.touch(path, name)
			case name == FeatureName:
				u.touched = append(u.touched, path)
			default:
				v.fault(under("content", path), "{{%s}} is no parameter; write {{!%s}} for the braces themselves", clip(name), clip(name))
			}
		}
		return s
	}
	(&visitor{
		text:  text,
		exact: func(path, s string) any { return text(path, s) },
		key: func(path, key string) {
			for _, name := range names(key) {
				if t.parameter(name) != nil {
					v.fault(under("content", path), "{{%s}} cannot be filled in in a key", name)
				}
			}
		},
		variable: func(path string, x *releaseplan.Variable) string {
			for _, name := range names(x.Value) {
				if t.parameter(name) != nil && !x.Secret {
					u.touch(path, name)
				}
			}
			if x.Secret && x.Value != "" {
				t.secret(v, u, path, x.Value)
			}
			return x.Value
		},
	}).content(c)
	return u
}

func (u *uses) touch(path, name string) {
	u.touched = append(u.touched, path)
	u.of[name] = append(u.of[name], path)
}

// secret checks the value of a secret variable: a parameter or nothing.
func (t *Template) secret(v *validator, u *uses, path, value string) {
	found := names(value)
	if len(found) != 1 || value != "{{"+found[0]+"}}" || t.parameter(found[0]) == nil {
		v.fault(under("content", path), "a template keeps no secret: name a parameter, {{name}}, or leave it empty")
		return
	}
	u.secret[found[0]] = true
	u.touched = append(u.touched, path)
}

// secrets makes sure that what a secret variable takes is nowhere else.
func (t *Template) secrets(v *validator, u *uses) {
	for i := range t.Parameters {
		p := &t.Parameters[i]
		if !u.secret[p.Name] {
			continue
		}
		if p.Default != nil {
			v.fault(fmt.Sprintf("parameters[%d].default", i), "a template keeps no secret: a secret variable takes this parameter")
		}
		for _, path := range u.of[p.Name] {
			v.fault(under("content", path), "{{%s}} is the value of a secret variable and can be nowhere else", p.Name)
		}
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
		u.touch(b.Path, p.Name)
		if !slices.ContainsFunc(p.samples(), func(raw json.RawMessage) bool { return assign(field, raw) }) {
			v.fault(path+".parameter", "%s takes no %s", b.Path, p.kind())
		}
	}
}

// times makes sure that there is something which times are relative to.
func (t *Template) times(v *validator) {
	if y := t.Anchor.UTC().Year(); !t.Anchor.IsZero() && (y < 1 || y > 9999) {
		v.fault("anchor", "must be a time in the years 1 to 9999")
	}
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
