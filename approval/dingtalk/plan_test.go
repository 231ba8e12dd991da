package dingtalk_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

var owner = penstock.Actor{ID: "max"}

// A release is a plan that waits for its approval in DingTalk, while a Runner sees to it.
type release struct {
	*testing.T
	ding  *fake
	plans *releaseplan.Service
	id    string
}

// released lets test go on with a plan that was finalized and whose approval was requested.
func released(t *testing.T, prepare func(*fake), test func(r *release)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, p := wired(t)
		f.strict = true
		if prepare != nil {
			prepare(f)
		}
		plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Providers: map[approval.Kind]approval.Provider{approval.DingTalk: p}})
		runner := releaseplan.NewRunner(plans, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- runner.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}()
		plan, err := plans.Create(ctx, releaseplan.Content{
			Name: "Checkout 2.4",
			Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{
				{Name: "deploy", Kind: "deploy"}}}},
			Approval: &approval.Policy{Enabled: true, Kind: approval.DingTalk, TimeoutMinutes: 60, Nodes: []approval.Node{
				node(approval.Any, "ann", "bob"), node(approval.All, "cat")}},
		}, owner)
		if err != nil {
			t.Fatal(err)
		}
		r := &release{T: t, ding: f, plans: plans, id: plan.ID()}
		r.do(releaseplan.Finalize)
		r.do(releaseplan.RequestApproval)
		test(r)
	})
}

func (r *release) do(a releaseplan.Action) {
	r.Helper()
	if _, err := r.plans.Do(r.Context(), r.id, releaseplan.Command{Action: a}, owner); err != nil {
		r.Fatal(err)
	}
}

// is lets time pass until the plan is in the state.
func (r *release) is(want releaseplan.State) *releaseplan.Plan {
	r.Helper()
	for wait := 0; ; wait++ {
		p, err := r.plans.Get(r.Context(), r.id, owner)
		if err != nil {
			r.Fatal(err)
		}
		if p.State() == want {
			return p
		}
		if wait == 60 {
			r.Fatalf("after a minute it is still %s, want %s", p.State(), want)
		}
		<-time.After(time.Second)
	}
}

// instance waits until one is open, and returns its id.
func (r *release) instance() string {
	r.Helper()
	for range 120 {
		<-time.After(time.Second)
		p, err := r.plans.Get(r.Context(), r.id, owner)
		if err != nil {
			r.Fatal(err)
		}
		if id := p.Status().Request.Instance(); id != "" {
			return id
		}
	}
	r.Fatal("nothing was opened within two minutes")
	return ""
}

// ends lets time pass until DingTalk says so of an instance.
func (r *release) ends(id, status string) {
	r.Helper()
	for wait := 0; r.ding.the(id).Status != status; wait++ {
		if wait == 120 {
			r.Fatalf("%s is still %s, want %s", id, r.ding.the(id).Status, status)
		}
		<-time.After(time.Second)
	}
}

func TestPlanIsApprovedThere(t *testing.T) {
	released(t, nil, func(r *release) {
		id := r.instance()
		r.ding.agree(id, "ding-bob", "go")
		<-time.After(10 * time.Second)
		p := r.is(releaseplan.AwaitingApproval)
		if votes := p.Status().Request.Votes(); len(votes) != 1 || votes[0].Who.ID != "bob" || votes[0].Comment != "go" {
			r.Errorf("votes %+v", votes)
		}
		r.ding.agree(id, "ding-cat", "")
		if p := r.is(releaseplan.Approved); !p.Status().Request.Valid(p.Hash()) {
			r.Error("the approval is not of this content")
		}
	})
}

func TestPlanIsRejectedThere(t *testing.T) {
	released(t, nil, func(r *release) {
		r.ding.refuse(r.instance(), "ding-ann", "not on a Friday")
		p := r.is(releaseplan.Denied)
		if votes := p.Status().Request.Votes(); len(votes) != 1 || votes[0].Decision != approval.Reject || votes[0].Comment != "not on a Friday" {
			r.Errorf("votes %+v", votes)
		}
	})
}

func TestPlanWhoseRequestIsRevokedThereGoesBack(t *testing.T) {
	released(t, nil, func(r *release) {
		id := r.instance()
		r.ding.does(id, func(o *opened, now time.Time) { o.stop(now) })
		r.is(releaseplan.Finalized)
		r.do(releaseplan.RequestApproval)
		if again := r.instance(); again == id {
			r.Error("the same instance is asked again")
		} else {
			r.ding.agree(again, "ding-ann", "")
			r.ding.agree(again, "ding-cat", "")
		}
		r.is(releaseplan.Approved)
	})
}

func TestPlanThatIsReopenedHereIsRevokedThere(t *testing.T) {
	for name, soon := range map[string]bool{"soon": true, "later": false} {
		t.Run(name, func(t *testing.T) {
			released(t, nil, func(r *release) {
				id := r.instance()
				if !soon {
					<-time.After(time.Minute)
				}
				r.do(releaseplan.Reopen)
				r.is(releaseplan.Draft)
				r.ends(id, "TERMINATED")
				<-time.After(time.Minute)
				if n := r.ding.count("POST " + terminate); soon && n < 2 || !soon && n != 1 {
					r.Errorf("revoked %d times", n)
				}
			})
		})
	}
}

func TestPlanThatIsReopenedWhileDingTalkIsAwayIsRevokedThere(t *testing.T) {
	released(t, nil, func(r *release) {
		id := r.instance()
		down := answering(503, "ServiceUnavailable", "")
		r.ding.goesWrong("POST "+terminate, append(times(2, down), lost)...)
		r.do(releaseplan.Reopen)
		r.ends(id, "TERMINATED")
	})
}

// Whatever goes wrong on the way, one instance is opened and its answer arrives.
func TestPlanIsApprovedThereWhateverGoesWrong(t *testing.T) {
	wrong := func(f *fake) {
		f.goesWrong("POST "+tokens, lost, answering(500, "systemError", ""))
		f.goesWrong("POST "+queries, lost, answering(403, "Forbidden.AccessDenied.QpsLimitForApi", ""), saying("<html>"))
		f.goesWrong("POST "+instances, answering(502, "", ""), lost)
		f.goesWrong("GET "+instances, answering(500, "systemError", ""), broken, mute, saying(`{"result":{"status":"COMPLETED","result":"agree"}}`))
	}
	released(t, wrong, func(r *release) {
		id := r.instance()
		r.ding.agree(id, "ding-ann", "")
		r.ding.agree(id, "ding-cat", "")
		r.is(releaseplan.Approved)
		if n := len(r.ding.all); n != 1 {
			r.Errorf("%d are open", n)
		}
	})
}

func TestPlanIsNotApprovedByAStranger(t *testing.T) {
	released(t, nil, func(r *release) {
		id := r.instance()
		r.ding.does(id, func(o *opened, now time.Time) {
			o.handOver(now, "ding-ann", "ding-max")
			o.handOver(now, "ding-bob", "ding-max")
		})
		r.ding.agree(id, "ding-max", "")
		r.ding.agree(id, "ding-cat", "")
		r.ends(id, "COMPLETED")
		<-time.After(10 * time.Minute)
		r.is(releaseplan.AwaitingApproval)
		r.do(releaseplan.Withdraw)
		r.is(releaseplan.Finalized)
	})
}
