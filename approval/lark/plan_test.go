package lark_test

import (
	"context"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// A desk is a service of plans that are approved in an office, and its Runner.
type desk struct {
	t     *testing.T
	o     *office
	plans *releaseplan.Service
	id    string
}

var manager = penstock.Actor{ID: "max"}

// submitted is a plan that waits for ann or bob, and then for cat and dan.
func submitted(t *testing.T, kind approval.Kind, faults ...fault) *desk {
	o := newOffice(t)
	o.fail(faults...)
	d := &desk{t: t, o: o, plans: releaseplan.New(releaseplan.Config{
		Store: memory.New(), Providers: map[approval.Kind]approval.Provider{kind: providerOf(t, config(o.server.URL))},
	})}
	runner := releaseplan.NewRunner(d.plans, nil)
	runner.Poll = 50 * time.Millisecond
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	policy := twoNodes()
	policy.Kind = kind
	p, err := d.plans.Create(t.Context(), releaseplan.Content{Name: "Checkout 2.4", Approval: &policy,
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "cart", Kind: releaseplan.Manual}}}}}, manager)
	if err != nil {
		t.Fatal(err)
	}
	d.id = p.ID()
	d.do(releaseplan.Finalize)
	d.do(releaseplan.RequestApproval)
	return d
}

func (d *desk) do(a releaseplan.Action) {
	d.t.Helper()
	if _, err := d.plans.Do(d.t.Context(), d.id, releaseplan.Command{Action: a}, manager); err != nil {
		d.t.Fatal(err)
	}
}

// until waits for something.
func (d *desk) until(what string, holds func(*releaseplan.Plan) bool) *releaseplan.Plan {
	d.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for {
		p, err := d.plans.Get(d.t.Context(), d.id, manager)
		if err != nil {
			d.t.Fatal(err)
		}
		if holds(p) {
			return p
		}
		select {
		case <-tick.C:
		case <-late:
			d.t.Fatalf("not %s in a minute: %v", what, p)
		}
	}
}

func (d *desk) instance() string {
	d.t.Helper()
	p := d.until("asked", func(p *releaseplan.Plan) bool {
		r := p.Status().Request
		return r != nil && r.Instance() != ""
	})
	return p.Status().Request.Instance()
}

func (d *desk) reaches(s releaseplan.State) *releaseplan.Plan {
	d.t.Helper()
	return d.until(string(s), func(p *releaseplan.Plan) bool { return p.State() == s })
}

func TestPlanThatIsAnsweredInLarkMovesOn(t *testing.T) {
	for rule, tt := range map[string]struct {
		kind approval.Kind
		do   func(d *desk, code string)
		want releaseplan.State
	}{
		"approved": {approval.Lark, func(d *desk, code string) {
			for _, who := range []string{"bob", "cat", "dan"} {
				d.o.decide(d.t, code, who, true, "go")
			}
		}, releaseplan.Approved},
		"rejected": {approval.LarkIntl, func(d *desk, code string) {
			d.o.decide(d.t, code, "ann", true, "")
			d.o.decide(d.t, code, "cat", false, "not on Friday")
		}, releaseplan.Denied},
		"canceled there": {approval.Lark, func(d *desk, code string) {
			d.o.change(code, func(f *form) { f.Status = "CANCELED" })
		}, releaseplan.Finalized},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			d := submitted(t, tt.kind)
			code := d.instance()
			d.o.fail(lost, broken(503, 1395001))
			tt.do(d, code)
			d.reaches(tt.want)
			if n := len(d.o.open()); n != 1 {
				t.Errorf("%d instances were opened", n)
			}
		})
	}
}

func TestPlanThatIsReopenedCancelsInLark(t *testing.T) {
	t.Parallel()
	d := submitted(t, approval.Lark)
	code := d.instance()
	d.do(releaseplan.Reopen)
	d.until("canceled there", func(*releaseplan.Plan) bool { return d.o.status(code) == "CANCELED" })
	if p := d.reaches(releaseplan.Draft); p.Status().Request != nil && p.Status().Request.State() == approval.Pending {
		t.Error("the request is still pending")
	}
}

func TestPlanWhoseAnswerWasLostIsAskedOnce(t *testing.T) {
	t.Parallel()
	d := submitted(t, approval.Lark, fault{}, lost, fault{}, half)
	code := d.instance()
	if open := d.o.open(); len(open) != 1 || open[0] != code {
		t.Errorf("%v are open, the plan knows %q", open, code)
	}
}
