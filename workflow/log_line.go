package workflow

import (
	"bytes"
	"time"
	"unicode/utf8"
)

// A LogLine is a line of a log.
type LogLine struct {
	N    int64     // which one it is, from 1
	At   time.Time // when it began, in UTC and whole milliseconds
	Text string    // without what ends it
}

// A logLine is how far a line was read. It is complete as soon as it has an end or
// is MaxLogLine bytes long; an end that follows then still belongs to it, so that where
// lines end does not depend on how the text was written.
type logLine struct {
	size  int // bytes of its text
	state logLineState
}

type logLineState int

const (
	lineOpen   logLineState = iota
	lineCut                 // MaxLogLine is reached
	lineReturn              // it ended with \r; a \n may follow
	lineEnded
)

func (l *logLine) complete() bool { return l.state != lineOpen }

// endsBefore reports whether b is not of this line but begins the next.
func (l *logLine) endsBefore(b byte) bool {
	switch l.state {
	case lineOpen:
		return false
	case lineCut:
		return b != '\n' && b != '\r'
	case lineReturn:
		return b != '\n'
	default:
		return true
	}
}

// take returns how much of text, which is valid UTF-8 and not empty, belongs to the
// line: 0 only if the line is cut before it.
func (l *logLine) take(text []byte) (n int) {
	if l.state == lineOpen {
		room := MaxLogLine - l.size
		n = lineEnd(text[:min(len(text), room)])
		if n == room {
			l.state = lineCut
			for n > 0 && n < len(text) && !utf8.RuneStart(text[n]) {
				n--
			}
		}
		l.size += n
	}
	if n < len(text) && text[n] == '\r' && l.state < lineReturn {
		l.state = lineReturn
		n++
	}
	if n < len(text) && text[n] == '\n' && l.state < lineEnded {
		l.state = lineEnded
		n++
	}
	return n
}

// lineEnd returns where the first \n or \r is in text, or its length.
func lineEnd(text []byte) int {
	const window = 512 // so that a far \n costs nothing where many \r are near
	for at := 0; at < len(text); at += window {
		part := text[at:min(at+window, len(text))]
		end := bytes.IndexByte(part, '\n')
		if end >= 0 {
			part = part[:end]
		}
		if i := bytes.IndexByte(part, '\r'); i >= 0 {
			end = i
		}
		if end >= 0 {
			return at + end
		}
	}
	return len(text)
}

// A utf8Filter makes a text valid that comes in pieces.
type utf8Filter struct {
	held []byte // the beginning of a rune, at most three bytes
	out  []byte
}

// feed returns b with U+FFFD for each byte that is not valid, without the beginning of
// a rune at its end, which is for the next time unless b is the last. The result is
// good until then, and is b itself if it can be.
func (f *utf8Filter) feed(b []byte, last bool) []byte {
	if len(f.held) == 0 && utf8.Valid(b) {
		return b
	}
	b = append(f.held, b...)
	out := f.out[:0]
	for len(b) > 0 && (last || utf8.FullRune(b)) {
		r, n := utf8.DecodeRune(b)
		out, b = utf8.AppendRune(out, r), b[n:]
	}
	f.held, f.out = append([]byte(nil), b...), out
	return out
}
