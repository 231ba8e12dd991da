package memory

import (
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/store"
)

func pruneFixture(t *testing.T, subjects ...string) *Store {
	t.Helper()
	s := New()
	for i := range int64(chunkSize) {
		for _, id := range subjects {
			key := store.Key{Kind: "plan", ID: id}
			now, err := s.Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			op := store.Op{Record: store.Record{Key: key, Version: now[0].Version}, Events: []store.Event{{Seq: i + 1, Name: "e"}}}
			if _, err := s.Commit(t.Context(), op); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

func pruned(t *testing.T, s *Store, id string, through, want int64) {
	t.Helper()
	if n, err := s.Prune(t.Context(), store.Key{Kind: "plan", ID: id}, through); n != want || err != nil {
		t.Fatalf("Prune = %d, %v, want %d", n, err, want)
	}
}

// Who holds a snapshot sees it as it was, whatever is pruned and written since.
func TestPruneLeavesSnapshotsAlone(t *testing.T) {
	s := pruneFixture(t, "a", "b", "c")
	old := s.now.Load()
	before := fmt.Sprint(old.events.after(0, "", 3*chunkSize, false), old.row(store.Key{Kind: "plan", ID: "a"}).after(0, chunkSize, false))
	pruned(t, s, "a", chunkSize, chunkSize)
	pruned(t, s, "b", chunkSize-1, chunkSize-1)
	if _, err := s.Commit(t.Context(), store.Op{Record: store.Record{Key: store.Key{Kind: "plan", ID: "d"}}, Events: []store.Event{{Seq: 1, Name: "new"}}}); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(old.events.after(0, "", 3*chunkSize, false), old.row(store.Key{Kind: "plan", ID: "a"}).after(0, chunkSize, false)) != before {
		t.Error("an old snapshot changed")
	}
	if got := s.now.Load().events.after(0, "", 3*chunkSize, false); len(got) != chunkSize+2 {
		t.Errorf("%d events are left, want %d", len(got), chunkSize+2)
	}
}

// Chunks of which nothing is left are let go, but never the one that is written
// to; nothing is copied that keeps everything.
func TestPruneFreesChunks(t *testing.T) {
	s := pruneFixture(t, "a", "b", "c") // three chunks, with events of each in each
	whole := s.now.Load().events.chunks
	pruned(t, s, "a", 1, 1)
	if now := s.now.Load().events.chunks; now[0] == whole[0] || now[1] != whole[1] || now[2] != whole[2] {
		t.Error("not just the first chunk was copied")
	}
	pruned(t, s, "a", chunkSize, chunkSize-1)
	pruned(t, s, "b", chunkSize, chunkSize)
	pruned(t, s, "c", chunkSize-1, chunkSize-1)
	if now := s.now.Load().events.chunks; now[0] != nil || now[1] != nil || now[2] == nil {
		t.Errorf("chunks %v are kept, want the last", now)
	}
	pruned(t, s, "c", chunkSize, 1)
	if now := s.now.Load().events.chunks; now[2] != nil {
		t.Error("an empty full chunk is kept")
	}
	for i := range 3 { // each in a chunk that was emptied before it was full
		key := store.Key{Kind: "plan", ID: fmt.Sprint("n", i)}
		if _, err := s.Commit(t.Context(), store.Op{Kind: store.Check, Record: store.Record{Key: key}, Events: []store.Event{{Seq: 1, Name: "e"}}}); err != nil {
			t.Fatal(err)
		}
		if got := s.now.Load().events.after(0, "", 9, false); len(got) != 1 || got[0].Position != int64(3*chunkSize+i+1) {
			t.Errorf("events %v", got)
		}
		pruned(t, s, key.ID, 1, 1)
	}
	if now := s.now.Load(); now.row(store.Key{Kind: "plan", ID: "n0"}).kind != 0 {
		t.Error("a subject without record and events is kept")
	}
}
