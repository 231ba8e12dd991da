package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// pruneCases are about stores that say that they can forget; others pass them.
var pruneCases = []contractCase{
	{"PruneRemovesTheOldest", "what is too old goes, and nothing else", pruning(testPrune)},
	{"PruneLeavesHoles", "whoever follows the log goes on past what is gone", pruning(testPruneHoles)},
	{"PrunedNumbersAreFree", "a subject that was forgotten can begin again", pruning(testPruneFrees)},
	{"ReadersHoldBack", "nothing is forgotten that somebody has still to read", pruning(testPruneReaders)},
	{"PruneMany", "a long history goes in one call", pruning(testPruneMany)},
	{"PruneIsChecked", "a mistake removes nothing", pruning(testPruneChecked)},
	{"PruneEnds", "use after Close, or for who gave up, is an error", pruning(testPruneEnds)},
	{"PruneBesideCommits", "to forget keeps nobody from writing or reading", pruning(testPruneBeside)},
}

// pruning is a case for stores that can prune.
func pruning(test func(reporter, store.Store, store.Pruner)) func(reporter, store.Store) {
	return func(t reporter, s store.Store) {
		if p, ok := s.(store.Pruner); ok {
			test(t, s, p)
		}
	}
}

// prune fails unless n events are removed.
func prune(t reporter, p store.Pruner, subject store.Key, through, n int64) {
	t.Helper()
	if got, err := p.Prune(t.Context(), subject, through); got != n || err != nil {
		t.Errorf("Prune(%s, %d) = %d, %v, want %d", subject, through, got, err, n)
	}
}

// reader sets how far a reader of the log is.
func reader(t reporter, s store.Store, id string, version, done int64) int64 {
	t.Helper()
	return commit(t, s, store.Op{Record: store.Record{Key: store.Key{Kind: store.KindReader, ID: id}, Version: version, Sort: done}})
}

// left fails unless these events are left of a subject, or of all.
func left(t reporter, s store.Store, subject store.Key, want ...string) {
	t.Helper()
	if got := summary(events(t, s, store.EventQuery{Subject: subject})); !slices.Equal(got, want) {
		t.Errorf("left of %q are %v, want %v", subject, got, want)
	}
}

func testPrune(t reporter, s store.Store, p store.Pruner) {
	a := commit(t, s, put("a", 0, event(1, "one"), event(2, "two")), put("b", 0, event(1, "one")))
	commit(t, s, put("a", a, event(5, "five"), event(4, "four"))) // numbers have gaps, and come in any order
	prune(t, p, key("a"), 0, 0)
	prune(t, p, key("nobody"), 9, 0)
	left(t, s, store.Key{}, "1:a#1:one", "2:a#2:two", "3:b#1:one", "4:a#5:five", "5:a#4:four")
	prune(t, p, key("a"), 1, 1)
	prune(t, p, key("a"), 1, 0)
	left(t, s, key("a"), "2:a#2:two", "5:a#4:four", "4:a#5:five")
	prune(t, p, key("a"), 4, 2)
	left(t, s, key("a"), "4:a#5:five")
	left(t, s, key("b"), "3:b#1:one")
	prune(t, p, key("b"), math.MaxInt64, 1)
	left(t, s, key("b"))
	if got := get(t, s, "b"); got.Version == 0 {
		t.Errorf("the record went with its events")
	}
	left(t, s, store.Key{}, "4:a#5:five")
}

func testPruneHoles(t reporter, s store.Store, p store.Pruner) {
	const n = 700
	version := int64(0)
	for i := range int64(n) {
		version = commit(t, s, put("b", version, event(i+1, "stays")), put("a", version, event(i+1, "goes")))
	}
	prune(t, p, key("a"), n, n)
	for _, after := range []int64{0, 1, 2, 500, 2*n - 2, 2*n - 1, 2 * n} {
		found := events(t, s, store.EventQuery{After: after, Limit: 3})
		for i, e := range found {
			if want := ((after+1)/2+int64(i))*2 + 1; e.Position != want {
				t.Errorf("event %d after %d has position %d, want %d", i, after, e.Position, want)
			}
		}
		if want := min(int64(3), n-(after+1)/2); int64(len(found)) != want {
			t.Errorf("%d events after %d, want %d", len(found), after, want)
		}
	}
	if w, ok := s.(store.Waker); ok {
		if last, err := w.Wait(t.Context(), 2*n-1); last != 2*n || err != nil {
			t.Errorf("the last position is %d, %v, want %d", last, err, 2*n)
		}
	}
	prune(t, p, key("b"), n, n)
	left(t, s, store.Key{})
	commit(t, s, put("z", 0, event(1, "next")))
	if got := summary(events(t, s, store.EventQuery{})); !slices.Equal(got, []string{fmt.Sprintf("%d:z#1:next", 2*n+1)}) {
		t.Errorf("after all was pruned comes %v", got)
	}
}

func testPruneFrees(t reporter, s store.Store, p store.Pruner) {
	version := commit(t, s, put("a", 0, event(1, "one"), event(2, "two")))
	version = commit(t, s, remove("a", version, event(3, "three")))
	prune(t, p, key("a"), 2, 2)
	refused(t, s, penstock.ErrConflict, "a", put("a", 0, event(3, "taken")))
	prune(t, p, key("a"), 3, 1)
	if again := commit(t, s, put("a", 0, event(1, "again"))); again <= version {
		t.Errorf("version %d after %d", again, version)
	}
	left(t, s, key("a"), "4:a#1:again")
}

