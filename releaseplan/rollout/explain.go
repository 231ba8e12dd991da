package rollout

// An Explanation says how a feature was decided for a context, and by what.
type Explanation struct {
	Feature    string    `json:"feature"`
	Enabled    bool      `json:"enabled"`
	Reason     Reason    `json:"reason"`
	Parent     string    `json:"parent,omitempty"`     // the one that is not as it must be, with ByParent
	ParentWhy  string    `json:"parentWhy,omitempty"`  // in words: is off
	Strategies []Verdict `json:"strategies,omitempty"` // those that were asked, in order; the last one matched, with ByStrategy
	Variant    Selection `json:"variant"`
	VariantOf  string    `json:"variantOf,omitempty"` // whose list it is from: strategy or feature
	Drawn      *Draw     `json:"drawn,omitempty"`     // how the variant was picked; nil if none was, or by an override
}

// A Reason is the rule that decided a feature.
type Reason string

// The reasons, in the order in which they are looked at.
const (
	Unknown      Reason = "unknown"       // nobody defined the feature
	SwitchedOff  Reason = "disabled"      // the feature is not enabled
	ByParent     Reason = "parent"        // a dependency does not hold
	NoStrategies Reason = "no_strategies" // on for everyone
	ByStrategy   Reason = "strategy"      // one matched
	NoMatch      Reason = "no_match"      // there are strategies and none matched
)

// A Verdict is the result of one strategy.
type Verdict struct {
	Index   int     `json:"index"` // in the feature
	ID      string  `json:"id,omitempty"`
	Name    string  `json:"name"`
	Title   string  `json:"title,omitempty"`
	Matched bool    `json:"matched"`
	Checks  []Check `json:"checks,omitempty"` // what was asked, in order; the first that does not hold ends it
	Drawn   *Draw   `json:"drawn,omitempty"`  // of a percentage that was asked
	Custom  bool    `json:"custom,omitempty"` // the rule of a custom strategy was asked, and decided
}

// A Check is the result of one constraint, or of a strategy's own list.
type Check struct {
	Of       string   `json:"of"`                 // constraints[0], segment 7 constraints[0], parameters.userIds; name: of an unknown strategy
	Field    string   `json:"field,omitempty"`    // of the context
	Operator Operator `json:"operator,omitempty"` // of a constraint
	Inverted bool     `json:"inverted,omitempty"`
	Asked    []string `json:"asked,omitempty"`   // the constraint's values, or its one value; the first five
	More     int      `json:"more,omitempty"`    // how many values more there are
	Value    string   `json:"value,omitempty"`   // that the context has, or the current time if it has none; empty if it is missing
	Unknown  bool     `json:"unknown,omitempty"` // the strategy, the segment or the operator
	Holds    bool     `json:"holds"`
}

// A Draw is the number that a context falls on.
type Draw struct {
	Field  string `json:"field"`            // whose value is the id: random, if there was none to use
	ID     string `json:"id,omitempty"`     // empty if drawn
	Number uint64 `json:"number,omitempty"` // 1..Of; 0 if the field is missing and nothing else counts
	Of     uint64 `json:"of"`               // a hundred, or the sum of the weights
	UpTo   uint64 `json:"upTo,omitempty"`   // the last number that is let through, of a percentage
}

// Explain evaluates the feature for the context, as Variant does, and tells how.
// The explanation holds values of the context, so show it to those who may see
// them. Where ids are drawn, each call draws its own.
func (e *Evaluator) Explain(name string, ctx *Context) *Explanation {
	x := &Explanation{Feature: name, Reason: Unknown, Variant: Selection{Name: disabled}}
	f := e.features[name]
	if f == nil {
		return x
	}
	if ctx == nil {
		ctx = &Context{}
	}
	var m memo
	if s := f.explain(x, ctx, &m); s != nil {
		x.Enabled = true
		f.explainVariant(x, s, ctx, &m)
	}
	return x
}

// explain is decide, with reasons.
func (f *feature) explain(x *Explanation, ctx *Context, m *memo) *strategy {
	if !f.enabled {
		x.Reason = SwitchedOff
		return nil
	}
	for i := range f.parents {
		if why := f.parents[i].explain(ctx, m); why != "" {
			x.Reason, x.Parent, x.ParentWhy = ByParent, f.parents[i].name, why
			return nil
		}
	}
	if f.open {
		x.Reason = NoStrategies
		return &f.strategies[0]
	}
	for i := range f.strategies {
		s := &f.strategies[i]
		x.Strategies = append(x.Strategies, s.explain(ctx, m))
		if x.Strategies[i].Matched {
			x.Reason = ByStrategy
			return s
		}
	}
	x.Reason = NoMatch
	return nil
}

// explain is matches, with reasons.
func (s *strategy) explain(ctx *Context, m *memo) Verdict {
	v := Verdict{Index: s.about.index, ID: s.about.id, Name: s.about.name, Title: s.about.title}
	for i := range s.conditions {
		check := s.conditions[i].explain(&s.about.origins[i], ctx, m)
		v.Checks = append(v.Checks, check)
		if !check.Holds {
			return v
		}
	}
	if p := s.percentage; p != nil {
		n, _ := p.number(ctx, m)
		v.Drawn = p.explain(n, ctx, m)
		v.Drawn.UpTo = p.upTo
		if n == 0 || n > p.upTo {
			return v
		}
	}
	v.Custom = s.custom != nil
	v.Matched = !v.Custom || s.custom(*ctx)
	return v
}

// explain tells where the number n came from.
func (b *bucket) explain(n uint64, ctx *Context, m *memo) *Draw {
	for i := range b.ids {
		if id := m.read(ctx, &b.ids[i]); id != "" {
			return &Draw{Field: b.ids[i].name, ID: id, Number: n, Of: b.n}
		}
	}
	if b.orDraw {
		return &Draw{Field: StickyRandom, Number: n, Of: b.n}
	}
	return &Draw{Field: b.ids[0].name, Of: b.n}
}

// explainVariant is variant, with reasons.
func (f *feature) explainVariant(x *Explanation, s *strategy, ctx *Context, m *memo) {
	x.Variant = Selection{Name: disabled, FeatureEnabled: true}
	p, of := f.variants, "feature"
	if s.ownVariants {
		p, of = s.variants, "strategy"
	}
	if p == nil {
		return
	}
	x.VariantOf = of
	for i := range p.overrides {
		if p.overrides[i].holds(ctx, m) {
			x.Variant = *p.overrides[i].wins
			return
		}
	}
	n, _ := p.number(ctx, m)
	x.Variant, x.Drawn = *p.at(n), p.explain(n, ctx, m)
}
