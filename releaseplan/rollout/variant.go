package rollout

import "slices"

// A Variant is one of several forms of a feature. People are spread over the
// variants of a list by weight.
type Variant struct {
	Name       string     `json:"name"`
	Weight     int        `json:"weight"`               // its share of the sum of all; 0..1000 where they are stored
	WeightType WeightType `json:"weightType,omitempty"` // whether [NormalizeWeights] may change the weight
	Stickiness string     `json:"stickiness,omitempty"` // that of the first variant counts for all
	Payload    *Payload   `json:"payload,omitempty"`
	Overrides  []Override `json:"overrides,omitempty"` // of a feature's variants only
}

// A WeightType says where a variant's weight comes from.
type WeightType string

// The weight types.
const (
	WeightVariable WeightType = "variable" // an even part of what the fixed ones leave
	WeightFix      WeightType = "fix"      // as it is given
)

// A Payload is data that comes with a variant.
type Payload struct {
	Type  string `json:"type"` // string, number, json or csv
	Value string `json:"value"`
}

// An Override gives a variant to everyone whose field has one of the values,
// whatever the weights say.
type Override struct {
	ContextName string       `json:"contextName"`
	Values      List[string] `json:"values"`
}

// A Selection is the variant that a context got.
type Selection struct {
	Name           string  `json:"name"` // "disabled" if there is none
	Payload        Payload `json:"payload,omitzero"`
	Enabled        bool    `json:"enabled"`         // whether there is a variant
	FeatureEnabled bool    `json:"feature_enabled"` // whether the feature is on
}

// disabled is the name of no variant.
const disabled = "disabled"

func (v Variant) clone() Variant {
	if v.Payload != nil {
		payload := *v.Payload
		v.Payload = &payload
	}
	v.Overrides = slices.Clone(v.Overrides)
	for i := range v.Overrides {
		v.Overrides[i].Values = slices.Clone(v.Overrides[i].Values)
	}
	return v
}