func testPruneReaders(t reporter, s store.Store, p store.Pruner) {
	fast, slow := reader(t, s, "fast", 0, 0), reader(t, s, "slow", 0, 0)
	commit(t, s, put("a", 0, event(1, "one"), event(2, "two"), event(3, "three"), event(4, "four")))
	prune(t, p, key("a"), 4, 0)
	fast = reader(t, s, "fast", fast, 4)
	prune(t, p, key("a"), 4, 0)
	slow = reader(t, s, "slow", slow, 1)
	prune(t, p, key("a"), 4, 1)
	slow = reader(t, s, "slow", slow, 2)
	left(t, s, key("a"), "2:a#2:two", "3:a#3:three", "4:a#4:four")
	prune(t, p, key("a"), 1, 0)
	prune(t, p, key("a"), 4, 1)
	left(t, s, key("a"), "3:a#3:three", "4:a#4:four")
	late := reader(t, s, "late", 0, 3) // one that begins where it likes
	commit(t, s, store.Op{Kind: store.Delete, Record: store.Record{Key: store.Key{Kind: store.KindReader, ID: "slow"}, Version: slow}})
	prune(t, p, key("a"), 4, 1)
	commit(t, s, store.Op{Kind: store.Delete, Record: store.Record{Key: store.Key{Kind: store.KindReader, ID: "late"}, Version: late}})
	prune(t, p, key("a"), 4, 1)
	commit(t, s, put("b", 0, event(1, "one")))
	prune(t, p, key("b"), 1, 0)
	reader(t, s, "fast", fast, math.MaxInt64)
	prune(t, p, key("b"), 1, 1)
	left(t, s, store.Key{})
}

func testPruneMany(t reporter, s store.Store, p store.Pruner) {
	const n = 10_000
	all := make([]store.Event, n)
	for i := range all {
		all[i] = event(int64(i+1), "e")
	}
	commit(t, s, put("a", 0, all...), put("b", 0, event(1, "one")))
	prune(t, p, key("a"), n-1, n-1)
	left(t, s, store.Key{}, fmt.Sprintf("%d:a#%d:e", n, n), fmt.Sprintf("%d:b#1:one", n+1))
}

func testPruneChecked(t reporter, s store.Store, p store.Pruner) {
	commit(t, s, put("a", 0, event(1, "one")))
	for _, c := range []struct {
		subject store.Key
		through int64
		faults  []string
	}{
		{store.Key{}, 1, []string{"subject.kind", "subject.id"}},
		{store.Key{Kind: "plan"}, 1, []string{"subject.id"}},
		{store.Key{Kind: "a/b", ID: "a"}, 1, []string{"subject.kind"}},
		{key("a"), -1, []string{"through"}},
		{store.Key{ID: "a"}, -1, []string{"subject.kind", "through"}},
	} {
		n, err := p.Prune(t.Context(), c.subject, c.through)
		var fields []string
		for _, fault := range penstock.Faults(err) {
			fields = append(fields, fault.Field)
		}
		if n != 0 || !errors.Is(err, penstock.ErrInvalid) || !slices.Equal(fields, c.faults) {
			t.Errorf("Prune(%q, %d) = %d, %v, want faults of %v", c.subject, c.through, n, err, c.faults)
		}
	}
	left(t, s, key("a"), "1:a#1:one")
}

func testPruneEnds(t reporter, s store.Store, p store.Pruner) {
	commit(t, s, put("a", 0, event(1, "one")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := p.Prune(ctx, key("a"), 1); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("Prune = %d, %v, want context.Canceled", n, err)
	}
	left(t, s, key("a"), "1:a#1:one")
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if n, err := p.Prune(t.Context(), key("a"), 1); n != 0 || !errors.Is(err, store.ErrClosed) {
		t.Errorf("Prune after Close = %d, %v, want ErrClosed", n, err)
	}
}

// testPruneBeside prunes behind a reader while others write: the reader misses
// nothing, and in the end nothing is left.
func testPruneBeside(t reporter, s store.Store, p store.Pruner) {
	const writers, rounds = 4, 40
	at := reader(t, s, "r", 0, 0)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			var version int64
			for i := range int64(rounds) {
				var err error
				if version, err = s.Commit(t.Context(), put(fmt.Sprint("w", w), version, event(i+1, "e"))); err != nil {
					t.Errorf("Commit: %v", err)
					return
				}
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	var last, removed int64
	sweep := func() bool {
		for w := range writers {
			n, err := p.Prune(t.Context(), key(fmt.Sprint("w", w)), rounds)
			if err != nil {
				t.Errorf("Prune: %v", err)
				return false
			}
			removed += n
		}
		return true
	}
	during(done, func() bool {
		if !sweep() {
			return false
		}
		found, err := s.Events(t.Context(), store.EventQuery{After: last, Limit: 7})
		if err != nil {
			t.Errorf("Events: %v", err)
			return false
		}
		for _, e := range found {
			if last++; e.Position != last {
				t.Errorf("position %d where %d should come", e.Position, last)
				return false
			}
		}
		if removed > last {
			t.Errorf("%d events are gone, and only %d are read", removed, last)
		}
		at, err = s.Commit(t.Context(), store.Op{Record: store.Record{Key: store.Key{Kind: store.KindReader, ID: "r"}, Version: at, Sort: last}})
		if err != nil {
			t.Errorf("Commit: %v", err)
		}
		return err == nil
	})
	reader(t, s, "r", at, writers*rounds)
	if sweep(); removed != writers*rounds {
		t.Errorf("%d events are gone, want %d", removed, writers*rounds)
	}
	left(t, s, store.Key{})
}
