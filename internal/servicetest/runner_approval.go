package servicetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// approvalDesk is a system that decides approvals.
type approvalDesk struct {
	mu       sync.Mutex
	codes    map[string]string // by request
	answers  map[string]approval.Answer
	polls    []time.Duration
	broken   func() error
	slow     time.Duration // how long an answer is on its way
	began    time.Time
	dropped  []string // codes of requests that were canceled there
	refusals int      // how often Cancel still fails
}

func (d *approvalDesk) Create(_ context.Context, r *approval.Request) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil {
		if err := d.broken(); err != nil {
			return "", err
		}
	}
	if d.codes[r.ID()] == "" {
		d.codes[r.ID()] = "desk-" + r.ID()
		d.answers[d.codes[r.ID()]] = approval.Answer{Outcome: approval.Pending}
	}
	return d.codes[r.ID()], nil
}

func (d *approvalDesk) Poll(_ context.Context, instance string) (approval.Answer, error) {
	d.mu.Lock()
	answer, ok := d.answers[instance]
	slow := d.slow
	d.polls = append(d.polls, time.Since(d.began))
	d.mu.Unlock()
	if d.broken != nil {
		if err := d.broken(); err != nil {
			return approval.Answer{}, err
		}
	}
	if !ok {
		return approval.Answer{}, penstock.ErrNotFound
	}
	if slow > 0 {
		<-time.After(slow)
	}
	return answer, nil
}

func (d *approvalDesk) Cancel(_ context.Context, code string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refusals > 0 {
		d.refusals--
		return errors.New("the desk is busy")
	}
	d.dropped = append(d.dropped, code)
	return nil
}

// answer decides every request so far.
func (d *approvalDesk) answer(s approval.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for code := range d.answers {
		d.answers[code] = approval.Answer{Outcome: s}
	}
}

// awaits runs a plan up to its approval by a desk.
func awaits(t *testing.T, on store.Store) (w *world, d *approvalDesk, id string) {
	d = &approvalDesk{codes: make(map[string]string), answers: make(map[string]approval.Answer), began: time.Now()}
	w = process(t, releaseplan.Config{Store: on, Providers: map[approval.Kind]approval.Provider{approval.Lark: d}})
	r := runnerOf(w.plans, busy(time.Minute))
	r.Poll = time.Second
	w.run(r)
	return w, d, larkPlan(w)
}

func (on suite) testRunnerAsksTheApprovalProvider(t *testing.T) {
	for _, tt := range []struct {
		answer approval.State
		want   releaseplan.State
	}{
		{approval.Approved, releaseplan.Running},
		{approval.Rejected, releaseplan.Denied},
		{approval.Canceled, releaseplan.Finalized},
	} {
		t.Run(string(tt.answer), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				w, desk, id := awaits(t, w.store)
				w.pass(time.Minute)
				request := w.get(id).Status().Request
				if request.Instance() != "desk-"+request.ID() {
					t.Fatalf("the instance is %q", request.Instance())
				}
				if n := len(desk.polls); n < 15 || n > 21 {
					t.Errorf("asked %d times in a minute, want every 3 s or so", n)
				}
				desk.answer(tt.answer)
				at := w.until(id, func(c releaseplan.Change) bool {
					return c.Kind == releaseplan.PlanMoved && c.To == string(tt.want) && c.At.Sub(w.began) >= time.Minute
				})
				if at > time.Minute+5*time.Second {
					t.Errorf("%s after %v", tt.want, at)
				}
				polls := len(desk.polls)
				w.pass(time.Minute)
				if len(desk.polls) != polls {
					t.Error("a decided request is asked about")
				}
				if tt.answer == approval.Approved {
					w.wantState(id, releaseplan.Completed)
				}
			})
		})
	}
}

// What is closed here is dropped at its provider, even after the plan's end and
// after the provider failed, and then never again.
func (on suite) testRunnerRetractsRequestsThatNobodyWaitsFor(t *testing.T) {
	for _, a := range []releaseplan.Action{releaseplan.Withdraw, releaseplan.Reopen, releaseplan.Cancel} {
		t.Run(string(a), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				w, desk, id := awaits(t, w.store)
				w.pass(10 * time.Second)
				code := w.get(id).Status().Request.Instance()
				desk.refusals = 2
				w.do(id, releaseplan.Command{Action: a})
				w.pass(time.Minute)
				if !slices.Equal(desk.dropped, []string{code}) {
					t.Errorf("dropped %v, want %v once", desk.dropped, code)
				}
				if left := w.get(id).Status().Retract; len(left) != 0 {
					t.Errorf("still to drop: %v", left)
				}
			})
		})
	}
}

func (on suite) testRunnerAsksAFailingProviderAgain(t *testing.T) {
	for name, broken := range map[string]func() error{
		"error": func() error { return errors.New("the desk is closed") },
		"panic": func() error { panic("the desk is gone") },
	} {
		t.Run(name, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				w, desk, id := awaits(t, w.store)
				w.pass(time.Minute)
				open := w.now() + 10*time.Minute
				desk.mu.Lock()
				desk.broken = func() error {
					if w.now() < open {
						return broken()
					}
					return nil
				}
				desk.mu.Unlock()
				desk.answer(approval.Approved)
				if at := w.reach(id, releaseplan.Running); at < open || at > open+5*time.Second {
					t.Errorf("running after %v, want soon after the desk works again", at)
				}
			})
		})
	}
}

func (on suite) testRunnerAnswerToAnEarlierRequestDecidesNothing(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w, desk, id := awaits(t, w.store)
		w.pass(time.Minute)
		desk.mu.Lock()
		desk.slow = 30 * time.Second
		desk.mu.Unlock()
		desk.answer(approval.Approved)
		w.pass(5 * time.Second) // the answer is on its way
		w.do(id, releaseplan.Command{Action: releaseplan.Withdraw})
		w.do(id, releaseplan.Command{Action: releaseplan.RequestApproval})
		w.pass(10 * time.Minute)
		w.wantState(id, releaseplan.AwaitingApproval)
		request := w.get(id).Status().Request
		if request.State() != approval.Pending || request.Instance() != "desk-"+request.ID() {
			t.Errorf("the second request is %s, with instance %q", request.State(), request.Instance())
		}
		desk.answer(approval.Approved)
		w.reach(id, releaseplan.Completed)
	})
}
