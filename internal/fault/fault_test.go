package fault_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/internal/fault"
)

func Example() {
	fmt.Println(fault.Under("stages[1]", "name")+":", fault.Short("a\tb", 255, 1_000))
	fmt.Println(fault.Under("stages[1].spec", "")+":", fault.Object(json.RawMessage(`{"a":1,"a":2}`), 1_000, 10))
	// Output:
	// stages[1].name: must not hold control characters
	// stages[1].spec: does not mean the same to every reader: byte 7: the name "a" occurs twice
}

func TestWords(t *testing.T) {
	short := func(s string) string { return fault.Short(s, 3, 5) }
	text := func(s string) string { return fault.Text(s, 5) }
	object := func(s string) string { return fault.Object(json.RawMessage(s), 20, 2) }
	for _, c := range []struct {
		rule string
		of   func(string) string
		s    string
		want string
	}{
		{"nothing is short", short, "", ""},
		{"as many characters as there may be", short, "äöu", ""},
		{"a character too many", short, "abcd", "4 characters are too many: at most 3"},
		{"a byte too many", short, "äöü", "6 bytes are too many: at most 5"},
		{"no UTF-8", short, "\xff", "must be UTF-8"},
		{"two lines", short, "a\nb", "must not hold control characters"},
		{"no text", text, "", ""},
		{"as many bytes as there may be", text, "a\nbcd", ""},
		{"a byte too many in a text", text, "abcdef", "6 bytes are too many: at most 5"},
		{"a text that is no UTF-8", text, "\xff", "must be UTF-8"},
		{"an object", object, ` {"a":[1]} `, ""},
		{"as large as it may be", object, `{"a":"12345678901"}` + " ", ""},
		{"a byte too many in an object", object, `{"a":"12345678901"}` + "  ", "21 bytes are too many: at most 20"},
		{"nothing is no object", object, " ", "must be a JSON object"},
		{"a list is no object", object, "[]", "must be a JSON object"},
		{"half an object", object, `{"a":1`, "must be a JSON object"},
		{"two objects", object, `{}{}`, "must be a JSON object"},
		{"too deep", object, `{"a":{"b":{}}}`, "is nested more than 2 deep"},
		{"an object that is no UTF-8", object, "{\"a\":\"\xff\"}", "must be UTF-8"},
		{"a member twice", object, `{"a":1,"a":2}`, `does not mean the same to every reader: byte 7: the name "a" occurs twice`},
	} {
		if got := c.of(c.s); got != c.want {
			t.Errorf("%s: %q, not %q", c.rule, got, c.want)
		}
	}
}

func TestDepth(t *testing.T) {
	for doc, want := range map[string]int{
		"": 0, "1": 0, `"[["`: 0, `"\"[["`: 0, `"\\"`: 0, "[]": 1, `{"a":[{}],"b":[]}`: 3, `["\\",[]]`: 2, `["\"[",1]`: 1,
		strings.Repeat("[", 100) + strings.Repeat("]", 100): 100,
	} {
		if got := fault.Depth([]byte(doc)); got != want {
			t.Errorf("%s: %d, not %d", doc, got, want)
		}
	}
}

func TestUnder(t *testing.T) {
	for _, c := range [][3]string{{"", "", ""}, {"a", "", "a"}, {"", "b", "b"}, {"a", "b", "a.b"}, {"a", "[1].b", "a[1].b"}, {"a[1]", "b", "a[1].b"}} {
		if got := fault.Under(c[0], c[1]); got != c[2] {
			t.Errorf("%q under %q is %q, not %q", c[1], c[0], got, c[2])
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		s, want string
		size    int
	}{
		{"", "", 4}, {"abcd", "abcd", 4}, {"abcde", "abcd…", 4}, {"abcä", "abc…", 4}, {"äöü", "äö…", 4}, {"ab😀", "ab…", 5},
		{"\x80\x80\x80\x80\x80\x80\x80\x80", "\x80\x80…", 6}, // never began
		{"\x80\x80\x80", "…", 2},
	} {
		if got := fault.Clip(c.s, c.size); got != c.want {
			t.Errorf("%q: %q, not %q", c.s, got, c.want)
		}
	}
}
