package rollout_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func ExampleCompile() {
	body := `{"version": 2, "features": [{"name": "checkout", "enabled": true, "strategies": [
		{"name": "flexibleRollout", "parameters": {"rollout": "50", "stickiness": "userId", "groupId": "checkout"},
		 "constraints": [{"contextName": "country", "operator": "IN", "values": ["de", "se"]}]}]}]}`
	var state rollout.State
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		fmt.Println(err)
		return
	}
	e := rollout.Compile(state.Features, state.Segments, rollout.Options{})

	for _, id := range []string{"ann", "bob", "cem", "dora"} {
		ctx := rollout.Context{UserID: id, Properties: map[string]string{"country": "se"}}
		fmt.Println(id, e.Enabled("checkout", &ctx))
	}
	// Output:
	// ann false
	// bob true
	// cem false
	// dora true
}

func ExampleEvaluator_Variant() {
	e := rollout.Compile([]rollout.Feature{{Name: "button", Enabled: true, Variants: []rollout.Variant{
		{Name: "blue", Weight: 500, Payload: &rollout.Payload{Type: "string", Value: "#00f"}},
		{Name: "red", Weight: 500, Payload: &rollout.Payload{Type: "string", Value: "#f00"}},
	}}}, nil, rollout.Options{})

	for _, id := range []string{"ann", "bob", "cem"} {
		v := e.Variant("button", &rollout.Context{UserID: id})
		fmt.Println(id, v.Name, v.Payload.Value)
	}
	// Output:
	// ann blue #00f
	// bob red #f00
	// cem blue #00f
}

func ExampleEvaluator_Explain() {
	e := rollout.Compile([]rollout.Feature{{Name: "checkout", Enabled: true, Strategies: []rollout.Strategy{
		{Name: rollout.UserWithID, Parameters: map[string]string{"userIds": "ann, bob"}},
		{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": "25"}, Constraints: []rollout.Constraint{
			{ContextName: "version", Operator: rollout.SemverGTE, Value: "2.0.0"},
		}},
	}}}, nil, rollout.Options{})

	fmt.Println(e.Explain("checkout", &rollout.Context{UserID: "cem", Properties: map[string]string{"version": "1.9.4"}}))
	fmt.Println(e.Explain("checkout", &rollout.Context{UserID: "cem", Properties: map[string]string{"version": "2.1.0"}}))
	// Output:
	// checkout is off: no strategy matched
	//   strategy 0 (userWithId): no, parameters.userIds: userId "cem" does not hold
	//   strategy 1 (flexibleRollout): no, constraints[0]: version "1.9.4" SEMVER_GTE "2.0.0" does not hold
	// checkout is off: no strategy matched
	//   strategy 0 (userWithId): no, parameters.userIds: userId "cem" does not hold
	//   strategy 1 (flexibleRollout): no, userId "cem" falls on 85 of 100, above 25
}

func ExampleEvaluator_Faults() {
	e := rollout.Compile([]rollout.Feature{{Name: "checkout", Enabled: true, Strategies: []rollout.Strategy{
		{Name: rollout.Everyone, Segments: []int{12}},
		{Name: "byMoon"},
	}}}, nil, rollout.Options{})
	fmt.Println(e.Faults())
	// Output:
	// features[0].strategies[0].segments[0]: segment 12 is unknown
	// features[0].strategies[1].name: strategy "byMoon" is unknown
}

func ExampleValidate() {
	err := rollout.Validate([]rollout.Feature{{Name: "check out", Strategies: []rollout.Strategy{
		{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": "120"}, Constraints: []rollout.Constraint{
			{ContextName: "version", Operator: rollout.SemverGT, Value: "v2"},
		}},
	}}}, nil, nil)
	fmt.Println(err)
	// Output:
	// features[0].name: "check out" has characters other than letters, digits and -_.!~*'()
	// features[0].strategies[0].parameters.rollout: "120" is not a number from 0 to 100
	// features[0].strategies[0].constraints[0].value: "v2" is not a semantic version
}

func ExampleNormalizeWeights() {
	variants, err := rollout.NormalizeWeights([]rollout.Variant{
		{Name: "red", WeightType: rollout.WeightVariable},
		{Name: "blue", WeightType: rollout.WeightFix, Weight: 100},
		{Name: "green", WeightType: rollout.WeightVariable},
	})
	for _, v := range variants {
		fmt.Println(v.Name, v.Weight)
	}
	fmt.Println(err)
	// Output:
	// blue 100
	// green 450
	// red 450
	// <nil>
}

func ExampleCustom() {
	// A strategy that goes by the domain of an e-mail address.
	byDomain := func(parameters map[string]string) (func(rollout.Context) bool, error) {
		domain := "@" + parameters["domain"]
		return func(ctx rollout.Context) bool { return strings.HasSuffix(ctx.Properties["email"], domain) }, nil
	}
	e := rollout.Compile([]rollout.Feature{{Name: "beta", Enabled: true, Strategies: []rollout.Strategy{
		{Name: "byDomain", Parameters: map[string]string{"domain": "example.com"}},
	}}}, nil, rollout.Options{Strategies: map[string]rollout.Custom{"byDomain": byDomain}})

	for _, email := range []string{"ann@example.com", "bob@elsewhere.org"} {
		fmt.Println(e.Enabled("beta", &rollout.Context{Properties: map[string]string{"email": email}}))
	}
	// Output:
	// true
	// false
}

func ExampleLive() {
	var live rollout.Live // shared by all requests
	on := func(percent string) *rollout.Evaluator {
		return rollout.Compile([]rollout.Feature{{Name: "checkout", Enabled: true, Strategies: []rollout.Strategy{
			{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": percent}},
		}}}, nil, rollout.Options{})
	}
	ann := &rollout.Context{UserID: "ann"}
	live.Set(on("0"))
	fmt.Println(live.Enabled("checkout", ann))
	live.Set(on("100")) // whenever the features change
	fmt.Println(live.Enabled("checkout", ann))
	// Output:
	// false
	// true
}

func ExampleStrategy_WithDefaults() {
	s := rollout.Strategy{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": "5"}}
	fmt.Println(s.WithDefaults("checkout", "sessionId").Parameters)
	// Output:
	// map[groupId:checkout rollout:5 stickiness:sessionId]
}
