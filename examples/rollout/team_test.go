package main

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

func TestTeamFixesTheBugAndGoesOnWhenAllIsClear(t *testing.T) {
	t.Parallel()
	s, err := newSimulation(t.Context(), memory.New(), 10_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	look := func() *releaseplan.RolloutStatus {
		t.Helper()
		p, err := s.look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return p.Status().Rollout
	}
	until := func(tripped bool) {
		t.Helper()
		for range 300 {
			if tripped == (len(look().Tripped) > 0) {
				return
			}
			if err := s.minute(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		t.Fatalf("it never came that tripped was %t", tripped)
	}
	unseen := func(minutes time.Duration) { // monitoring is away
		for range minutes / time.Minute {
			s.world.minute()
			s.clock.pass(time.Minute)
		}
	}
	until(true)
	unseen(repair - time.Minute)
	if look(); s.world.checkout.fixed {
		t.Error("it is fixed before anybody can have found the bug")
	}
	unseen(time.Minute)
	if r := look(); !s.world.checkout.fixed || len(r.Tripped) == 0 || r.Paused.IsZero() {
		t.Errorf("fixed: %t, tripped: %v, paused: %v", s.world.checkout.fixed, r.Tripped, r.Paused)
	}
	until(false)
	if r := look(); !r.Paused.IsZero() {
		t.Errorf("all is clear, but it is paused since %s", r.Paused)
	}
}
