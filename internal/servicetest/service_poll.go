package servicetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// A doorbell makes the plan go on at once, and every listener hears of it.
func (on suite) testPollApprovalAsksAtOnce(t *testing.T) {
	for outcome, want := range map[approval.State]releaseplan.State{
		approval.Approved: releaseplan.Completed, approval.Rejected: releaseplan.Denied, approval.Canceled: releaseplan.Finalized, approval.Pending: releaseplan.AwaitingApproval,
	} {
		t.Run(string(outcome), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				d := newDesk(100 * time.Millisecond)
				w = process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: d}})
				r := runnerOf(w.plans, busy(time.Second))
				r.Poll, r.TTL = time.Second, ttl
				w.run(r)
				id := larkPlan(w)
				w.pass(10 * time.Second)
				d.decide(outcome)
				code := w.get(id).Status().Request.Instance()
				if err := w.plans.PollApproval(t.Context(), approval.Lark, code); err != nil {
					t.Error(err)
				}
				if at := w.now(); at != 10100*time.Millisecond {
					t.Errorf("answered after %v", at-10*time.Second)
				}
				if outcome == approval.Pending {
					w.wantState(id, want)
					return
				}
				if at := w.reach(id, want); at > 11200*time.Millisecond {
					t.Errorf("%s after %v", want, at)
				}
				if err := w.plans.PollApproval(t.Context(), approval.Lark, code); !errors.Is(err, penstock.ErrNotFound) {
					t.Errorf("a request that is decided: %v", err)
				}
			})
		})
	}
}

// Anybody may ring, with whatever he likes.
func (on suite) testPollApprovalOfNothing(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		d := newDesk(0)
		w = process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: d}})
		for _, instance := range []string{"", "unknown", strings.Repeat("x", 1<<20), "\xff\x00"} {
			for _, kind := range []approval.Kind{approval.Lark, approval.DingTalk, approval.Native, "", "\xff"} {
				if err := w.plans.PollApproval(t.Context(), kind, instance); !errors.Is(err, penstock.ErrNotFound) {
					t.Errorf("%q of %q: %v", instance, kind, err)
				} else if len(err.Error()) > 200 {
					t.Errorf("the error has %d bytes", len(err.Error()))
				}
			}
		}
		if len(d.cases) != 0 {
			t.Error("the desk was asked")
		}
	})
}

// However many ring, the provider is asked at most once a second, and once more after the last of them.
func (on suite) testPollApprovalIsBounded(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		d := newDesk(300 * time.Millisecond)
		w = process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: d}})
		r := runnerOf(w.plans, busy(time.Second))
		stop := w.run(r)
		id := larkPlan(w)
		w.pass(time.Second)
		code := w.get(id).Status().Request.Instance()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		before := len(d.polled()[0])
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() {
				<-time.After(time.Duration(i) * 10 * time.Millisecond)
				if err := w.plans.PollApproval(context.Background(), approval.Lark, code); err != nil {
					t.Error(err)
				}
			})
		}
		var decided time.Duration
		all.Go(func() {
			<-time.After(9985 * time.Millisecond)
			decided = w.now()
			d.decide(approval.Rejected)
		})
		all.Wait()
		w.wantState(id, releaseplan.Denied) // the last one rang after the decision
		if n := len(d.polled()[0]) - before; n < 9 || n > 12 {
			t.Errorf("asked %d times in ten seconds", n)
		}
		if w.now() < decided {
			t.Error("nobody waited")
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := w.plans.PollApproval(ctx, approval.Lark, code); err == nil {
			t.Error("a canceled context is not heeded")
		}
	})
}

func (on suite) testPollApprovalTellsFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		broken func() error
		want   error
	}{
		"an error": {func() error { return errBroken }, errBroken},
		"unknown":  {func() error { return penstock.ErrNotFound }, penstock.ErrNotFound},
		"a panic":  {func() error { panic("gone") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				w, desk, id := awaits(t, w.store)
				w.pass(time.Minute)
				changes := w.get(id).Status().Changes
				desk.mu.Lock()
				desk.broken = tt.broken
				desk.mu.Unlock()
				err := w.plans.PollApproval(t.Context(), approval.Lark, w.get(id).Status().Request.Instance())
				if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("got %v", err)
				}
				if w.get(id).Status().Changes != changes {
					t.Error("the plan changed")
				}
			})
		})
	}
}
