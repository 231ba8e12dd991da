package workflow_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/penstock-go/penstock/workflow"
)

// However writes are split, no secret is in what comes out; and what has nothing
// of a secret comes out as it is.
func FuzzMaskWriter(f *testing.F) {
	f.Add("hunter2", "abc", "xxhunterhunter2abc", []byte{3, 1, 9})
	f.Add("aab", "baa", "aabaabaa", []byte{1})
	f.Add("a\nlong secret of lines\n", "\x00\x00\x00", "a\nlong secret\x00\x00\x00\x00", []byte{2, 0, 7})
	f.Add(strings.Repeat("0123456789", 20), "9012", strings.Repeat("0123456789", 21), []byte{64})
	f.Fuzz(func(t *testing.T, one, two, text string, cuts []byte) {
		m := workflow.NewMasker(one, two)
		var out bytes.Buffer
		w := m.Writer(&out)
		rest := []byte(text)
		for _, n := range cuts {
			part := rest[:min(int(n), len(rest))]
			if k, err := w.Write(part); k != len(part) || err != nil {
				t.Fatal(k, err)
			}
			rest = rest[len(part):]
		}
		_, _ = w.Write(rest)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got := out.String()
		if want := m.Mask(text); got != want {
			t.Errorf("written in parts %q, at once %q", got, want)
		}
		if workflow.NewMasker(two, one, two).Mask(text) != got {
			t.Error("the order of secrets matters")
		}
		for _, secret := range []string{one, two} {
			// A secret with a * may look like a mask with something beside it.
			if len(secret) >= workflow.MinSecret && !strings.Contains(secret, "*") && strings.Contains(got, secret) {
				t.Errorf("%q is in %q, which was %q", secret, got, text)
			}
		}
		clean := strings.Map(func(r rune) rune {
			if strings.ContainsRune(one+two+encoding, r) || r == utf8.RuneError {
				return -1
			}
			return r
		}, text)
		if got := m.Mask(clean); got != clean {
			t.Errorf("%q, which has nothing of a secret, became %q", clean, got)
		}
	})
}

// encoding is what any secret may be written with.
const encoding = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_%\'`
