package workflow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// An overtakenStore lets something happen before a run is read.
type overtakenStore struct {
	store.Store
	first func() // once
}

func (s *overtakenStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if first := s.first; first != nil && keys[0].Kind == "workflow.run" {
		s.first = nil
		first()
	}
	return s.Store.Get(ctx, keys...)
}

// Who deletes a run with a key is told that it was carried out, not that there is no such run, also if the same
// was sent at once.
func TestTheSameDeleteAtOnce(t *testing.T) {
	p, other, now := keyedPlants(t)
	over := &overtakenStore{Store: p.store}
	late := newPlant(t, workflow.Config{Store: over, Now: func() time.Time { return *now }, KeepKeys: time.Hour})
	var last string
	for _, c := range []workflow.Command{{Action: workflow.DeleteRun, Key: "k"}, {Action: workflow.DeleteRun, Key: "f", KeyFor: "request"}} {
		r := p.start("w", workflow.Start{})
		last = r.ID()
		if _, err := p.Do(p.ctx, r.ID(), workflow.Command{Action: workflow.CancelRun}, ann); err != nil {
			t.Fatal(err)
		}
		over.first = func() {
			if _, err := other.Do(p.ctx, r.ID(), c, ann); err != nil {
				t.Error(err)
			}
		}
		if _, err := late.Do(p.ctx, r.ID(), c, ann); !errors.Is(err, penstock.ErrExists) {
			t.Errorf("%s: the error is %v", c.Key, err)
		}
		if _, err := late.Do(p.ctx, r.ID(), workflow.Command{Action: workflow.DeleteRun, Key: "x"}, ann); !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("with another key: %v", err)
		}
	}
	again := workflow.Command{Action: workflow.DeleteRun, Remark: "in other words", Key: "f", KeyFor: "request"}
	if _, err := late.Do(p.ctx, last, again, ann); !errors.Is(err, penstock.ErrExists) || errors.As(err, new(*penstock.KeyReusedError)) {
		t.Errorf("the same request: %v", err)
	}
	again.KeyFor = "another"
	if _, err := late.Do(p.ctx, last, again, ann); !errors.As(err, new(*penstock.KeyReusedError)) {
		t.Errorf("another request: %v", err)
	}
}
