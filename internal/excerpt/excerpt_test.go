package excerpt_test

import (
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/internal/excerpt"
)

func ExampleLine() {
	fmt.Println(excerpt.Line("no space left\n  on /var\n", 100))
	fmt.Println(excerpt.Line("no space left\n  on /var\n", 8))
	// Output:
	// no space left on /var
	// no space…
}

func TestLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		in   string
		n    int
		want string
	}{
		"empty":                     {"", 0, ""},
		"nothing fits":              {"a", 0, "…"},
		"it fits":                   {"abc", 3, "abc"},
		"one too many":              {"abcd", 3, "abc…"},
		"characters, not bytes":     {"äöüß", 3, "äöü…"},
		"blanks around and between": {"  a  b  ", 3, "a b"},
		"a terminal's commands":     {"a\x1b[1mb\x00c\u0085d", 100, "a [1mb c d"},
	} {
		if got := excerpt.Line(test.in, test.n); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
