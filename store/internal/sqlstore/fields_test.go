package sqlstore

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFieldsRoundTripAsJSON(t *testing.T) {
	for _, fields := range []map[string][]string{
		nil,
		{"state": {"draft"}},
		{"b": {"2", "1", "2"}, "a": {""}, "label": {`a"b`, `a\b`, "tab\tnew\nline\x01\x7f", "é\U0010ffff</script>\u2028"}},
		{`na"me\`: {"v"}, "{}": {"],\"", "[", ","}},
	} {
		text := encodeFields(fields)
		got, err := decodeFields(text)
		if diff := cmp.Diff(fields, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
		var parsed map[string][]string
		if err := json.Unmarshal([]byte(text), &parsed); err != nil || len(parsed) != len(fields) {
			t.Errorf("%s is %v, %v as JSON", text, parsed, err)
		}
		for name := range fields {
			if diff := cmp.Diff(fields[name], parsed[name]); diff != "" {
				t.Errorf("%s as JSON (-want +got):\n%s", text, diff)
			}
		}
	}
}

func TestFieldsWithoutValuesAreNone(t *testing.T) {
	if got := encodeFields(map[string][]string{"a": nil, "b": {"1"}, "c": {}}); got != `{"b":["1"]}` {
		t.Errorf("encoded as %s", got)
	}
}

func TestDamagedFieldsAreReported(t *testing.T) {
	whole := encodeFields(map[string][]string{"a": {"1", "x\ty"}, "b": {"2"}})
	for cut := range len(whole) {
		if got, err := decodeFields(whole[:cut]); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, %v", whole[:cut], got, err)
		}
	}
	for _, text := range []string{"null", "[]", `{"a":1}`, `{"a":[]}`, `{"a":["1"],}`, `{"a":["1"]}x`, `{"a":["\u00zz"]}`, `{"a" :["1"]}`} {
		if got, err := decodeFields(text); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

// What has a prefix lies from the prefix to behind it, and nothing else does.
func TestPrefixIsARange(t *testing.T) {
	words := []string{"", "a", "ab", "abc", "b", "a\U0010ffff", "a\U0010ffff\U0010ffffz", "\U0010ffff", "\U0010ffffa", "\ud7ff", "\ud7ffx", "\ue000", "é", "z"}
	for _, prefix := range words[1:] {
		next, bounded := behind(prefix)
		for _, w := range words {
			in := w >= prefix && (!bounded || w < next)
			if in != strings.HasPrefix(w, prefix) {
				t.Errorf("%q from %q to %q: %v", w, prefix, next, in)
			}
		}
	}
}

func TestBackwardsTurnsSuffixesIntoPrefixes(t *testing.T) {
	words := []string{"", "a", "ba", "aé", "é", "x\U0010ffffé", "abc"}
	for _, w := range words {
		for _, tail := range words {
			if got := strings.HasPrefix(backwards(w), backwards(tail)); got != strings.HasSuffix(w, tail) {
				t.Errorf("%q ends in %q: %v", w, tail, got)
			}
		}
		if backwards(backwards(w)) != w {
			t.Errorf("%q backwards twice is %q", w, backwards(backwards(w)))
		}
	}
}

func TestNamesAreChecked(t *testing.T) {
	for _, bad := range []string{"A", "1a", "a b", `a"`, "a;", strings.Repeat("a", 41)} {
		if _, err := SQLite().Name(bad, bad); err == nil || !strings.Contains(err.Error(), "schema") || !strings.Contains(err.Error(), "prefix") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	tables, err := PostgreSQL().Name("plans", "")
	if err != nil || tables.records != `"plans"."penstock_records"` {
		t.Errorf("%+v, %v", tables, err)
	}
}

func TestChunksAreFew(t *testing.T) {
	sizes := []int{}
	for n := 1; n <= 1_000; n++ {
		size := chunk(n)
		if size < 1 || size > n {
			t.Fatalf("chunk(%d) = %d", n, size)
		}
		if !slices.Contains(sizes, size) {
			sizes = append(sizes, size)
		}
	}
	if len(sizes) > 8 {
		t.Errorf("sizes %v", sizes)
	}
}

func TestChunksOfLargeRowsAreSmall(t *testing.T) {
	for _, c := range []struct{ n, size, want int }{
		{n: 1_000, size: 1 << 10, want: 64}, {n: 64, size: maxMessage / 64, want: 64}, {n: 64, size: maxMessage/64 + 1, want: 32},
		{n: 64, size: maxMessage / 2, want: 2}, {n: 64, size: maxMessage/2 + 1, want: 1}, {n: 5, size: 2 * maxMessage, want: 1}, {n: 1, want: 1},
	} {
		if got := chunkOf(c.n, func(int) int { return c.size }); got != c.want {
			t.Errorf("%d rows of %d bytes: %d go together, want %d", c.n, c.size, got, c.want)
		}
	}
}

func BenchmarkDecodeFields(b *testing.B) {
	text := encodeFields(map[string][]string{"state": {"draft"}, "owner": {"user07"}, "name": {"plan 001234"}, "wake": {"8000000000000014"}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeFields(text); err != nil {
			b.Fatal(err)
		}
	}
}
