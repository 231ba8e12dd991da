package penstock_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
)

func ExampleRefusedError() {
	err := fmt.Errorf("plan 7: %w", &penstock.RefusedError{
		Action: "execute", State: "finalized",
		Needs:    []string{"an open window"},
		Earliest: time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC),
		Allowed:  []string{"reopen", "cancel"},
	})
	fmt.Println(err)

	if refused, ok := errors.AsType[*penstock.RefusedError](err); ok {
		fmt.Println("try again at", refused.Earliest, "or", refused.Allowed)
	}
	fmt.Println(errors.Is(err, penstock.ErrRefused))
	// Output:
	// plan 7: cannot execute: needs an open window (not before 2026-03-01T22:00:00Z)
	// try again at 2026-03-01 22:00:00 +0000 UTC or [reopen cancel]
	// true
}

func ExampleFaults() {
	err := fmt.Errorf("create a plan: %w", errors.Join(
		penstock.Invalid("name", "must not be empty"),
		penstock.Invalid("phases[1].tasks", "must be at most %d", 500),
	))
	for _, fault := range penstock.Faults(err) {
		fmt.Printf("%-16s %s\n", fault.Field, fault.Why)
	}
	fmt.Println(errors.Is(err, penstock.ErrInvalid))
	// Output:
	// name             must not be empty
	// phases[1].tasks  must be at most 500
	// true
}
