package rollout_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// Values that are other scalars than they should be are taken as SDKs take them.
func TestStateJSONIsLenient(t *testing.T) {
	const body = `{"version":"2","query":{"a":1},"features":[null,{"name":"f","enabled":true,"createdAt":"x","type":null,"stale":null,"dependencies":null,
		"strategies":[null,{"name":"flexibleRollout","title":null,"disabled":null,"sortOrder":3,"segments":null,"variants":null,
			"parameters":{"rollout":50.0,"groupId":null,"flag":true,"name":"x","long":12345678901234567890},
			"constraints":[{"contextName":"x","operator":"NUM_EQ","value":5,"values":null},{"contextName":"x","operator":"IN","values":[1,2.50,"a",false,null],"value":null}]}],
		"variants":[{"name":"a","weight":50.0,"payload":{"type":"number","value":5}},
			{"name":"b","weight":"50","overrides":[{"contextName":"x","values":[7]}]}, {"name":"c","weight":null,"payload":null,"overrides":null}]}]}`
	var got rollout.State
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	want := rollout.State{Version: 2, Features: []rollout.Feature{{}, {
		Name: "f", Enabled: true,
		Strategies: []rollout.Strategy{{}, {
			SortOrder:  3,
			Name:       "flexibleRollout",
			Parameters: rollout.Parameters{"rollout": "50", "groupId": "", "flag": "true", "name": "x", "long": "12345678901234567890"},
			Constraints: []rollout.Constraint{
				{ContextName: "x", Operator: rollout.NumEQ, Value: "5"},
				{ContextName: "x", Operator: rollout.In, Values: []string{"1", "2.5", "a", "false", ""}},
			},
		}},
		Variants: []rollout.Variant{
			{Name: "a", Weight: 50, Payload: &rollout.Payload{Type: "number", Value: "5"}},
			{Name: "b", Weight: 50, Overrides: []rollout.Override{{ContextName: "x", Values: []string{"7"}}}},
			{Name: "c"},
		},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, bad := range []string{
		`{"version":"two"}`, `{"version":2.5}`, `{"version":[]}`,
		`{"features":[{"variants":[{"weight":33.5}]}]}`,
		`{"features":[{"variants":[{"weight":"1e99"}]}]}`,
		`{"features":[{"variants":[{"payload":{"value":{}}}]}]}`,
		`{"features":[{"variants":[{"overrides":[{"values":[[]]}]}]}]}`,
		`{"features":[{"strategies":[{"parameters":{"a":[]}}]}]}`,
		`{"features":[{"strategies":[{"constraints":[{"value":[]}]}]}]}`,
		`{"features":[{"strategies":[{"constraints":[{"values":"a"}]}]}]}`,
	} {
		if err := json.Unmarshal([]byte(bad), new(rollout.State)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// A list that is part of the format is never null, nor does a type's own JSON get
// into the way of who embeds it.
func TestListsAreNeverNull(t *testing.T) {
	for want, value := range map[string]any{
		`{"version":0,"features":[]}`:                                       rollout.State{},
		`{"name":"f","enabled":false,"strategies":[]}`:                      rollout.Feature{Name: "f"},
		`{"id":1,"constraints":[]}`:                                         &rollout.Segment{ID: 1},
		`{"contextName":"x","values":[]}`:                                   rollout.Override{ContextName: "x"},
		`{"contextName":"x","values":["a"]}`:                                rollout.Override{ContextName: "x", Values: []string{"a"}},
		`{"name":"f","enabled":false,"strategies":[],"owner":"ann"}`:        owned{Feature: rollout.Feature{Name: "f"}, Owner: "ann"},
		`{"name":"g","enabled":true,"strategies":[{"name":""}],"owner":""}`: owned{Feature: rollout.Feature{Name: "g", Enabled: true, Strategies: make([]rollout.Strategy, 1)}},
	} {
		got, err := json.Marshal(value)
		if err != nil || string(got) != want {
			t.Errorf("%s, want %s: %v", got, want, err)
		}
	}
}

type owned struct {
	rollout.Feature
	Owner string `json:"owner"`
}
