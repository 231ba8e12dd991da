package console

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A Style is how a text looks on a terminal.
type Style string

// The styles, as terminals know them.
const (
	Plain Style = ""
	Bold  Style = "1"
	Dim   Style = "2"
	Red   Style = "31"
	Green Style = "32"
	Amber Style = "33"
	Blue  Style = "36"
)

// A Screen is where people watch. It is safe for concurrent use.
type Screen struct {
	mu     sync.Mutex
	to     io.Writer
	width  int
	colour bool
}

// NewScreen returns a screen whose headings are so many characters wide. It has colours
// if w is a terminal, unless the environment has NO_COLOR or a dumb TERM.
func NewScreen(w io.Writer, width int) *Screen {
	return &Screen{to: w, width: width, colour: colourful(w)}
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

// Text prints a text as it is, which need not end with its line: a prompt. A reader who
// is gone misses it, and the program goes on.
func (s *Screen) Text(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.to, text)
}

// Line prints one line, without the blanks at its end.
func (s *Screen) Line(format string, args ...any) {
	s.Text(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// Paint returns text in a style, if the screen has colours.
func (s *Screen) Paint(as Style, text string) string {
	if !s.colour || as == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(as) + "m" + text + "\x1b[0m"
}

// Heading prints a title with a rule to the full width.
func (s *Screen) Heading(title string) {
	rule := strings.Repeat("─", max(s.width-utf8.RuneCountInString(title)-4, 0))
	s.Line("\n%s %s %s", s.Paint(Dim, "──"), s.Paint(Bold, title), s.Paint(Dim, rule))
}

// Printable returns one line without what a terminal would obey.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
