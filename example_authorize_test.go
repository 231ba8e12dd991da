package penstock_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
)

// Everybody may read, but only members of the release group may do more.
func ExampleAuthorizer() {
	authorize := penstock.Authorizer(func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if right == penstock.Read || slices.Contains(who.Groups, "release") {
			return nil
		}
		return &penstock.ForbiddenError{Right: right, On: on}
	})

	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	checkout := penstock.Resource{Kind: "plan", ID: "7", Name: "Checkout 2.4"}
	fmt.Println(authorize.Ask(ctx, ann, penstock.Read, checkout))
	err := authorize.Ask(ctx, ann, penstock.Execute, checkout)
	fmt.Println(err, errors.Is(err, penstock.ErrForbidden))
	// Output:
	// <nil>
	// no execute right on plan "Checkout 2.4" true
}
