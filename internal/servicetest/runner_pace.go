package servicetest

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// A pacedDesk is a desk that wants to be polled only so often, and can be broken.
type pacedDesk struct {
	*approvalDesk
	every time.Duration
}

func (d pacedDesk) Every() time.Duration { return d.every }

// paced is a plan that waits for such a desk, as a process with a Runner of its own sees it.
func paced(t *testing.T, w *world, every time.Duration, broken func() error) (*world, *approvalDesk, string) {
	d := &approvalDesk{codes: make(map[string]string), answers: make(map[string]approval.Answer), began: time.Now(), broken: broken}
	w = process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: pacedDesk{d, every}}})
	r := runnerOf(w.plans, busy(time.Minute))
	r.Poll = time.Second
	w.run(r)
	return w, d, larkPlan(w)
}

// gaps returns how long there was between two polls.
func (d *approvalDesk) gaps() (all []time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := 1; i < len(d.polls); i++ {
		all = append(all, d.polls[i]-d.polls[i-1])
	}
	return all
}

// A provider is polled as often as it says, and no oftener however long that takes.
func (on suite) testRunnerPollsAtTheProvidersPace(t *testing.T) {
	for _, every := range []time.Duration{0, time.Second, 10 * time.Second, 5 * time.Minute} {
		t.Run(every.String(), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				w, d, _ := paced(t, w, every, nil)
				pace := every
				if pace == 0 {
					pace = 3 * time.Second
				}
				w.pass(12*pace + pace/2)
				d.mu.Lock()
				polls := slices.Clone(d.polls)
				d.mu.Unlock()
				if n := len(polls); n < 8 || n > 12 || polls[0] < pace {
					t.Errorf("polled at %v", polls)
				}
				for _, gap := range d.gaps() {
					if gap < pace || gap > pace+2*time.Second {
						t.Errorf("polled again after %v", gap)
					}
				}
			})
		})
	}
}

// Who rings makes the provider answer, and that counts: the Runner polls no sooner than a pace later.
func (on suite) testRunnerCountsWhatSomebodyRangFor(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		const pace = 5 * time.Minute
		w, d, id := paced(t, w, pace, nil)
		w.pass(4 * time.Minute)
		code := w.get(id).Status().Request.Instance()
		for range 10 { // for forty minutes
			if err := w.plans.PollApproval(t.Context(), approval.Lark, code); err != nil {
				t.Fatal(err)
			}
			w.pass(4 * time.Minute)
		}
		d.mu.Lock()
		n := len(d.polls)
		d.mu.Unlock()
		if n != 10 {
			t.Errorf("polled %d times, although somebody rang ten times", n)
		}
		w.pass(10 * time.Minute) // nobody rings any more
		if more := len(d.gaps()) + 1 - n; more < 1 || more > 3 {
			t.Errorf("then %d times", more)
		}
		d.answer(approval.Approved)
		if at := w.reach(id, releaseplan.Running); at > 61*time.Minute {
			t.Errorf("running after %v", at)
		}
	})
}

// A ring that the provider did not answer puts nothing off.
func (on suite) testRunnerDoesNotCountRingsWithoutAnAnswer(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var down atomic.Bool
		w, d, id := paced(t, w, time.Minute, func() error {
			if down.Load() {
				return errBroken
			}
			return nil
		})
		w.pass(50 * time.Second)
		down.Store(true)
		if err := w.plans.PollApproval(t.Context(), approval.Lark, w.get(id).Status().Request.Instance()); !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		down.Store(false)
		d.answer(approval.Approved)
		if at := w.reach(id, releaseplan.Running); at > 65*time.Second {
			t.Errorf("running after %v", at)
		}
	})
}

// A provider that cannot be reached is told of a request soon, and ever less often up to its pace; so is what is dropped.
func (on suite) testRunnerInsistsLessAndLess(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var tries []time.Duration
		open := time.Now().Add(10 * time.Minute)
		began := time.Now()
		w, d, id := paced(t, w, time.Minute, func() error {
			if time.Now().After(open) {
				return nil
			}
			tries = append(tries, time.Since(began))
			return errBroken
		})
		w.pass(12 * time.Minute)
		if n := len(tries); n < 10 || n > 16 || tries[1] > 5*time.Second {
			t.Errorf("tried at %v", tries)
		}
		if w.get(id).Status().Request.Instance() == "" {
			t.Error("it was never asked for")
		}
		d.mu.Lock()
		d.refusals = 3
		d.mu.Unlock()
		w.do(id, releaseplan.Command{Action: releaseplan.Withdraw})
		w.pass(time.Minute)
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.dropped) != 1 {
			t.Errorf("dropped %v", d.dropped)
		}
	})
}
