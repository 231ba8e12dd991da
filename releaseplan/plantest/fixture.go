package plantest

import (
	"context"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// key is that of the plans that are made here: fixed, so that codes and digests
// are the same in every run.
func key() []byte { return []byte("plantest plantest plantest plant") }

// identity is that of the plans that are made here.
func identity(rules *releaseplan.Rules) releaseplan.Identity {
	return releaseplan.Identity{ID: "plan-1", Number: 1, Key: key(), Rules: rules}
}

// New returns a draft with a content, made by [Owner] at [Start], and the change that it begins
// with. Equal contents make equal plans. It fails the test if the content is not valid.
func New(t testing.TB, c releaseplan.Content) (*releaseplan.Plan, []releaseplan.Change) {
	t.Helper()
	return made(t, c, nil)
}

func made(t testing.TB, c releaseplan.Content, rules *releaseplan.Rules) (*releaseplan.Plan, []releaseplan.Change) {
	t.Helper()
	p, changes, err := releaseplan.NewPlan(identity(rules), c, Owner(), Start())
	if err != nil {
		t.Fatalf("plantest: %v", err)
	}
	return p, changes
}

// In returns a plan in a situation: one of releaseplan's states, or of the constants
// of this package. It begins at [Start] with the content that the situation takes,
// changed by the options, and gets there by commands only, as [Owner] and the others who have a
// part in it send them. The same arguments make the same plan. It fails the test if the content
// that the options made of it does not lead there.
func In[S Situation | releaseplan.State](t testing.TB, s S, options ...Option) *releaseplan.Plan {
	t.Helper()
	p, _ := Lived(t, s, options...)
	return p
}

// Lived is [In], and returns the audit trail of the plan, too.
func Lived[S Situation | releaseplan.State](t testing.TB, s S, options ...Option) (*releaseplan.Plan, []releaseplan.Change) {
	t.Helper()
	a, err := arranged(Situation(s))
	if err != nil {
		t.Fatalf("plantest: %v", err)
	}
	p, trail := made(t, Content(append(a.content(Start()), options...)...), rulesOf(t, Situation(s)))
	now := Start()
	l := &life{p: p, now: func() time.Time { return now }}
	l.send = func(c releaseplan.Command, by penstock.Actor) error {
		next, changes, err := l.p.Do(c, by, now)
		if err == nil {
			l.p, trail = next, append(trail, changes...)
		}
		return err
	}
	l.hold = func(t releaseplan.TaskView) error {
		return l.do(releaseplan.Command{Action: releaseplan.Start, Task: t.ID, Lease: runner})
	}
	l.pass = func(until time.Time) error {
		if until.After(now) {
			now = until
		}
		return l.send(releaseplan.Command{Action: releaseplan.Advance}, penstock.System())
	}
	l.team = func(penstock.Party) ([]penstock.Party, error) {
		return []penstock.Party{penstock.UserParty(Approvers()[0].ID)}, nil
	}
	if err := a.way(l); err != nil {
		t.Fatalf("plantest: no way to %s: %v", s, err)
	}
	return l.p, trail
}

// File files a plan with a Service and leads it into a situation as [In] does: by
// commands that the Service carries out, one commit each. What the situation says of time
// counts from clock.Now, which must be what the Service was given as its Now. No Runner
// of yours should be at work on the same store meanwhile. Where a situation has a task under a lease,
// a Runner of tasks of that kind ([Held], unless the options say otherwise) is at work until the test
// ends. [Frozen] and [FrozenRunning] take a Service whose calendars are closed now, such as [Freeze].
//
// Where the way needs time to pass, it makes the clock go on; so that what was due by then
// is stored too, the owner comments on the plan.
func File[S Situation | releaseplan.State](t testing.TB, plans *releaseplan.Service, clock Time, s S, options ...Option) *releaseplan.Plan {
	t.Helper()
	a, err := arranged(Situation(s))
	if err != nil {
		t.Fatalf("plantest: %v", err)
	}
	ctx := t.Context()
	p, err := plans.Create(ctx, Content(append(a.content(clock.Now()), options...)...), Owner())
	if err != nil {
		t.Fatalf("plantest: %v", err)
	}
	l := &life{p: p, now: clock.Now}
	l.send = func(c releaseplan.Command, by penstock.Actor) error { return sent(ctx, plans, l, c, by) }
	l.pass = func(until time.Time) error {
		clock.Advance(until.Sub(clock.Now()))
		if _, wake := l.p.Next(clock.Now()); wake.IsZero() || wake.After(clock.Now()) {
			return nil
		}
		return l.do(releaseplan.Command{Action: releaseplan.Comment, Remark: "time has passed"})
	}
	l.hold = func(task releaseplan.TaskView) error { return held(t, plans, l, task) }
	if err := a.way(l); err != nil {
		t.Fatalf("plantest: no way to %s: %v", s, err)
	}
	return l.p
}

// held lets a Runner start a task, and hold it until the test ends.
func held(t testing.TB, plans *releaseplan.Service, l *life, task releaseplan.TaskView) error {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	r := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{task.Kind: releaseplan.HandlerFunc(func(context.Context, releaseplan.Job) error {
		<-ctx.Done() // of the test, whatever the plan says
		return nil
	})})
	go func() {
		defer close(ended)
		_ = r.Run(ctx) // there is no other Run of it
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	wait, enough := context.WithTimeout(t.Context(), time.Minute)
	defer enough()
	for e, err := range plans.Follow(wait, l.p.ID(), Owner()) {
		if err != nil {
			return err
		}
		if e.Task == task.ID && e.Status != nil && len(e.Status.Attempts) > 0 && e.Status.Attempts[len(e.Status.Attempts)-1].Lease != "" {
			break
		}
	}
	p, err := plans.Get(t.Context(), l.p.ID(), Owner())
	if err == nil {
		l.p = p
	}
	return err
}

func sent(ctx context.Context, plans *releaseplan.Service, l *life, c releaseplan.Command, by penstock.Actor) error {
	next, err := plans.Do(ctx, l.p.ID(), c, by)
	if err == nil {
		l.p = next
	}
	return err
}
