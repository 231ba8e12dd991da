package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/releaseplan"
)

// A script is people who always do the usual, after a moment.
type script struct{ after time.Duration }

func (s script) answer(ctx context.Context, q question) (releaseplan.Command, error) {
	timer := time.NewTimer(s.after)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return releaseplan.Command{}, ctx.Err()
	case <-timer.C:
	}
	c := q.options[0].command
	switch c.Action {
	case releaseplan.Vote:
		c.Remark = "read it, fine with me"
	case releaseplan.Complete:
		c.Remark = "done as described"
	default: // it speaks for itself
	}
	return c, nil
}

// errInput says that nobody answers any more.
var errInput = errors.New("the input has ended: nobody decides any more")

// A terminal is one person who answers for everybody.
type terminal struct {
	*console.Screen
	lines <-chan string // closed at the end of the input
}

// listen reads lines until the input or ctx ends. A read that waits cannot be
// interrupted: it ends with the process, or when in is closed.
func listen(ctx context.Context, in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

func (t terminal) answer(ctx context.Context, q question) (releaseplan.Command, error) {
	words := make([]string, len(q.options))
	for i, o := range q.options {
		words[i] = o.word
	}
	t.Line("")
	for {
		t.Text(t.Paint(console.Bold, q.who.ID+": "+q.text) + " [" + strings.Join(words, " | ") + "] [remark] > ")
		select {
		case <-ctx.Done():
			return releaseplan.Command{}, ctx.Err()
		case line, open := <-t.lines:
			if !open {
				t.Line("")
				return releaseplan.Command{}, errInput
			}
			if c, ok := choose(q, line); ok {
				return c, nil
			}
			t.Line("Please answer with one of the words, or its first letter. What follows is your remark.")
		}
	}
}

// choose finds the option that a line begins with; the rest is the remark.
func choose(q question, line string) (releaseplan.Command, bool) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if word == "" {
		return releaseplan.Command{}, false
	}
	for _, o := range q.options {
		if strings.HasPrefix(o.word, strings.ToLower(word)) {
			c := o.command
			c.Remark = clip(strings.TrimSpace(strings.ToValidUTF8(rest, "?")), releaseplan.MaxRemark/4)
			if c.Remark == "" && (c.Action == releaseplan.Skip || c.Action == releaseplan.Fail) {
				c.Remark = q.who.ID + " said so at the terminal"
			}
			return c, true
		}
	}
	return releaseplan.Command{}, false
}
