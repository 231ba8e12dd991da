package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// short writes a time span as people say it: 12ms, 0.4s, 12s, 3m20s.
func short(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 95*time.Millisecond:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		return d.Round(time.Second).String()
	default:
		return d.Round(time.Minute).String()
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// remark returns what somebody had to say, to be put behind what they did.
func remark(text string) string {
	if text == "" {
		return ""
	}
	return ": " + clip(firstLine(text), 80)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// clip shortens a text to a number of characters.
func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
