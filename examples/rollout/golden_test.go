package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/examples/internal/console"
)

var update = flag.Bool("update", false, "write the golden files")

// took is the time that the program itself needs.
var took = regexp.MustCompile(`took \d+\.\d s`)

func TestOutputAndDrawingAreAlwaysTheSame(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rollout.svg")
	var out, complaints bytes.Buffer
	if code := run(t.Context(), []string{"-svg", file}, &out, &complaints); code != console.ExitDone || complaints.Len() > 0 {
		t.Fatalf("exit status %d: %s", code, &complaints)
	}
	text := strings.ReplaceAll(took.ReplaceAllString(out.String(), "took 0.0 s"), file, "rollout.svg")
	golden(t, "rollout.golden", text)
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("a line of %d characters: %s", n, line)
		}
	}
	drawn, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "rollout.svg", string(drawn))
	wellFormed(t, string(drawn))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-golden +got):\n%s", name, diff)
	}
}

// wellFormed checks that a document is XML with one root, an svg.
func wellFormed(t *testing.T, doc string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(doc))
	roots, depth := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				roots++
				if token.Name.Local != "svg" || token.Name.Space != "http://www.w3.org/2000/svg" {
					t.Errorf("the root is %s", token.Name.Local)
				}
			}
		case xml.EndElement:
			depth--
		}
	}
	if roots != 1 {
		t.Errorf("%d roots", roots)
	}
}

func TestDrawingTakesAnyText(t *testing.T) {
	t.Parallel()
	s := told(t, 10_000, 1)
	for i := range s.entries {
		s.entries[i].Name, s.entries[i].Remark = `a <b> & "c"`, "d\x00</svg>"
	}
	wellFormed(t, svg(s))
}
