package rollout_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// newShop is a world with two environments, a custom strategy and three segments:
// 1 of all projects, 2 of bank, 3 of shop.
func newShop(t *testing.T, cfg rollout.Config) world {
	w := newWorld(t, cfg)
	create(w, w.Environments(), rollout.Environment{Name: "prod", Type: "production"})
	create(w, w.Environments(), rollout.Environment{Name: "test"})
	create(w, w.Strategies(), rollout.Definition{Name: "byPlan", Parameters: []rollout.Parameter{
		{Name: "plan", Type: rollout.StringParameter, Required: true},
		{Name: "share", Type: rollout.PercentageParameter},
		{Name: "count", Type: rollout.NumberParameter},
		{Name: "trial", Type: rollout.BooleanParameter},
		{Name: "ids", Type: rollout.ListParameter},
	}})
	create(w, w.Segments(), beta())
	create(w, w.Segments(), rollout.Segment{Name: "of bank", Project: "bank"})
	create(w, w.Segments(), rollout.Segment{Name: "of shop", Project: "shop"})
	return w
}

func TestAFeatureIsStoredInItsNormalForm(t *testing.T) {
	ids := 0
	w := newShop(t, rollout.Config{NewID: func() string { ids++; return strings.Repeat("i", ids) },
		Stickiness: func(project string) string { return project + "Id" }})
	variants := []rollout.Variant{{Name: "b", WeightType: rollout.WeightVariable}, {Name: "a", WeightType: rollout.WeightVariable}, {Name: "c", WeightType: rollout.WeightVariable}}
	given := rollout.Flag{Name: "f", Project: "shop", Environments: map[string]rollout.Setting{"prod": {
		Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout, Variants: variants}, {ID: "mine", Name: rollout.Everyone}}, Variants: variants}}}
	got := create(w, w.Features(), given).Value.Environments["prod"]
	even := []rollout.Variant{{Name: "a", Weight: 333, WeightType: rollout.WeightVariable}, {Name: "b", Weight: 334, WeightType: rollout.WeightVariable}, {Name: "c", Weight: 333, WeightType: rollout.WeightVariable}}
	want := rollout.Setting{Strategies: []rollout.Strategy{
		{ID: "i", Name: rollout.FlexibleRollout, Variants: even, Parameters: map[string]string{"rollout": "100", "stickiness": "shopId", "groupId": "f"}},
		{ID: "mine", Name: rollout.Everyone}}, Variants: even}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if s := given.Environments["prod"]; s.Strategies[0].ID != "" || s.Strategies[0].Parameters != nil || s.Variants[0].Name != "b" || s.Variants[0].Weight != 0 {
		t.Error("the caller's value was changed:", s)
	}
}

