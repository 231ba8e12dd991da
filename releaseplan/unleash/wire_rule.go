package unleash

import (
	"cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A constraint compares a field of the context.
type constraint struct {
	ContextName     string   `json:"contextName"`
	Operator        string   `json:"operator"`
	Values          []string `json:"values"`
	Value           string   `json:"value,omitempty"`
	Inverted        bool     `json:"inverted"`
	CaseInsensitive bool     `json:"caseInsensitive"`
}

// A variant is one of several forms of a feature.
type variant struct {
	Name       string   `json:"name"`
	Weight     int      `json:"weight" doc:"0 to 1000"`
	WeightType string   `json:"weightType" enum:"variable,fix"`
	Stickiness string   `json:"stickiness"`
	Payload    *payload `json:"payload,omitempty"`
}

// A featureVariant is one for strategies that have none of their own.
type featureVariant struct {
	variant
	Overrides []override `json:"overrides,omitempty"`
}

// A payload is data that comes with a variant.
type payload struct {
	Type  string `json:"type" enum:"json,csv,string,number"`
	Value string `json:"value"`
}

// An override gives a variant to everyone whose field has one of the values.
type override struct {
	ContextName string   `json:"contextName"`
	Values      []string `json:"values"`
}

// toVariants returns variants; those that do not say what they are sticky to are as stickiness says.
func toVariants(all []rollout.Variant, stickiness string) []variant {
	out := make([]variant, len(all))
	for i, v := range all {
		out[i] = variant{Name: v.Name, Weight: v.Weight, WeightType: cmp.Or(string(v.WeightType), string(rollout.WeightVariable)),
			Stickiness: cmp.Or(v.Stickiness, stickiness, rollout.StickyDefault)}
		if v.Payload != nil {
			out[i].Payload = &payload{Type: v.Payload.Type, Value: v.Payload.Value}
		}
	}
	return out
}

func toFeatureVariants(all []rollout.Variant) []featureVariant {
	out := make([]featureVariant, len(all))
	for i, v := range toVariants(all, "") {
		out[i].variant = v
		for _, o := range all[i].Overrides {
			out[i].Overrides = append(out[i].Overrides, override{ContextName: o.ContextName, Values: notNil(o.Values)})
		}
	}
	return out
}

func toConstraints(all []rollout.Constraint) []constraint {
	out := make([]constraint, 0, len(all))
	for _, c := range all {
		out = append(out, constraint{ContextName: c.ContextName, Operator: string(c.Operator), Values: notNil(c.Values),
			Value: c.Value, Inverted: c.Inverted, CaseInsensitive: c.CaseInsensitive})
	}
	return out
}
