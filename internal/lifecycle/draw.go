package lifecycle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Mermaid draws the machine as a Mermaid state diagram: the states in the order
// of States, the moves of each sorted by action. A move by rule has a star
// after its action; guards that can fail are in brackets, in the words of
// refusals. The same machine is always drawn the same.
func (m *Machine[T, S, A]) Mermaid() string {
	var b strings.Builder
	fmt.Fprintf(&b, "stateDiagram-v2\n    [*] --> %s\n", m.Initial)
	for _, s := range m.States() {
		for _, do := range slices.Sorted(maps.Keys(m.Rules[s])) {
			fmt.Fprintf(&b, "    %s --> %s : %s\n", s, m.Rules[s][do].To, mermaidText.Replace(m.label(s, do)))
		}
		if m.IsFinal(s) {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	return b.String()
}

// mermaidText escapes what would end a Mermaid label.
var mermaidText = strings.NewReplacer(";", "#59;", ":", "#58;")

// DOT draws the machine as a Graphviz digraph, in the order and with the labels
// of Mermaid. Final states have a double border.
func (m *Machine[T, S, A]) DOT() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph {\n\tnode [shape=box style=rounded]\n\t\"[*]\" [shape=point]\n\t\"[*]\" -> %q\n", m.Initial)
	for _, s := range m.States() {
		if m.IsFinal(s) {
			fmt.Fprintf(&b, "\t%q [peripheries=2]\n", s)
		}
		for _, do := range slices.Sorted(maps.Keys(m.Rules[s])) {
			fmt.Fprintf(&b, "\t%q -> %q [label=%q]\n", s, m.Rules[s][do].To, m.label(s, do))
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// label returns what is written on the arrow of an action: "pass* [an open window]".
func (m *Machine[T, S, A]) label(s S, do A) string {
	text := string(do)
	if m.byRule(do) {
		text += "*"
	}
	var needs []string
	for _, g := range m.Rules[s][do].If {
		if g.Holds != nil {
			needs = append(needs, g.Needs)
		}
	}
	if len(needs) > 0 {
		text += " [" + strings.Join(needs, " and ") + "]"
	}
	return text
}
