package servicetest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// errandsOf returns the leases of the errands that Runners go about.
func errandsOf(t *testing.T, s store.Store) (leases []string) {
	t.Helper()
	page, err := s.Find(context.Background(), store.Query{Kind: "plan.errand", Limit: store.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Records {
		leases = append(leases, r.Fields["lease"]...)
	}
	slices.Sort(leases)
	return leases
}

// noErrands fails if a Runner goes about one still.
func noErrands(t *testing.T, w *world) {
	t.Helper()
	w.pass(0)
	if left := errandsOf(t, w.store); len(left) != 0 {
		t.Errorf("%d errands are left", len(left))
	}
}

// A phone is how one process talks to a desk.
type phone struct {
	desk *desk
	gone func() bool // its process is, and hears no answer
	hang <-chan struct{}
}

func (p *phone) call(f func()) error {
	if p.gone() {
		<-p.hang
		return errBroken
	}
	f()
	if p.gone() {
		<-p.hang
		return errBroken
	}
	return nil
}

func (p *phone) Create(ctx context.Context, r *approval.Request) (code string, err error) {
	err = errors.Join(p.call(func() { code, err = p.desk.Create(ctx, r) }), err)
	return code, err
}

func (p *phone) Poll(ctx context.Context, code string) (answer approval.Answer, err error) {
	err = errors.Join(p.call(func() { answer, err = p.desk.Poll(ctx, code) }), err)
	return answer, err
}

func (p *phone) Cancel(ctx context.Context, code string) (err error) {
	return errors.Join(p.call(func() { err = p.desk.Cancel(ctx, code) }), err)
}

// deskHost begins a process with a Runner that talks to a desk.
func deskHost(t *testing.T, s store.Store, d *desk) *host {
	h := &host{}
	hang := make(chan struct{})
	h.configure(t, releaseplan.Config{
		Store:     s,
		Providers: map[approval.Kind]approval.Provider{approval.Lark: &phone{desk: d, gone: h.hangs.Load, hang: hang}},
	}, busy(time.Second))
	h.begin()
	t.Cleanup(func() { close(hang) }) // before it is waited for
	return h
}

// larkPlan files a plan and requests its approval.
func larkPlan(w *world) (id string) {
	c := planOf(phaseOf(releaseplan.Sequential, 1))
	c.Start.Mode = releaseplan.OnApproval
	c.Approval = byBob(0)
	c.Approval.Kind = approval.Lark
	id = w.create(c).ID()
	w.do(id, releaseplan.Command{Action: releaseplan.Finalize})
	w.do(id, releaseplan.Command{Action: releaseplan.RequestApproval})
	return id
}

// However many Runners there are, a provider is asked as often as by one.
func (on suite) testRunnersAskAProviderOnce(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		d := newDesk(500 * time.Millisecond)
		for range 4 {
			deskHost(t, w.store, d)
		}
		user := process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: nil}})
		var ids []string
		for range 5 {
			ids = append(ids, larkPlan(user))
		}
		user.pass(5 * time.Minute)
		if n := len(errandsOf(t, w.store)); n != 5 {
			t.Errorf("%d errands of 5 requests", n)
		}
		d.want(t, 5, 3*time.Second)
		for _, at := range d.polled() {
			if n := len(at); n < 70 || n > 101 {
				t.Errorf("asked %d times in five minutes, want every 3 s or so", n)
			}
		}
		d.decide(approval.Approved)
		for _, id := range ids {
			user.reach(id, releaseplan.Completed)
		}
		user.pass(5 * time.Second)
		noErrands(t, user)
	})
}

// Who has taken an errand and is gone is followed by another, once.
func (on suite) testRunnersTakeErrandsOver(t *testing.T) {
	for _, how := range []string{"its store errors", "it hangs", "it stops"} {
		t.Run(how, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				d := newDesk(500 * time.Millisecond)
				first := deskHost(t, w.store, d)
				user := process(t, releaseplan.Config{Store: w.store, Providers: map[approval.Kind]approval.Provider{approval.Lark: nil}})
				id := larkPlan(user)
				user.pass(time.Minute)
				lease := errandsOf(t, w.store)
				for range 2 {
					deskHost(t, w.store, d)
				}
				user.pass(time.Minute)
				if now := errandsOf(t, w.store); !slices.Equal(now, lease) || len(lease) != 1 {
					t.Fatalf("the errand went from %v to %v though nobody is gone", lease, now)
				}
				switch how {
				case "it stops":
					if err := first.stop(); err != nil {
						t.Error(err)
					}
				case "it hangs":
					first.hangs.Store(true)
				default:
					first.dead.Store(true)
				}
				gone := user.now()
				user.pass(4 * ttl)
				if now := errandsOf(t, w.store); len(now) != 1 || slices.Equal(now, lease) {
					t.Errorf("the errand is %v's, and was %v's", now, lease)
				}
				least := time.Duration(0)
				if how == "it hangs" {
					least = 3 * time.Second
				}
				d.want(t, 1, least)
				var again time.Duration
				for _, at := range d.polled()[0] {
					if at > gone+time.Second {
						again = at - gone
						break
					}
				}
				if limit := 2*ttl + 5*time.Second; again == 0 || again > limit || how == "it stops" && again > 5*time.Second {
					t.Errorf("it was asked again after %v", again)
				}
				d.decide(approval.Approved)
				user.reach(id, releaseplan.Completed)
				first.dead.Store(false)
				first.hangs.Store(false)
			})
		})
	}
}

// A Runner that loses its lease loses its errands, and one whose claim's answer was lost finds it again.
func (on suite) testRunnerFindsItsLostClaims(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		d := newDesk(time.Second)
		var lost atomic.Int32
		s := &meddledStore{Store: w.store, after: func(c storeCall) error {
			if c.Name == "Commit" && c.Ops[0].Key.Kind == "plan.errand" && lost.Add(1) <= 3 {
				return errBroken
			}
			return nil
		}}
		host := process(t, releaseplan.Config{Store: s, Providers: map[approval.Kind]approval.Provider{approval.Lark: d}})
		r := runnerOf(host.plans, busy(time.Second))
		r.TTL, r.Poll = ttl, time.Second
		host.run(r)
		id := larkPlan(host)
		host.pass(time.Minute)
		d.want(t, 1, 3*time.Second)
		if lost.Load() <= 3 {
			t.Errorf("%d commits of claims", lost.Load())
		}
		d.decide(approval.Rejected)
		host.reach(id, releaseplan.Denied)
		host.pass(time.Minute)
		noErrands(t, host)
	})
}
