package rollout

import (
	"fmt"
	"slices"
	"strings"
)

// constraint checks c, which may have as many values as it had before.
func (v *validator) constraint(path string, c, before *Constraint, known *Catalog) {
	most := MaxValues
	if before != nil {
		most = max(most, len(before.Values))
	}
	v.given(under(path, "contextName"), c.ContextName)
	v.values(under(path, "values"), c.Values, most)
	short := v.text(under(path, "value"), c.Value)
	switch {
	case c.Operator == "":
		v.fault(under(path, "operator"), "must not be empty")
	case c.Operator.readsValues():
		v.several(path, c, most, known)
	case short:
		v.single(path, c, known)
	}
}

// several checks a constraint whose operator reads Values.
func (v *validator) several(path string, c *Constraint, most int, known *Catalog) {
	values := under(path, "values")
	if len(c.Values) == 0 {
		v.fault(values, "must not be empty")
	}
	if len(c.Values) > most {
		return
	}
	for i, value := range c.Values {
		at := fmt.Sprintf("%s[%d]", values, i)
		if c.Operator != InCIDR {
			v.legal(at, c.ContextName, value, known)
		} else if _, ok := parseRange(value); !ok && value != "" {
			v.fault(at, notARange, clip(value))
		}
	}
}

// single checks a constraint whose operator reads Value, or is unknown.
func (v *validator) single(path string, c *Constraint, known *Catalog) {
	value := under(path, "value")
	_, err := newTest(c, nil)
	v.faults = nest(v.faults, path, err)
	if c.Operator != MatchRegexp {
		v.legal(value, c.ContextName, c.Value, known)
		if strings.HasPrefix(string(c.Operator), "SEMVER_") && err == nil && strings.Contains(c.Value, "+") {
			v.fault(value, "%q has build metadata, which is not compared", clip(c.Value))
		}
		return
	}
	if c.Value == "" {
		v.fault(value, "must not be empty")
	}
	if c.Inverted {
		v.fault(under(path, "inverted"), "a pattern cannot be inverted")
	}
}

// legal: a field whose values are known takes no others.
func (v *validator) legal(path, field, value string, known *Catalog) {
	if known == nil || known.Legal == nil || value == "" {
		return
	}
	if legal := known.Legal(field); len(legal) > 0 && !slices.Contains(legal, value) {
		v.fault(path, "%q is not a legal value of %s", clip(value), clip(field))
	}
}
