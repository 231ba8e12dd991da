package servicetest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// hostSeal is the seal of a host.
func hostSeal(event []byte) []byte {
	mac := hmac.New(sha256.New, []byte("the host's"))
	mac.Write(event)
	return mac.Sum(nil)
}

func (on suite) testVerifyProvesAWholeTrail(t *testing.T) {
	for _, n := range []int{1, 2, 255, 256, 257, 600} {
		w := on.trailWorld(t, n, 0, nil)
		entries := w.trail(w.id, 1, int64(n))
		want := releaseplan.Proof{Head: releaseplan.Checkpoint{Seq: int64(n), Hash: entries[n-1].Hash}, Entries: int64(n)}
		got, err := w.plans.Verify(t.Context(), w.id, ann)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%d entries: %v %s", n, err, diff)
		}
		for _, seq := range []int{1, (n + 1) / 2, n} {
			since := releaseplan.Checkpoint{Seq: int64(seq), Hash: entries[seq-1].Hash}
			want.From, want.Entries = since, int64(n-seq)
			got, err := w.plans.VerifySince(t.Context(), w.id, since, ann)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%d entries since %d: %v %s", n, seq, err, diff)
			}
			since.Hash = hex.EncodeToString(make([]byte, 32))
			_, err = w.plans.VerifySince(t.Context(), w.id, since, ann)
			faulted(t, err, releaseplan.TrailAltered, int64(seq))
		}
		_, err = w.plans.VerifySince(t.Context(), w.id, releaseplan.Checkpoint{Seq: int64(n + 1), Hash: "00"}, ann)
		faulted(t, err, releaseplan.TrailMissing, int64(n+1))
	}
	w := on.trailWorld(t, 1, 0, nil)
	for _, since := range []releaseplan.Checkpoint{{Seq: -1, Hash: "00"}, {Seq: 1}} {
		if _, err := w.plans.VerifySince(t.Context(), w.id, since, ann); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("since %v: %v", since, err)
		}
	}
}

// A trailDamage is what is done to the row at place i of a trail; it returns the rows, and
// which entry is wrong, counted from the place.
type trailDamage struct {
	name string
	do   func(rows []store.Event, i int) []store.Event
	kind releaseplan.TrailFault
	seq  int64 // of the fault, from that of row i on
	room int   // so many rows must follow
}

// renumbered moves rows from i on by d places.
func renumbered(rows []store.Event, i int, d int64) []store.Event {
	for j := i; j < len(rows); j++ {
		rows[j].Seq += d
	}
	return rows
}

// altering changes the row itself.
func altering(change func(e *store.Event)) func([]store.Event, int) []store.Event {
	return func(rows []store.Event, i int) []store.Event {
		change(&rows[i])
		return rows
	}
}

// inBody replaces a text in the body.
func inBody(old, new string) func([]store.Event, int) []store.Event {
	return altering(func(e *store.Event) { e.Body = bytes.Replace(e.Body, []byte(old), []byte(new), 1) })
}

// inserting puts a row before that at i, and moves the rest.
func inserting(made func(rows []store.Event, i int) store.Event) func([]store.Event, int) []store.Event {
	return func(rows []store.Event, i int) []store.Event {
		e := made(rows, i)
		e.Seq = rows[i].Seq
		return slices.Insert(renumbered(rows, i, 1), i, e)
	}
}

// forgedEntry is an entry that links well.
func forgedEntry(rows []store.Event, i int) store.Event {
	e := rows[i]
	e.Body = bytes.Replace(e.Body, []byte(`"change":{`), []byte(`"change": {`), 1)
	return e
}