func TestBadFeatures(t *testing.T) {
	w := newShop(t, rollout.Config{Legal: func(field string) []string {
		if field == "tier" {
			return []string{"gold"}
		}
		return nil
	}})
	create(w, w.Features(), rollout.Flag{Name: "parent", Project: "shop"})
	create(w, w.Features(), rollout.Flag{Name: "child", Project: "shop", Dependencies: []rollout.Dependency{{Feature: "parent"}}})
	create(w, w.Features(), rollout.Flag{Name: "old", Project: "shop"})
	update(w, w.Features(), "old", func(f *rollout.Flag) { f.Archived = true })
	create(w, w.Features(), rollout.Flag{Name: "elsewhere"})
	prod := func(s ...rollout.Strategy) rollout.Flag {
		f := inProd("f", s...)
		f.Project = "shop"
		return f
	}
	custom := func(pairs ...string) rollout.Flag { return prod(strategy("byPlan", pairs...)) }
	depends := func(on ...string) rollout.Flag {
		f := rollout.Flag{Name: "f", Project: "shop"}
		for _, name := range on {
			f.Dependencies = append(f.Dependencies, rollout.Dependency{Feature: name})
		}
		return f
	}
	const at = "environments.prod.strategies[0]."
	for _, x := range []struct {
		rule   string
		f      rollout.Flag
		faults []string
	}{
		{"names stand in URLs", rollout.Flag{Name: "a b", Project: "c/d", Type: strings.Repeat("x", 101), Description: "\xff", Archived: true}, []string{
			"archived: a new feature is not", `name: "a b" has characters other than letters, digits and -_.!~*'()`, "type: has 101 characters: at most 100",
			"description: is not UTF-8", `project: "c/d" has characters other than letters, digits and -_.!~*'()`}},
		{"a name is needed", rollout.Flag{}, []string{"name: must not be empty"}},
		{"environments are known", rollout.Flag{Name: "f", Environments: map[string]rollout.Setting{"moon": {}, "\x00": {}}}, []string{
			`environments["\x00"]: environment "\x00" is unknown`, `environments.moon: environment "moon" is unknown`}},
		{"segments are known and of the project", prod(within(1, 2, 3, 9, -1)), []string{
			at + "segments[1]: belongs to another project", at + "segments[3]: segment 9 is unknown", at + "segments[4]: segment -1 is unknown"}},
		{"strategies are known", prod(strategy("magic")), []string{at + `name: strategy "magic" is unknown`}},
		{"custom strategies take their parameters", custom("share", "101", "count", "x", "trial", "yes", "ids", ",", "colour", "red"), []string{
			at + "parameters.plan: must not be empty", at + `parameters.share: "101" is not a number from 0 to 100`, at + `parameters.count: "x" is not a number`,
			at + `parameters.trial: "yes" is not true or false`, at + "parameters.ids: must name something", at + `parameters.colour: is no parameter of "byPlan"`}},
		{"and are content with good ones", custom("plan", "gold", "share", "12.5", "count", "-3", "trial", "true", "ids", "a,b"), nil},
		{"and with those that variants go by", custom("plan", "gold", "groupId", "g", "stickiness", "userId"), nil},
		{"places in an order are numbers", prod(rollout.Strategy{Name: rollout.Everyone, SortOrder: math.NaN()}, rollout.Strategy{Name: rollout.Everyone, SortOrder: math.Inf(1)}), []string{
			at + "sortOrder: must be finite", "environments.prod.strategies[1].sortOrder: must be finite"}},
		{"constraints are looked at", prod(everyone(rollout.Constraint{ContextName: "v", Operator: rollout.SemverGT, Value: "1.x"}, in("tier", "tin"))), []string{
			at + `constraints[0].value: "1.x" is not a semantic version`, at + `constraints[1].values[0]: "tin" is not a legal value of tier`}},
		{"strategies are bounded", prod(make([]rollout.Strategy, 31)...), []string{"environments.prod.strategies: 31 are too many: at most 30"}},
		{"segments are bounded", prod(within(1, 1, 1, 1, 1, 1)), []string{at + "segments: 6 are too many: at most 5"}},
		{"ids are unique", prod(rollout.Strategy{ID: "x", Name: rollout.Everyone}, rollout.Strategy{ID: "x", Name: rollout.Everyone}), []string{
			`environments.prod.strategies[1].id: "x" is there already`}},
		{"text is UTF-8", prod(rollout.Strategy{Name: rollout.FlexibleRollout, Parameters: map[string]string{"groupId": "\xff"}}), []string{
			at + "parameters.groupId: is not UTF-8"}},
		{"weights sum up", rollout.Flag{Name: "f", Environments: map[string]rollout.Setting{"prod": {Variants: []rollout.Variant{
			{Name: "a", Weight: 600, WeightType: rollout.WeightFix}, {Name: "b", Weight: 600, WeightType: rollout.WeightFix}, {Name: "c", WeightType: rollout.WeightVariable}}}}}, []string{
			"environments.prod.variants: fixed weights sum up to 1200: at most 1000"}},
		{"parents are known", depends("moon", "\x00"), []string{`dependencies[0].feature: feature "moon" is unknown`, `dependencies[1].feature: feature "\x00" is unknown`}},
		{"nobody is his own parent", depends("f"), []string{"dependencies[0].feature: a feature cannot depend on itself"}},
		{"parents have no parents", depends("child"), []string{`dependencies[0].feature: feature "child" depends on others itself`}},
		{"parents are not archived", depends("old"), []string{`dependencies[0].feature: "old" is archived`}},
		{"parents are of the project", depends("elsewhere"), []string{"dependencies[0].feature: belongs to another project"}},
		{"parents are bounded", depends(make([]string, 31)...), []string{"dependencies: 31 are too many: at most 30"}},
		{"parents are fine", depends("parent"), nil},
	} {
		t.Run(x.rule, func(t *testing.T) {
			before, _ := w.Revision(t.Context())
			_, err := w.Features().Create(t.Context(), x.f, ann)
			faults(t, err, x.faults...)
			after, _ := w.Revision(t.Context())
			if err != nil && after != before {
				t.Error("what was refused was stored")
			}
			if err == nil {
				if err := w.Features().Delete(t.Context(), x.f.Name, 0, ann); err != nil {
					t.Error(err)
				}
			}
		})
	}

	_, err := w.Features().Update(t.Context(), "parent", 0, func(f *rollout.Flag) error {
		f.Dependencies, f.Project = []rollout.Dependency{{Feature: "elsewhere"}}, ""
		return nil
	}, ann)
	faults(t, err, `dependencies: "child" depends on this feature, which then must not depend on others`, `project: feature "child" depends on this one and would be in another`)
	_, err = w.Features().Update(t.Context(), "parent", 0, func(f *rollout.Flag) error { f.Name = "else"; return nil }, ann)
	faults(t, err, "name: cannot be changed")
}

