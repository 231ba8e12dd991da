package workflow_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// A pre-approval ticket holds on every way in: its window, its users, and what it is for.
func TestATicketHoldsOnEveryWayIn(t *testing.T) {
	ann := penstock.Actor{ID: "ann", Email: "ann@example.com"}
	bob := penstock.Actor{ID: "bob", Email: "bob@example.com"}
	in := workflow.Start{Ticket: "OA-1", Inputs: []workflow.JobInput{input("build", onlyWeb)}}
	ways := map[string]func(p *plant, paused, failed string, by penstock.Actor) error{
		"start": func(p *plant, _, _ string, by penstock.Actor) error { return errOf(p.Start(p.ctx, "build", in, by)) },
		"start as": func(p *plant, _, _ string, by penstock.Actor) error {
			return errOf(p.StartAs(p.ctx, "x", "build", in, by))
		},
		"start for": func(p *plant, _, _ string, by penstock.Actor) error {
			return errOf(p.StartFor(p.ctx, "y", "build", in, workflow.Origin{Plan: "p", Task: "t"}, by))
		},
		"clone": func(p *plant, paused, _ string, by penstock.Actor) error { return errOf(p.Clone(p.ctx, paused, by)) },
		"retry": func(p *plant, _, failed string, by penstock.Actor) error {
			return errOf(p.Do(p.ctx, failed, workflow.Command{Action: workflow.RetryRun}, by))
		},
		"stage": func(p *plant, paused, _ string, by penstock.Actor) error {
			return errOf(p.Do(p.ctx, paused, workflow.Command{Action: workflow.ExecuteStage}, by))
		},
		"stage with inputs": func(p *plant, paused, _ string, by penstock.Actor) error {
			return errOf(p.Do(p.ctx, paused, giving(input("build", onlyWeb)), by))
		},
	}
	for name, way := range ways {
		for _, row := range []struct {
			rule string
			by   penstock.Actor
			wait time.Duration
			kind error
			want string
		}{
			{"allowed", ann, 0, nil, ""},
			{"to the end of its window", ann, time.Hour, nil, ""},
			{"not after it", ann, time.Hour + time.Second, penstock.ErrRefused, "a ticket whose window is not over"},
			{"not for others", bob, 0, penstock.ErrForbidden, "ticket"},
		} {
			t.Run(name+", "+row.rule, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlant(t, workflow.Config{})
					d := byHandWith()
					d.TicketRequired, d.Stages[1].Manual.Users = true, runPeople("ann", "bob")
					p.define(d)
					if _, err := p.Tickets().Create(p.ctx, workflow.Ticket{ApprovalID: "OA-1", Project: "shop", Status: workflow.TicketOpen,
						Services: []workflow.TicketService{{Service: "web"}}, Users: []workflow.TicketUser{{Email: "ann@example.com"}}, End: time.Now().Add(time.Hour)}, ann); err != nil {
						t.Fatal(err)
					}
					var ids []string
					for range 2 {
						r, err := p.Start(p.ctx, "build", in, ann)
						if err != nil {
							t.Fatal(err)
						}
						ids = append(ids, r.ID())
					}
					p.pass(ids[0], "a")
					p.do(ids[1], workflow.Command{Action: workflow.CancelRun})
					<-time.After(row.wait)
					err := way(p, ids[0], ids[1], row.by)
					if !errors.Is(err, row.kind) || err != nil && !strings.Contains(err.Error(), row.want) {
						t.Errorf("got %v, want %v of %q", err, row.kind, row.want)
					}
				})
			})
		}
	}
	t.Run("stage with inputs that it is not for", func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
		p.define(byHandWith())
		if _, err := p.Tickets().Create(p.ctx, workflow.Ticket{ApprovalID: "OA-1", Project: "shop", Status: workflow.TicketOpen, Services: []workflow.TicketService{{Service: "web"}}}, ann); err != nil {
			t.Fatal(err)
		}
		id := p.start("build", in).ID()
		p.pass(id, "a")
		_, err := p.Do(p.ctx, id, giving(input("build", onlyAPI)), ann)
		if want := "cannot execute stage: needs a ticket for service api of job build"; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		wantState(t, p.get(id), workflow.RunPaused)
	})
}

// A run of a workflow that cannot be started is not retried, and Can says so; one that is under
// way goes on.
func TestWhatCannotBeStartedIsNotRetried(t *testing.T) {
	for want, change := range map[string]func(p *plant){
		"":                                  func(*plant) {},
		"a workflow that is not disabled":   func(p *plant) { p.update(func(d *workflow.Definition) { d.Disabled = true }) },
		"a concurrency_limit that is not 0": func(p *plant) { p.update(func(d *workflow.Definition) { d.ConcurrencyLimit = new(int) }) },
		"a workflow that was not deleted": func(p *plant) {
			if err := p.Definitions().Delete(p.ctx, "build", 0, ann); err != nil {
				p.Fatal(err)
			}
		},
	} {
		p := newPlant(t, workflow.Config{})
		p.define(byHandWith())
		id := p.pauseByHand()
		failed := p.start("build", workflow.Start{Inputs: []workflow.JobInput{input("build", onlyWeb)}}).ID()
		p.do(failed, workflow.Command{Action: workflow.CancelRun})
		change(p)
		verdicts, err := p.Can(p.ctx, failed, ann)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range verdicts {
			if v.Action == workflow.RetryRun && (v.Allowed != (want == "") || !v.Allowed && v.Refusals[0].Needs != want) {
				t.Errorf("want a need of %q, Can says %+v", want, v)
			}
		}
		_, err = p.Do(p.ctx, failed, workflow.Command{Action: workflow.RetryRun}, ann)
		if (want == "") != (err == nil) || err != nil && (!errors.Is(err, penstock.ErrRefused) || !strings.Contains(err.Error(), want)) {
			t.Errorf("want a need of %q, Do says %v", want, err)
		}
		if want == "a workflow that is not disabled" {
			wantState(t, p.do(id, workflow.Command{Action: workflow.ExecuteStage}), workflow.RunRunning)
		}
	}
}

// update changes the workflow build.
func (p *plant) update(change func(*workflow.Definition)) {
	p.Helper()
	if _, err := p.Definitions().Update(p.ctx, "build", 0, func(d *workflow.Definition) error { change(d); return nil }, ann); err != nil {
		p.Fatal(err)
	}
}
