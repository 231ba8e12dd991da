package rollout_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func TestValidateConstraint(t *testing.T) {
	long := strings.Repeat("x", 101)
	tooMany := slices.Repeat([]string{"a"}, 251)
	for _, x := range []struct {
		c      rollout.Constraint
		faults []string
	}{
		{in("userId", "a"), nil},
		{rollout.Constraint{}, []string{"contextName: must not be empty", "operator: must not be empty"}},
		{in(long, "a"), []string{"contextName: has 101 characters: at most 100"}},
		{in("userId"), []string{"values: must not be empty"}},
		{in("userId", "", long, "\xff"), []string{"values[0]: must not be empty", "values[1]: has 101 characters: at most 100", "values[2]: is not UTF-8"}},
		{in("userId", tooMany...), []string{"values: 251 are too many: at most 250"}},
		{rollout.Constraint{ContextName: "x", Operator: "LIKE"}, []string{`operator: "LIKE" is unknown`}},
		{rollout.Constraint{ContextName: "x", Operator: "NUM_EQ", Value: "1.5"}, nil},
		{rollout.Constraint{ContextName: "x", Operator: "NUM_EQ"}, []string{`value: "" is not a number`}},
		{rollout.Constraint{ContextName: "x", Operator: "DATE_AFTER", Value: "2026-01-01"}, []string{`value: "2026-01-01" is not a date as RFC 3339 writes it`}},
		{rollout.Constraint{ContextName: "x", Operator: "DATE_BEFORE", Value: "2026-01-01T00:00:00Z"}, nil},
		{rollout.Constraint{ContextName: "x", Operator: "SEMVER_LTE", Value: "1.2.3-rc.1"}, nil},
		{rollout.Constraint{ContextName: "x", Operator: "SEMVER_GT", Value: "v1.2.3"}, []string{`value: "v1.2.3" is not a semantic version`}},
		{rollout.Constraint{ContextName: "x", Operator: "SEMVER_GT", Value: "1.2.3+b"}, []string{`value: "1.2.3+b" has build metadata, which is not compared`}},
		{rollout.Constraint{ContextName: "x", Operator: "REGEX", Value: "^a$"}, nil},
		{rollout.Constraint{ContextName: "x", Operator: "REGEX", Value: "^a$", Inverted: true}, []string{"inverted: a pattern cannot be inverted"}},
		{rollout.Constraint{ContextName: "x", Operator: "REGEX"}, []string{"value: must not be empty"}},
		{rollout.Constraint{ContextName: "x", Operator: "REGEX", Value: "a(?=b)"}, []string{"value: is not a regular expression in RE2 syntax: error parsing regexp: invalid or unsupported Perl syntax: `(…"}},
		{rollout.Constraint{ContextName: "x", Operator: "IN_CIDR", Values: []string{"10.0.0.0/8", "10.0.0.0/40", "::1"}}, []string{`values[1]: "10.0.0.0/40" is not an IP address or CIDR range`}},
	} {
		t.Run(fmt.Sprintf("%s %.20s", x.c.Operator, x.c.Value), func(t *testing.T) { faults(t, x.c.Validate(nil), x.faults...) })
	}
	legal := &rollout.Catalog{Legal: func(field string) []string {
		if field == "plan" {
			return []string{"gold", "silver"}
		}
		return nil
	}}
	c := in("plan", "gold", "tin")
	faults(t, c.Validate(legal), `values[1]: "tin" is not a legal value of plan`)
	c = rollout.Constraint{ContextName: "plan", Operator: "NUM_EQ", Value: "5"}
	faults(t, c.Validate(legal), `value: "5" is not a legal value of plan`)
	c = in("other", "tin")
	faults(t, c.Validate(legal))
}