var trailDamages = []trailDamage{
	{"text", inBody(`"by":{`, `"by": {`), releaseplan.TrailAltered, 0, 0},
	{"kind", altering(func(e *store.Event) { e.Body = bytes.Replace(e.Body, []byte(`"kind":"`), []byte(`"kind":"x`), 1) }), releaseplan.TrailAltered, 0, 0},
	{"link", altering(func(e *store.Event) { e.Body = bytes.Replace(e.Body, []byte(`"prev":"`), []byte(`"prev":"0`), 1) }), releaseplan.TrailAltered, 0, 0},
	{"number", inBody(`"seq":`, `"seq":7`), releaseplan.TrailAltered, 0, 0},
	{"garbage", altering(func(e *store.Event) { e.Body = []byte("\x00\xff") }), releaseplan.TrailAltered, 0, 0},
	{"nothing", altering(func(e *store.Event) { e.Body = nil }), releaseplan.TrailAltered, 0, 0},
	{"name of the row", altering(func(e *store.Event) { e.Name = "plan.moved" }), releaseplan.TrailAltered, 0, 0},
	{"time of the row", altering(func(e *store.Event) { e.At = e.At.Add(time.Microsecond) }), releaseplan.TrailAltered, 0, 0},
	{"body of the next", func(rows []store.Event, i int) []store.Event {
		rows[i].Body = rows[i+1].Body
		return rows
	}, releaseplan.TrailAltered, 0, 1},
	{"removed", func(rows []store.Event, i int) []store.Event { return slices.Delete(rows, i, i+1) }, releaseplan.TrailMissing, 0, 0},
	{"removed, the rest moved up", func(rows []store.Event, i int) []store.Event {
		return renumbered(slices.Delete(rows, i, i+1), i, -1)
	}, releaseplan.TrailMissing, 0, 0},
	{"the rest removed", func(rows []store.Event, i int) []store.Event { return rows[:i] }, releaseplan.TrailMissing, 0, 0},
	{"three removed", func(rows []store.Event, i int) []store.Event { return slices.Delete(rows, i, i+3) }, releaseplan.TrailMissing, 0, 2},
	{"forged one inserted", inserting(forgedEntry), releaseplan.TrailAdded, 0, 0},
	{"two forged ones inserted", func(rows []store.Event, i int) []store.Event {
		first := forgedEntry(rows, i)
		sum := sha256.Sum256(first.Body)
		second := first
		second.Body = fmt.Appendf(nil, `{"seq":%d,"prev":"%x","commit":"c","change":{"kind":%q,"at":%q}}`, first.Seq+1, sum, first.Name, first.At.Format(time.RFC3339Nano))
		second.Seq++
		return slices.Insert(renumbered(rows, i, 2), i, first, second)
	}, releaseplan.TrailAdded, 0, 0},
	{"garbage inserted", inserting(func([]store.Event, int) store.Event { return store.Event{Body: []byte("x")} }), releaseplan.TrailAdded, 0, 0},
	{"doubled", func(rows []store.Event, i int) []store.Event {
		e := rows[i]
		e.Seq++
		return slices.Insert(renumbered(rows, i+1, 1), i+1, e)
	}, releaseplan.TrailAdded, 1, 0},
	{"a later one inserted", inserting(func(rows []store.Event, i int) store.Event { return rows[i+2] }), releaseplan.TrailAdded, 0, 2},
	{"the last one inserted", inserting(func(rows []store.Event, i int) store.Event { return rows[len(rows)-1] }), releaseplan.TrailAdded, 0, 1},
	{"swapped with the next", func(rows []store.Event, i int) []store.Event {
		rows[i].Seq, rows[i+1].Seq = rows[i+1].Seq, rows[i].Seq
		return rows
	}, releaseplan.TrailReordered, 0, 1},
	{"swapped with the last", func(rows []store.Event, i int) []store.Event {
		last := len(rows) - 1
		rows[i].Seq, rows[last].Seq = rows[last].Seq, rows[i].Seq
		return rows
	}, releaseplan.TrailReordered, 0, 1},
	{"moved to the end", func(rows []store.Event, i int) []store.Event {
		last := rows[len(rows)-1].Seq
		renumbered(rows, i+1, -1)
		rows[i].Seq = last
		return rows
	}, releaseplan.TrailReordered, 0, 1},
	{"the last moved here", func(rows []store.Event, i int) []store.Event {
		seq, last := rows[i].Seq, len(rows)-1
		renumbered(rows[:last], i, 1)
		rows[last].Seq = seq
		return rows
	}, releaseplan.TrailReordered, 0, 1},
	{"moved behind the end", altering(func(e *store.Event) { e.Seq += 10_000 }), releaseplan.TrailReordered, 0, 0},
}

func (on suite) testVerifyNamesTheFirstFault(t *testing.T) {
	for _, seal := range []func([]byte) []byte{nil, hostSeal} {
		for _, cut := range []int{0, 4} {
			w := on.trailWorld(t, 12, cut, seal)
			left := 12 - cut
			for _, d := range trailDamages {
				for _, i := range []int{0, 1, left / 2, left - 2, left - 1} {
					if i+d.room >= left {
						continue
					}
					t.Run(fmt.Sprintf("sealed %t, behind %d: %s at %d", seal != nil, cut, d.name, i), func(t *testing.T) {
						f := forge(t, w.store.Store, w.id)
						seq := f.rows[i].Seq
						f.rows = d.do(f.rows, i)
						_, err := w.over(f).Verify(t.Context(), w.id, ann)
						if seal != nil && d.name == "two forged ones inserted" { // he has no key
							faulted(t, err, releaseplan.TrailAltered, seq)
							return
						}
						faulted(t, err, d.kind, seq+d.seq)
					})
				}
			}
			f := forge(t, w.store.Store, w.id)
			e := f.rows[left-1]
			e.Seq++
			f.rows = append(f.rows, e)
			_, err := w.over(f).Verify(t.Context(), w.id, ann)
			faulted(t, err, releaseplan.TrailAdded, 13)
			f.rows = nil
			_, err = w.over(f).Verify(t.Context(), w.id, ann)
			faulted(t, err, releaseplan.TrailMissing, int64(cut+1))
		}
	}
}

