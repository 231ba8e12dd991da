package keylock_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/internal/keylock"
)

func Example() {
	var plans keylock.Locks
	unlock, err := plans.Lock(context.Background(), "plan-1")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer unlock()
	fmt.Println("nobody else of this process decides on plan-1")
	// Output: nobody else of this process decides on plan-1
}
