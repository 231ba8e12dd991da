package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// A style is how a text looks on a terminal.
type style string

// The styles, as terminals know them.
const (
	plain style = ""
	bold  style = "1"
	dim   style = "2"
	red   style = "31"
	green style = "32"
	amber style = "33"
	blue  style = "36"
)

// A screen is where people watch: whole lines, one at a time. It is safe for
// concurrent use.
type screen struct {
	mu     sync.Mutex
	to     io.Writer
	colour bool
}

// colourful reports whether w is a terminal that may be painted on.
func colourful(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// line prints one line. A writer that is gone loses lines, but the plan goes on.
func (s *screen) line(format string, args ...any) {
	s.text(fmt.Sprintf(format, args...) + "\n")
}

// text prints something that need not end with its line: a prompt.
func (s *screen) text(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.to, text)
}

// paint returns text in a style, if the screen has colours.
func (s *screen) paint(as style, text string) string {
	if !s.colour || as == plain || text == "" {
		return text
	}
	return "\x1b[" + string(as) + "m" + text + "\x1b[0m"
}

// heading prints a title with a rule to the full width.
func (s *screen) heading(title string) {
	rule := strings.Repeat("─", max(width-len([]rune(title))-4, 0))
	s.line("\n%s %s %s", s.paint(dim, "──"), s.paint(bold, title), s.paint(dim, rule))
}
