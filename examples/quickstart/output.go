package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/examples/internal/console"
)

// Bounds of what is shown and kept of the output of a command.
const (
	maxShown = 20       // lines
	maxTail  = 8        // lines that are kept for who asks why it failed
	maxWidth = 160      // characters of a line
	maxLine  = 64 << 10 // bytes of a line; the rest is dropped
)

// An output takes what a command prints and shows it line by line: bounded, without
// control characters, and with the secrets masked. Its writer is one goroutine.
type output struct {
	show    func(line string)
	secrets []string

	part  []byte // of a line that is not complete
	lines int
	tail  []string
}

// Write never fails: a command does not stop because its output is long.
func (o *output) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line, next, complete := strings.Cut(string(rest), "\n")
		if free := maxLine - len(o.part); len(line) > free {
			line = line[:free]
		}
		o.part = append(o.part, line...)
		if complete {
			o.flush()
		}
		rest = []byte(next)
	}
	return len(p), nil
}

// flush shows the line that is complete.
func (o *output) flush() {
	line := o.clean(string(o.part))
	o.part = o.part[:0]
	o.lines++
	if o.lines <= maxShown {
		o.show(line)
	}
	if o.tail = append(o.tail, line); len(o.tail) > maxTail {
		o.tail = slices.Delete(o.tail, 0, 1)
	}
}

// clean masks secrets first, so that no cut leaves a part of one.
func (o *output) clean(line string) string {
	for _, s := range o.secrets {
		line = strings.ReplaceAll(line, s, "***")
	}
	return clip(console.Printable(line), maxWidth)
}

// close shows what is left once the command has ended.
func (o *output) close() {
	if len(o.part) > 0 {
		o.flush()
	}
	if more := o.lines - maxShown; more > 0 {
		o.show(fmt.Sprintf("… and %d more lines", more))
	}
}

// because returns an error that says why in its first line; the last lines of the
// output follow.
func (o *output) because(format string, args ...any) error {
	why := fmt.Sprintf(format, args...)
	if len(o.tail) > 0 {
		why += "\n" + strings.Join(o.tail, "\n")
	}
	return errors.New(why)
}
