package peers

import (
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	evaluation "github.com/launchdarkly/go-server-sdk-evaluation/v3"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldbuilders"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"

	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/rollout/internal/cases"
)

// darkly evaluates the cases as flags of LaunchDarkly. Its hash differs, so that
// other people have the feature; what has to be computed is the same.
type darkly struct {
	evaluation.Evaluator
	flags map[string]*ldmodel.FeatureFlag
}

// The provider's two methods are for prerequisites and segments, which no case has.
func (d *darkly) GetFeatureFlag(key string) *ldmodel.FeatureFlag { return d.flags[key] }
func (d *darkly) GetSegment(string) *ldmodel.Segment             { return nil }

// variation returns the index of the variation.
func (d *darkly) variation(key string, ctx ldcontext.Context) int {
	return d.Evaluate(d.flags[key], ctx, nil).Detail.VariationIndex.IntValue()
}

func newDarkly() *darkly {
	d := &darkly{flags: make(map[string]*ldmodel.FeatureFlag)}
	d.Evaluator = evaluation.NewEvaluator(d)
	percent := func(n int) ldmodel.VariationOrRollout {
		return ldbuilders.Rollout(ldbuilders.Bucket(1, n*1000), ldbuilders.Bucket(0, (100-n)*1000))
	}
	add := func(b *ldbuilders.FlagBuilder) {
		flag := b.Build()
		d.flags[flag.Key] = &flag
	}
	boolean := func(key string) *ldbuilders.FlagBuilder {
		return ldbuilders.NewFlagBuilder(key).On(true).Salt("checkout-2026").
			Variations(ldvalue.Bool(false), ldvalue.Bool(true)).OffVariation(0).FallthroughVariation(0)
	}
	add(boolean("rollout25").Fallthrough(percent(25)))
	add(boolean("constraints").AddRule(ldbuilders.NewRuleBuilder().ID("rule").VariationOrRollout(percent(50)).Clauses(
		ldbuilders.Clause("country", ldmodel.OperatorIn, values("de", "dk", "fi", "no", "se")...),
		ldbuilders.Clause("version", ldmodel.OperatorSemVerGreaterThan, ldvalue.String("2.3.0")),
	)))
	add(boolean("allowed").AddRule(ldbuilders.NewRuleBuilder().ID("rule").Variation(1).
		Clauses(ldbuilders.Clause("key", ldmodel.OperatorIn, values(cases.Users()...)...))))
	add(ldbuilders.NewFlagBuilder("colors").On(true).Salt("checkout-2026").Variations(values("#blue", "#green", "#red")...).
		Fallthrough(ldbuilders.Rollout(ldbuilders.Bucket(0, 33400), ldbuilders.Bucket(1, 33300), ldbuilders.Bucket(2, 33300))))
	countries := boolean("countries")
	for _, country := range cases.Countries() {
		countries.AddRule(ldbuilders.NewRuleBuilder().ID(country).Variation(1).
			Clauses(ldbuilders.Clause("country", ldmodel.OperatorIn, ldvalue.String(country))))
	}
	add(countries)
	return d
}

func values(all ...string) (vs []ldvalue.Value) {
	for _, s := range all {
		vs = append(vs, ldvalue.String(s))
	}
	return vs
}

func darklyContext(ctx *rollout.Context) ldcontext.Context {
	b := ldcontext.NewBuilder(ctx.UserID).SetString("session", ctx.SessionID).SetString("environment", ctx.Environment)
	for name, value := range ctx.Properties {
		b.SetString(name, value)
	}
	return b.Build()
}
