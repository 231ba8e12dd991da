package servicetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// What the header says of the trail is held against the trail: where they differ, the entry that
// the header names, or the first that it does not know or that is not there, is told.
func (on suite) testVerifyOfAForgedHeader(t *testing.T) {
	for _, seal := range []func([]byte) []byte{nil, hostSeal} {
		w := on.trailWorld(t, 12, 4, seal)
		entries := w.trail(w.id, 5, 12)
		anchor, err := w.plans.Anchor(t.Context(), w.id, ann)
		must(t, anchor, err)
		hash := func(seq int64) string { return entries[seq-5].Hash }
		header := string(w.record(prunePlan(w.id)).Body)
		zeros := strings.Repeat("0", 64)
		head, place := `"head":"`+hash(12), fmt.Sprintf(`"anchor":{"seq":4,"hash":"%s`, anchor.Hash)
		for name, c := range map[string]struct {
			changes []string // from, to …
			kind    releaseplan.TrailFault
			seq     int64
		}{
			"another head":              {[]string{head, `"head":"` + zeros}, releaseplan.TrailAltered, 12},
			"the head of one before":    {[]string{head, `"head":"` + hash(9)}, releaseplan.TrailAltered, 12},
			"an end before the last":    {[]string{`"changes":12`, `"changes":9`, head, `"head":"` + hash(9)}, releaseplan.TrailAdded, 10},
			"an end behind the last":    {[]string{`"changes":12`, `"changes":13`}, releaseplan.TrailMissing, 13},
			"another hash of an anchor": {[]string{place, `"anchor":{"seq":4,"hash":"` + zeros}, releaseplan.TrailAltered, 4},
			"an anchor before it":       {[]string{place, `"anchor":{"seq":3,"hash":"` + anchor.Hash}, releaseplan.TrailMissing, 4},
			"an anchor behind it":       {[]string{place, `"anchor":{"seq":6,"hash":"` + anchor.Hash}, releaseplan.TrailAltered, 6},
		} {
			body := header
			for i := 0; i < len(c.changes); i += 2 {
				next := strings.Replace(body, c.changes[i], c.changes[i+1], 1)
				if next == body {
					t.Fatalf("%s: there is no %s in %s", name, c.changes[i], body)
				}
				body = next
			}
			_, err := w.over(&headForger{forge(t, w.store.Store, w.id), []byte(body)}).Verify(t.Context(), w.id, ann)
			if faulted(t, err, c.kind, c.seq); t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

// Entries of other plans are found, be it one among others, one in the place of another, or a whole trail
// with its end.
func (on suite) testVerifyOfEntriesOfAnotherPlan(t *testing.T) {
	for _, seal := range []func([]byte) []byte{nil, hostSeal} {
		w := on.trailWorld(t, 9, 0, seal)
		other := w.create("other")
		for range 8 {
			w.do(other, releaseplan.Command{Action: releaseplan.Comment, Remark: "hello"})
		}
		theirs := forge(t, w.store.Store, other).rows
		for _, i := range []int{0, 4, 8} {
			f := forge(t, w.store.Store, w.id)
			f.rows[i].Body, f.rows[i].At = theirs[i].Body, theirs[i].At
			_, err := w.over(f).Verify(t.Context(), w.id, ann)
			faulted(t, err, releaseplan.TrailAltered, int64(i+1))
			f = forge(t, w.store.Store, w.id)
			f.rows = inserting(func([]store.Event, int) store.Event { return theirs[i] })(f.rows, i)
			_, err = w.over(f).Verify(t.Context(), w.id, ann)
			faulted(t, err, releaseplan.TrailAdded, int64(i+1))
		}
		f := forge(t, w.store.Store, w.id)
		f.rows = theirs
		header := strings.Replace(string(w.record(prunePlan(w.id)).Body), `"head":"`+w.trail(w.id, 1, 9)[8].Hash, `"head":"`+w.trail(other, 1, 9)[8].Hash, 1)
		_, err := w.over(&headForger{f, []byte(header)}).Verify(t.Context(), w.id, ann)
		faulted(t, err, releaseplan.TrailAltered, 1)
		must(t, 0, w.plans.Delete(t.Context(), w.id, ann))
		must(t, 0, w.plans.Delete(t.Context(), other, ann))
		f.rows = forge(t, w.store.Store, other).rows
		_, err = w.over(f).Verify(t.Context(), w.id, ann)
		faulted(t, err, releaseplan.TrailAltered, 1)
	}
}

// Bodies that change places while numbers, names and times of the rows stay are entries that
// change places.
func (on suite) testVerifyOfSwappedBodies(t *testing.T) {
	w := on.trailWorld(t, 9, 0, nil)
	for i := range 8 {
		for j := i + 1; j < 9; j++ {
			f := forge(t, w.store.Store, w.id)
			f.rows[i].Body, f.rows[j].Body = f.rows[j].Body, f.rows[i].Body
			_, err := w.over(f).Verify(t.Context(), w.id, ann)
			if fault, ok := errors.AsType[*releaseplan.TrailError](err); !ok || fault.Seq != int64(i+1) || fault.Kind != releaseplan.TrailReordered {
				t.Errorf("%d and %d: %v", i+1, j+1, err)
			}
		}
	}
}

// Whoever cuts a trail off at an end, and makes the header say so, leaves a chain that is whole, sealed or
// not: only a head that was kept elsewhere tells.
func (on suite) testTrailThatIsCutOffAtAnEnd(t *testing.T) {
	for _, seal := range []func([]byte) []byte{nil, hostSeal} {
		w := on.trailWorld(t, 12, 4, seal)
		entries := w.trail(w.id, 5, 12)
		header := string(w.record(prunePlan(w.id)).Body)
		f := forge(t, w.store.Store, w.id)
		f.rows = f.rows[:4] // 5 to 8
		back := strings.NewReplacer(`"changes":12`, `"changes":8`, `"head":"`+entries[7].Hash, `"head":"`+entries[3].Hash).Replace(header)
		plans := w.over(&headForger{f, []byte(back)})
		if p, err := plans.Verify(t.Context(), w.id, ann); err != nil || p.Head.Seq != 8 {
			t.Errorf("Verify = %+v, %v", p, err)
		}
		_, err := plans.VerifySince(t.Context(), w.id, releaseplan.Checkpoint{Seq: 12, Hash: entries[7].Hash}, ann)
		faulted(t, err, releaseplan.TrailMissing, 12)
	}
}
