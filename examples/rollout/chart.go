package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The parts of the terminal's chart, in characters.
const (
	gutter     = 8  // left of the axis
	shareRows  = 10 // 10 % each
	errorRows  = 4
	labelWidth = 10 // at least, between two times
)

// chart draws who has the feature and the error rate over time. A column is a
// stretch of minutes and shows the highest value in it, so that nothing short is lost.
func chart(s *story, width int) string {
	var b strings.Builder
	line := func(parts ...string) {
		b.WriteString(strings.TrimRight(strings.Join(parts, ""), " ") + "\n")
	}
	n := width - gutter
	share := columns(s, n, func(m minute) float64 { return float64(m.share) / float64(s.users) })
	failing := columns(s, n, func(m minute) float64 { return m.sample.Value })
	top := ceiling(s)

	line(clip("users with "+feature+", of "+count(int64(s.users))+": the most in "+stretch(s, n), width))
	for row := shareRows; row > 0; row-- {
		label := ""
		if row == shareRows || row == 5 {
			label = percent(float64(row)/shareRows, 0)
		}
		line(axisLabel(label), bars(share, row, shareRows, 1, ' '))
	}
	line(foot, strings.Repeat("─", n))
	line(strings.Repeat(" ", gutter), markRow(s, n))
	line(strings.Repeat(" ", gutter), timeRow(s, n))
	line()
	line("error rate on the new path, over at most 10 min; ┄ the bound")
	for row := errorRows; row > 0; row-- {
		label, empty := "", ' '
		if row == errorRows {
			label = percent(top, 1)
		}
		if at := s.bound / top * errorRows; at > float64(row-1) && at <= float64(row) {
			label, empty = percent(s.bound, 1), '┄'
		}
		line(axisLabel(label), bars(failing, row, errorRows, top, empty))
	}
	line(foot, strings.Repeat("─", n))
	line()
	for i, m := range marks(s.entries) {
		line(clip(fmt.Sprintf("  %c  %s  %s", markName(i), m.at.Format("15:04"), m.text), width))
	}
	return b.String()
}

// foot is the corner of the axes.
const foot = "   0 % └"

// axisLabel is what stands left of a row.
func axisLabel(text string) string {
	return strings.Repeat(" ", max(gutter-2-utf8.RuneCountInString(text), 0)) + text + " │"
}

// stretch tells how many minutes a column stands for.
func stretch(s *story, n int) string {
	low := max(len(s.minutes)/n, 1)
	if low*n >= len(s.minutes) {
		return strconv.Itoa(low) + " min"
	}
	return fmt.Sprintf("%d–%d min", low, low+1)
}

// columns returns the highest value in each of n stretches of time.
func columns(s *story, n int, value func(minute) float64) []float64 {
	all := make([]float64, n)
	for c := range all {
		first := c * len(s.minutes) / n
		for i := first; i < max((c+1)*len(s.minutes)/n, first+1) && i < len(s.minutes); i++ {
			all[c] = max(all[c], value(s.minutes[i]))
		}
	}
	return all
}

// bars draws one row of columns, the first row at the bottom. Every value above 0
// can be seen.
func bars(values []float64, row, rows int, top float64, empty rune) string {
	blocks := []rune(" ▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, v := range values {
		eighths := int(math.Round(v / top * float64(rows) * 8))
		if v > 0 {
			eighths = max(eighths, 1)
		}
		block := blocks[min(max(eighths-(row-1)*8, 0), 8)]
		if block == ' ' {
			block = empty
		}
		b.WriteRune(block)
	}
	return b.String()
}

// ceiling returns the top of the axis of error rates: room above the bound, and
// for the highest one.
func ceiling(s *story) float64 {
	top := 2 * s.bound
	for _, m := range s.minutes {
		for top < m.sample.Value {
			top *= 2
		}
	}
	return top
}

// column returns the place of an instant in a row of n.
func column(s *story, n int, at time.Time) int {
	return min(max(int(at.Sub(s.begun)*time.Duration(n)/max(s.length(), time.Minute)), 0), n-1)
}

// markName is what a mark is called in the chart.
func markName(i int) rune {
	if i < 9 {
		return rune('1' + i)
	}
	return rune('a' + (i-9)%26)
}

// markRow writes the marks under the instants that they belong to, side by side
// where they are too close.
func markRow(s *story, n int) string {
	row := []rune(strings.Repeat(" ", n))
	free, all := 0, marks(s.entries)
	for i, m := range all {
		at := min(max(column(s, n, m.at), free), n-len(all)+i)
		if at < 0 {
			continue // there are more marks than columns
		}
		row[at] = markName(i)
		free = at + 1
	}
	return string(row)
}

// timeRow writes times of the day, as many as there is room for.
func timeRow(s *story, n int) string {
	row := []rune(strings.Repeat(" ", n))
	for _, at := range ticks(s, n/labelWidth) {
		if c := column(s, n, at); c+6 <= n {
			copy(row[c:], []rune("╵"+at.Format("15:04")))
		}
	}
	return string(row)
}

// ticks returns round times, at most so many.
func ticks(s *story, most int) (all []time.Time) {
	step := 30 * time.Minute
	for s.length() > step*time.Duration(most) {
		step *= 2
	}
	for at := s.begun; !at.After(s.begun.Add(s.length())); at = at.Add(step) {
		all = append(all, at)
	}
	return all
}
