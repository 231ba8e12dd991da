package rollout

import (
	"math/rand/v2"
	"regexp/syntax"
	"strconv"
	"strings"
)

// texts adds texts that begin, end and go on as asked.
func (c *chooser) texts() {
	for _, of := range []*counted{&c.hint.prefix, &c.hint.part, &c.hint.suffix} {
		for _, v := range of.all() {
			if c.full() {
				return
			}
			c.add(v, v+"x", "x"+v, "x"+v+"x", strings.ToLower(v), strings.ToUpper(v))
		}
	}
}

// patterns adds texts that patterns are made for.
func (c *chooser) patterns() {
	const most, each = 32, 24
	for _, of := range []struct {
		counted *counted
		flags   syntax.Flags
	}{{&c.hint.pattern, syntax.Perl}, {&c.hint.folded, syntax.Perl | syntax.FoldCase}} {
		all := of.counted.all()
		for _, text := range all[:min(len(all), most)] {
			re, err := syntax.Parse(text, of.flags)
			if err != nil || c.full() {
				continue
			}
			dice := rand.New(rand.NewPCG(1, 2)) // the same ones each time
			next := func(int) string { return textFor(re, dice.IntN) }
			short := textFor(re, func(int) int { return 0 })
			c.add(short)
			c.samples = append(c.samples, short)
			for n := range each {
				text := next(n)
				c.add(text, text+"x", "x"+text, strings.ToLower(text), strings.ToUpper(text))
			}
			c.series = append(c.series, next,
				func(n int) string { return next(n) + strconv.Itoa(n) }, func(n int) string { return strconv.Itoa(n) + next(n) })
		}
	}
}

// products adds beginnings, parts, texts of patterns and ends, put together.
func (c *chooser) products() {
	prefixes, suffixes := ends(&c.hint.prefix), ends(&c.hint.suffix)
	parts := ends(&c.hint.part)
	parts = append(parts, c.samples[:min(len(c.samples), mostEnds)]...)
	for _, one := range parts[1:] {
		for _, two := range parts[1:] {
			c.add(one+two, one+"x"+two)
		}
	}
	for _, prefix := range prefixes {
		for _, part := range parts {
			for _, suffix := range suffixes {
				if prefix+part+suffix == "" {
					continue
				}
				c.add(prefix+part+suffix, prefix+"x"+part+"x"+suffix)
				c.series = append(c.series, func(n int) string { return prefix + part + strconv.Itoa(n+1) + suffix })
			}
		}
	}
}

const mostEnds = 8 // that are put together

// ends returns "" and some of the values: the first ones, and others from
// everywhere, as each condition may have many.
func ends(of *counted) []string {
	all, some := of.all(), []string{""}
	if len(all) <= mostEnds {
		return append(some, all...)
	}
	const first = mostEnds / 2
	some = append(some, all[:first]...)
	for i := range mostEnds - first {
		some = append(some, all[len(all)-1-i*(len(all)-first)/(mostEnds-first)])
	}
	return some
}
