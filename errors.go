package penstock

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Every error that the library makes is one of these kinds, as [errors.Is] tells.
var (
	ErrNotFound  = errors.New("not found")
	ErrExists    = errors.New("already exists")
	ErrConflict  = errors.New("changed by someone else")
	ErrInvalid   = errors.New("invalid")
	ErrForbidden = errors.New("forbidden")
	ErrRefused   = errors.New("not now") // the state of the thing, or a guard, says no
)

// A RefusedError says which action was refused in which state, what it waits
// for, and what could be done instead. It is an [ErrRefused].
type RefusedError struct {
	Action, State string
	Needs         []string  // the guards that do not hold; empty if the state itself refuses
	Earliest      time.Time // when they can hold at the earliest; zero if time alone will not do it
	Allowed       []string  // the actions that the state allows
	Err           error     // the faults behind a guard, if there are any to tell; may be nil
}

func (e *RefusedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cannot %s", words(e.Action))
	switch {
	case len(e.Needs) > 0:
		fmt.Fprintf(&b, ": needs %s", strings.Join(e.Needs, " and "))
		if !e.Earliest.IsZero() {
			fmt.Fprintf(&b, " (not before %s)", e.Earliest.UTC().Format(time.RFC3339))
		}
	case len(e.Allowed) == 0:
		fmt.Fprintf(&b, " while %s", words(e.State))
	default:
		fmt.Fprintf(&b, " while %s (can %s)", words(e.State), words(strings.Join(e.Allowed, ", ")))
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Is reports whether target is ErrRefused.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

// Unwrap returns the faults behind the refusal, or nil.
func (e *RefusedError) Unwrap() error { return e.Err }

// words turns an identifier into words.
func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// An InvalidError names one field and what is wrong with it. It is an
// [ErrInvalid]. Several are joined with [errors.Join]; [Faults] takes them apart.
type InvalidError struct {
	Field string // the path of the field: phases[1].tasks[0].name; empty for the whole
	Why   string // "must not be empty"
}

// Invalid returns an InvalidError whose reason is formatted as [fmt.Sprintf] does.
func Invalid(field, format string, args ...any) *InvalidError {
	return &InvalidError{Field: field, Why: fmt.Sprintf(format, args...)}
}

func (e *InvalidError) Error() string {
	if e.Field == "" {
		return e.Why
	}
	return e.Field + ": " + e.Why
}

// Is reports whether target is ErrInvalid.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// Faults returns every InvalidError in err's tree, in order.
func Faults(err error) []*InvalidError {
	switch e := err.(type) {
	case nil:
		return nil
	case *InvalidError:
		return []*InvalidError{e}
	case interface{ Unwrap() []error }:
		var all []*InvalidError
		for _, inner := range e.Unwrap() {
			all = append(all, Faults(inner)...)
		}
		return all
	case interface{ Unwrap() error }:
		return Faults(e.Unwrap())
	default:
		return nil
	}
}

// A ForbiddenError names the right that the actor lacks, and on what. It is an
// [ErrForbidden].
type ForbiddenError struct {
	Right Right
	On    Resource
}

func (e *ForbiddenError) Error() string {
	return fmt.Sprintf("no %s right on %s", e.Right, e.On)
}

// Is reports whether target is ErrForbidden.
func (e *ForbiddenError) Is(target error) bool { return target == ErrForbidden }
