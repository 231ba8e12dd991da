package memory_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

func TestWaitBlocksUntilThereAreEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		var woken atomic.Int32
		for range 3 {
			go func() {
				if _, err := s.Wait(t.Context(), 0); err != nil {
					t.Error(err)
				}
				woken.Add(1)
			}()
		}
		commit := func(id string, events ...store.Event) {
			op := store.Op{Record: store.Record{Key: store.Key{Kind: "plan", ID: id}}, Events: events}
			if _, err := s.Commit(t.Context(), op); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		commit("quiet")
		if woken.Load() != 0 {
			t.Errorf("%d woke without an event", woken.Load())
		}
		commit("loud", store.Event{Seq: 1, Name: "created"})
		if woken.Load() != 3 {
			t.Errorf("%d of 3 woke", woken.Load())
		}
		closed := make(chan error, 1)
		go func() { _, err := s.Wait(t.Context(), 1); closed <- err }()
		synctest.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-closed; !errors.Is(err, store.ErrClosed) {
			t.Errorf("Wait = %v, want ErrClosed", err)
		}
	})
}
