package rollout

// A search looks for a loss among the likely values of each field. All that
// strategies ask is asked of one field at a time, so it is known beforehand which
// values each condition takes, and what is left is to choose the conditions that
// are to fail.
type search struct {
	*comparison
	index         map[string]int // in the names of fields
	before, after []rule
}

// A rule is a strategy that can match.
type rule struct {
	clauses []clause
	share   *percentage
	ids     []clause // whom share lets through, by each of its ids
	custom  bool
}

// A clause is the values of a field that a condition takes.
type clause struct {
	field int
	takes bitset
}

func newSearch(c *comparison) *search {
	s := &search{comparison: c, index: make(map[string]int)}
	for i, name := range c.names {
		s.index[name] = i
	}
	s.before, s.after = s.rules(c.before.feature), s.rules(c.after.feature)
	return s
}

// rules returns the strategies that can match.
func (s *search) rules(f *feature) []rule {
	var all []rule
	for i := range f.strategies {
		if r, ok := s.rule(&f.strategies[i]); ok {
			all = append(all, r)
		}
	}
	return all
}

func (s *search) rule(in *strategy) (r rule, ok bool) {
	for i := range in.conditions {
		c := &in.conditions[i]
		if c.of.at == nowhere {
			if !c.takes("") {
				return r, false
			}
			continue
		}
		k := s.clause(c.of.name, c.takes)
		if k.takes.empty() {
			return r, false
		}
		r.clauses = append(r.clauses, k)
	}
	r.custom = in.custom != nil
	if r.share = in.percentage; r.share == nil {
		return r, true
	}
	for i := range r.share.ids {
		r.ids = append(r.ids, s.clause(r.share.ids[i].name, func(id string) bool {
			return id != "" && uint64(sum(&r.share.hash, id))%r.share.n+1 <= r.share.upTo
		}))
	}
	return r, r.share.upTo > 0
}

// takes reports whether the condition holds for a value of its field.
func (c *condition) takes(value string) bool {
	if value == "" && !c.always {
		return c.inverted
	}
	return c.test.match(value) != c.inverted
}

func (s *search) clause(name string, takes func(string) bool) clause {
	k := clause{field: s.index[name]}
	values := s.values[k.field]
	k.takes = newBits(len(values))
	for i, value := range values {
		if takes(value) {
			k.takes.set(i)
		}
	}
	return k
}

// run returns a context that loses the feature, or nil.
func (s *search) run() *Context {
	for _, d := range s.starts() {
		after := make([]goal, 0, len(s.after))
		for i := range s.after {
			if g, ok := d.goal(&s.after[i]); ok {
				after = append(after, g)
			}
		}
		for i := range s.before {
			g, ok := d.goal(&s.before[i])
			if !ok {
				continue
			}
			if has, ok := d.and(g.clauses); ok {
				if ctx := s.refuse(has, after, g.open); ctx != nil {
					return ctx
				}
			}
		}
	}
	return nil
}

// refuse returns a context of the domain for which no goal is reached, nor the
// chance as good as before; nil if it finds none. Open says that a chance or the
// host's own rule is in play.
func (s *search) refuse(d domain, goals []goal, open bool) *Context {
	if s.steps--; s.steps < 0 {
		return nil
	}
	left := make([]goal, 0, len(goals))
	fewest, at := 0, -1
	for _, g := range goals {
		ways, reachable := d.ways(&g)
		if !reachable {
			continue
		}
		if ways == 0 {
			return nil
		}
		if at < 0 || ways < fewest {
			fewest, at = ways, len(left)
		}
		left = append(left, g)
	}
	if at < 0 {
		return s.try(d, open)
	}
	g := left[at] // the one with the fewest ways out
	left = append(left[:at], left[at+1:]...)
	for _, k := range g.clauses {
		if without, ok := d.without(k); ok {
			if ctx := s.refuse(without, left, open); ctx != nil {
				return ctx
			}
		}
	}
	if g.open {
		return s.refuse(d, left, true)
	}
	return nil
}

// try evaluates the first context of the domain and, if chances are in play,
// some that differ from it in one field.
func (s *search) try(d domain, open bool) *Context {
	first := s.context(d)
	if s.tries--; s.tries < 0 {
		return nil
	}
	if s.loses(first) {
		return first
	}
	if !open {
		return nil
	}
	const most = 16
	for f := range d {
		n := 0
		for i := range d[f].all() {
			if n++; n > most {
				break
			}
			if s.tries--; s.tries < 0 {
				return nil
			}
			ctx := s.context(d)
			ctx.set(s.names[f], s.values[f][i])
			if s.loses(ctx) {
				return ctx
			}
		}
	}
	return nil
}

// context returns the first context of the domain.
func (s *search) context(d domain) *Context {
	ctx := &Context{}
	for f := range d {
		for i := range d[f].all() {
			ctx.set(s.names[f], s.values[f][i])
			break
		}
	}
	return ctx
}
