package rollout

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// Options are what an evaluator needs from its host. The zero Options are fine.
type Options struct {
	// Strategies are the host's own, by name. The built-in ones win over them.
	Strategies map[string]Custom
	// Hostname is what applicationHostname looks for. The default is the variable
	// HOSTNAME of the environment, else the name that the system reports.
	Hostname string
	// Now is the current time where a context has none. The default is time.Now.
	Now func() time.Time
	// Random returns a number of 0..n-1, where no id decides. It is called by many
	// goroutines at once. The default is that of math/rand/v2.
	Random func(n uint32) uint32
}

// A Custom compiles the parameters of a strategy, once for each place where it is
// used, to its rule. The parameters are its own copy, and never nil. The rule is
// asked after the constraints held, by many goroutines at once; it must not change
// the properties. If Custom returns an error or no rule, the strategy never
// matches, and [Evaluator.Faults] tells it. A panic in either is not caught: it
// goes to who compiles or evaluates.
type Custom func(parameters map[string]string) (rule func(Context) bool, err error)

// Compile returns the evaluator of the features. It keeps nothing of what it is
// given. What is invalid has its defined result; see [Evaluator.Faults]. Of
// features or segments with the same name or id the last counts.
func Compile(features []Feature, segments []Segment, options Options) *Evaluator {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Random == nil {
		options.Random = rand.Uint32N
	}
	c := compiler{
		Options:  options,
		fields:   make(fields),
		segments: make(map[int]segment, len(segments)),
		features: make(map[string]*feature, len(features)),
	}
	for i := range segments {
		c.segment(i, &segments[i])
	}
	compiled := make([]feature, len(features))
	for i := range features {
		c.feature(&compiled[i], i, &features[i])
		if c.features[features[i].Name] != nil {
			c.fault(penstock.Invalid("", "%q is there already: the last counts", clip(features[i].Name)), "features[%d].name", i)
		}
		c.features[features[i].Name] = &compiled[i]
	}
	for i := range features { // now that all are known
		c.parents(compiled[i].parents, i, &features[i])
	}
	return &Evaluator{features: c.features, faults: errors.Join(c.faults...)}
}

// A compiler is at work during one Compile.
type compiler struct {
	Options
	fields   fields
	segments map[int]segment
	features map[string]*feature
	faults   []error
}

// A segment is a compiled Segment.
type segment struct {
	conditions []condition
	origins    []origin
}

// fault adds the faults of err under a path, which is made only then.
func (c *compiler) fault(err error, path string, args ...any) {
	if err != nil {
		c.faults = nest(c.faults, fmt.Sprintf(path, args...), err)
	}
}

func (c *compiler) segment(i int, in *Segment) {
	if _, twice := c.segments[in.ID]; twice {
		c.fault(penstock.Invalid("", "%d is there already: the last counts", in.ID), "segments[%d].id", i)
	}
	s := segment{conditions: make([]condition, len(in.Constraints)), origins: make([]origin, len(in.Constraints))}
	for j := range in.Constraints {
		var err error
		s.conditions[j], err = c.condition(&in.Constraints[j])
		s.origins[j] = originOf(fromSegment, in.ID, j, &in.Constraints[j])
		c.fault(err, "segments[%d].constraints[%d]", i, j)
	}
	c.segments[in.ID] = s
}

func (c *compiler) feature(f *feature, i int, in *Feature) {
	*f = feature{enabled: in.Enabled, open: len(in.Strategies) == 0}
	if len(in.Dependencies) > 0 {
		f.parents = make([]parent, len(in.Dependencies))
	}
	if len(in.Variants) > 0 {
		var err error
		f.variants, err = c.picker(in.Variants, in.Name, "", true)
		c.fault(err, "features[%d].variants", i)
	}
	if f.open {
		f.strategies = []strategy{{}}
		return
	}
	f.strategies = make([]strategy, len(in.Strategies))
	for j := range in.Strategies {
		c.strategy(&f.strategies[j], in.Name, i, j, &in.Strategies[j])
	}
}

