package template

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/penstock-go/penstock/releaseplan"
)

// placeholder is {{name}}, or {{!name}}, which stands for the first as it is.
var placeholder = regexp.MustCompile(`\{\{(!*)([A-Za-z_][A-Za-z0-9_]*)\}\}`)

// names returns the placeholders of a text, without those that are escaped.
func names(text string) (all []string) {
	if !strings.Contains(text, "{{") {
		return nil
	}
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if m[1] == "" {
			all = append(all, m[2])
		}
	}
	return all
}

// escape returns a text that is expanded to text.
func escape(text string) string { return placeholder.ReplaceAllString(text, "{{!$1$2}}") }

// An expander fills values in. It stops to do so before the content grows beyond
// what a plan can have.
type expander struct {
	values map[string]value
	known  func(name string) bool // whether it is a parameter
	left   int                    // bytes that may still be filled in
	over   bool                   // there were more
}

// expand fills in one text. Names that lookup does not know stay as they are, and,
// unless the text is one of a variable, {{!name}} loses its mark.
func (x *expander) expand(text string, variable bool, lookup func(name string) (string, bool)) string {
	found := placeholder.FindAllStringSubmatchIndex(text, -1)
	if found == nil {
		return text
	}
	pieces, size, from := make([]string, 0, 2*len(found)+1), 0, 0
	add := func(s string) {
		pieces = append(pieces, s)
		size += len(s)
	}
	for _, m := range found {
		name := text[m[4]:m[5]]
		add(text[from:m[0]])
		from = m[1]
		escaped := m[2] != m[3]
		switch s, ok := lookup(name); {
		case escaped && (ok || !variable):
			add("{{" + text[m[2]+1:m[1]])
		case ok && !escaped:
			add(s)
		default:
			add(text[m[0]:m[1]])
		}
		if size > x.left {
			x.over = true
			return text
		}
	}
	add(text[from:])
	x.left -= size
	return strings.Join(pieces, "")
}

func (x *expander) value(name string) (string, bool) { return x.values[name].text, x.known(name) }

// visitor returns the one that expands a content but for the groups of strategies.
func (x *expander) visitor() *visitor {
	return &visitor{
		key: func(*place, string) {},
		text: func(at *place, s string) string {
			if at.isGroup() {
				return s
			}
			return x.expand(s, false, x.value)
		},
		exact: func(_ *place, s string) any {
			m := placeholder.FindStringSubmatch(s)
			if len(m) == 0 || m[0] != s || m[1] != "" || !x.known(m[2]) {
				return x.expand(s, false, x.value)
			}
			raw := x.values[m[2]].raw
			if raw == nil {
				raw = json.RawMessage("null")
			}
			if x.left -= len(raw); x.left < 0 {
				x.over = true
				return s
			}
			return raw
		},
		variable: func(_ *place, v *releaseplan.Variable) string {
			return x.expand(v.Value, true, func(name string) (string, bool) {
				s, ok := x.value(name)
				if !v.Secret { // braces would refer to other variables
					s = strings.NewReplacer("{", "{{", "}", "}}").Replace(s)
				}
				return s, ok
			})
		},
	}
}

// groups fills in the groups of strategies, in which the feature's name is known too.
func (x *expander) groups(c *releaseplan.Content, feature string) {
	for i := range c.Milestones {
		for j := range c.Milestones[i].Strategies {
			s := &c.Milestones[i].Strategies[j]
			if group, ok := s.Parameters[groupID]; ok {
				s.Parameters[groupID] = x.expand(group, false, func(name string) (string, bool) {
					if name == FeatureName && feature != "" {
						return feature, true
					}
					return x.value(name)
				})
			}
			group(s, feature)
		}
	}
}
