package rollout_test

import (
	"fmt"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A step that seems to add people, and takes the feature away from some.
func ExampleFindLoss() {
	step := func(percent, group string) []rollout.Strategy {
		return []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": percent, "groupId": group}}}
	}
	fmt.Println(rollout.FindLoss("checkout", step("25", "checkout"), step("50", "checkout"), nil, rollout.Options{}))

	loss := rollout.FindLoss("checkout", step("25", "checkout"), step("50", "checkout-2"), nil, rollout.Options{})
	fmt.Println(loss.Why)
	fmt.Println(loss.Before)
	fmt.Println(loss.After)
	// Output:
	// <nil>
	// the group id changes from "checkout" to "checkout-2", so that other people are drawn
	// checkout is on: strategy 0 matched
	//   strategy 0 (flexibleRollout): yes, userId "user-6" falls on 1 of 100
	// checkout is off: no strategy matched
	//   strategy 0 (flexibleRollout): no, userId "user-6" falls on 66 of 100, above 50
}

func ExampleLoss_String() {
	before := []rollout.Strategy{{Name: rollout.Everyone, Constraints: []rollout.Constraint{
		{ContextName: "country", Operator: rollout.In, Values: []string{"de", "se"}}}}}
	after := []rollout.Strategy{{Name: rollout.FlexibleRollout, Constraints: []rollout.Constraint{
		{ContextName: "country", Operator: rollout.In, Values: []string{"de", "dk", "no"}}}}}
	fmt.Println(rollout.FindLoss("checkout", before, after, nil, rollout.Options{}))
	// Output:
	// country "se" loses the feature: the constraint country IN ["de", "se"] becomes country IN ["de", "dk", "no"]
	// before: checkout is on: strategy 0 matched
	//   strategy 0 (default): yes, constraints[0]: country "se" IN ["de", "se"] holds
	// after: checkout is off: no strategy matched
	//   strategy 0 (flexibleRollout): no, constraints[0]: country "se" IN ["de", "dk", "no"] does not hold
}
