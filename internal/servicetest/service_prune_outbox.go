package servicetest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// What a dispatcher has still to deliver is not pruned, and is once it is delivered.
func (on suite) testPruneWaitsForTheDispatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := on.open(t)
		told := make(map[store.Key]int)
		d, err := outbox.New(outbox.Config{Store: st, Workers: 1, Route: outbox.ToAll("log", "plan"), Notifiers: map[string]outbox.Notifier{
			"log": outbox.NotifierFunc(func(_ context.Context, m outbox.Message) error { told[m.Subject]++; return nil })}})
		if err := must(t, d, err).Register(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := on.service(t, releaseplan.Config{Store: st, Now: time.Now})
		id := create(t, s, contentOf("release", 1, 1, "")).ID()
		n := command(t, s, id, releaseplan.Command{Action: releaseplan.Archive}).Status().Changes
		<-time.After(time.Hour)
		prune := func(want releaseplan.Pruned, anchor int64, seqs []int64) {
			t.Helper()
			if got, err := s.Prune(t.Context(), time.Now(), ann); err != nil || got != want {
				t.Errorf("Prune = %+v, %v, want %+v", got, err, want)
			}
			at, err := s.Anchor(t.Context(), id, ann)
			if must(t, at, err).Seq != anchor {
				t.Errorf("the anchor is %d, want %d", at.Seq, anchor)
			}
			entries, err := s.History(t.Context(), id, 0, 0, ann)
			if len(must(t, entries, err)) != len(seqs) {
				t.Fatalf("%d entries, want %d", len(entries), len(seqs))
			}
			prev := at.Hash
			for i, e := range entries {
				if e.Seq != seqs[i] || e.Prev != prev {
					t.Errorf("entry %d behind %q, want %d behind %q", e.Seq, e.Prev, seqs[i], prev)
				}
				prev = e.Hash
			}
		}
		prune(releaseplan.Pruned{Held: 1}, 0, span(1, n))

		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		<-time.After(time.Minute)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if key := (store.Key{Kind: "plan", ID: id}); len(told) != 1 || told[key] != int(n) {
			t.Errorf("told of %v, want %d changes of %s", told, n, key)
		}
		prune(releaseplan.Pruned{Plans: 1, Events: n}, n, nil)
		command(t, s, id, releaseplan.Command{Action: releaseplan.Comment, Remark: "more"})
		prune(releaseplan.Pruned{}, n, span(n+1, n+1))
	})
}
