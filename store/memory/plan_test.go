package memory

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/store"
)

// plansOf returns a store of n plans, a quarter of them drafts.
func plansOf(t testing.TB, n int) *Store {
	t.Helper()
	s := New()
	var ops []store.Op
	for i := range n {
		ops = append(ops, store.Op{Record: store.Record{Key: store.Key{Kind: "plan", ID: fmt.Sprintf("%06d", i)}, Sort: int64(i * 7919 % n),
			Fields: map[string][]string{"state": {fmt.Sprint("s", i%4)}, "name": {fmt.Sprintf("plan %06d", i)},
				"label": {fmt.Sprint("l", i%10), fmt.Sprint("l", i%7)}, "wake": {store.Int(int64(i))}}}})
		if len(ops) == store.MaxOps || i == n-1 {
			if _, err := s.Commit(t.Context(), ops...); err != nil {
				t.Fatal(err)
			}
			ops = ops[:0]
		}
	}
	return s
}

// A query looks at about as many entries as it returns, if an index can tell
// which those are.
func TestFindUsesIndexes(t *testing.T) {
	const n = 20_000
	s := plansOf(t, n)
	state, newest := store.Equals("state", "s1"), store.Order{Desc: true}
	for _, c := range []struct {
		name  string
		q     store.Query
		most  int // entries looked at
		total int
	}{
		{"all", store.Query{Total: true}, 101, n},
		{"deep", store.Query{Total: true, Offset: n / 2}, 101, n},
		{"by state", store.Query{Where: []store.Filter{state}, Order: newest, Total: true}, 101, n / 4},
		{"by state, deep", store.Query{Where: []store.Filter{state}, Order: newest, Total: true, Offset: n / 8}, 101, n / 4},
		{"by state, behind a cursor", store.Query{Where: []store.Filter{state}, Order: newest, After: &store.Cursor{Sort: n / 2}}, 101, 0},
		{"two states", store.Query{Where: []store.Filter{store.In("state", "s1", "s2")}, Order: newest, Total: true}, 202, n / 2},
		{"in the order of a field", store.Query{Order: store.Order{By: "name"}, Total: true}, 101, n},
		{"due", store.Query{Where: []store.Filter{store.Less("wake", store.Int(n/2))}, Order: store.Order{By: "wake"}, Total: true}, 101, n / 2},
		{"prefix", store.Query{Where: []store.Filter{store.HasPrefix("name", "plan 0012")}, Total: true}, 100, 100},
		{"suffix", store.Query{Where: []store.Filter{store.HasSuffix("name", "012")}, Total: true}, 20, 20},
		{"state and name", store.Query{Where: []store.Filter{state, store.HasPrefix("name", "plan 0012")}, Total: true}, 100, 25},
		{"state and common label", store.Query{Where: []store.Filter{state, store.Equals("label", "l1")}}, 1_200, 0},
		{"rare part", store.Query{Where: []store.Filter{store.HasPart("name", "1234")}}, n, 0},
		{"common part", store.Query{Where: []store.Filter{store.HasPart("name", "plan")}}, 110, 0},
		{"label of several", store.Query{Where: []store.Filter{store.Equals("label", "l3")}, Total: true}, 101, 4_571},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.q.Kind = "plan"
			q, err := store.CheckQuery(c.q)
			if err != nil {
				t.Fatal(err)
			}
			now, err := s.searchable(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			f := now.search(q)
			page, err := f.page(context.Background())
			if err != nil || len(page.Records) == 0 {
				t.Fatalf("%d records, %v", len(page.Records), err)
			}
			if f.visited > c.most {
				t.Errorf("looked at %d entries, want at most %d", f.visited, c.most)
			}
			if page.Total != c.total {
				t.Errorf("total %d, want %d", page.Total, c.total)
			}
		})
	}
}

