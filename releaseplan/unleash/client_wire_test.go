package unleash

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// What SDKs would make something else of is written so that they do not.
func TestToClientFeature(t *testing.T) {
	segments := map[int]clientSegment{1: {ID: 1}}
	off := rollout.Strategy{Name: rollout.Everyone, Disabled: true}
	lost := rollout.Strategy{Name: rollout.Everyone, Segments: []int{1, 2}}
	group := func(p rollout.Parameters) []clientStrategy {
		return []clientStrategy{{Name: rollout.FlexibleRollout, Parameters: p, Constraints: []constraint{}, Variants: []variant{}}}
	}
	for _, row := range []struct {
		rule       string
		enabled    bool
		strategies []rollout.Strategy
		wantOn     bool
		want       []clientStrategy
	}{
		{"without strategies it is on", true, nil, true, []clientStrategy{}},
		{"what is disabled is left out", true, []rollout.Strategy{off, {Name: rollout.Everyone}}, true,
			[]clientStrategy{{Name: rollout.Everyone, Parameters: map[string]string{}, Constraints: []constraint{}, Variants: []variant{}}}},
		{"if nothing is left, it is off", true, []rollout.Strategy{off, off}, false, []clientStrategy{}},
		{"a segment that is not there holds for nobody", true, []rollout.Strategy{lost}, false, []clientStrategy{}},
		{"what is off stays off", false, []rollout.Strategy{{Name: rollout.FlexibleRollout}}, false, group(rollout.Parameters{"groupId": "f", "stickiness": "default"})},
		{"a percentage says what it goes by", true, []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": "5"}}}, true,
			group(rollout.Parameters{"groupId": "f", "stickiness": "default", "rollout": "5"})},
		{"as it was told", true, []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"stickiness": "a", "groupId": "b"}}}, true,
			group(rollout.Parameters{"groupId": "b", "stickiness": "a"})},
		{"and so do variants", true, []rollout.Strategy{{Name: "custom", Parameters: rollout.Parameters{"stickiness": "a"}, Variants: []rollout.Variant{{Name: "v", Weight: 1}, {Name: "w", Stickiness: "b", WeightType: "fix"}}}}, true,
			[]clientStrategy{{Name: "custom", Parameters: map[string]string{"groupId": "f", "stickiness": "a"}, Constraints: []constraint{},
				Variants: []variant{{Name: "v", Weight: 1, WeightType: "variable", Stickiness: "a"}, {Name: "w", WeightType: "fix", Stickiness: "b"}}}}},
		{"but not where that decides who has it", true, []rollout.Strategy{{Name: rollout.GradualUserID, Variants: []rollout.Variant{{Name: "v", Weight: 1}}}}, true,
			[]clientStrategy{{Name: rollout.GradualUserID, Parameters: map[string]string{}, Constraints: []constraint{},
				Variants: []variant{{Name: "v", Weight: 1, WeightType: "variable", Stickiness: "default"}}}}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			in := rollout.Feature{Name: "f", Enabled: row.enabled, Strategies: row.strategies}
			before, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			got := toClientFeature(&in, segments)
			if after, err := json.Marshal(in); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the feature changed: %s", after)
			}
			if diff := cmp.Diff(row.want, got.Strategies); diff != "" || got.Enabled != row.wantOn {
				t.Errorf("on: %t, want %t; -want +got:\n%s", got.Enabled, row.wantOn, diff)
			}
		})
	}
}

// Whatever is stored, SDKs evaluate what they are sent as it is evaluated here.
func FuzzClientFeatures(f *testing.F) {
	for _, s := range []string{
		`{"features":[{"name":"a","enabled":true},{"name":"b","enabled":true,"strategies":[{"name":"default","disabled":true}]},{"name":"c","enabled":true,"dependencies":[{"feature":"b","enabled":false},{"feature":"a"}]}]}`,
		`{"segments":[{"id":1,"constraints":[{"contextName":"userId","operator":"IN","values":["user-1","7"]}]},{"id":1,"constraints":[]},{"id":2,"constraints":[{"contextName":"userId","operator":"IN","values":["7"],"inverted":true}]}],
			"features":[{"name":"a","enabled":true,"strategies":[{"name":"default","segments":[1,2]},{"name":"default","segments":[9]}]},{"name":"b","enabled":true,"strategies":[{"name":"default","segments":[3]}]}]}`,
		`{"features":[{"name":"a","enabled":true,"strategies":[{"name":"flexibleRollout","parameters":{"rollout":50},"variants":[{"name":"x","weight":500},{"name":"y","weight":500,"stickiness":"sessionId"}]}]}]}`,
		`{"features":[{"name":"a","enabled":true,"strategies":[{"name":"flexibleRollout","parameters":{"rollout":"50","stickiness":"region","groupId":""},"variants":[{"name":"x","weight":500},{"name":"y","weight":500}]}],"variants":[{"name":"z","weight":3,"overrides":[{"contextName":"userId","values":["7"]}]}]}]}`,
		`{"features":[{"name":"a","enabled":true,"variants":[{"name":"x","weight":1,"payload":{"type":"json","value":"{}"}},{"name":"y","weight":2}],"strategies":[{"name":"gradualRolloutUserId","parameters":{"percentage":"50"},"variants":[{"name":"v","weight":1}]},{"name":"gradualRolloutSessionId","parameters":{"percentage":"50"}},{"name":"gradualRolloutRandom","parameters":{"percentage":"50"}}]}]}`,
		`{"features":[{"name":"a","enabled":true,"strategies":[{"name":"custom","variants":[{"name":"x","weight":0}]},{"name":"remoteAddress","parameters":{"IPs":"::1"}},{"name":"default","constraints":[{"contextName":"a","operator":"LIKE","value":"b"},{"contextName":"userId","operator":"NUM_GT","value":5}]}]},{"name":"a","enabled":false}]}`,
	} {
		f.Add([]byte(s), "7", "s")
		f.Add([]byte(s), "", "")
	}
	f.Fuzz(func(t *testing.T, text []byte, user, session string) {
		var state rollout.State
		if len(text) > 10_000 || json.Unmarshal(text, &state) != nil {
			return
		}
		options := rollout.Options{Hostname: "h", Random: func(n uint32) uint32 { return n / 2 }, Strategies: map[string]rollout.Custom{
			"custom": func(p map[string]string) (func(rollout.Context) bool, error) {
				return func(rollout.Context) bool { return p["no"] == "" }, nil
			}}}
		want, snapshot := rollout.Compile(state.Features, state.Segments, options), toSnapshot(&state)
		for _, spec := range []string{"", "4.2.0"} {
			body, err := encode(snapshot.features, snapshot.segments, asks(Client{}, "", "", spec))
			if err != nil {
				t.Fatal(err)
			}
			var sent rollout.State
			if err := json.Unmarshal(body, &sent); err != nil {
				t.Fatal(err)
			}
			got := rollout.Compile(sent.Features, sent.Segments, options)
			for _, feature := range state.Features {
				for _, ctx := range []rollout.Context{{}, {UserID: user, SessionID: session}, {SessionID: session, RemoteAddress: "::1"}, {UserID: session, Properties: map[string]string{"region": user}}} {
					ctx.CurrentTime = "2026-03-01T12:00:00Z"
					if w, g := want.Variant(feature.Name, &ctx), got.Variant(feature.Name, &ctx); w != g {
						t.Errorf("%q for %+v, spec %q: %+v, want %+v\n%s", feature.Name, ctx, spec, g, w, body)
					}
				}
			}
		}
	})
}
