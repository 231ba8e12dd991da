package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/penstock-go/penstock/examples/internal/console"
)

// asker returns a question to a person at a terminal. A read that waits cannot be
// interrupted: it ends with the process.
func asker(in io.Reader, s *console.Screen) question {
	lines := bufio.NewScanner(in)
	return func(ctx context.Context) (yes bool, remark string) {
		answer := make(chan string, 1)
		s.Text("  release it? [y/N] ")
		go func() {
			defer close(answer)
			if lines.Scan() {
				answer <- lines.Text()
			}
		}()
		select {
		case <-ctx.Done():
			return false, ""
		case text, given := <-answer:
			if !given {
				s.Line("")
				return false, "the input has ended"
			}
			word := strings.ToLower(strings.TrimSpace(text))
			return word == "y" || word == "yes", fmt.Sprintf("%q at the terminal", word)
		}
	}
}
