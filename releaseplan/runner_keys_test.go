package releaseplan_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// keysIn is how many records of keys there are.
func keysIn(t *testing.T, s store.Store) int {
	t.Helper()
	page, err := s.Find(t.Context(), store.Query{Kind: "plan.key", Total: true})
	if err != nil {
		t.Fatal(err)
	}
	return page.Total
}

// A Runner removes the keys that have expired, from time to time. If the store does not answer that, it goes on and
// tries again, and does not let Run wait.
func TestRunnerForgetsKeys(t *testing.T) {
	for name, silent := range map[string]bool{"": false, "a store that does not answer": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &mutePlans{Store: memory.New(), mute: func(call string, n int) bool { return silent && call == "Find plan.key" && n != 1 }}
				plans := releaseplan.New(releaseplan.Config{Store: s, KeepKeys: time.Hour})
				say := func(key string) {
					t.Helper()
					if _, err := plans.CreateWith(t.Context(), releaseplan.Creation{Content: releaseplan.Content{Name: key}, Key: key}, wakerAnn); err != nil {
						t.Fatal(err)
					}
				}
				r := releaseplan.NewRunner(plans, nil)
				r.Drain = 24 * time.Hour
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				say("one")
				<-time.After(time.Hour)
				go func() { done <- r.Run(ctx) }()
				<-time.After(9 * time.Minute)
				if n := keysIn(t, s.Store); n != 0 != silent {
					t.Errorf("there are %d keys", n)
				}
				<-time.After(2 * time.Minute)
				if n := keysIn(t, s.Store); n != 0 {
					t.Errorf("ten minutes later there are %d keys", n)
				}
				say("two")
				<-time.After(59 * time.Minute)
				if n := keysIn(t, s.Store); n != 1 {
					t.Errorf("there are %d keys, before one has expired", n)
				}
				<-time.After(12 * time.Minute)
				if n := keysIn(t, s.Store); n != 0 != silent {
					t.Errorf("there are %d keys, once it has expired", n)
				}
				s.mu.Lock()
				if asked := s.calls["Find plan.key"]; asked > 30 {
					t.Errorf("it was asked %d times", asked)
				}
				s.mu.Unlock()
				end := time.Now()
				cancel()
				if err := <-done; err != nil || time.Since(end) > 0 {
					t.Errorf("Run = %v, after %v", err, time.Since(end))
				}
			})
		})
	}
}
