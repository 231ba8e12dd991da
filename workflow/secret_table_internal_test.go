package workflow

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// A table finds what looking at one text after the other finds.
func TestFormsAreFoundAsOneByOne(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 5))
	some := func(least, most int) string {
		b := make([]byte, least+dice.IntN(most-least+1))
		for i := range b {
			b[i] = "ab\xff"[dice.IntN(3)]
		}
		return string(b)
	}
	for range 3_000 {
		texts := make([]string, 1+dice.IntN(30))
		for i := range texts {
			texts[i] = some(1, 7)
		}
		f := newForms(texts)
		for range 30 {
			b := some(0, 9)
			longest, goesOn := 0, false
			for _, text := range texts {
				if strings.HasPrefix(b, text) {
					longest = max(longest, len(text))
				}
				goesOn = goesOn || len(text) > len(b) && strings.HasPrefix(text, b)
			}
			if got := f.match([]byte(b)); got != longest {
				t.Fatalf("%q begins with %d bytes of %q, not %d", b, longest, texts, got)
			}
			if got := f.goesOn([]byte(b)); got != goesOn {
				t.Fatalf("%q goes on in %q: %t", b, texts, got)
			}
		}
	}
}

// A secret whose parts are alike is not much slower to find than another.
func TestSecretsThatAreAlikeAreFoundQuickly(t *testing.T) {
	var alike strings.Builder
	for i := range 2_000 {
		fmt.Fprintf(&alike, "abc%061d", i)
	}
	text := strings.Repeat("abc", 30_000)
	fastest := func(m *Masker) time.Duration {
		best := time.Hour
		for range 5 {
			begin := time.Now()
			m.Mask(text)
			best = min(best, time.Since(begin))
		}
		return best
	}
	one, many := fastest(NewMasker("abcd")), fastest(NewMasker(alike.String()))
	if many > 60*one {
		t.Errorf("%v instead of %v", many, one)
	}
}

// Where a text was cut off, no part of a secret is left.
func TestACutSecretIsMasked(t *testing.T) {
	m := NewMasker("hunter2-hunter3", "a…b…c")
	for text, want := range map[string]string{
		"plain": "plain", "plain…": "plain…", "hunter2-hunter3…": "***…", `"hunter2-hun…" is none`: `"***…" is none`, "hunter2… and hunter2-…, too": "***… and ***…, too",
		"hunter2-hun": "hunter2-hun", "<a…b…c>": "<***>", "…": "…",
	} {
		if got := m.maskCut(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	var none *Masker
	if got := none.maskCut("hunter2…"); got != "hunter2…" {
		t.Errorf("without secrets: %q", got)
	}
}
