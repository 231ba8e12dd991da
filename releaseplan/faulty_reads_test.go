package releaseplan_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/plantest"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/storetest"
)

// Whatever call of the store fails, who reads a trail or versions hears of it: nobody gets a part of them, or a proof, and
// nobody is told that a trail was tampered with.
func TestReadsOfThePastFailWithTheirStore(t *testing.T) {
	t.Parallel()
	faulty, clock := storetest.NewFaulty(memory.New()), plantest.NewClock(time.Time{})
	cfg := releaseplan.Config{Store: faulty, Now: clock.Now, CacheBytes: -1}
	p := plantest.File(t, releaseplan.New(cfg), clock, plantest.Stale)
	id, by := p.ID(), plantest.Owner()
	for name, read := range map[string]func(context.Context, *releaseplan.Service) (any, error){
		"Verify":      func(ctx context.Context, s *releaseplan.Service) (any, error) { return s.Verify(ctx, id, by) },
		"VerifyState": func(ctx context.Context, s *releaseplan.Service) (any, error) { return s.VerifyState(ctx, id, by) },
		"VerifySince": func(ctx context.Context, s *releaseplan.Service) (any, error) {
			return s.VerifySince(ctx, id, releaseplan.Checkpoint{}, by)
		},
		"Anchor": func(ctx context.Context, s *releaseplan.Service) (any, error) { return s.Anchor(ctx, id, by) },
		"At":     func(ctx context.Context, s *releaseplan.Service) (any, error) { return s.At(ctx, id, clock.Now(), by) },
		"ExportTrail": func(ctx context.Context, s *releaseplan.Service) (any, error) {
			var file bytes.Buffer
			_, err := s.ExportTrail(ctx, id, releaseplan.TrailJSONL, &file, by)
			return file.String(), err
		},
		"Versions": func(ctx context.Context, s *releaseplan.Service) (any, error) {
			return s.Versions(ctx, id, penstock.Page{}, by)
		},
		"VersionOf": func(ctx context.Context, s *releaseplan.Service) (any, error) {
			_, c, err := s.VersionOf(ctx, id, 1, by)
			return c, err
		},
		"Diff":  func(ctx context.Context, s *releaseplan.Service) (any, error) { return s.Diff(ctx, id, 1, 0, by) },
		"Blame": func(ctx context.Context, s *releaseplan.Service) (any, error) { return s.Blame(ctx, id, by) },
		"DiffSinceApproval": func(ctx context.Context, s *releaseplan.Service) (any, error) {
			return s.DiffSinceApproval(ctx, id, by)
		},
		"Explain": func(ctx context.Context, s *releaseplan.Service) (any, error) {
			return s.Explain(ctx, id, releaseplan.Resume, "", by)
		},
	} {
		t.Run(name, func(t *testing.T) {
			faulty.Tell(nil)
			_, err := read(t.Context(), releaseplan.New(cfg))
			calls := len(faulty.Calls(""))
			if err != nil || calls == 0 {
				t.Fatalf("%v, of %d calls", err, calls)
			}
			for n := range calls {
				seen := 0
				faulty.Tell(func(storetest.Call) (f storetest.Fault) {
					if seen++; seen == n+1 {
						f.Before = storetest.ErrLost
					}
					return f
				})
				if _, err := read(t.Context(), releaseplan.New(cfg)); !errors.Is(err, storetest.ErrLost) || errors.Is(err, releaseplan.ErrTampered) {
					t.Errorf("call %d of %d fails: %v", n+1, calls, err)
				}
			}
		})
	}
}
