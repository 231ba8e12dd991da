package rollout

import (
	"math"
	"slices"
	"strconv"
	"time"
)

// numbers adds each number that is asked about, what is around it, and what is
// between two of them.
func (c *chooser) numbers() {
	var all []float64
	for _, text := range c.hint.number.all() {
		if x, ok := parseNumber(text); ok {
			all = append(all, x)
			c.series = append(c.series, func(n int) string { return decimalOf(math.Floor(x) + float64(n+1)) },
				func(n int) string { return decimalOf(math.Ceil(x) - float64(n+1)) })
		}
	}
	for _, x := range all {
		step := max(1, math.Abs(x)/1e9) // large numbers do not change by 1
		c.add(decimalOf(x), decimalOf(x+step), decimalOf(x-step))
	}
	slices.Sort(all)
	for i := 1; i < len(all); i++ {
		middle := all[i-1]/2 + all[i]/2
		if whole := math.Floor(middle); whole > all[i-1] {
			middle = whole
		}
		c.add(decimalOf(middle))
	}
}

func decimalOf(x float64) string {
	if math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// dates adds each time that is asked about, those a second away from it, and the
// very next one, which alone may be between two.
func (c *chooser) dates() {
	var all []time.Time
	for _, text := range c.hint.date.all() {
		if t, ok := parseDate(text); ok {
			all = append(all, t)
			c.series = append(c.series, func(n int) string { return dateOf(t.Add(time.Duration(n+1) * time.Second)) },
				func(n int) string { return dateOf(t.Add(-time.Duration(n+1) * time.Second)) })
		}
	}
	for _, t := range all {
		c.add(dateOf(t), dateOf(t.Add(time.Second)), dateOf(t.Add(-time.Second)))
	}
	for _, t := range all {
		c.add(dateOf(t.Add(1)))
	}
}

func dateOf(t time.Time) string { return t.Format(time.RFC3339Nano) }

// versions adds each version that is asked about, the next patch, the very next
// one in precedence, and the first of all.
func (c *chooser) versions() {
	for _, text := range c.hint.version.all() {
		v, ok := parseVersion(text)
		if !ok {
			continue
		}
		patch := func(n int) string { return v.major + "." + v.minor + "." + bump(v.patch, n+1) }
		next := patch(0) + "-0"
		if v.pre != "" {
			next = v.major + "." + v.minor + "." + v.patch + "-" + v.pre + ".0"
		}
		c.add(text, patch(0), next)
		c.series = append(c.series, patch, func(n int) string { return "0.0." + strconv.Itoa(n) })
	}
	if c.hint.version.asked > 0 {
		c.add("0.0.0", "0.0.0-0")
	}
}

// bump adds n to a number of any length, or more if it is very long.
func bump(digits string, n int) string {
	if x, err := strconv.Atoi(digits); err == nil && x < math.MaxInt-n {
		return strconv.Itoa(x + n)
	}
	return strconv.Itoa(n) + digits
}