func (c *compiler) strategy(s *strategy, feature string, i, j int, in *Strategy) {
	n := len(in.Constraints)
	for _, id := range in.Segments {
		n += max(1, len(c.segments[id].conditions))
	}
	s.about = &about{index: j, id: in.ID, name: in.Name, title: in.Title, origins: make([]origin, 0, n)}
	s.conditions = make([]condition, 0, n)
	add := func(condition condition, origin origin) {
		s.conditions = append(s.conditions, condition)
		s.about.origins = append(s.about.origins, origin)
	}
	if in.Disabled {
		add(decided(false), origin{kind: fromDisabled})
	}
	for k := range in.Constraints {
		condition, err := c.condition(&in.Constraints[k])
		add(condition, originOf(fromConstraint, 0, k, &in.Constraints[k]))
		c.fault(err, "features[%d].strategies[%d].constraints[%d]", i, j, k)
	}
	for k, id := range in.Segments {
		known, ok := c.segments[id]
		if !ok {
			add(decided(false), origin{kind: fromSegment, segment: id, index: -1})
			c.fault(penstock.Invalid("", "segment %d is unknown", id), "features[%d].strategies[%d].segments[%d]", i, j, k)
		}
		s.conditions = append(s.conditions, known.conditions...)
		s.about.origins = append(s.about.origins, known.origins...)
	}
	c.fault(c.rule(s, feature, in, add), "features[%d].strategies[%d]", i, j)
	if len(in.Variants) > 0 {
		group := in.Parameters["groupId"]
		if group == "" {
			group = feature
		}
		var err error
		s.variants, err = c.picker(in.Variants, group, in.Parameters["stickiness"], false)
		s.ownVariants = true
		c.fault(err, "features[%d].strategies[%d].variants", i, j)
	}
}

// rule compiles what the strategy itself says.
func (c *compiler) rule(s *strategy, feature string, in *Strategy, add func(condition, origin)) (err error) {
	switch in.Name {
	case Everyone:
	case FlexibleRollout, GradualUserID, GradualSessionID, GradualRandom:
		s.percentage, err = c.percentage(in, feature)
	case UserWithID:
		add(condition{of: c.fields.of("userId"), test: newSet(list(in.Parameters["userIds"]))}, origin{kind: fromParameter, name: "userIds"})
	case RemoteAddress:
		var ranges test
		ranges, err = newAddresses("parameters.IPs", list(in.Parameters["IPs"]))
		add(condition{of: c.fields.of("remoteAddress"), test: ranges}, origin{kind: fromParameter, name: "IPs"})
	case ApplicationHostname:
		hosts := list(strings.ToLower(in.Parameters["hostNames"]))
		add(decided(slices.Contains(hosts, strings.ToLower(c.host()))), origin{kind: fromParameter, name: "hostNames"})
	default:
		if s.custom, err = c.custom(in); s.custom == nil {
			add(decided(false), origin{kind: fromName})
		}
	}
	return err
}

func (c *compiler) custom(in *Strategy) (func(Context) bool, error) {
	compile := c.Strategies[in.Name]
	if compile == nil {
		return nil, penstock.Invalid("name", "strategy %q is unknown", clip(in.Name))
	}
	parameters := make(map[string]string, len(in.Parameters))
	maps.Copy(parameters, in.Parameters)
	rule, err := compile(parameters)
	if err != nil {
		return nil, penstock.Invalid("parameters", "%v", err)
	}
	if rule == nil {
		return nil, penstock.Invalid("parameters", "strategy %q has no rule for them", clip(in.Name))
	}
	return rule, nil
}

// host returns the host's name, which is looked up when a strategy asks for it.
func (c *compiler) host() string {
	if c.Hostname == "" {
		c.Hostname = os.Getenv("HOSTNAME")
	}
	if c.Hostname == "" {
		c.Hostname, _ = os.Hostname()
	}
	return c.Hostname
}

// list returns the items between commas, without the spaces around them.
func list(s string) []string {
	var items []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// parents compiles dependencies. A parent that is unknown or has parents itself
// can never be as it must be.
func (c *compiler) parents(parents []parent, i int, in *Feature) {
	for j := range parents {
		d := &in.Dependencies[j]
		f := c.features[d.Feature]
		parents[j] = parent{name: d.Feature, feature: f, off: d.wantsOff(), variants: slices.Clone(d.Variants)}
		if why := unfit(f != nil, f != nil && f.parents != nil); why != "" {
			parents[j].feature, parents[j].unfit = nil, why
			c.fault(penstock.Invalid("", "feature %q %s", clip(d.Feature), why), "features[%d].dependencies[%d].feature", i, j)
		}
	}
}

// unfit says why a feature cannot be a parent; nothing if it can.
func unfit(known, child bool) string {
	switch {
	case !known:
		return "is unknown"
	case child:
		return "depends on others itself"
	default:
		return ""
	}
}
