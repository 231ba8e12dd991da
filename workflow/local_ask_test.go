package workflow_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// A desk is a system that decides approvals.
type desk struct {
	mu       sync.Mutex
	opened   []string // ids of requests, as they were created
	answers  map[string]approval.Answer
	polls    []time.Duration
	broken   func(ctx context.Context) error // of Create and Poll
	slow     time.Duration                   // how long an answer is on its way
	began    time.Time
	dropped  []string
	refusals int // how often Cancel still fails
}

func (d *desk) fault(ctx context.Context) error {
	d.mu.Lock()
	broken := d.broken
	d.mu.Unlock()
	if broken == nil {
		return nil
	}
	return broken(ctx)
}

func (d *desk) Create(ctx context.Context, r *approval.Request) (string, error) {
	if err := d.fault(ctx); err != nil {
		return "", err
	}
	d.mu.Lock()
	slow := d.slow
	d.mu.Unlock()
	<-time.After(slow)
	d.mu.Lock()
	defer d.mu.Unlock()
	code := "desk-" + r.ID()
	if _, there := d.answers[code]; !there {
		d.opened = append(d.opened, r.ID())
		d.answers[code] = approval.Answer{Outcome: approval.Pending}
	}
	return code, nil
}

func (d *desk) Poll(ctx context.Context, code string) (approval.Answer, error) {
	d.mu.Lock()
	answer, slow := d.answers[code], d.slow
	d.polls = append(d.polls, time.Since(d.began))
	d.mu.Unlock()
	if err := d.fault(ctx); err != nil {
		return approval.Answer{}, err
	}
	<-time.After(slow)
	return answer, nil
}

func (d *desk) Cancel(_ context.Context, code string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refusals > 0 {
		d.refusals--
		return errors.New("the desk is busy")
	}
	d.dropped = append(d.dropped, code)
	return nil
}

func (d *desk) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

// answer decides every request so far.
func (d *desk) answer(s approval.State) {
	d.set(func() {
		for code := range d.answers {
			d.answers[code] = approval.Answer{Outcome: s}
		}
	})
}

func (d *desk) count() (polls int) {
	d.set(func() { polls = len(d.polls) })
	return polls
}

// byDesk is a definition with a job or a stage that a desk approves, and one job behind it.
func byDesk(job bool) *workflow.Definition {
	after := serial("after", act("b", "{\"script\":\"true\"}", ofType("freestyle")))
	if job {
		return stages(serial("ask", larkJob("ask")), after)
	}
	after.Approval = &approval.Policy{Enabled: true, Kind: approval.Lark, TimeoutMinutes: 60, App: "app",
		Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{{Type: penstock.User, ID: "bob"}}}}}
	return stages(after)
}

// atTheDesk starts a run that waits for a desk, and an engine that asks it.
func atTheDesk(t *testing.T, job bool) (p *plant, d *desk, id string) {
	t.Helper()
	d = &desk{answers: make(map[string]approval.Answer), began: time.Now()}
	p = newPlant(t, workflow.Config{Providers: map[approval.Kind]approval.Provider{approval.Lark: d}})
	p.define(byDesk(job))
	l := workflow.NewLocal(p.Service, freestyle(noop))
	l.TTL = 20 * time.Second
	t.Cleanup(p.drive(l))
	return p, d, p.start("build", workflow.Start{}).ID()
}

// asked returns the request that the run waits for.
func (p *plant) asked(id string) *approval.Request {
	p.Helper()
	for _, s := range p.get(id).Stages() {
		if s.Status.Request != nil {
			return s.Status.Request
		}
		for _, j := range s.Jobs {
			if j.Status.Request != nil {
				return j.Status.Request
			}
		}
	}
	p.Fatal("there is no request")
	return nil
}

// ofBoth runs a test for an approval job, and for the approval of a stage.
func ofBoth(t *testing.T, test func(t *testing.T, job bool)) {
	for _, job := range []bool{true, false} {
		t.Run(map[bool]string{true: "job", false: "stage"}[job], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, job) })
		})
	}
}

// A provider is told of a request, and asked every 3 seconds until it has decided.
func TestAProviderDecides(t *testing.T) {
	for answer, want := range map[approval.State]workflow.RunState{
		approval.Approved: workflow.RunPassed, approval.Rejected: workflow.RunRejected, approval.Canceled: workflow.RunCanceled} {
		t.Run(string(answer), func(t *testing.T) {
			ofBoth(t, func(t *testing.T, job bool) {
				p, d, id := atTheDesk(t, job)
				<-time.After(time.Minute)
				if r := p.asked(id); r.Instance() != "desk-"+r.ID() || len(d.opened) != 1 {
					t.Fatalf("the instance is %q, %v were opened", r.Instance(), d.opened)
				}
				if n := d.count(); n < 15 || n > 21 {
					t.Errorf("asked %d times in a minute, want every 3 s or so", n)
				}
				d.answer(answer)
				r := p.await(id)
				wantState(t, r, want)
				if after := r.Status().Ended.Sub(d.began); after > time.Minute+5*time.Second {
					t.Errorf("it ended after %s", after)
				}
				polls := d.count()
				<-time.After(time.Minute)
				if d.count() != polls || len(d.dropped) > 0 {
					t.Errorf("what is decided is asked about again, or dropped: %v", d.dropped)
				}
			})
		})
	}
}

