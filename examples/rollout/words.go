package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// count writes a number with commas: 100,000.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// percent writes a part of 1 with so many decimals: 1.2 %.
func percent(part float64, decimals int) string {
	return strconv.FormatFloat(part*100, 'f', decimals, 64) + " %"
}

// span writes a time span in hours and minutes: 8 h 20 min.
func span(d time.Duration) string {
	hours, minutes := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case hours == 0:
		return fmt.Sprintf("%d min", minutes)
	case minutes == 0:
		return fmt.Sprintf("%d h", hours)
	default:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
}

// clip shortens a text to a number of characters.
func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}

// heading is a title with a rule to the full width.
func heading(title string, width int) string {
	return "── " + title + " " + strings.Repeat("─", max(width-utf8.RuneCountInString(title)-4, 0))
}
