package idempotency_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A bench is keys over a store, whose clock a test sets.
type bench struct {
	*testing.T
	store *hooked
	keys  *idempotency.Keys
	now   time.Time
}

// A hooked store lets something happen before a commit, once.
type hooked struct {
	store.Store
	before  func()
	commits int
}

func (h *hooked) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if before := h.before; before != nil {
		h.before = nil
		before()
	}
	h.commits++
	return h.Store.Commit(ctx, ops...)
}

func newBench(t *testing.T, keep time.Duration) *bench {
	t.Helper()
	b := &bench{T: t, store: &hooked{Store: memory.New()}, now: noon}
	b.keys = idempotency.New(b.store, "key", keep, func() time.Time { return b.now })
	return b
}

// find returns the answer in a slot.
func (b *bench) find(r idempotency.Request) (idempotency.Slot, string) {
	b.Helper()
	slot, raw, err := b.keys.Find(b.Context(), r)
	if err != nil {
		b.Fatal(err)
	}
	return slot, string(raw)
}

// put puts an answer into a slot.
func (b *bench) put(s idempotency.Slot, answer string) error {
	b.Helper()
	op, err := s.Op(answer)
	if err != nil {
		b.Fatal(err)
	}
	_, err = b.store.Commit(b.Context(), op)
	return err
}

// fill puts answers to n keys of a scope.
func (b *bench) fill(scope string, n int) {
	b.Helper()
	for i := range n {
		slot, _ := b.find(idempotency.Request{Scope: scope, Key: fmt.Sprint(i), By: "ann"})
		if err := b.put(slot, fmt.Sprint(i)); err != nil {
			b.Fatal(err)
		}
	}
}

// An answer is given to who asked for the same, of the same, with the same key; and to nobody else.
func TestFind(t *testing.T) {
	b := newBench(t, 0)
	r := idempotency.Request{Scope: "p", Key: "k", By: "ann", What: "go"}
	slot, raw := b.find(r)
	if raw != "" || !slot.At.IsZero() {
		t.Errorf("found %s of %v", raw, slot.At)
	}
	if err := b.put(slot, "done"); err != nil {
		t.Fatal(err)
	}
	b.now = noon.Add(time.Hour)
	if slot, raw := b.find(r); raw != `"done"` || !slot.At.Equal(noon) {
		t.Errorf("found %s of %v", raw, slot.At)
	}
	for _, other := range []idempotency.Request{{"q", "k", "ann", "go"}, {"p", "j", "ann", "go"}, {"p", "k", "bob", "go"}, {"", "k", "ann", "go"}} {
		if _, raw := b.find(other); raw != "" {
			t.Errorf("%v found %s", other, raw)
		}
	}
	r.What = "stop"
	_, answer, err := b.keys.Find(t.Context(), r)
	var reused *penstock.KeyReusedError
	if !errors.As(err, &reused) || reused.Key != "k" || string(answer) != `"done"` {
		t.Errorf("found %s, %v", answer, err)
	}
	r.What = math.NaN()
	if _, _, err := b.keys.Find(t.Context(), r); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("what cannot be told apart: %v", err)
	}
}

// Of two who found the same slot, empty or expired, one has it.
func TestASlotIsTakenOnce(t *testing.T) {
	b := newBench(t, time.Hour)
	r := idempotency.Request{Scope: "p", Key: "k", By: "ann"}
	for range 2 {
		one, _ := b.find(r)
		two, _ := b.find(r)
		if err := b.put(one, "one"); err != nil {
			t.Fatal(err)
		}
		if err := b.put(two, "two"); !two.Is(err) {
			t.Errorf("the error is %v", err)
		}
		if _, raw := b.find(r); raw != `"one"` {
			t.Errorf("it holds %s", raw)
		}
		b.now = b.now.Add(time.Hour)
	}
	late, _ := b.find(r)
	if n, err := b.keys.Forget(t.Context()); n != 1 || err != nil {
		t.Fatalf("forgot %d, %v", n, err)
	}
	if err := b.put(late, "late"); !late.Is(err) {
		t.Errorf("over one that was forgotten meanwhile: %v", err)
	}
	if (idempotency.Slot{}).Is(&store.OpError{}) {
		t.Error("no slot is that of an error")
	}
}

// Forget removes thousands in small commits. What is used anew meanwhile, or removed by others, stops it from nothing.
func TestForgetMany(t *testing.T) {
	b := newBench(t, time.Hour)
	const many = 2_050
	b.fill("p", many)
	b.now = noon.Add(time.Minute)
	b.fill("q", 3)
	b.now = noon.Add(time.Hour)
	b.store.before = func() { // of the first batch one is used anew, and one is gone
		page, err := b.store.Find(t.Context(), store.Query{Kind: "key", Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		renewed, gone := page.Records[0], page.Records[1]
		renewed.Sort = b.now.UnixMicro()
		if _, err := b.store.Store.Commit(t.Context(), store.Op{Record: renewed}, store.Op{Kind: store.Delete, Record: gone}); err != nil {
			t.Fatal(err)
		}
	}
	b.store.commits = 0
	if n, err := b.keys.Forget(t.Context()); n != many-2 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	if b.store.commits > 1+100+many/100 {
		t.Errorf("that took %d commits", b.store.commits)
	}
	if page, err := b.store.Find(t.Context(), store.Query{Kind: "key", Total: true}); err != nil || page.Total != 4 {
		t.Errorf("%d are left, %v", page.Total, err)
	}
	failed := errors.New("broken")
	b.now = noon.Add(2 * time.Hour)
	broken := idempotency.New(brokenStore{b.store, failed}, "key", time.Hour, func() time.Time { return b.now })
	if n, err := broken.Forget(t.Context()); n != 0 || !errors.Is(err, failed) {
		t.Errorf("forgot %d, %v", n, err)
	}
}

// A brokenStore commits nothing.
type brokenStore struct {
	store.Store
	err error
}

func (s brokenStore) Commit(context.Context, ...store.Op) (int64, error) { return 0, s.err }

// Each visits those of one scope, all of them.
func TestEach(t *testing.T) {
	b := newBench(t, time.Hour)
	const many = store.MaxLimit + 5
	b.fill("p", many)
	b.fill("q", 1)
	b.now = noon.Add(time.Hour) // expired ones too
	seen := make(map[string]bool)
	err := b.keys.Each(t.Context(), "p", func(r store.Record, answer json.RawMessage) {
		if seen[string(answer)] || r.Version == 0 {
			t.Errorf("%s, version %d, is there again", answer, r.Version)
		}
		seen[string(answer)] = true
	})
	if err != nil || len(seen) != many {
		t.Errorf("visited %d, %v", len(seen), err)
	}
}

// Neither a key nor what was asked with it is stored, nor a digest that tells who does not know the key whether two asked the same.
func TestKeysAreNotStored(t *testing.T) {
	b := newBench(t, 0)
	digests := make(map[string]bool)
	for _, key := range []string{"the-key", "another-key"} {
		slot, _ := b.find(idempotency.Request{Scope: "p", Key: key, By: "ann", What: "the-secret"})
		op, err := slot.Op("x")
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%+v %s", op.Record, op.Body); contains(text, key) || contains(text, "the-secret") {
			t.Error(text)
		}
		var body struct{ Request string }
		if err := json.Unmarshal(op.Body, &body); err != nil || body.Request == "" || digests[body.Request] {
			t.Errorf("%s: %v", op.Body, err)
		}
		digests[body.Request] = true
	}
}