// A request that nobody waits for any more is dropped at its provider, once.
func TestAProviderDropsWhatNobodyWaitsFor(t *testing.T) {
	ends := map[string]struct {
		end  func(p *plant, id string)
		want workflow.RunState
	}{
		"canceled": {func(p *plant, id string) { p.do(id, workflow.Command{Action: workflow.CancelRun}) }, workflow.RunCanceled},
		"lapsed":   {func(*plant, string) { <-time.After(time.Hour) }, workflow.RunTimedOut},
	}
	for name, row := range ends {
		t.Run(name, func(t *testing.T) {
			ofBoth(t, func(t *testing.T, job bool) {
				p, d, id := atTheDesk(t, job)
				<-time.After(10 * time.Second)
				code := p.asked(id).Instance()
				d.set(func() { d.refusals = 2 })
				row.end(p, id)
				<-time.After(time.Minute)
				wantState(t, p.get(id), row.want)
				if !slices.Equal(d.dropped, []string{code}) {
					t.Errorf("dropped %v, want %v once", d.dropped, code)
				}
				if rest := p.get(id).Status().Retract; len(rest) != 0 {
					t.Errorf("still to drop: %v", rest)
				}
			})
		})
	}
}

// A provider that fails, panics or does not answer is asked again; it harms nothing else.
func TestAFailingProviderIsAskedAgain(t *testing.T) {
	for name, broken := range map[string]func(context.Context) error{
		"error": func(context.Context) error { return errors.New("the desk is closed") },
		"panic": func(context.Context) error { panic("the desk is gone") },
		"silence": func(ctx context.Context) error { // until the call runs out of time
			<-ctx.Done()
			return ctx.Err()
		},
	} {
		for _, when := range []string{"create", "poll"} {
			t.Run(name+" of "+when, func(t *testing.T) {
				ofBoth(t, func(t *testing.T, job bool) {
					p, d, id := atTheDesk(t, job)
					if when == "poll" {
						<-time.After(time.Second)
					}
					d.set(func() { d.broken = broken })
					if when == "create" { // another one, of which nothing is open yet
						id = p.start("build", workflow.Start{}).ID()
					}
					<-time.After(10 * time.Minute)
					if got := p.get(id).State(); got != workflow.RunRunning {
						t.Fatalf("the run is %s", got)
					}
					open := time.Now()
					d.set(func() { d.broken = nil })
					<-time.After(25 * time.Second)
					d.answer(approval.Approved)
					r := p.await(id)
					wantState(t, r, workflow.RunPassed)
					if after := r.Status().Ended.Sub(open); after > 35*time.Second {
						t.Errorf("it passed %s after the desk worked again", after)
					}
				})
			})
		}
	}
}

// What a provider says of an earlier request decides nothing, and a request that it opens too late
// is dropped.
func TestAnAnswerToAnEarlierRequestDecidesNothing(t *testing.T) {
	for _, during := range []string{"create", "poll"} {
		t.Run(during, func(t *testing.T) {
			ofBoth(t, func(t *testing.T, job bool) {
				p, d, id := atTheDesk(t, job)
				if during == "create" {
					<-time.After(time.Second)
					d.set(func() { d.slow = 15 * time.Second })
					id = p.start("build", workflow.Start{}).ID()
					<-time.After(5 * time.Second)
				} else {
					<-time.After(10 * time.Second)
					d.set(func() { d.slow = 15 * time.Second })
					d.answer(approval.Approved)
					<-time.After(4 * time.Second) // the answer is on its way
				}
				earlier := p.asked(id).ID()
				p.do(id, workflow.Command{Action: workflow.CancelRun})
				p.do(id, workflow.Command{Action: workflow.RetryRun})
				d.set(func() { d.slow, d.refusals = 0, 2 })
				<-time.After(10 * time.Minute)
				wantState(t, p.get(id), workflow.RunRunning)
				r := p.asked(id)
				if r.ID() == earlier || r.State() != approval.Pending || r.Instance() != "desk-"+r.ID() {
					t.Errorf("the second request is %s, with instance %q", r.State(), r.Instance())
				}
				if !slices.Contains(d.dropped, "desk-"+earlier) || slices.Contains(d.dropped, r.Instance()) {
					t.Errorf("dropped %v, want that of %s", d.dropped, earlier)
				}
				d.answer(approval.Approved)
				wantState(t, p.await(id), workflow.RunPassed)
			})
		})
	}
}
