package penstock_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
)

func kinds() []error {
	return []error{
		penstock.ErrNotFound, penstock.ErrExists, penstock.ErrConflict,
		penstock.ErrInvalid, penstock.ErrForbidden, penstock.ErrRefused,
	}
}

func TestEveryErrorIsOfOneKind(t *testing.T) {
	for _, row := range []struct {
		rule string
		err  error
		want error
	}{
		{"not found", penstock.ErrNotFound, penstock.ErrNotFound},
		{"exists", penstock.ErrExists, penstock.ErrExists},
		{"conflict", penstock.ErrConflict, penstock.ErrConflict},
		{"invalid", &penstock.InvalidError{Field: "name", Why: "must not be empty"}, penstock.ErrInvalid},
		{"made by Invalid", penstock.Invalid("name", "must not be empty"), penstock.ErrInvalid},
		{"forbidden", &penstock.ForbiddenError{Right: penstock.Edit}, penstock.ErrForbidden},
		{"refused", &penstock.RefusedError{Action: "pause", State: "draft"}, penstock.ErrRefused},
		{"wrapped", fmt.Errorf("plan 1: %w", &penstock.RefusedError{}), penstock.ErrRefused},
		{"joined", errors.Join(penstock.Invalid("a", "x"), penstock.Invalid("b", "y")), penstock.ErrInvalid},
	} {
		for _, kind := range kinds() {
			if got, want := errors.Is(row.err, kind), kind == row.want; got != want { //nolint:errorlint // kinds are compared with themselves
				t.Errorf("%s: Is(%v): %t, want %t", row.rule, kind, got, want)
			}
		}
	}
}

func TestRefusalWithFaultsIsBoth(t *testing.T) {
	err := fmt.Errorf("plan 1: %w", &penstock.RefusedError{
		Action: "finalize", State: "draft", Needs: []string{"sound content"},
		Err: errors.Join(penstock.Invalid("a", "x"), penstock.Invalid("b", "y")),
	})
	if !errors.Is(err, penstock.ErrRefused) || !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("%v is not both refused and invalid", err)
	}
	if errors.Is(&penstock.RefusedError{}, penstock.ErrInvalid) {
		t.Error("a refusal without faults is invalid")
	}
	if got := len(penstock.Faults(err)); got != 2 {
		t.Errorf("got %d faults, want 2", got)
	}
}

func TestTypedErrorsAreFoundByAs(t *testing.T) {
	refusal := &penstock.RefusedError{Action: "pause", State: "draft", Allowed: []string{"execute"}}
	var refused *penstock.RefusedError
	if !errors.As(fmt.Errorf("plan 1: %w", refusal), &refused) || refused != refusal {
		t.Errorf("got %v", refused)
	}
	denial := &penstock.ForbiddenError{Right: penstock.Edit}
	var forbidden *penstock.ForbiddenError
	if !errors.As(fmt.Errorf("plan 1: %w", denial), &forbidden) || forbidden != denial {
		t.Errorf("got %v", forbidden)
	}
	fault := penstock.Invalid("name", "must not be empty")
	var invalid *penstock.InvalidError
	if !errors.As(errors.Join(errors.New("x"), fault), &invalid) || invalid != fault {
		t.Errorf("got %v", invalid)
	}
}

func TestMessages(t *testing.T) {
	noon := time.Date(2026, 3, 1, 13, 0, 0, 0, time.FixedZone("CET", 3600))
	for _, row := range []struct {
		want string
		err  error
	}{
		{"not found", penstock.ErrNotFound},
		{"already exists", penstock.ErrExists},
		{"changed by someone else", penstock.ErrConflict},
		{"invalid", penstock.ErrInvalid},
		{"forbidden", penstock.ErrForbidden},
		{"not now", penstock.ErrRefused},
		{
			"cannot request approval while awaiting approval (can vote, withdraw, set variables)",
			&penstock.RefusedError{Action: "request_approval", State: "awaiting_approval", Allowed: []string{"vote", "withdraw", "set_variables"}},
		},
		{"cannot pause while completed", &penstock.RefusedError{Action: "pause", State: "completed"}},
		{
			"cannot execute: needs an approval",
			&penstock.RefusedError{Action: "execute", State: "finalized", Needs: []string{"an approval"}, Allowed: []string{"cancel"}},
		},
		{
			"cannot execute: needs an approval and an open window (not before 2026-03-01T12:00:00Z)",
			&penstock.RefusedError{Action: "execute", State: "finalized", Needs: []string{"an approval", "an open window"}, Earliest: noon},
		},
		{
			"cannot finalize: needs sound content: phases[0].name: must not be empty\nphases[1].tasks: must be at most 500",
			&penstock.RefusedError{Action: "finalize", State: "draft", Needs: []string{"sound content"}, Err: errors.Join(
				penstock.Invalid("phases[0].name", "must not be empty"), penstock.Invalid("phases[1].tasks", "must be at most %d", 500))},
		},
		{"name: must not be empty", penstock.Invalid("name", "must not be empty")},
		{"must be at most 16 MiB", penstock.Invalid("", "must be at most %d MiB", 16)},
		{
			`no edit right on plan "Checkout"`,
			&penstock.ForbiddenError{Right: penstock.Edit, On: penstock.Resource{Kind: "plan", ID: "1", Name: "Checkout"}},
		},
		{"no read right on plan 1", &penstock.ForbiddenError{Right: penstock.Read, On: penstock.Resource{Kind: "plan", ID: "1"}}},
	} {
		if diff := cmp.Diff(row.want, row.err.Error()); diff != "" {
			t.Errorf("%#v: -want +got:\n%s", row.err, diff)
		}
	}
}

func TestFaultsFindsEveryFaultInOrder(t *testing.T) {
	a, b, c, d := penstock.Invalid("a", "1"), penstock.Invalid("b", "2"), penstock.Invalid("c", "3"), penstock.Invalid("d", "4")
	for _, row := range []struct {
		rule string
		err  error
		want []*penstock.InvalidError
	}{
		{"no error", nil, nil},
		{"no fault", errors.New("x"), nil},
		{"the kind alone is no fault", penstock.ErrInvalid, nil},
		{"one", a, []*penstock.InvalidError{a}},
		{"wrapped", fmt.Errorf("x: %w", fmt.Errorf("y: %w", a)), []*penstock.InvalidError{a}},
		{"joined", errors.Join(b, a), []*penstock.InvalidError{b, a}},
		{"joined trees", errors.Join(errors.Join(a, fmt.Errorf("x: %w", b)), errors.New("y"), fmt.Errorf("%w and %w", c, d)), []*penstock.InvalidError{a, b, c, d}},
		{"behind a refusal", &penstock.RefusedError{Err: errors.Join(a, b)}, []*penstock.InvalidError{a, b}},
		{"a refusal without faults", &penstock.RefusedError{}, nil},
		{"the same fault twice", errors.Join(a, a), []*penstock.InvalidError{a, a}},
	} {
		if diff := cmp.Diff(row.want, penstock.Faults(row.err)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", row.rule, diff)
		}
	}
}