// Values that an operator does not read are stored, too: they have limits.
func TestValidateConstraintBounds(t *testing.T) {
	c := rollout.Constraint{ContextName: "x", Operator: "NUM_EQ", Value: "x", Values: slices.Repeat([]string{"a"}, 251)}
	faults(t, c.Validate(nil), "values: 251 are too many: at most 250", `value: "x" is not a number`)
	c = rollout.Constraint{Operator: "IN", Values: []string{""}, Value: strings.Repeat("z", 2001)}
	faults(t, c.Validate(nil), "contextName: must not be empty", "values[0]: must not be empty", "value: has 2001 characters: at most 2000")
	c = rollout.Constraint{ContextName: strings.Repeat("\xff", 101), Values: []string{""}, Value: "\xff"}
	faults(t, c.Validate(nil), "contextName: has 101 characters: at most 100", "contextName: is not UTF-8", "values[0]: must not be empty", "value: is not UTF-8", "operator: must not be empty")
	c = rollout.Constraint{ContextName: "x", Operator: "REGEX", Inverted: true}
	faults(t, c.Validate(nil), "value: must not be empty", "inverted: a pattern cannot be inverted")
	c = rollout.Constraint{ContextName: "x", Operator: "IN_CIDR", Values: []string{"x", ""}}
	faults(t, c.Validate(nil), "values[1]: must not be empty", `values[0]: "x" is not an IP address or CIDR range`)
}

// Faults show texts cut, but whole characters.
func TestFaultsAreUTF8(t *testing.T) {
	for _, c := range []rollout.Constraint{
		{ContextName: "x", Operator: rollout.Operator(strings.Repeat("a", 59) + "ééé"), Values: []string{"a"}},
		{ContextName: "x", Operator: "REGEX", Value: strings.Repeat("a", 5) + "(" + strings.Repeat("é", 100)},
		{ContextName: "x", Operator: "REGEX", Value: "(\xff"},
	} {
		if err := c.Validate(nil); !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), `\x`) && c.Operator != "REGEX" {
			t.Errorf("%q", err)
		}
	}
}

func TestValidateLegalValues(t *testing.T) {
	catalog := &rollout.Catalog{Legal: func(string) []string { return []string{"gold", "silver", "10.0.0.1"} }}
	for _, x := range []struct {
		c      rollout.Constraint
		faults []string
	}{
		{rollout.Constraint{Operator: "REGEX", Value: "^go"}, nil},
		{rollout.Constraint{Operator: "IN_CIDR", Values: []string{"10.0.0.0/8"}}, nil},
		{rollout.Constraint{Operator: "STR_STARTS_WITH", Values: []string{"gold", "go"}}, []string{`values[1]: "go" is not a legal value of x`}},
		{rollout.Constraint{Operator: "IN", Values: []string{"gold"}, Value: "not read"}, nil},
		{rollout.Constraint{Operator: "SEMVER_EQ", Value: "1.0.0", Values: []string{"not read"}}, []string{`value: "1.0.0" is not a legal value of x`}},
	} {
		x.c.ContextName = "x"
		faults(t, x.c.Validate(catalog), x.faults...)
	}
}

// Everything that is stored has a limit, and every fault is told.
func TestValidateStrategyBounds(t *testing.T) {
	long := strings.Repeat("x", 101)
	s := rollout.Strategy{ID: long, Name: long + "\xff", Parameters: rollout.Parameters{"": "\xff", "a b": strings.Repeat("x", 64001), long: "", "stickiness": long}}
	faults(t, s.Validate(nil),
		"id: has 101 characters: at most 100",
		"name: has 102 characters: at most 100",
		"name: is not UTF-8",
		"parameters.: must not be empty",
		"parameters.: is not UTF-8",
		`parameters["a b"]: has 64001 bytes: at most 64000`,
		"parameters."+long[:60]+"…: has 101 characters: at most 100",
		"parameters.stickiness: has 101 characters: at most 100")
	s = strategy("default")
	for i := range 101 {
		s.Parameters[fmt.Sprint(i)] = "x"
	}
	faults(t, s.Validate(nil), "parameters: 101 are too many: at most 100")
	override := rollout.Override{ContextName: "x", Values: []string{"a"}}
	f := flag(rollout.Strategy{Name: "flexibleRollout", Parameters: rollout.Parameters{"rollout": "x", "a": "\xff"}})
	f.Type, f.Project = long, "\xff"
	f.Variants = []rollout.Variant{
		{Name: long + "/", WeightType: "variable", Stickiness: long, Payload: &rollout.Payload{Type: "string", Value: strings.Repeat("x", 64001)}},
		{Name: "b", WeightType: "fix", Weight: -1, Overrides: slices.Repeat([]rollout.Override{override}, 31)},
	}
	f.Dependencies = []rollout.Dependency{{}, {Feature: "p", Variants: []string{long}}}
	faults(t, f.Validate(nil),
		"type: has 101 characters: at most 100",
		"project: is not UTF-8",
		"strategies[0].parameters.a: is not UTF-8",
		`strategies[0].parameters.rollout: "x" is not a number from 0 to 100`,
		"variants[1].weight: -1 is not in 0..1000",
		"variants[0].name: has 102 characters: at most 100",
		`variants[0].name: "`+long[:60]+`…" has characters other than letters, digits and -_.!~*'()`,
		"variants[0].stickiness: has 101 characters: at most 100",
		"variants[0].payload.value: has 64001 bytes: at most 64000",
		"variants[1].overrides: 31 are too many: at most 30",
		"dependencies[0].feature: must not be empty",
		"dependencies[1].variants[0]: has 101 characters: at most 100")
	f = flag()
	f.Dependencies = make([]rollout.Dependency, 31)
	faults(t, f.Validate(nil), "dependencies: 31 are too many: at most 30")
	g := rollout.Segment{ID: -1, Name: "g", Project: long}
	faults(t, g.Validate(nil), "project: has 101 characters: at most 100", "id: -1 is below 0")
}

