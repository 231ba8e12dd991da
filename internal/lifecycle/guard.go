package lifecycle

import (
	"errors"
	"time"

	"github.com/penstock-go/penstock"
)

// A Guard is a condition of a Rule. Its functions are pure: they change
// nothing, and say the same of the same thing. The zero Guard always holds.
type Guard[T any] struct {
	Rule   string            // short identifier of the rule, in snake_case: "window_open"
	Needs  string            // what refusals and diagrams say: "an open window"
	Holds  func(T) bool      // nil: always
	Clears func(T) time.Time // optional: the earliest time at which it can hold when it does not; zero: time alone will not do it
	Fault  func(T) error     // optional: the faults behind it when it does not hold
}

// A Refusal is a guard that does not hold.
type Refusal struct {
	Rule, Needs string    // as the Guard has them
	Earliest    time.Time // when it can hold at the earliest; zero if time alone will not do it
	Err         error     // the faults behind it; may be nil
}

// Refusals returns the guards that keep thing in state s from the action do, in
// the order of its Rule; none if it is allowed. If do cannot be asked for in s
// at all, known is false.
func (m *Machine[T, S, A]) Refusals(thing T, s S, do A) (refusals []Refusal, known bool) {
	rule, known := m.askable(s, do)
	return rule.refusals(thing), known
}

func (r *Rule[T, S]) holds(thing T) bool {
	for i := range r.If {
		if !r.If[i].holds(thing) {
			return false
		}
	}
	return true
}

func (r *Rule[T, S]) refusals(thing T) (refusals []Refusal) {
	for i := range r.If {
		if g := &r.If[i]; !g.holds(thing) {
			refusals = append(refusals, g.refusal(thing))
		}
	}
	return refusals
}

func (g *Guard[T]) holds(thing T) bool { return g.Holds == nil || g.Holds(thing) }

func (g *Guard[T]) refusal(thing T) Refusal {
	r := Refusal{Rule: g.Rule, Needs: g.Needs}
	if g.Clears != nil {
		r.Earliest = g.Clears(thing)
	}
	if g.Fault != nil {
		r.Err = g.Fault(thing)
	}
	return r
}

// refused explains why do was refused; rule is the zero Rule if the state
// itself refuses.
func (m *Machine[T, S, A]) refused(thing T, s S, do A, rule Rule[T, S]) error {
	e := &penstock.RefusedError{Action: string(do), State: string(s)}
	refusals := rule.refusals(thing)
	var faults []error
	for _, r := range refusals {
		e.Needs = append(e.Needs, r.Needs)
		faults = append(faults, r.Err)
	}
	e.Earliest, e.Err = earliest(refusals), errors.Join(faults...)
	for _, a := range m.Allowed(thing, s) {
		e.Allowed = append(e.Allowed, string(a))
	}
	return e
}

// earliest returns when all refusals can have cleared: the latest of their
// times, or zero if there is one that time alone will not clear.
func earliest(refusals []Refusal) (at time.Time) {
	for _, r := range refusals {
		if r.Earliest.IsZero() {
			return time.Time{}
		}
		if r.Earliest.After(at) {
			at = r.Earliest
		}
	}
	return at
}