func TestArchivedFeatures(t *testing.T) {
	w := newShop(t, rollout.Config{})
	create(w, w.Features(), inProd("f", everyone()))
	archive := func(archived bool) func(*rollout.Flag) { return func(f *rollout.Flag) { f.Archived = archived } }
	update(w, w.Features(), "f", archive(true))
	if s, err := w.State(t.Context(), "prod"); err != nil || len(s.Features) != 0 {
		t.Error(s, err)
	}
	_, err := w.Features().Update(t.Context(), "f", 0, func(f *rollout.Flag) error { f.Description = "x"; return nil }, ann)
	var refused *penstock.RefusedError
	if !errors.As(err, &refused) || refused.State != "archived" {
		t.Error(err)
	}
	update(w, w.Features(), "f", archive(false))
	entries, err := w.Features().History(t.Context(), "f", 0, 0, ann)
	if err != nil || len(entries) != 3 || entries[1].Name != "archived" || entries[2].Name != "unarchived" {
		t.Error(entries, err)
	}
}

func TestDeprecatedStrategiesStayWhereTheyAre(t *testing.T) {
	w := newShop(t, rollout.Config{})
	create(w, w.Features(), inProd("f", strategy("byPlan", "plan", "gold")))
	update(w, w.Strategies(), "byPlan", func(d *rollout.Definition) { d.Deprecated = true })
	update(w, w.Features(), "f", func(f *rollout.Flag) { f.Description = "still fine" })
	_, err := w.Features().Create(t.Context(), inProd("g", strategy("byPlan", "plan", "gold")), ann)
	faults(t, err, `environments.prod.strategies[0].name: strategy "byPlan" is deprecated`)
	update(w, w.Strategies(), "byPlan", func(d *rollout.Definition) { d.Deprecated = false })
	create(w, w.Features(), inProd("g", strategy("byPlan", "plan", "gold")))
	entries, err := w.Strategies().History(t.Context(), "byPlan", 0, 0, ann)
	if err != nil || len(entries) != 3 || entries[1].Name != "deprecated" || entries[2].Name != "reactivated" {
		t.Error(entries, err)
	}
}

func TestBadNeighbours(t *testing.T) {
	w := newShop(t, rollout.Config{})
	_, err := w.Segments().Create(t.Context(), rollout.Segment{ID: 7, Name: "a\x00b", Project: "/", Constraints: []rollout.Constraint{{}}}, ann)
	faults(t, err, "id: is given by the service", "constraints[0].contextName: must not be empty", "constraints[0].operator: must not be empty",
		"name: has a NUL character", `project: "/" has characters other than letters, digits and -_.!~*'()`)
	_, err = w.Environments().Create(t.Context(), rollout.Environment{Name: "..", Type: "\xff"}, ann)
	faults(t, err, `name: ".." means a folder in a URL`, "type: is not UTF-8")
	_, err = w.Strategies().Create(t.Context(), rollout.Definition{Name: "default", Description: "\xff", Parameters: []rollout.Parameter{
		{Name: "a", Type: rollout.StringParameter}, {Name: "a", Type: "date", Description: "\xff"}, {Type: rollout.ListParameter}}}, ann)
	faults(t, err, `name: "default" is built in`, "description: is not UTF-8", `parameters[1].name: "a" is there already`, "parameters[1].description: is not UTF-8",
		`parameters[1].type: "date" is no type`, "parameters[2].name: must not be empty")
	_, err = w.Strategies().Create(t.Context(), rollout.Definition{Name: "s", Parameters: make([]rollout.Parameter, 31)}, ann)
	faults(t, err, "parameters: 31 are too many: at most 30")
	create(w, w.Features(), inProd("f", within(1)))
	_, err = w.Segments().Update(t.Context(), 1, 0, func(g *rollout.Segment) error { g.Project = "shop"; return nil }, ann)
	faults(t, err, "project: a feature of another project refers to the segment")

	big := inProd("big")
	for range 30 {
		s := everyone()
		s.Parameters = map[string]string{"a": strings.Repeat("x", 64000), "b": strings.Repeat("x", 64000), "c": strings.Repeat("x", 64000)}
		big.Environments["prod"] = rollout.Setting{Strategies: append(big.Environments["prod"].Strategies, s)}
	}
	_, err = w.Features().Create(t.Context(), big, ann)
	if !errors.Is(err, penstock.ErrInvalid) || !strings.Contains(err.Error(), "at most 4194304") {
		t.Error(err)
	}
}