func TestValidatePayload(t *testing.T) {
	for _, value := range []string{`{}`, " [1]\n", `{"a":1e999}`, `7`, `null`, ``, `{`, `"{}"`} {
		ok := strings.Contains(value, "1") || value == "{}"
		s := everyone()
		s.Variants = []rollout.Variant{{Name: "v", WeightType: "variable", Payload: &rollout.Payload{Type: "json", Value: value}}}
		if err := s.Validate(nil); (err == nil) != ok {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestValidateStrategy(t *testing.T) {
	many := everyone(slices.Repeat([]rollout.Constraint{in("userId", "a")}, 31)...)
	segments := everyone()
	segments.Segments = []int{1, 2, 3, 4, 5, 6}
	unknown := everyone()
	unknown.Segments = []int{1, 9}
	variants := everyone()
	variants.Variants = []rollout.Variant{
		{Name: "a b", Weight: 1, WeightType: "variable"},
		{Name: "b", Weight: 2000, WeightType: "fix", Payload: &rollout.Payload{Type: "json", Value: "7"}},
		{Name: "b", Weight: -1, WeightType: "variable", Payload: &rollout.Payload{Type: "xml"}, Overrides: []rollout.Override{{ContextName: "userId", Values: []string{"a"}}}},
		{Name: "c", Payload: &rollout.Payload{Type: "json", Value: "[]"}},
	}
	catalog := &rollout.Catalog{
		Segment: func(id int) *rollout.Segment {
			if id < 7 {
				return &rollout.Segment{ID: id}
			}
			return nil
		},
		Strategy:   func(name string) bool { return name == "plan" },
		Parameters: func(*rollout.Strategy) error { return errors.New("is: must not be empty") },
	}
	for rule, x := range map[string]struct {
		s      rollout.Strategy
		faults []string
	}{
		"default":              {everyone(), nil},
		"no name":              {rollout.Strategy{}, []string{"name: must not be empty"}},
		"unknown":              {strategy("unheard"), []string{`name: strategy "unheard" is unknown`}},
		"custom parameters":    {strategy("plan"), []string{"parameters: is: must not be empty"}},
		"rollout":              {strategy("flexibleRollout", "rollout", "12.5"), nil},
		"rollout above":        {strategy("flexibleRollout", "rollout", "101"), []string{`parameters.rollout: "101" is not a number from 0 to 100`}},
		"no rollout":           {strategy("flexibleRollout"), []string{`parameters.rollout: "" is not a number from 0 to 100`}},
		"percentage":           {strategy("gradualRolloutRandom", "percentage", "-1"), []string{`parameters.percentage: "-1" is not a number from 0 to 100`}},
		"no users":             {strategy("userWithId", "userIds", " , "), []string{"parameters.userIds: must name something"}},
		"no hosts":             {strategy("applicationHostname"), []string{"parameters.hostNames: must name something"}},
		"addresses":            {strategy("remoteAddress", "IPs", "::1, x"), []string{`parameters.IPs[1]: "x" is not an IP address or CIDR range`}},
		"too long a parameter": {strategy("default", "x", strings.Repeat("x", 64001)), []string{"parameters.x: has 64001 bytes: at most 64000"}},
		"too many constraints": {many, []string{"constraints: 31 are too many: at most 30"}},
		"too many segments":    {segments, []string{"segments: 6 are too many: at most 5"}},
		"unknown segment":      {unknown, []string{"segments[1]: segment 9 is unknown"}},
		"constraint":           {everyone(in("userId", "a"), in("userId")), []string{"constraints[1].values: must not be empty"}},
		"variants": {variants, []string{
			"variants[1].weight: 2000 is not in 0..1000",
			`variants[3].weightType: "" is not variable or fix`,
			`variants[0].name: "a b" has characters other than letters, digits and -_.!~*'()`,
			"variants[1].payload: the value is not a JSON object or array",
			`variants[2].name: "b" is there already`,
			"variants[2].weight: -1 is not in 0..1000",
			`variants[2].payload: type "xml" is not string, number, json or csv`,
			"variants[2].overrides: belong to a feature's variants, not to a strategy's",
		}},
	} {
		t.Run(rule, func(t *testing.T) { faults(t, x.s.Validate(catalog), x.faults...) })
	}
	u := strategy("unheard")
	faults(t, u.Validate(nil)) // nobody knows
}

func TestValidateSegment(t *testing.T) {
	s := rollout.Segment{Constraints: []rollout.Constraint{in("userId")}}
	faults(t, s.Validate(nil), "name: must not be empty", "constraints[0].values: must not be empty")
	s = rollout.Segment{Name: "full", Constraints: slices.Repeat([]rollout.Constraint{in("userId", slices.Repeat([]string{"a"}, 201)...)}, 5)}
	faults(t, s.Validate(nil), "constraints: 1005 values are too many: at most 1000")
}

func TestValidateState(t *testing.T) {
	no := false
	child := flag()
	child.Name = "child"
	child.Dependencies = []rollout.Dependency{{Feature: "f"}, {Feature: "f", Enabled: &no, Variants: []string{"a"}}, {Feature: "gone"}, {Feature: "child"}, {Feature: "chain"}}
	chain := flag()
	chain.Name, chain.Dependencies = "chain", []rollout.Dependency{{Feature: "f"}}
	bad := flag(slices.Repeat([]rollout.Strategy{everyone()}, 31)...)
	bad.Name = "a/b"
	dots := flag()
	dots.Name = ".."
	override := flag()
	override.Name = "override"
	override.Variants = []rollout.Variant{{Name: "v", WeightType: "variable", Overrides: []rollout.Override{{}}}}
	features := []rollout.Feature{flag(), child, chain, bad, dots, flag(), override}
	segments := []rollout.Segment{{ID: 1, Name: "a"}, {ID: 1, Name: "a"}}
	faults(t, rollout.Validate(features, segments, nil),
		`segments[1].name: "a" is there already`,
		`segments[1].id: "1" is there already`,
		`features[1].dependencies[1].feature: "f" is there already`,
		"features[1].dependencies[1].variants: a feature that must be off has none",
		`features[1].dependencies[2].feature: feature "gone" is unknown`,
		"features[1].dependencies[3].feature: a feature cannot depend on itself",
		`features[1].dependencies[4].feature: feature "chain" depends on others itself`,
		`features[2].dependencies: "child" depends on this feature, which then must not depend on others`,
		`features[3].name: "a/b" has characters other than letters, digits and -_.!~*'()`,
		"features[3].strategies: 31 are too many: at most 30",
		`features[4].name: ".." means a folder in a URL`,
		`features[5].name: "f" is there already`,
		"features[6].variants[0].overrides[0].contextName: must not be empty",
		"features[6].variants[0].overrides[0].values: must not be empty",
	)
	faults(t, rollout.Validate(make([]rollout.Feature, 5001), make([]rollout.Segment, 301), nil),
		"features: 5001 are too many: at most 5000", "segments: 301 are too many: at most 300")
	f := rollout.Feature{}
	faults(t, f.Validate(nil), "name: must not be empty")
}
