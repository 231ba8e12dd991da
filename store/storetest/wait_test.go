package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// A badWaker is a sound store that wakes in a way of its own.
type badWaker struct {
	*memory.Store
	wait func(ctx context.Context, s *memory.Store, after int64) (int64, error)
}

func (b *badWaker) Wait(ctx context.Context, after int64) (int64, error) {
	return b.wait(ctx, b.Store, after)
}

func TestBadWakersFail(t *testing.T) {
	for _, c := range []struct {
		name string
		wait func(ctx context.Context, s *memory.Store, after int64) (int64, error)
		fail []string
	}{
		{"knows no end of the log", func(ctx context.Context, s *memory.Store, after int64) (int64, error) {
			last, err := s.Wait(ctx, after)
			return min(last, max(after, 0)+1), err
		}, []string{"WaitTellsTheLastPosition"}},
		{"tells of what cannot be read", func(ctx context.Context, s *memory.Store, after int64) (int64, error) {
			last, err := s.Wait(ctx, after)
			return last + 1, err
		}, []string{"WaitTellsTheLastPosition", "WaitWakes"}},
		{"answers whose context has ended", func(ctx context.Context, s *memory.Store, after int64) (int64, error) {
			if ctx.Err() != nil && after < 1<<62 {
				return after, nil
			}
			return s.Wait(ctx, after)
		}, []string{"EndedContext"}},
		{"does not say why it ends", func(ctx context.Context, s *memory.Store, after int64) (int64, error) {
			last, err := s.Wait(ctx, after)
			if err != nil {
				return last, context.DeadlineExceeded
			}
			return last, nil
		}, []string{"EndedContext", "ClosedStore", "WaitEndsWithItsContext", "WaitEndsWithTheStore"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			open := func() store.Store { return &badWaker{memory.New(), c.wait} }
			if failed := failures(t, open, c.fail...); !slices.Equal(slices.Sorted(slices.Values(failed)), slices.Sorted(slices.Values(c.fail))) {
				t.Errorf("only %v fail, want %v", failed, c.fail)
			}
		})
	}
}