// What a write leaves as it was stays: nobody changes variants by it.
func TestWeightsStayWhileTheirVariantsDo(t *testing.T) {
	w := newShop(t, rollout.Config{})
	variants := []rollout.Variant{{Name: "b", WeightType: rollout.WeightVariable}, {Name: "a", WeightType: rollout.WeightVariable}, {Name: "c", WeightType: rollout.WeightVariable}}
	s := everyone()
	s.Variants = variants
	f := create(w, w.Features(), rollout.Flag{Name: "f", Environments: map[string]rollout.Setting{"prod": {Strategies: []rollout.Strategy{s}, Variants: variants}}})
	if same := update(w, w.Features(), "f", func(*rollout.Flag) {}); same.Version != f.Version {
		t.Error("an update that changes nothing wrote")
	}
	got := update(w, w.Features(), "f", func(f *rollout.Flag) {
		f.Environments["prod"].Strategies[0].Title = "x"
		f.Environments["test"] = rollout.Setting{}
	}).Value.Environments["prod"]
	want := f.Value.Environments["prod"]
	want.Strategies[0].Title = "x"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	got = update(w, w.Features(), "f", func(f *rollout.Flag) {
		f.Environments["prod"].Strategies[0].Variants[0] = rollout.Variant{Name: "a", Weight: 500, WeightType: rollout.WeightFix}
	}).Value.Environments["prod"]
	if v := got.Strategies[0].Variants; v[0].Weight != 500 || v[1].Weight != 250 || v[2].Weight != 250 {
		t.Error(v)
	}
}

// A feature can be turned off and archived whatever has become of its neighbours.
func TestStrategiesThatStayAreNotCheckedAgain(t *testing.T) {
	var legal []string
	w := newShop(t, rollout.Config{Legal: func(string) []string { return legal }})
	f := inProd("f", strategy("byPlan", "plan", "gold"), within(2), everyone(in("tier", "tin")))
	f.Project = "bank"
	create(w, w.Features(), f)
	legal = []string{"gold"}
	update(w, w.Strategies(), "byPlan", func(d *rollout.Definition) { d.Parameters = d.Parameters[1:] })
	update(w, w.Features(), "f", func(f *rollout.Flag) {
		f.Environments["prod"] = rollout.Setting{Strategies: f.Environments["prod"].Strategies}
	})
	const at = "environments.prod.strategies"
	_, err := w.Features().Update(t.Context(), "f", 0, func(f *rollout.Flag) error {
		f.Environments["prod"].Strategies[0].Title = "x"
		return nil
	}, ann)
	faults(t, err, at+`[0].parameters.plan: is no parameter of "byPlan"`)
	_, err = w.Features().Update(t.Context(), "f", 0, func(f *rollout.Flag) error { f.Project = "shop"; return nil }, ann)
	faults(t, err, at+`[0].parameters.plan: is no parameter of "byPlan"`, at+"[1].segments[0]: belongs to another project",
		at+`[2].constraints[0].values[0]: "tin" is not a legal value of tier`)
	update(w, w.Features(), "f", func(f *rollout.Flag) { f.Archived = true })
	update(w, w.Features(), "f", func(f *rollout.Flag) { f.Archived = false })
}
