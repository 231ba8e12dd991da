package rollout

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// A Loss says that somebody who has a feature by some strategies would not have
// it by others, which are to replace them.
type Loss struct {
	Strategy int          `json:"strategy"`       // the one before that gives it to the example
	Example  Context      `json:"example"`        // who loses it; fields that do not matter are missing
	Host     string       `json:"host,omitempty"` // where: the [Options.Hostname], if a strategy asks for it
	Before   *Explanation `json:"before"`         // why the example has it
	After    *Explanation `json:"after"`          // and why not any more
	Why      string       `json:"why"`            // what takes it away: the group id changes from "a" to "b", …
}

// The bounds of one search.
const (
	lossTests  = 1 << 20 // values that constraints are asked about
	lossWork   = 1 << 28 // bytes that are held against others meanwhile, at worst
	lossValues = 1 << 13 // of a field
	lossBytes  = 1 << 23 // of the values of all fields
	lossWalk   = 1 << 21 // places of patterns that are gone through to put texts together
	lossSteps  = 1 << 14 // combinations of constraints that are to fail
	lossTries  = 1 << 12 // contexts that are evaluated
	lossHosts  = 16
)

// FindLoss looks for somebody who has the feature by the strategies before and
// does not have it by those after, as when a milestone follows another; nil if
// it finds nobody. Without strategies, or with disabled ones only, nobody has the
// feature. Strategies get their defaults first, with the stickiness "default"
// ([Strategy.WithDefaults]); those that were given another keep it.
//
// Every loss is real: it was evaluated. It is found with certainty, within the
// bounds below, where what is compared are lists of values, numbers, dates, versions
// and addresses, each in fields of their own; also beginnings, ends and parts of
// texts and patterns, together with lists, if few of them, some ten, are short and
// ask for one field. For more, and where numbers, dates, versions or addresses are
// asked of a text, likely values are tried. Where percentages decide, about 8,000
// ids are: enough for one in a hundred people, not for one in ten thousand.
// Hence nil is no proof: even if nobody has the feature after, it may be that
// nobody was found who has it before.
//
// Where a draw decides, chances are compared as the percentages state them, and
// Before and After each show a draw of its own. A change of variants is no loss.
// Any host counts, whatever [Options.Hostname] is. Any time counts, or from
// [Options.Now] on if it is given. A custom strategy that [Options.Strategies]
// does not have is taken to accept everyone: only what is around it can cause a
// loss, or its going away.
//
// The answer to the same question is always the same, if the host's own rules
// are. The work is bounded, in values and in bytes: about a million values, fewer
// if they or the lists are long, are held against constraints, and some thousand
// contexts evaluated, whatever is asked. What is not reached then is not found:
// texts of more than [MaxText] characters are not tried, and lists that hold more
// than about 32 MB, or some thousand strategies, are not compared.
func FindLoss(feature string, before, after []Strategy, segments []Segment, options Options) *Loss {
	c := newComparison(feature, before, after, segments, options)
	size := c.size()
	if size > lossSize {
		return nil
	}
	hosts := c.hosts(min(lossHosts, max(2, lossSize/max(1, size))))
	for i, host := range hosts {
		c.compile(host)
		if i == 0 {
			c.choose(len(hosts))
		}
		if ctx := newSearch(c).run(); ctx != nil {
			return c.loss(host, ctx)
		}
	}
	return nil
}

// A side is one of the two lists of strategies.
type side struct {
	strategies []Strategy
	evaluator  *Evaluator
	feature    *feature
}

// A comparison is at work during one FindLoss.
type comparison struct {
	name          string
	before, after side
	segments      []Segment
	options       Options
	from          time.Time // only times from then on count; zero for any
	dated         bool      // a constraint asks what time it is
	steps, tries  int       // what is left of the bounds

	names  []string   // of the fields
	values [][]string // of each field; the first is "", which is missing
}

func newComparison(name string, before, after []Strategy, segments []Segment, options Options) *comparison {
	c := &comparison{name: name, segments: referred(segments, before, after), options: options}
	c.options.Random = func(uint32) uint32 { return 0 }
	if options.Now != nil {
		c.from = options.Now()
	}
	c.options.Now = func() time.Time { return c.from }
	c.options.Strategies = maps.Clone(options.Strategies)
	if c.options.Strategies == nil {
		c.options.Strategies = make(map[string]Custom)
	}
	c.before.strategies, c.after.strategies = c.defaults(before), c.defaults(after)
	return c
}

// defaults returns the strategies as they are served, and lets unknown ones
// accept everyone.
func (c *comparison) defaults(all []Strategy) []Strategy {
	out := make([]Strategy, len(all))
	for i := range all {
		out[i] = all[i].WithDefaults(c.name, "")
		if name := all[i].Name; name != "" && c.options.Strategies[name] == nil {
			c.options.Strategies[name] = acceptAll // the built-in ones win over it
		}
	}
	return out
}

func acceptAll(map[string]string) (func(Context) bool, error) {
	return func(Context) bool { return true }, nil
}

// hosts returns where to evaluate: those that only one side names come first,
// and one that nobody names last; at most so many.
func (c *comparison) hosts(most int) []string {
	var named counted
	for n, strategies := range [][]Strategy{c.before.strategies, c.after.strategies} {
		for i := range strategies {
			if s := &strategies[i]; s.Name == ApplicationHostname && !s.Disabled {
				named.add(n, list(strings.ToLower(s.Parameters["hostNames"]))...)
			}
		}
	}
	if named.asked == 0 {
		return []string{"host"}
	}
	all := named.all()
	return append(all[:min(len(all), most-1)], named.other("host"))
}

func (c *comparison) compile(host string) {
	c.options.Hostname = host
	for _, s := range []*side{&c.before, &c.after} {
		strategies := s.strategies
		if len(strategies) == 0 { // without any it would be on for everyone
			strategies = []Strategy{{Name: Everyone, Disabled: true}}
		}
		s.evaluator = Compile([]Feature{{Name: c.name, Enabled: true, Strategies: strategies}}, c.segments, c.options)
		s.feature = s.evaluator.features[c.name]
	}
}

// loss reports the context, which loses the feature on that host.
func (c *comparison) loss(host string, ctx *Context) *Loss {
	c.shrink(ctx)
	l := &Loss{Example: *ctx, Why: c.why(ctx)}
	if slices.ContainsFunc(slices.Concat(c.before.strategies, c.after.strategies), func(s Strategy) bool {
		return s.Name == ApplicationHostname && !s.Disabled
	}) {
		l.Host = host
	}
	l.Before, l.After = c.before.explain(c.name, ctx, true), c.after.explain(c.name, ctx, false)
	l.Strategy = len(l.Before.Strategies) - 1 // strategies are asked in order, until one matches
	return l
}

// shrink drops the fields that do not matter.
func (c *comparison) shrink(ctx *Context) {
	had, has := c.before.feature.chance(ctx), c.after.feature.chance(ctx)
	for _, name := range ctx.fields() {
		if name == "currentTime" && c.timeless() {
			continue // a missing one would be now, whenever that is
		}
		small := *ctx
		small.Properties = maps.Clone(ctx.Properties)
		small.set(name, "")
		if c.before.feature.chance(&small) >= had && c.after.feature.chance(&small) <= has {
			*ctx = small
		}
	}
}

// timeless reports whether the current time counts and nobody knows it.
func (c *comparison) timeless() bool { return c.dated && c.from.IsZero() }
