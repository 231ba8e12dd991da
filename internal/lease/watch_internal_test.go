package lease

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// Heartbeats take room only as long as they are there.
func TestOldSightingsAreForgotten(t *testing.T) {
	s := memory.New()
	l := &Lease{ID: "own", Store: s, Kind: "process", TTL: time.Minute, Log: slog.New(slog.DiscardHandler), Work: "work", Field: "lease"}
	work := store.Record{Key: store.Key{Kind: "work", ID: "1"}, Fields: map[string][]string{"lease": {"other"}}}
	version, err := s.Commit(t.Context(), store.Op{Record: work}, store.Op{Record: store.Record{Key: l.key("other")}})
	beat := version
	if err != nil {
		t.Fatal(err)
	}
	look := func(want int) {
		t.Helper()
		if err := l.Look(t.Context(), func(context.Context, string, string) error { return nil }); err != nil || len(l.seen) != want {
			t.Errorf("%d heartbeats are remembered, %v", len(l.seen), err)
		}
	}
	look(1)
	if _, err := s.Commit(t.Context(), store.Op{Kind: store.Delete, Record: store.Record{Key: work.Key, Version: version}}); err != nil {
		t.Fatal(err)
	}
	look(1) // it beats, with nothing to do
	if _, err := s.Commit(t.Context(), store.Op{Kind: store.Delete, Record: store.Record{Key: l.key("other"), Version: beat}}); err != nil {
		t.Fatal(err)
	}
	look(0)
}
