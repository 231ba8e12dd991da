package rollout_test

import (
	"testing"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func TestEvaluationOrder(t *testing.T) {
	off := flag(everyone())
	off.Enabled = false
	enabled(t, false, user("a"))                                                          // unknown
	enabled(t, false, user("a"), off)                                                     // not enabled
	enabled(t, true, user("a"), flag())                                                   // no strategies
	enabled(t, true, nil, flag(nobody(), everyone(), nobody()))                           // one is enough
	enabled(t, false, nil, flag(nobody(), nobody()))                                      // none matches
	enabled(t, true, user("a"), flag(strategy("unheard"), everyone(in("userId", "a"))))   // an unknown one is passed over
	enabled(t, false, user("a"), flag(everyone(in("userId", "a"), in("appName", "x"))))   // all constraints
	enabled(t, false, user("a"), flag(rollout.Strategy{Name: "default", Disabled: true})) // all disabled: nobody, not everyone
	enabled(t, false, user("a"), flag(everyone()), flag(nobody()))                        // the last of a name counts
}

func TestSegments(t *testing.T) {
	segments := []rollout.Segment{
		{ID: 1, Constraints: []rollout.Constraint{in("userId", "a"), in("appName", "x")}},
		{ID: 2},
		{ID: 3, Constraints: []rollout.Constraint{in("userId", "b")}},
		{ID: 3, Constraints: []rollout.Constraint{in("userId", "c")}}, // the last of an id counts
	}
	ctx := &rollout.Context{UserID: "a", AppName: "x"}
	for _, x := range []struct {
		rule string
		ids  []int
		own  []rollout.Constraint
		ctx  *rollout.Context
		want bool
	}{
		{"all constraints of it", []int{1}, nil, ctx, true},
		{"one does not hold", []int{1}, nil, user("a"), false},
		{"an empty segment holds for everyone", []int{2}, nil, nil, true},
		{"an unknown one for nobody", []int{9}, nil, ctx, false},
		{"known and unknown", []int{1, 9}, nil, ctx, false},
		{"and the strategy's own constraints", []int{1}, []rollout.Constraint{in("userId", "a")}, ctx, true},
		{"which may not hold", []int{1}, []rollout.Constraint{in("userId", "b")}, ctx, false},
		{"all segments", []int{1, 3}, nil, ctx, false},
		{"the last of an id", []int{3}, nil, user("c"), true},
	} {
		t.Run(x.rule, func(t *testing.T) {
			s := everyone(x.own...)
			s.Segments = x.ids
			e := rollout.Compile([]rollout.Feature{flag(s)}, segments, options())
			if e.Enabled("f", x.ctx) != x.want {
				t.Errorf("want %v: %s", x.want, e.Explain("f", x.ctx))
			}
		})
	}
	// A missing segment is the end of its strategy, not of the feature.
	s := everyone()
	s.Segments = []int{9}
	enabled(t, true, nil, flag(s, everyone()))
}

func TestDependencies(t *testing.T) {
	yes, no := true, false
	colored := rollout.Feature{Name: "colored", Enabled: true, Variants: []rollout.Variant{{Name: "red", Weight: 1}}}
	parents := []rollout.Feature{
		{Name: "on", Enabled: true},
		{Name: "off"},
		colored,
		{Name: "child", Enabled: true, Dependencies: []rollout.Dependency{{Feature: "on"}}},
		{Name: "ann", Enabled: true, Strategies: []rollout.Strategy{everyone(in("userId", "ann"))}},
	}
	for _, x := range []struct {
		rule string
		of   []rollout.Dependency
		ctx  *rollout.Context
		want bool
	}{
		{"on", []rollout.Dependency{{Feature: "on"}}, nil, true},
		{"on, said", []rollout.Dependency{{Feature: "on", Enabled: &yes}}, nil, true},
		{"must be on and is off", []rollout.Dependency{{Feature: "off"}}, nil, false},
		{"must be off and is", []rollout.Dependency{{Feature: "off", Enabled: &no}}, nil, true},
		{"must be off and is on", []rollout.Dependency{{Feature: "on", Enabled: &no}}, nil, false},
		{"unknown", []rollout.Dependency{{Feature: "gone"}}, nil, false},
		{"unknown is not off", []rollout.Dependency{{Feature: "gone", Enabled: &no}}, nil, false},
		{"a parent with a parent", []rollout.Dependency{{Feature: "child"}}, nil, false},
		{"a parent with a parent, off", []rollout.Dependency{{Feature: "child", Enabled: &no}}, nil, false},
		{"itself", []rollout.Dependency{{Feature: "f"}}, nil, false},
		{"all of them", []rollout.Dependency{{Feature: "on"}, {Feature: "off"}}, nil, false},
		{"the child's context", []rollout.Dependency{{Feature: "ann"}}, user("ann"), true},
		{"the child's context, another", []rollout.Dependency{{Feature: "ann"}}, user("bob"), false},
		{"with its variant", []rollout.Dependency{{Feature: "colored", Variants: []string{"blue", "red"}}}, nil, true},
		{"with another variant", []rollout.Dependency{{Feature: "colored", Variants: []string{"blue"}}}, nil, false},
		{"on without variants is the variant disabled", []rollout.Dependency{{Feature: "on", Variants: []string{"disabled"}}}, nil, true},
		{"off is no variant at all", []rollout.Dependency{{Feature: "off", Variants: []string{"disabled"}}}, nil, false},
		{"variants do not count if it must be off", []rollout.Dependency{{Feature: "off", Enabled: &no, Variants: []string{"red"}}}, nil, true},
	} {
		t.Run(x.rule, func(t *testing.T) {
			f := flag()
			f.Dependencies = x.of
			enabled(t, x.want, x.ctx, append(parents, f)...)
			f.Enabled = false
			enabled(t, false, x.ctx, append(parents, f)...)
		})
	}
}
