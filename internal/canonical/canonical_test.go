package canonical_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/canonical"
)

// transform fails the test if doc has no canonical form.
func transform(t *testing.T, doc string) string {
	t.Helper()
	got, err := canonical.Transform([]byte(doc))
	if err != nil {
		t.Fatalf("Transform(%s): %v", doc, err)
	}
	return string(got)
}

// The samples of RFC 8785, sections 3.2.2 to 3.2.4.
func TestSamplesOfTheRFC(t *testing.T) {
	const sample = `{
  "numbers": [333333333.33333329, 1E30, 4.50,
              2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}`
	want, err := hex.DecodeString(strings.Join(strings.Fields(`
7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72
75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a
5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31
65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37
5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30
30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d`), ""))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), transform(t, sample)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	const unsorted = `{
  "\u20ac": "Euro Sign",
  "\r": "Carriage Return",
  "\ufb33": "Hebrew Letter Dalet With Dagesh",
  "1": "One",
  "\ud83d\ude00": "Emoji: Grinning Face",
  "\u0080": "Control",
  "\u00f6": "Latin Small Letter O With Diaeresis"
}`
	const sorted = `{"\r":"Carriage Return","1":"One",` + "\"\u0080\"" + `:"Control",` +
		`"ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face",` +
		"\"\ufb33\"" + `:"Hebrew Letter Dalet With Dagesh"}`
	if diff := cmp.Diff(sorted, transform(t, unsorted)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The table of RFC 8785, appendix B, and some more powers of ten.
func TestNumbersOfTheRFC(t *testing.T) {
	for _, row := range []struct {
		bits uint64
		want string
	}{
		{0x0000000000000000, "0"},
		{0x8000000000000000, "0"},
		{0x0000000000000001, "5e-324"},
		{0x8000000000000001, "-5e-324"},
		{0x7fefffffffffffff, "1.7976931348623157e+308"},
		{0xffefffffffffffff, "-1.7976931348623157e+308"},
		{0x4340000000000000, "9007199254740992"},
		{0xc340000000000000, "-9007199254740992"},
		{0x4430000000000000, "295147905179352830000"},
		{0x44b52d02c7e14af5, "9.999999999999997e+22"},
		{0x44b52d02c7e14af6, "1e+23"},
		{0x44b52d02c7e14af7, "1.0000000000000001e+23"},
		{0x444b1ae4d6e2ef4e, "999999999999999700000"},
		{0x444b1ae4d6e2ef4f, "999999999999999900000"},
		{0x444b1ae4d6e2ef50, "1e+21"},
		{0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
		{0x3eb0c6f7a0b5ed8d, "0.000001"},
		{0x41b3de4355555553, "333333333.3333332"},
		{0x41b3de4355555554, "333333333.33333325"},
		{0x41b3de4355555555, "333333333.3333333"},
		{0x41b3de4355555556, "333333333.3333334"},
		{0x41b3de4355555557, "333333333.33333343"},
		{0xbecbf647612f3696, "-0.0000033333333333333333"},
		{0x43143ff3c1cb0959, "1424953923781206.2"},
		{math.Float64bits(1e-10), "1e-10"},
		{math.Float64bits(1e-100), "1e-100"},
		{math.Float64bits(1e100), "1e+100"},
		{math.Float64bits(-1.5e-9), "-1.5e-9"},
	} {
		f := math.Float64frombits(row.bits)
		for _, written := range []string{strconv.FormatFloat(f, 'e', -1, 64), strconv.FormatFloat(f, 'e', 30, 64), row.want} {
			if got := transform(t, written); got != row.want {
				t.Errorf("%016x written as %s becomes %s, want %s", row.bits, written, got, row.want)
			}
		}
	}
}

func TestEveryValueHasOneForm(t *testing.T) {
	for _, row := range []struct{ rule, doc, want string }{
		{"white space goes", " \t\r\n[ 1 , 2 ] \n", "[1,2]"},
		{"empty", "[ ] ", "[]"},
		{"empty", "{ }", "{}"},
		{"literals", "[true,false,null]", "[true,false,null]"},
		{"no negative zero", "[-0,-0.0,0e9]", "[0,0,0]"},
		{"fractions go", "[1.0,-2.50,1e2,10E-1]", "[1,-2.5,100,1]"},
		{"what is too small is nothing", "1e-400", "0"},
		{"integers as written", "[123456789012345,-99999999999999]", "[123456789012345,-99999999999999]"},
		{"large integers that a double holds", "[9007199254740991,9007199254740992,9007199254740994]", "[9007199254740991,9007199254740992,9007199254740994]"},
		{"short escapes", `"\u0008\u0009\u000A\u000c\u000D"`, `"\b\t\n\f\r"`},
		{"escapes that stay", `"\b\t\n\f\r\"\\"`, `"\b\t\n\f\r\"\\"`},
		{"lower case escapes", `"\u001F\u0000\u007f"`, "\"\\u001f\\u0000\x7f\""},
		{"only needed escapes", `"\/\u0026<\u003e\u2028\u00e9"`, "\"/&<>\u2028é\""},
		{"surrogate pairs", `"\uD83D\uDE00"`, `"😀"`},
		{"a pair beside an escape", `"\uD83D\uDE00\n"`, `"😀\n"`},
		{"names are sorted by what they say", `{"\u0062":1,"a":2}`, `{"a":2,"b":1}`},
		{"shorter names first", `{"ab":1,"a":2,"":3}`, `{"":3,"a":2,"ab":1}`},
		{"UTF-16 order", `{"\ue000":1,"\ud800\udc00":2,"\ud7ff":3}`, "{\"\ud7ff\":3,\"𐀀\":2,\"\ue000\":1}"},
		{"every level is sorted", `{"b":{"d":[{"f":1,"e":2}],"c":3},"a":{}}`, `{"a":{},"b":{"c":3,"d":[{"e":2,"f":1}]}}`},
		{"escaped names outlive the values between", `{"\u007a":"\u0041","\u0079":{"\u0062":"\u0043","\u0061":"\u0044"}}`, `{"y":{"a":"D","b":"C"},"z":"A"}`},
		{"the same name in other objects", `{"a":{"a":1},"b":{"a":1}}`, `{"a":{"a":1},"b":{"a":1}}`},
	} {
		if diff := cmp.Diff(row.want, transform(t, row.doc)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", row.rule, diff)
		}
		if diff := cmp.Diff(row.want, transform(t, row.want)); diff != "" {
			t.Errorf("%s: the form itself changes, -want +got:\n%s", row.rule, diff)
		}
	}
}

func TestRefuses(t *testing.T) {
	deep := strings.Repeat(`[`, canonical.MaxDepth+1) + strings.Repeat(`]`, canonical.MaxDepth+1)
	for _, row := range []struct{ rule, doc, want string }{
		{"nothing", "", "byte 0: the text ends where a value should be"},
		{"white space", "  ", "byte 2: the text ends where a value should be"},
		{"byte order mark", "\ufeff1", "byte 0: '\\ufeff' where a value should be"},
		{"trailing data", "1 2", "byte 2: something follows the value"},
		{"trailing data", "{}}", "byte 2: something follows the value"},
		{"unknown word", "nul", "byte 0: 'n' where a value should be"},
		{"unknown word", "tru3", "byte 0: 't' where a value should be"},
		{"duplicate name", `{"a":1,"a":2}`, `byte 7: the name "a" occurs twice`},
		{"duplicate name, apart", `{"b":1,"a":2,"b":3}`, `byte 13: the name "b" occurs twice`},
		{"duplicate name, other escapes", `{"a":1,"b":2,"\u0061":3}`, `byte 13: the name "a" occurs twice`},
		{"duplicate name, inside", `{"x":[{"\n":1,"\u000a":2}]}`, `byte 14: the name "\n" occurs twice`},
		{"array without end", "[1", "byte 2: the text ends where a comma or the end of the array should be"},
		{"trailing comma", "[1,]", "byte 3: ']' where a value should be"},
		{"missing comma", "[1 2]", "byte 3: '2' where a comma or the end of the array should be"},
		{"wrong end", "[1}", "byte 2: '}' where a comma or the end of the array should be"},
		{"object without end", `{"a":1`, "byte 6: the text ends where a comma or the end of the object should be"},
		{"trailing comma", `{"a":1,}`, "byte 7: '}' where the name of a member should be"},
		{"name is no string", `{1:2}`, "byte 1: '1' where the name of a member should be"},
		{"missing colon", `{"a" 1}`, "byte 5: '1' where a colon should be"},
		{"missing value", `{"a":}`, "byte 5: '}' where a value should be"},
		{"fault in a name", `{"a`, "byte 3: the text ends in a string"},
		{"string without end", `"a`, "byte 2: the text ends in a string"},
		{"string without end", `"\n`, "byte 3: the text ends in a string"},
		{"string without end", `"\`, "byte 2: the text ends in a string"},
		{"raw control character", "\"a\nb\"", "byte 2: a control character in a string"},
		{"raw control character after an escape", "\"\\n\x01\"", "byte 3: a control character in a string"},
		{"unknown escape", `"\x41"`, "byte 1: an escape that JSON does not know"},
		{"short escape", `"\u12"`, `byte 1: \u without four hexadecimal digits`},
		{"not hexadecimal", `"\u12g4"`, `byte 1: \u without four hexadecimal digits`},
		{"high surrogate alone", `"\ud800"`, "byte 1: half of a surrogate pair"},
		{"low surrogate alone", `"\udc00"`, "byte 1: half of a surrogate pair"},
		{"surrogates in the wrong order", `"\udc00\ud800"`, "byte 1: half of a surrogate pair"},
		{"high surrogate before another escape", `"\ud800\u0041"`, "byte 1: half of a surrogate pair"},
		{"bytes that are no text", "\"\xff\"", "the text is not UTF-8"},
		{"encoded surrogate", "\"\xed\xa0\x80\"", "the text is not UTF-8"},
		{"leading zero", "01", "byte 1: something follows the value"},
		{"minus alone", "-", "byte 1: the text ends where a digit should be"},
		{"plus", "+1", "byte 0: '+' where a value should be"},
		{"no digit before the point", ".5", "byte 0: '.' where a value should be"},
		{"no digit behind the point", "1.", "byte 2: the text ends where a digit should be"},
		{"no digit in the exponent", "1e+", "byte 3: the text ends where a digit should be"},
		{"not a number", "NaN", "byte 0: 'N' where a value should be"},
		{"hexadecimal", "0x1", "byte 1: something follows the value"},
		{"integer that would be rounded", "9007199254740993", "byte 0: an integer too large to be kept exactly"},
		{"integer that would be rounded", "[-9007199254740993]", "byte 1: an integer too large to be kept exactly"},
		{"integer that would be rounded", "9223372036854775807", "byte 0: an integer too large to be kept exactly"},
		{"infinite", "1e400", "byte 0: a number that a double cannot hold"},
		{"infinite", strings.Repeat("9", 400), "byte 0: a number that a double cannot hold"},
		{"depth", deep, "byte 100: more than 100 arrays and objects in each other"},
		{"depth bomb", strings.Repeat(`{"a":`, 1_000_000), "byte 500: more than 100 arrays and objects in each other"},
	} {
		got, err := canonical.Transform([]byte(row.doc))
		if err == nil {
			t.Errorf("%s: %s becomes %s", row.rule, row.doc, got)
			continue
		}
		if !errors.Is(err, penstock.ErrInvalid) || got != nil {
			t.Errorf("%s: got %q and %v, want an ErrInvalid alone", row.rule, got, err)
		}
		if err.Error() != row.want {
			t.Errorf("%s: %v, want %s", row.rule, err, row.want)
		}
	}
}

func TestDepthThatIsAllowed(t *testing.T) {
	doc := strings.Repeat(`[`, canonical.MaxDepth) + strings.Repeat(`]`, canonical.MaxDepth)
	if got := transform(t, doc); got != doc {
		t.Errorf("got %s", got)
	}
}

func TestTransformOnlyReads(t *testing.T) {
	doc := []byte(`{"b":"\u0041","a":[1.0]}`)
	before := bytes.Clone(doc)
	got, err := canonical.Transform(doc)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i] = 'x'
	}
	if diff := cmp.Diff(string(before), string(doc)); diff != "" {
		t.Errorf("doc changed, -before +after:\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	type step struct {
		Name string  `json:"name"`
		At   float64 `json:"at"`
	}
	got, err := canonical.JSON(map[string]any{"z": step{"<a & b>", 0.5}, "a": []int{3, 1}, "bad": "\xff"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("{\"a\":[3,1],\"bad\":\"\ufffd\",\"z\":{\"at\":0.5,\"name\":\"<a & b>\"}}", string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	for rule, v := range map[string]any{
		"NaN": math.NaN(), "infinite": math.Inf(1), "no JSON": func() {}, "rounded": int64(math.MaxInt64),
		"duplicate": json.RawMessage(`{"a":1,"a":1}`),
	} {
		if got, err := canonical.JSON(v); !errors.Is(err, penstock.ErrInvalid) || got != nil {
			t.Errorf("%s: got %q and %v, want an ErrInvalid alone", rule, got, err)
		}
	}
	var unsupported *json.UnsupportedValueError
	if _, err := canonical.JSON(math.NaN()); !errors.As(err, &unsupported) {
		t.Errorf("NaN: %v hides the error of encoding/json", err)
	}
}
