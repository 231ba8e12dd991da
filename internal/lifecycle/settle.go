package lifecycle

// A move is what an action leads to.
type move[T any, S, A ~string] struct {
	do   A
	rule Rule[T, S]
}

// Settle returns the first move by rule, in the order of ByRule, whose guards
// hold for thing in state s. If there is none, ok is false and to is s.
func (m *Machine[T, S, A]) Settle(thing T, s S) (do A, to S, ok bool) {
	m.sort.Do(m.sortMoves)
	moves := m.moves[s]
	for i := range moves {
		if moves[i].rule.holds(thing) {
			return moves[i].do, moves[i].rule.To, true
		}
	}
	return "", s, false
}

// sortMoves puts the moves by rule of each state in the order of ByRule, so that
// Settle, which every command ends with, need not look for each action of
// ByRule in turn.
func (m *Machine[T, S, A]) sortMoves() {
	m.moves = make(map[S][]move[T, S, A], len(m.Rules))
	for s, rules := range m.Rules {
		for _, do := range m.ByRule {
			if rule, ok := rules[do]; ok {
				m.moves[s] = append(m.moves[s], move[T, S, A]{do, rule})
			}
		}
	}
}
