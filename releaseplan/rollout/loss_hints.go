package rollout

// hints are what two lists of strategies ask of each field.
type hints struct {
	names []string // of the fields, in the order in which they are asked
	of    map[string]*hint
	asked int // how many conditions there are

	weights map[*Constraint]int
}

// A hint is what is asked of one field.
type hint struct {
	equal, prefix, suffix, part   counted
	number, date, version, within counted
	pattern, folded               counted
	shape                         counted // a pattern for each condition about texts
	weight                        int     // how much is gone through for each byte of a value, at worst
	sticky                        bool    // a percentage goes by it
}

// A counted list keeps values in the order in which they came, and tells which
// of them one side has more often.
type counted struct {
	asked int
	order []string
	more  map[string]int // on the side before than on that after
}

// add counts values for side 0, before, or 1, after. Long ones are passed over.
func (c *counted) add(side int, values ...string) {
	if c.more == nil {
		c.more = make(map[string]int)
	}
	for _, v := range values {
		if long(v) {
			continue
		}
		if _, ok := c.more[v]; !ok {
			c.order = append(c.order, v)
		}
		c.more[v] += 1 - 2*side
	}
	c.asked++
}

func (c *counted) changed(v string) bool { return c.more[v] != 0 }

// all returns the values; those that make a difference come first.
func (c *counted) all() []string {
	all := make([]string, 0, len(c.order))
	for _, first := range []bool{true, false} {
		for _, v := range c.order {
			if c.changed(v) == first {
				all = append(all, v)
			}
		}
	}
	return all
}

// other returns a value like the given one that is not in the list.
func (c *counted) other(like string) string {
	v := like
	for _, taken := c.more[v]; taken; _, taken = c.more[v] {
		v += "-x"
	}
	return v
}

// field returns the hint of a field.
func (h *hints) field(name string) *hint {
	x := h.of[name]
	if x == nil {
		x = &hint{}
		h.of[name] = x
		h.names = append(h.names, name)
	}
	return x
}

// ask makes all fields known that a compiled strategy asks, and counts how often.
func (h *hints) ask(s *strategy) {
	for i := range s.conditions {
		if f := s.conditions[i].of; f.at != nowhere {
			h.field(f.name)
			h.asked++
		}
	}
	if s.percentage != nil {
		for _, id := range s.percentage.ids {
			x := h.field(id.name)
			x.sticky = true
			x.weight++
			h.asked++
		}
	}
	if s.custom != nil { // one may guess that it asks about the user
		h.field("userId").sticky = true
	}
}

// hints reads what the strategies that can match are written with.
func (c *comparison) hints() *hints {
	h := &hints{of: make(map[string]*hint), weights: make(map[*Constraint]int)}
	segments := make(map[int]*Segment, len(c.segments))
	for i := range c.segments {
		segments[c.segments[i].ID] = &c.segments[i]
	}
	for n, all := range [][]Strategy{c.before.strategies, c.after.strategies} {
		for i := range all {
			if all[i].Disabled {
				continue
			}
			for j := range all[i].Constraints {
				h.constraint(n, &all[i].Constraints[j])
			}
			for _, id := range all[i].Segments {
				if s := segments[id]; s != nil {
					for j := range s.Constraints {
						h.constraint(n, &s.Constraints[j])
					}
				}
			}
		}
		for i := range all {
			h.parameters(n, &all[i])
		}
	}
	c.dated = h.of["currentTime"] != nil && h.of["currentTime"].date.asked > 0
	return h
}

func (h *hints) parameters(side int, s *Strategy) {
	if s.Disabled {
		return
	}
	switch s.Name {
	case UserWithID:
		h.constraint(side, &Constraint{ContextName: "userId", Operator: In, Values: list(s.Parameters["userIds"])})
	case RemoteAddress:
		h.constraint(side, &Constraint{ContextName: "remoteAddress", Operator: InCIDR, Values: list(s.Parameters["IPs"])})
	}
}

func (h *hints) constraint(side int, c *Constraint) {
	if c.ContextName == "" {
		return
	}
	x := h.field(c.ContextName)
	if _, known := h.weights[c]; !known {
		h.weights[c] = c.weight() // of a segment it is asked for often
	}
	x.weight += h.weights[c]
	if shape := c.shape(); shape != "" {
		x.shape.add(side, shape)
	}
	switch c.Operator {
	case In, NotIn:
		x.equal.add(side, c.Values...)
	case StartsWith:
		x.prefix.add(side, c.Values...)
	case EndsWith:
		x.suffix.add(side, c.Values...)
	case Contains:
		x.part.add(side, c.Values...)
	case InCIDR:
		x.within.add(side, c.Values...)
	case NumEQ, NumGT, NumGTE, NumLT, NumLTE:
		x.number.add(side, c.Value)
	case DateAfter, DateBefore:
		x.date.add(side, c.Value)
	case SemverEQ, SemverGT, SemverGTE, SemverLT, SemverLTE:
		x.version.add(side, c.Value)
	case MatchRegexp:
		if c.CaseInsensitive {
			x.folded.add(side, c.Value)
		} else {
			x.pattern.add(side, c.Value)
		}
	}
}
