package lifecycle_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
)

// FuzzNext walks a plan through its life. What is refused is a RefusedError
// that lists what is allowed instead, and leaves the state; Next, Allowed and
// Refusals agree.
func FuzzNext(f *testing.F) {
	random := rand.NewChaCha8([32]byte{})
	for range 100 {
		steps := make([]byte, 64)
		_, _ = random.Read(steps) // never fails
		f.Add(steps)
	}
	actions := append(life.Actions(), life.ByRule...)
	actions = append(actions, "dance")
	f.Fuzz(func(t *testing.T, steps []byte) {
		s, thing := life.Initial, &plan{}
		for i, b := range steps {
			if i%2 == 1 {
				thing.flags = uint16(b) * 0x101
				continue
			}
			do := actions[int(b)%len(actions)]
			before := *thing
			next, err := life.Next(thing, s, do)
			allowed := life.Allowed(thing, s)
			refusals, known := life.Refusals(thing, s, do)
			if ok := err == nil; ok != slices.Contains(allowed, do) || ok != (known && len(refusals) == 0) {
				t.Fatalf("%s in %s: %v, allowed %s, refusals %v", do, s, err, allowed, refusals)
			}
			if err != nil {
				refused(t, err, s, do, next, allowed)
			}
			if *thing != before || !slices.Contains(life.States(), next) {
				t.Fatalf("%s in %s: %v became %v in %s", do, s, before, *thing, next)
			}
			s = next
			if byRule, to, ok := life.Settle(thing, s); ok {
				if followed, err := life.Follow(thing, s, byRule); err != nil || followed != to {
					t.Fatalf("%s in %s: settled to %s, followed to %s, %v", byRule, s, to, followed, err)
				}
				s = to
			}
		}
	})
}

func refused(t *testing.T, err error, s state, do action, next state, allowed []action) {
	t.Helper()
	var got *penstock.RefusedError
	if !errors.Is(err, penstock.ErrRefused) || !errors.As(err, &got) || next != s {
		t.Fatalf("%s in %s: now %s, %v", do, s, next, err)
	}
	var names []string
	for _, a := range allowed {
		names = append(names, string(a))
	}
	if got.Action != string(do) || got.State != string(s) || !cmp.Equal(got.Allowed, names) {
		t.Fatalf("%s in %s, allowed %s: %#v", do, s, allowed, got)
	}
}
