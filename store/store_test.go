package store_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

func TestIntKeepsOrder(t *testing.T) {
	numbers := []int64{math.MinInt64, math.MinInt64 + 1, -1 << 32, -256, -255, -1, 0, 1, 9, 10, 255, 256, 1 << 32, math.MaxInt64}
	var encoded []string
	for _, n := range numbers {
		s := store.Int(n)
		if got, err := store.ParseInt(s); got != n || err != nil || len(s) != 16 {
			t.Errorf("ParseInt(Int(%d) = %q) = %d, %v", n, s, got, err)
		}
		encoded = append(encoded, s)
	}
	if !slices.IsSorted(encoded) {
		t.Errorf("not in order: %q", encoded)
	}
}

func TestTimeKeepsOrder(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 123_456_789, time.FixedZone("east", 3600))
	times := []time.Time{{}, time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), time.Unix(0, 0), at.Add(-time.Microsecond), at, at.Add(time.Hour), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	var encoded []string
	for _, at := range times {
		s := store.Time(at)
		if got, err := store.ParseTime(s); err != nil || !got.Equal(at.Truncate(time.Microsecond)) || got.Location() != time.UTC {
			t.Errorf("ParseTime(Time(%v)) = %v, %v", at, got, err)
		}
		encoded = append(encoded, s)
	}
	if !slices.IsSorted(encoded) {
		t.Errorf("not in order: %q", encoded)
	}
}

func TestParseRefusesWhatWasNotWritten(t *testing.T) {
	for _, s := range []string{"", "0", "800000000000000", "80000000000000000", "800000000000000G", "800000000000000A", "+000000000000000", "-000000000000001"} {
		if n, err := store.ParseInt(s); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("ParseInt(%q) = %d, %v, want ErrInvalid", s, n, err)
		}
		if at, err := store.ParseTime(s); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("ParseTime(%q) = %v, %v, want ErrInvalid", s, at, err)
		}
	}
}

type note struct{ Text, State string }

func notes() store.Collection[note] {
	return store.Collection[note]{
		Store:  memory.New(),
		Kind:   "note",
		Fields: func(n note) map[string][]string { return map[string][]string{"state": {n.State}} },
		Sort:   func(n note) int64 { return int64(len(n.Text)) },
	}
}

func TestCollectionKeepsValues(t *testing.T) {
	c, ctx := notes(), t.Context()
	var version int64
	for id, n := range map[string]note{"n1": {"longer", "draft"}, "n2": {"short", "draft"}, "n3": {"", "done"}} {
		op, err := c.Put(id, 0, n)
		if err != nil {
			t.Fatal(err)
		}
		if version, err = c.Store.Commit(ctx, op); err != nil {
			t.Fatal(err)
		}
		if got, v, err := c.Get(ctx, id); got != n || v != version || err != nil {
			t.Errorf("Get(%s) = %v, %d, %v", id, got, v, err)
		}
	}
	found, err := c.Find(ctx, store.Query{Kind: "ignored", NoBody: true, Where: []store.Filter{store.Equals("state", "draft")}, Total: true, Limit: 1})
	if err != nil || found.Total != 2 || found.Next == nil || len(found.Items) != 1 {
		t.Fatalf("Find = %+v, %v", found, err)
	}
	if diff := cmp.Diff(note{"short", "draft"}, found.Items[0].Value); diff != "" || found.Items[0].ID != "n2" {
		t.Errorf("the first is %s (-want +got):\n%s", found.Items[0].ID, diff)
	}
	_, version, _ = c.Get(ctx, "n1")
	if _, err := c.Store.Commit(ctx, c.Check("n2", 99), c.Delete("n1", version)); !errors.Is(err, penstock.ErrConflict) {
		t.Errorf("Commit with a stale check = %v", err)
	}
	if _, err := c.Store.Commit(ctx, c.Check("n4", 0), c.Delete("n1", version)); err != nil {
		t.Error(err)
	}
	if _, _, err := c.Get(ctx, "n1"); !errors.Is(err, penstock.ErrNotFound) || !strings.Contains(err.Error(), "note n1") {
		t.Errorf("Get of what was deleted = %v, want ErrNotFound that names it", err)
	}
}

func TestCollectionTellsWhatFailed(t *testing.T) {
	ctx := t.Context()
	bad := store.Collection[func()]{Store: memory.New(), Kind: "code"}
	if _, err := bad.Put("f", 0, func() {}); err == nil || !strings.Contains(err.Error(), "code f") {
		t.Errorf("Put of what JSON cannot say = %v", err)
	}
	c := notes()
	if _, err := c.Store.Commit(ctx, store.Op{Record: store.Record{Key: c.Key("n1"), Body: []byte("{")}}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(ctx, "n1"); err == nil || !strings.Contains(err.Error(), "note n1") {
		t.Errorf("Get of what is not JSON = %v", err)
	}
	if _, err := c.Find(ctx, store.Query{}); err == nil || !strings.Contains(err.Error(), "note n1") {
		t.Errorf("Find of what is not JSON = %v", err)
	}
	if _, err := c.Find(ctx, store.Query{Limit: -1}); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("Find with a wrong limit = %v", err)
	}
	if _, _, err := c.Get(ctx, ""); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("Get of no id = %v", err)
	}
}

func TestCheckOpsCostsNothing(t *testing.T) {
	ops := []store.Op{{Record: store.Record{Key: store.Key{Kind: "plan", ID: "p"}, Fields: map[string][]string{"state": {"draft"}}},
		Events: []store.Event{{Seq: 1, Name: "created"}}}, {Kind: store.Check, Record: store.Record{Key: store.Key{Kind: "plan", ID: "q"}}}}
	if allocs := testing.AllocsPerRun(100, func() {
		if err := store.CheckOps(ops); err != nil {
			t.Fatal(err)
		}
	}); allocs != 0 {
		t.Errorf("checking what is right allocates %v times", allocs)
	}
}

func TestFilterOfUnknownOpMatchesNothing(t *testing.T) {
	if (store.Filter{Op: 99, Values: []string{"a"}}).Match("a") {
		t.Error("matches")
	}
}
