package arp

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// A repetition ends where the first time ended, and does not end if it is another, however it is cut into parts.
func TestRepetition(t *testing.T) {
	const said = "one\ntwo\n"
	for text, want := range map[string]error{
		said: nil, said + "three\n": errEnough, "one\ntow\n": errOther, "one\ntow\nthree\n": errOther, "two\ntwo\n": errOther, "one\n": nil,
	} {
		for size := 1; size <= len(text); size++ {
			var out bytes.Buffer
			sum := sha256.Sum256([]byte(said))
			a := &repetition{w: &out, left: int64(len(said)), want: sum[:], sum: sha256.New()}
			var err error
			for rest := text; rest != "" && err == nil; rest = rest[min(size, len(rest)):] {
				_, err = a.Write([]byte(rest[:min(size, len(rest))]))
			}
			if whole := out.String() == said; !errors.Is(err, want) || whole != (a.left == 0) || whole != strings.HasPrefix(text, said) {
				t.Errorf("%q in parts of %d: %v, wrote %q", text, size, err, out.String())
			}
		}
	}
}

// Every kind of fault has a word; whatever else goes wrong is none.
func TestFaultWords(t *testing.T) {
	trail := func(kind releaseplan.TrailFault) error {
		return fmt.Errorf("so: %w", &releaseplan.TrailError{Kind: kind, Seq: 3, Why: "because"})
	}
	for name, row := range map[string]struct {
		err  error
		want *trailFault
	}{
		"altered": {trail(releaseplan.TrailAltered), &trailFault{"Altered", 3, "because"}}, "missing": {trail(releaseplan.TrailMissing), &trailFault{"Missing", 3, "because"}},
		"added": {trail(releaseplan.TrailAdded), &trailFault{"Added", 3, "because"}}, "reordered": {trail(releaseplan.TrailReordered), &trailFault{"Reordered", 3, "because"}},
		"the plan":       {&releaseplan.StateError{Paths: []string{"a", "b.c"}}, &trailFault{"State", 0, "differs at a, b.c"}},
		"another error":  {errors.New("no"), nil},
		"nothing at all": {nil, nil},
	} {
		if diff := cmp.Diff(row.want, faultOf(row.err)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}
