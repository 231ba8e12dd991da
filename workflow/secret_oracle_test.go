package workflow_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/workflow"
)

// Texts and secrets of a few characters overlap in every way; no other form of
// such a secret can be in such a text.
func TestMaskCoversEveryByteOfEveryOccurrence(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	some := func(least, most int) string {
		b := make([]byte, least+dice.IntN(most-least+1))
		for i := range b {
			b[i] = "~#|"[dice.IntN(3)]
		}
		return string(b)
	}
	for range 20_000 {
		secrets := make([]string, dice.IntN(4))
		for i := range secrets {
			secrets[i] = some(0, 8)
		}
		text := some(0, 40)
		want := covered(text, secrets)
		m := workflow.NewMasker(secrets...)
		if got := m.Mask(text); got != want {
			t.Fatalf("%q without %q: got %q, want %q", text, secrets, got, want)
		}
		var out bytes.Buffer
		w := m.Writer(&out)
		for rest := []byte(text); len(rest) > 0; {
			n := 1 + dice.IntN(len(rest))
			_, _ = w.Write(rest[:n])
			rest = rest[n:]
		}
		if err := w.Close(); err != nil || out.String() != want {
			t.Fatalf("%q without %q in parts: got %q, %v, want %q", text, secrets, out.String(), err, want)
		}
	}
}

// covered masks text in the plainest way.
func covered(text string, secrets []string) string {
	hidden := make([]bool, len(text))
	for _, s := range secrets {
		for i := range text {
			if len(s) >= workflow.MinSecret && strings.HasPrefix(text[i:], s) {
				for j := range s {
					hidden[i+j] = true
				}
			}
		}
	}
	var b strings.Builder
	for i := range hidden {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString(workflow.Masked)
		}
	}
	return b.String()
}
