package rollout

import (
	"math/rand/v2"
	"regexp/syntax"
	"strconv"
	"strings"
)

// texts adds texts that begin, end and go on as asked, also together.
func (c *chooser) texts() {
	const most = 8 // that are put together
	ends := func(of *counted) []string {
		all := of.all()
		for _, v := range all {
			c.add(v, v+"x", "x"+v, "x"+v+"x", strings.ToLower(v), strings.ToUpper(v))
		}
		return append([]string{""}, all[:min(len(all), most)]...)
	}
	prefixes, parts, suffixes := ends(&c.hint.prefix), ends(&c.hint.part), ends(&c.hint.suffix)
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
			if err != nil {
				continue
			}
			dice := rand.New(rand.NewPCG(1, 2)) // the same ones each time
			next := func(int) string { return textFor(re, dice.IntN) }
			c.add(textFor(re, func(int) int { return 0 }))
			for n := range each {
				text := next(n)
				c.add(text, text+"x", "x"+text, strings.ToLower(text), strings.ToUpper(text))
			}
			c.series = append(c.series, next,
				func(n int) string { return next(n) + strconv.Itoa(n) }, func(n int) string { return strconv.Itoa(n) + next(n) })
		}
	}
}
