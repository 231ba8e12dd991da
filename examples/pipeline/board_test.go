package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/examples/internal/console"
)

func TestOutputIsGroupedByJobInOrder(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := &board{Screen: console.NewScreen(&out, width), groups: []*group{{job: "one"}, {job: "two"}, {job: "three"}}}
	b.show("two", "2a")
	b.show("one", "1a")
	if text := out.String(); !strings.Contains(text, "1a") || strings.Contains(text, "2a") {
		t.Errorf("before the first has ended:\n%s", text)
	}
	b.show("two", "2b")
	b.end("three", "3 over")
	b.show("one", "1b")
	b.end("one", "1 over")
	b.show("two", "2c")
	if strings.Contains(out.String(), "3 over") {
		t.Errorf("before the second has ended:\n%s", &out)
	}
	b.end("two", "2 over")
	var lines []string
	for line := range strings.Lines(out.String()) {
		if line = strings.Trim(line, "─ \n"); line != "" {
			lines = append(lines, line)
		}
	}
	want := []string{"one", "1a", "1b", "1 over", "two", "2a", "2b", "2c", "2 over", "three", "3 over"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
