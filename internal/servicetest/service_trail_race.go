package servicetest

import (
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// What others commit while a trail is proven is no fault, however they and the proofs meet.
func (on suite) testVerifyWhileOthersCommit(t *testing.T) {
	st := on.open(t)
	writers := []*releaseplan.Service{on.service(t, releaseplan.Config{Store: st}), on.service(t, releaseplan.Config{Store: st})}
	p := executed(t, writers[0], contentOf("busy", 2, 8, releaseplan.Parallel))
	const each = 40
	var working, proving sync.WaitGroup
	for i, s := range writers {
		working.Go(func() {
			for n := range each {
				action := releaseplan.Hold
				if n%2 == 1 {
					action = releaseplan.Release
				}
				c := releaseplan.Command{Action: action, Task: p.Tasks()[8+i].ID}
				_, err := s.Do(t.Context(), p.ID(), c, ann)
				for errors.Is(err, penstock.ErrConflict) { // the other one was always faster
					_, err = s.Do(t.Context(), p.ID(), c, ann)
				}
				if err != nil {
					t.Errorf("%s: %v", action, err)
				}
			}
		})
	}
	done := make(chan struct{})
	for range 2 {
		proving.Go(func() {
			reader, seen := on.service(t, releaseplan.Config{Store: st}), releaseplan.Checkpoint{}
			for over := false; !over; {
				select {
				case <-done:
					over = true
				default:
				}
				proof, err := reader.VerifySince(t.Context(), p.ID(), seen, ann)
				if err != nil || proof.Head.Seq < seen.Seq {
					t.Errorf("since %d: %+v, %v", seen.Seq, proof, err)
					return
				}
				seen = proof.Head
				_, stateErr := reader.VerifyState(t.Context(), p.ID(), ann)
				_, exportErr := reader.ExportTrail(t.Context(), p.ID(), releaseplan.TrailJSONL, io.Discard, ann)
				if err := errors.Join(stateErr, exportErr); err != nil {
					t.Error(err)
					return
				}
			}
			if want := p.Status().Changes + 2*each; seen.Seq != want {
				t.Errorf("in the end %d entries are proven, not %d", seen.Seq, want)
			}
		})
	}
	working.Wait()
	close(done)
	proving.Wait()
}

// A plan that is pruned while its trail is proven has no broken one, whenever that happens.
func (on suite) testVerifyWhileItIsPruned(t *testing.T) {
	for name, verify := range map[string]func(*releaseplan.Service, string) error{
		"Verify": func(s *releaseplan.Service, id string) error { _, err := s.Verify(t.Context(), id, ann); return err },
		"VerifyState": func(s *releaseplan.Service, id string) error {
			_, err := s.VerifyState(t.Context(), id, ann)
			return err
		},
		"At": func(s *releaseplan.Service, id string) error {
			_, err := s.At(t.Context(), id, noon.Add(90*time.Minute), ann)
			return err
		},
	} {
		for at := range 5 { // of the reads of events
			w := on.pruneWorld(t, releaseplan.Config{CacheBytes: -1})
			id := w.archived(300)
			w.pass(time.Hour)
			for range 3 {
				w.comment(id)
			}
			w.pass(time.Hour)
			w.comment(id)
			other := releaseplan.New(releaseplan.Config{Store: w.store.Store, Now: func() time.Time { return w.now }})
			n := 0
			w.store.reading = func(store.EventQuery) error {
				if n++; n-1 != at {
					return nil
				}
				_, err := other.Prune(t.Context(), noon.Add(30*time.Minute), clerk)
				return err
			}
			if err := verify(w.plans, id); err != nil {
				t.Errorf("%s, pruned before the read %d: %v", name, at, err)
			}
		}
	}
}

// The same with one that is deleted.
func (on suite) testVerifyWhileItIsDeleted(t *testing.T) {
	for at := range 3 {
		for _, cut := range []int{0, 4} {
			w := on.trailWorld(t, 300, cut, nil)
			other := releaseplan.New(releaseplan.Config{Store: w.store.Store, Now: func() time.Time { return w.now }})
			n := 0
			w.store.reading = func(store.EventQuery) error {
				if n++; n-1 != at {
					return nil
				}
				return other.Delete(t.Context(), w.id, ann)
			}
			for name, verify := range map[string]func() (releaseplan.Proof, error){
				"Verify":      func() (releaseplan.Proof, error) { return w.plans.Verify(t.Context(), w.id, ann) },
				"VerifyState": func() (releaseplan.Proof, error) { return w.plans.VerifyState(t.Context(), w.id, ann) },
			} {
				if _, err := verify(); err != nil && !errors.Is(err, penstock.ErrNotFound) {
					t.Errorf("%s, deleted before the read %d: %v", name, at, err)
				}
			}
		}
	}
}