// Any one byte, any one column of any one row.
func (on suite) testVerifyFindsEveryChange(t *testing.T) {
	w := on.trailWorld(t, 300, 20, nil)
	sound := forge(t, w.store.Store, w.id)
	dice := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		f := &forger{Store: sound.Store, subject: sound.subject, rows: slices.Clone(sound.rows)}
		i := dice.IntN(len(f.rows))
		e := &f.rows[i]
		var what string
		switch dice.IntN(8) {
		case 0:
			e.At = e.At.Add(time.Duration(dice.IntN(1_000)+1) * time.Microsecond)
			what = "time"
		case 1:
			e.Name += "x"
			what = "name"
		case 2:
			n := dice.IntN(len(e.Body))
			e.Body = slices.Delete(slices.Clone(e.Body), n, n+1)
			what = fmt.Sprint("without byte ", n)
		case 3:
			n := dice.IntN(len(e.Body) + 1)
			e.Body = slices.Insert(slices.Clone(e.Body), n, byte(dice.IntN(256)))
			what = fmt.Sprint("with a byte before ", n)
		default:
			n := dice.IntN(len(e.Body))
			e.Body = slices.Clone(e.Body)
			e.Body[n] ^= byte(1 + dice.IntN(255))
			what = fmt.Sprint("byte ", n)
		}
		_, err := w.over(f).Verify(t.Context(), w.id, ann)
		if faulted(t, err, releaseplan.TrailAltered, e.Seq); t.Failed() {
			t.Fatalf("row %d, %s: %q", i, what, e.Body)
		}
	}
}

// rewrite changes an entry, and links those behind it anew.
func (f *forger) rewrite(from int, old, new string, sum func([]byte) []byte) (head string) {
	f.rows[from].Body = bytes.Replace(f.rows[from].Body, []byte(old), []byte(new), 1)
	for i := from + 1; i < len(f.rows); i++ {
		at := bytes.Index(f.rows[i].Body, []byte(`"prev":"`)) + len(`"prev":"`)
		end := at + bytes.IndexByte(f.rows[i].Body[at:], '"')
		f.rows[i].Body = slices.Concat(f.rows[i].Body[:at], []byte(hex.EncodeToString(sum(f.rows[i-1].Body))), f.rows[i].Body[end:])
	}
	return hex.EncodeToString(sum(f.rows[len(f.rows)-1].Body))
}

// Who rewrites all of a trail, with the head in the header, is found if it is sealed, and or
// else by a head that was kept.
func (on suite) testVerifyFindsARewrittenTrail(t *testing.T) {
	plain := func(body []byte) []byte {
		sum := sha256.Sum256(body)
		return sum[:]
	}
	for name, seal := range map[string]func([]byte) []byte{"plain": nil, "sealed": hostSeal} {
		t.Run(name, func(t *testing.T) {
			w := on.trailWorld(t, 10, 0, seal)
			sound := w.trail(w.id, 1, 10)
			f := forge(t, w.store.Store, w.id)
			header := string(w.record(prunePlan(w.id)).Body)
			head := f.rewrite(3, "hello", "hullo", plain)
			forged := &headForger{forger: f, body: replacing(`"head":"`+sound[9].Hash, `"head":"`+head)([]byte(header))}
			plans := w.over(forged)
			_, err := plans.Verify(t.Context(), w.id, ann)
			if seal != nil {
				faulted(t, err, releaseplan.TrailAltered, 4)
				return
			}
			if err != nil {
				t.Errorf("nothing can tell, but: %v", err)
			}
			for seq := range int64(10) {
				_, err := plans.VerifySince(t.Context(), w.id, releaseplan.Checkpoint{Seq: seq + 1, Hash: sound[seq].Hash}, ann)
				if seq < 3 {
					if err != nil {
						t.Errorf("since %d: %v", seq+1, err)
					}
					continue
				}
				faulted(t, err, releaseplan.TrailAltered, seq+1)
			}
		})
	}
}

// A headForger also shows another header.
type headForger struct {
	*forger
	body []byte
}

func (f *headForger) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	records, err := f.forger.Get(ctx, keys...)
	for i := range records {
		if records[i].Key == f.subject {
			records[i].Body = slices.Clone(f.body)
		}
	}
	return records, err
}

