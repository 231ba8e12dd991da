package rollout_test

import (
	"math/rand/v2"
	"testing"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// Whatever two lists ask of one text, somebody is found who loses, if a short text
// shows it.
func TestALossByTextsIsFound(t *testing.T) {
	texts := shortTexts("ab1-", 5)
	lost := 0
	for seed := range uint64(250) {
		d := &lot{rand.New(rand.NewPCG(seed, 4))}
		before := list(everyone(d.aboutText(), d.aboutText()))
		var after []rollout.Strategy
		switch d.IntN(4) {
		case 0:
		case 1:
			after = list(everyone(d.aboutText(), d.aboutText()))
		case 2:
			after = list(everyone(d.aboutText()), everyone(d.aboutText(), d.aboutText()))
		default:
			after = list(everyone(append(before[0].Clone().Constraints, d.aboutText())...))
		}
		l := rollout.FindLoss("f", before, after, nil, rollout.Options{})
		if l != nil && !loses(before, after, &l.Example) {
			t.Fatalf("seed %d: %+v\n%+v\nnot lost: %s", seed, before, after, l)
		}
		for _, text := range texts {
			if loses(before, after, props("text", text)) {
				lost++
				if l == nil {
					t.Errorf("seed %d: %+v\n%+v\n%q is not found", seed, before, after, text)
				}
				break
			}
		}
	}
	if lost < 125 {
		t.Errorf("only %d losses", lost)
	}
}

// loses evaluates both lists.
func loses(before, after []rollout.Strategy, ctx *rollout.Context) bool {
	enabled := func(all []rollout.Strategy) bool {
		e := rollout.Compile([]rollout.Feature{flag(all...)}, nil, rollout.Options{})
		return len(all) > 0 && e.Enabled("f", ctx)
	}
	return enabled(before) && !enabled(after)
}

// shortTexts returns the texts of those letters that are no longer than most.
func shortTexts(letters string, most int) []string {
	all := []string{""}
	for from := 0; most > 0; most-- {
		to := len(all)
		for _, text := range all[from:to] {
			for _, r := range letters {
				all = append(all, text+string(r))
			}
		}
		from = to
	}
	return all
}

// aboutText draws a constraint on a text.
func (d *lot) aboutText() rollout.Constraint {
	word := func() string { return d.oneOf("a", "b", "ab", "ba", "A", "aB", "1", "-", "b-", "aab", "1-1") }
	operator := rollout.Operator(d.oneOf("IN", "NOT_IN", "STR_STARTS_WITH", "STR_ENDS_WITH", "STR_CONTAINS", "STR_CONTAINS", "REGEX", "REGEX"))
	c := of("text", operator, word())
	if d.IntN(3) == 0 {
		c.Values = append(c.Values, word())
	}
	if operator == rollout.MatchRegexp {
		c = one("text", operator, d.oneOf(`^a`, `[a-z]$`, `a.b`, `^(ab|ba)-`, `\d`, `b{2,}`, `^[^a]+$`, `(?i)A1`, `\bb\b`, `^.{3}$`, `a+(1|-)?b*$`, `^$`))
	}
	c.CaseInsensitive = d.IntN(4) == 0
	c.Inverted = d.IntN(3) == 0
	return c
}
