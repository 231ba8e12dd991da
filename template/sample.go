package template

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// samples returns values of the i-th parameter, the most likely one first. The two sets
// differ wherever they can: low and early in set 0, high and late in set 1, and no
// text of them is one that somebody writes.
func (p *Parameter) samples(set, i int) (all []json.RawMessage) {
	if p.Default != nil && set == 0 {
		if _, why := p.read(p.Default); why == "" {
			all = append(all, p.Default)
		}
	}
	text := func(s string) { all = append(all, textValue(s).raw) }
	durations := []string{"PT1S", "P9000D"}
	switch p.kind() {
	case Number:
		all = append(all, p.numbers(set)...)
	case Bool:
		all = append(all, json.RawMessage(strconv.FormatBool(set == 0 != (string(p.Default) == "false"))))
	case Choice:
		choices := p.Choices
		if set == 1 {
			choices = slices.Clone(choices)
			slices.Reverse(choices)
			if first := p.samples(0, i)[0]; len(choices) > 1 && string(textValue(choices[0]).raw) == string(first) {
				choices = append(choices[1:], choices[0])
			}
		}
		for _, s := range choices {
			text(s)
		}
	case Duration:
		text(durations[set])
	case Party:
		all = append(all, json.RawMessage(fmt.Sprintf(`{"type":"user","id":%q}`, improbable(set, i))))
	default: // a text may also be a time
		text(improbable(set, i))
		text(durations[set])
		text([]string{"1000-01-01T00:00:00Z", "9000-01-01T00:00:00Z"}[set])
	}
	if len(all) == 0 { // of a choice without choices
		text(improbable(set, i))
	}
	return all
}

// improbable returns a text that can be a name of anything and is that of nothing.
func improbable(set, i int) string { return fmt.Sprintf("zq%c%d", "jx"[set], i) }

// numbers returns the lowest or the highest that there may be, within reason, and whole ones.
func (p *Parameter) numbers(set int) (all []json.RawMessage) {
	const most = 1e15 // exact in any field
	low, high := -most, most
	if p.Min != nil && !math.IsNaN(*p.Min) {
		low, high = max(low, *p.Min), max(high, *p.Min)
	}
	if p.Max != nil && !math.IsNaN(*p.Max) {
		low, high = min(low, *p.Max), min(high, *p.Max)
	}
	for _, x := range [][]float64{{low, math.Ceil(low), 1}, {high, math.Floor(high), 2, 1}}[set] {
		if x >= low && x <= high && !math.IsInf(x, 0) {
			all = append(all, json.RawMessage(strconv.FormatFloat(x, 'f', -1, 64)))
		}
	}
	return all
}
