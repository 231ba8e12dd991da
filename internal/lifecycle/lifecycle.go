package lifecycle

import (
	"maps"
	"slices"
	"sync"
)

// A Machine says what each action leads to, state by state. Its fields must not
// be written once a method was called, nor the Machine copied; any number of
// goroutines may use it then.
type Machine[T any, S, A ~string] struct {
	Initial S                      // where a new thing begins
	Final   []S                    // states that nothing leaves
	ByRule  []A                    // actions that are never asked for: moves by rule, in the order in which they are tried
	Rules   map[S]map[A]Rule[T, S] // state -> action -> where it leads, and if

	sort  sync.Once
	moves map[S][]move[T, S, A] // state -> its moves by rule, in the order of ByRule
}

// A Rule leads To a state, If every guard holds.
type Rule[T any, S ~string] struct {
	To S
	If []Guard[T] // none: always
}

// Next returns the state that the action do, asked for, leads thing to from
// state s. If do cannot be asked for in s, or a guard does not hold, it returns
// s itself and a [*penstock.RefusedError], which is an ErrRefused.
func (m *Machine[T, S, A]) Next(thing T, s S, do A) (S, error) {
	rule, ok := m.askable(s, do)
	if ok && rule.holds(thing) {
		return rule.To, nil
	}
	return s, m.refused(thing, s, do, rule)
}

// Follow is Next for a move that the library itself makes: do may also be one
// of ByRule.
func (m *Machine[T, S, A]) Follow(thing T, s S, do A) (S, error) {
	rule, ok := m.Rules[s][do]
	if ok && rule.holds(thing) {
		return rule.To, nil
	}
	return s, m.refused(thing, s, do, rule)
}

// Allowed returns, sorted, the actions that can be asked for in state s and
// whose guards hold for thing.
func (m *Machine[T, S, A]) Allowed(thing T, s S) []A {
	return slices.DeleteFunc(m.Askable(s), func(do A) bool {
		rule := m.Rules[s][do]
		return !rule.holds(thing)
	})
}

// Askable returns, sorted, the actions that can be asked for in state s,
// whether or not their guards hold.
func (m *Machine[T, S, A]) Askable(s S) []A {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m.Rules[s])), m.byRule)
}

// Actions returns, sorted, the actions that can be asked for in any state.
func (m *Machine[T, S, A]) Actions() []A {
	var all []A
	for s := range m.Rules {
		all = append(all, m.Askable(s)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// States returns every state that can be reached once, nearest to Initial first
// and otherwise in the order of the actions that lead there.
func (m *Machine[T, S, A]) States() []S {
	states := []S{m.Initial}
	for i := 0; i < len(states); i++ {
		rules := m.Rules[states[i]]
		for _, do := range slices.Sorted(maps.Keys(rules)) {
			if to := rules[do].To; !slices.Contains(states, to) {
				states = append(states, to)
			}
		}
	}
	return states
}

// IsFinal reports whether s is one of Final.
func (m *Machine[T, S, A]) IsFinal(s S) bool { return slices.Contains(m.Final, s) }

// askable returns the rule of an action that can be asked for in state s.
func (m *Machine[T, S, A]) askable(s S, do A) (rule Rule[T, S], ok bool) {
	if rule, ok = m.Rules[s][do]; ok && m.byRule(do) {
		return Rule[T, S]{}, false
	}
	return rule, ok
}

func (m *Machine[T, S, A]) byRule(do A) bool { return slices.Contains(m.ByRule, do) }
