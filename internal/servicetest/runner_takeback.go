package servicetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// open tells how many requests are open at the desk that nobody has dropped there.
func (d *desk) open() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.cases {
		if c.canceled == 0 {
			n++
		}
	}
	return n
}

// A request that is withdrawn while its Runner opens it, and goes without a word of what came of that, is dropped at
// its provider by the next one: its approvers are not left with a question that nobody asks.
func (on suite) testRunnersTakeBackForgottenRequests(t *testing.T) {
	for name, end := range map[string]func(h *host){
		"it hangs":            func(h *host) { h.hangs.Store(true) },
		"its store errors":    func(h *host) { h.dead.Store(true) },
		"it stops":            func(h *host) { _ = h.stop() },
		"it lives":            func(*host) {},
		"it lives, and waits": func(h *host) { h.pass(time.Minute) },
	} {
		for how, leave := range map[string]func(w *world, id string){
			"withdrawn": func(w *world, id string) { w.do(id, releaseplan.Command{Action: releaseplan.Withdraw}) },
			"requested anew": func(w *world, id string) {
				w.do(id, releaseplan.Command{Action: releaseplan.Withdraw})
				w.do(id, releaseplan.Command{Action: releaseplan.RequestApproval})
			},
			"deleted": func(w *world, id string) {
				w.do(id, releaseplan.Command{Action: releaseplan.Withdraw})
				w.do(id, releaseplan.Command{Action: releaseplan.Delete})
			},
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				on.bubble(t, func(t *testing.T, w *world) {
					d := newDesk(2 * time.Second)
					first := deskHost(t, w.store, d)
					user := process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: nil}})
					if name == "it lives, and waits" {
						d.answersAfter(2 * time.Minute) // it never answers in time
					}
					id := larkPlan(user)
					user.pass(time.Second)
					if d.open() != 1 {
						t.Fatal("the request is not being opened")
					}
					end(first)
					leave(user, id)
					d.answersAfter(500 * time.Millisecond)
					if name != "it lives" {
						deskHost(t, w.store, d)
					}
					user.pass(4 * ttl)
					want := 0
					if how == "requested anew" {
						want = 1
					}
					if n := d.open(); n != want {
						t.Errorf("%d requests are open at the desk, want %d", n, want)
					}
					if len(d.overlaps) > 0 {
						t.Errorf("talked to by two at once: %v", d.overlaps)
					}
					if how == "requested anew" {
						d.decide(approval.Rejected)
						user.reach(id, releaseplan.Denied)
						user.pass(5 * time.Second)
					}
					noErrands(t, user)
					first.dead.Store(false)
					first.hangs.Store(false)
				})
			})
		}
	}
}

// A rude provider heeds no context.
type rudeDesk struct {
	*desk
	hang  chan struct{}
	calls atomic.Int32
}

func (d *rudeDesk) Poll(context.Context, string) (approval.Answer, error) {
	d.calls.Add(1)
	<-d.hang
	return approval.Answer{}, errBroken
}

// A Runner whose provider never returns keeps other Runners from theirs only for a while, and does not call it again.
func (on suite) testRunnersGoOnForAProviderThatHangs(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		d := newDesk(500 * time.Millisecond)
		rude := &rudeDesk{desk: d, hang: make(chan struct{})}
		first := process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: rude}})
		r := runnerOf(first.plans, busy(time.Second))
		r.TTL, r.Poll = ttl, time.Second
		stop := first.run(r)
		user := process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: nil}})
		id := larkPlan(user)
		user.pass(10 * time.Second)
		deskHost(t, w.store, d)
		d.decide(approval.Approved)
		if at := user.reach(id, releaseplan.Completed); at > 5*time.Minute {
			t.Errorf("approved after %v", at)
		}
		if n := rude.calls.Load(); n != 1 {
			t.Errorf("the provider that hangs was called %d times", n)
		}
		close(rude.hang)
		if err := stop(); err != nil {
			t.Error(err)
		}
		user.pass(5 * time.Second)
		noErrands(t, user)
	})
}
