package lifecycle

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/penstock-go/penstock"
)

// Check returns every fault of the table, joined, each an ErrInvalid with its
// path, or nil:
//
//   - Initial is no state of the machine;
//   - an action of ByRule, or a state of Final, is listed twice; an action of
//     ByRule is in no state;
//   - a rule leads to a state that is neither in Rules nor in Final; a state has
//     no moves and is not in Final;
//   - a rule leads out of a final state;
//   - a guard can fail and does not say what it needs;
//   - no path leads from Initial to a state, or from a state to a final one.
func (m *Machine[T, S, A]) Check() error {
	var f faults
	m.checkLists(&f)
	for _, s := range slices.Sorted(maps.Keys(m.Rules)) {
		m.checkState(&f, s)
	}
	m.checkPaths(&f)
	return errors.Join(f...)
}

type faults []error

func (f *faults) add(field, why string, args ...any) {
	*f = append(*f, penstock.Invalid(field, why, args...))
}

func (m *Machine[T, S, A]) checkLists(f *faults) {
	if !m.knows(m.Initial) {
		f.add("initial", "%q is neither in rules nor final", m.Initial)
	}
	for i, s := range m.Final {
		if slices.Contains(m.Final[:i], s) {
			f.add(fmt.Sprintf("final[%d]", i), "%s is listed twice", s)
		}
	}
	for i, do := range m.ByRule {
		path := fmt.Sprintf("by_rule[%d]", i)
		if slices.Contains(m.ByRule[:i], do) {
			f.add(path, "%s is listed twice", do)
		}
		if !m.uses(do) {
			f.add(path, "no state has %s", do)
		}
	}
}

func (m *Machine[T, S, A]) checkState(f *faults, s S) {
	rules := m.Rules[s]
	if len(rules) == 0 && !m.IsFinal(s) {
		f.add(fmt.Sprintf("rules[%s]", s), "nothing leaves it, but it is not final")
	}
	for _, do := range slices.Sorted(maps.Keys(rules)) {
		path := fmt.Sprintf("rules[%s][%s]", s, do)
		to := rules[do].To
		if !m.knows(to) {
			f.add(path+".to", "%q is neither in rules nor final", to)
		}
		if m.IsFinal(s) && to != s {
			f.add(path+".to", "leaves %s, which is final", s)
		}
		for i, g := range rules[do].If {
			if g.Holds != nil && g.Needs == "" {
				f.add(fmt.Sprintf("%s.if[%d].needs", path, i), "must not be empty: the guard can fail")
			}
		}
	}
}

// checkPaths looks for states that no path leads to, or that no path leads
// from to a final state. A machine without an initial or a final state has one
// fault for that, not one for each state.
func (m *Machine[T, S, A]) checkPaths(f *faults) {
	if m.knows(m.Initial) {
		reached := m.States()
		for _, s := range m.named() {
			if !slices.Contains(reached, s) {
				f.add(fmt.Sprintf("rules[%s]", s), "no path leads to it from %s", m.Initial)
			}
		}
	}
	if len(m.Final) == 0 {
		f.add("final", "must not be empty")
		return
	}
	ending := m.ending()
	for _, s := range m.named() {
		if len(m.Rules[s]) > 0 && !slices.Contains(ending, s) {
			f.add(fmt.Sprintf("rules[%s]", s), "no path leads from it to a final state")
		}
	}
}

// ending returns the states from which a path leads to a final one.
func (m *Machine[T, S, A]) ending() []S {
	states := slices.Clone(m.Final)
	for i := 0; i < len(states); i++ {
		for s, rules := range m.Rules {
			if slices.Contains(states, s) {
				continue
			}
			for _, rule := range rules {
				if rule.To == states[i] {
					states = append(states, s)
					break
				}
			}
		}
	}
	return states
}

// named returns, sorted, every state that Rules or Final names.
func (m *Machine[T, S, A]) named() []S {
	states := slices.AppendSeq(slices.Clone(m.Final), maps.Keys(m.Rules))
	slices.Sort(states)
	return slices.Compact(states)
}

func (m *Machine[T, S, A]) knows(s S) bool {
	_, ok := m.Rules[s]
	return ok || m.IsFinal(s)
}

func (m *Machine[T, S, A]) uses(do A) bool {
	for _, rules := range m.Rules {
		if _, ok := rules[do]; ok {
			return true
		}
	}
	return false
}