func TestUnchangedFieldsTouchNoIndex(t *testing.T) {
	s := plansOf(t, 100)
	before := s.now.Load().caughtUp()
	s.now.Store(before)
	op := store.Op{Record: before.row(store.Key{Kind: "plan", ID: "000042"}).record(store.Key{Kind: "plan", ID: "000042"}, false)}
	op.Body = []byte("changed")
	if _, err := s.Commit(t.Context(), op); err != nil {
		t.Fatal(err)
	}
	if s.now.Load().caughtUp().index.root != before.index.root {
		t.Error("the index was copied")
	}
	op.Version, op.Sort = s.now.Load().version, -1
	if _, err := s.Commit(t.Context(), op); err != nil {
		t.Fatal(err)
	}
	if s.now.Load().index.root != before.index.root {
		t.Error("a commit changed the index although nobody searched")
	}
	if s.now.Load().caughtUp().index.root == before.index.root {
		t.Error("the index was not changed, so the test proves nothing")
	}
}

// The index is never so far behind that a search waits long, and one that is never
// searched costs no memory but for its own.
func TestIndexFollowsInTheEnd(t *testing.T) {
	s := New()
	record := store.Record{Key: store.Key{Kind: "plan", ID: "a"}}
	for i := range 3*maxUnindexed + 1 {
		record.Sort = int64(i)
		version, err := s.Commit(t.Context(), store.Op{Record: record})
		if err != nil {
			t.Fatal(err)
		}
		record.Version = version
		if n := len(s.now.Load().unindexed); n >= maxUnindexed {
			t.Fatalf("the index is %d behind", n)
		}
	}
	now := s.now.Load()
	if n := now.index.size; n != 1 {
		t.Errorf("%d entries lead to one record", n)
	}
	if n := now.caughtUp().index.size; n != 1 {
		t.Errorf("%d entries lead to one record in the end", n)
	}
}

// Readers need no lock: they go on while somebody holds it.
func TestReadersWaitForNobody(t *testing.T) {
	s := plansOf(t, 10)
	if _, err := s.Find(t.Context(), store.Query{Kind: "plan"}); err != nil { // the index follows what was written
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.Get(t.Context(), store.Key{Kind: "plan", ID: "000001"}); err != nil {
		t.Error(err)
	}
	if _, err := s.Find(t.Context(), store.Query{Kind: "plan"}); err != nil {
		t.Error(err)
	}
	if _, err := s.Events(t.Context(), store.EventQuery{}); err != nil {
		t.Error(err)
	}
}

func TestFindStopsWithItsContext(t *testing.T) {
	s := plansOf(t, 5_000)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q, err := store.CheckQuery(store.Query{Kind: "plan", Where: []store.Filter{store.HasPart("name", "nowhere")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.now.Load().caughtUp().find(ctx, q); !errors.Is(err, context.Canceled) {
		t.Errorf("find = %v, want context.Canceled", err)
	}
}

// What a step of a plan commits has a bound, so that it stays cheap.
func TestCommitAllocations(t *testing.T) {
	s := plansOf(t, 10_000)
	key := store.Key{Kind: "plan", ID: "000042"}
	op := store.Op{Record: s.now.Load().row(key).record(key, false)}
	event := store.Event{Name: "task started"}
	allocs := testing.AllocsPerRun(100, func() {
		event.Seq++
		op.Events = append(op.Events[:0], event)
		version, err := s.Commit(context.Background(), op)
		if err != nil {
			t.Fatal(err)
		}
		op.Version = version
	})
	if allocs > 16 {
		t.Errorf("a commit allocates %v times", allocs)
	}
}

// A field is indexed backwards once somebody has asked for a suffix, and from then on by
// every write.
func TestSuffixesAreIndexedOnceWanted(t *testing.T) {
	s := plansOf(t, 100)
	q := store.Query{Kind: "plan", Where: []store.Filter{store.HasSuffix("name", "42"), store.HasSuffix("name", "2")}, Total: true}
	size := s.now.Load().caughtUp().index.size
	for i := range 2 {
		page, err := s.Find(t.Context(), q)
		if err != nil || page.Total != 1+i {
			t.Fatalf("%d records, %v, want %d", page.Total, err, 1+i)
		}
		if got := s.now.Load().index.size; i == 0 && got != size+100 {
			t.Errorf("%d entries, want 100 more than %d", got, size)
		}
		record := store.Record{Key: store.Key{Kind: "plan", ID: "new"}, Fields: map[string][]string{"name": {"plan 142"}}}
		if _, err := s.Commit(t.Context(), store.Op{Record: record}); i == 0 && err != nil {
			t.Fatal(err)
		}
	}
}