func (on suite) testVerifyOfADeletedPlan(t *testing.T) {
	w := on.trailWorld(t, 9, 0, nil)
	must(t, 0, w.plans.Delete(t.Context(), w.id, ann))
	for name, verify := range map[string]func(context.Context, string, penstock.Actor) (releaseplan.Proof, error){"Verify": w.plans.Verify, "VerifyState": w.plans.VerifyState} {
		if p, err := verify(t.Context(), w.id, ann); err != nil || !p.Deleted || p.Entries != 10 || p.Head.Seq != 10 || p.From.Seq != 0 {
			t.Errorf("%s = %+v, %v", name, p, err)
		}
	}
	for _, c := range []struct {
		name string
		do   func(rows []store.Event) []store.Event
		kind releaseplan.TrailFault
		seq  int64
	}{
		{"the end", func(rows []store.Event) []store.Event { return rows[:9] }, releaseplan.TrailMissing, 10},
		{"more", func(rows []store.Event) []store.Event { return renumbered(append(rows, rows[9]), 10, 1) }, releaseplan.TrailAdded, 11},
		{"the one before the end", func(rows []store.Event) []store.Event { return inBody("hello", "hullo")(rows, 8) }, releaseplan.TrailAltered, 9},
		{"one amid", func(rows []store.Event) []store.Event { return slices.Delete(rows, 4, 5) }, releaseplan.TrailMissing, 5},
		{"swapped", func(rows []store.Event) []store.Event {
			rows[3].Seq, rows[6].Seq = rows[6].Seq, rows[3].Seq
			return rows
		}, releaseplan.TrailReordered, 4},
	} {
		f := forge(t, w.store.Store, w.id)
		f.rows = c.do(f.rows)
		_, err := w.over(f).Verify(t.Context(), w.id, ann)
		if faulted(t, err, c.kind, c.seq); t.Failed() {
			t.Fatal(c.name)
		}
	}
	since := releaseplan.Checkpoint{Seq: 1, Hash: forge(t, w.store.Store, w.id).hash(0)}
	if p, err := w.plans.VerifySince(t.Context(), w.id, since, ann); err != nil || p.Entries != 9 || p.From != since {
		t.Errorf("VerifySince = %+v, %v", p, err)
	}
	f := forge(t, w.store.Store, w.id)
	f.rows = f.rows[1:] // might have been pruned, but for what is known
	_, err := w.over(f).VerifySince(t.Context(), w.id, since, ann)
	faulted(t, err, releaseplan.TrailMissing, 1)
	for _, id := range []string{"nobody", "", "a/b"} {
		if _, err := w.plans.Verify(t.Context(), id, ann); !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("Verify of %q = %v", id, err)
		}
	}
	pruned := on.trailWorld(t, 9, 4, nil)
	must(t, 0, pruned.plans.Delete(t.Context(), pruned.id, ann))
	if p, err := pruned.plans.Verify(t.Context(), pruned.id, ann); err != nil || p.From.Seq != 4 || p.Entries != 6 || !p.Deleted {
		t.Errorf("Verify = %+v, %v", p, err)
	}
}

func (on suite) testVerifyTakesTheRightToRead(t *testing.T) {
	var asked []penstock.Resource
	denied := errors.New("denied")
	w := on.pruneWorld(t, releaseplan.Config{Authorizer: func(_ context.Context, who penstock.Actor, right penstock.Right, of penstock.Resource) error {
		if who.ID != "bob" {
			return nil
		}
		if asked = append(asked, of); right != penstock.Read {
			t.Errorf("asked for %s", right)
		}
		return denied
	}})
	id := w.create("plan")
	everything := map[string]func() error{
		"Verify":      func() error { _, err := w.plans.Verify(t.Context(), id, bob); return err },
		"VerifyState": func() error { _, err := w.plans.VerifyState(t.Context(), id, bob); return err },
		"At":          func() error { _, err := w.plans.At(t.Context(), id, w.now, bob); return err },
		"ExportTrail": func() error {
			_, err := w.plans.ExportTrail(t.Context(), id, releaseplan.TrailCSV, &bytes.Buffer{}, bob)
			return err
		},
	}
	for _, deleted := range []bool{false, true} {
		for name, do := range everything {
			asked = nil
			if err := do(); !errors.Is(err, denied) {
				t.Errorf("%s, deleted %t: %v", name, deleted, err)
			}
			if diff := cmp.Diff([]penstock.Resource{{Kind: "plan", ID: id, Name: "plan"}}, asked); diff != "" {
				t.Errorf("%s, deleted %t: %s", name, deleted, diff)
			}
		}
		if !deleted {
			must(t, 0, w.plans.Delete(t.Context(), id, ann))
		}
	}
}
