package workflow_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// To start a run again with its id returns it, whatever became of its workflow, and takes no number.
func TestStartingAgainIsNotDecidedAgain(t *testing.T) {
	origin := workflow.Origin{Plan: "p", Task: "t"}
	for way, start := range map[string]func(p *plant, in workflow.Start) (*workflow.Run, error){
		"as": func(p *plant, in workflow.Start) (*workflow.Run, error) {
			return p.StartAs(p.ctx, "x", "build", in, ann)
		},
		"for": func(p *plant, in workflow.Start) (*workflow.Run, error) {
			return p.StartFor(p.ctx, "x", "build", in, origin, ann)
		},
	} {
		for rule, change := range map[string]func(p *plant){
			"the same":      func(*plant) {},
			"disabled":      func(p *plant) { p.update(func(d *workflow.Definition) { d.Disabled = true }) },
			"a limit of 0":  func(p *plant) { p.update(func(d *workflow.Definition) { d.ConcurrencyLimit = new(int) }) },
			"other jobs":    func(p *plant) { p.update(func(d *workflow.Definition) { d.Stages[0].Jobs[0].Name = "b" }) },
			"a remark":      func(p *plant) { p.update(func(d *workflow.Definition) { d.RemarkRequired = true }) },
			"ticket closed": func(p *plant) { p.closeTicket("OA-1") },
			"deleted": func(p *plant) {
				if err := p.Definitions().Delete(p.ctx, "build", 0, ann); err != nil {
					p.Fatal(err)
				}
			},
		} {
			p := newPlant(t, workflow.Config{})
			p.define(oneByOne("build", "a"))
			if _, err := p.Tickets().Create(p.ctx, workflow.Ticket{ApprovalID: "OA-1", Project: "shop", Status: workflow.TicketOpen}, ann); err != nil {
				t.Fatal(err)
			}
			in := workflow.Start{Ticket: "OA-1", Inputs: []workflow.JobInput{input("a", "")}}
			if _, err := start(p, in); err != nil {
				t.Fatal(err)
			}
			change(p)
			for range 3 {
				if r, err := start(p, in); err != nil || r.ID() != "x" || r.Number() != 1 {
					t.Errorf("%s, %s: %v, %v", way, rule, r, err)
				}
			}
			if n, err := p.store.Next(p.ctx, "workflow.run/build", 1); err != nil || n != 2 {
				t.Errorf("%s, %s: the next number is %d, %v", way, rule, n, err)
			}
		}
	}
}

// closeTicket closes a pre-approval ticket.
func (p *plant) closeTicket(name string) {
	p.Helper()
	if _, err := p.Tickets().SetStatus(p.ctx, name, workflow.TicketClosed, ann); err != nil {
		p.Fatal(err)
	}
}

// A busyStore lets something happen just before a commit that starts or retries a run.
type busyStore struct {
	store.Store
	before func()
}

func (s *busyStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if before := s.before; before != nil && ops[0].Key.Kind == "workflow.run" {
		s.before = nil
		before()
	}
	return s.Store.Commit(ctx, ops...)
}

// Who changes a definition while a run of it is being started or retried came first.
func TestWhatIsStartedIsOfTheLatestDefinition(t *testing.T) {
	for way, do := range map[string]func(p *plant, failed string) (*workflow.Run, error){
		"start": func(p *plant, _ string) (*workflow.Run, error) { return p.Start(p.ctx, "build", workflow.Start{}, ann) },
		"retry": func(p *plant, failed string) (*workflow.Run, error) {
			return p.Do(p.ctx, failed, workflow.Command{Action: workflow.RetryRun}, ann)
		},
	} {
		for _, row := range []struct {
			rule   string
			change func(p *plant)
			kind   error
		}{
			{"disabled", func(p *plant) { p.update(func(d *workflow.Definition) { d.Disabled = true }) }, penstock.ErrRefused},
			{"deleted", func(p *plant) {
				if err := p.Definitions().Delete(p.ctx, "build", 0, ann); err != nil {
					p.Fatal(err)
				}
			}, map[string]error{"start": penstock.ErrNotFound, "retry": penstock.ErrRefused}[way]},
			{"another version", func(p *plant) { p.update(func(d *workflow.Definition) { d.Description = "new" }) }, nil},
		} {
			s := &busyStore{Store: memory.New()}
			p := newPlant(t, workflow.Config{Store: s})
			p.define(oneByOne("build", "a"))
			failed := p.start("build", workflow.Start{}).ID()
			p.do(failed, workflow.Command{Action: workflow.CancelRun})
			s.before = func() { row.change(p) }
			r, err := do(p, failed)
			if !errors.Is(err, row.kind) {
				t.Errorf("%s, %s: %v, not %v", way, row.rule, err, row.kind)
			}
			if err == nil && way == "start" && (r.Version() != 2 || r.Number() != 2) {
				t.Errorf("%s, %s: it is number %d, of version %d", way, row.rule, r.Number(), r.Version())
			}
		}
	}
}

// An approval that nobody can be asked for is refused at start, by its kind.
func TestApprovalsNeedTheirProviders(t *testing.T) {
	lark := &approval.Policy{Enabled: true, Kind: approval.Lark, App: "app", Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("bob")}}}}
	stage := serial("one", shellJob("a"))
	stage.Approval = lark
	off := *lark
	off.Enabled = false
	without := stage
	without.Approval = &off
	by := map[approval.Kind]approval.Provider{approval.Lark: new(desk)}
	other := map[approval.Kind]approval.Provider{approval.DingTalk: new(desk)}
	const want = "cannot start: needs a provider of lark approvals"
	for _, row := range []struct {
		rule      string
		stage     workflow.Stage
		providers map[approval.Kind]approval.Provider
		engine    bool
		origin    *workflow.Origin
		want      string
	}{
		{"a stage's", stage, nil, true, nil, want},
		{"a job's", serial("one", larkJob("ask")), nil, true, nil, want},
		{"both, told once", func() workflow.Stage { s := stage; s.Jobs = append(s.Jobs, larkJob("ask")); return s }(), nil, true, nil, want},
		{"another provider is there", stage, other, false, nil, want},
		{"its provider is there", stage, by, true, nil, ""},
		{"others carry runs out", stage, nil, false, nil, ""},
		{"it is switched off", without, nil, true, nil, ""},
		{"people are asked here", serial("one", askOf("ask", "bob")), nil, true, nil, ""},
		{"its plan's approval is passed on", stage, nil, true, &workflow.Origin{Plan: "p", Task: "t", Approval: &workflow.Granted{At: time.Now(), Request: "r"}}, ""},
	} {
		p := newPlant(t, workflow.Config{Providers: row.providers})
		if row.engine {
			workflow.NewLocal(p.Service, freestyle(noop))
		}
		p.define(stages(row.stage))
		var err error
		if row.origin != nil {
			_, err = p.StartFor(p.ctx, "x", "build", workflow.Start{}, *row.origin, ann)
		} else {
			_, err = p.Start(p.ctx, "build", workflow.Start{}, ann)
		}
		if row.want == "" && err != nil || row.want != "" && (err == nil || err.Error() != row.want || !errors.Is(err, penstock.ErrRefused)) {
			t.Errorf("%s: %v, want %q", row.rule, err, row.want)
		}
	}
}

// askOf is an approval by one user.
func askOf(name, user string) workflow.Job {
	return act(name, `{"type":"native","timeout":60,"native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"`+user+`"}]}}`, ofType("approval"))
}

// A run that cannot be read holds up no other: neither those that wait for their turn, nor those
// that wait for a worker.
func TestAQueueIsNotHeldUpByARunThatCannotBeRead(t *testing.T) {
	for _, limit := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			kept := memory.New()
			a := newPlant(t, workflow.Config{Store: kept, Limit: limit, Types: runActTypes(t)})
			b := newPlant(t, workflow.Config{Store: kept, Limit: limit})
			mine, strange := oneByOne("build", "a"), oneByOne("strange", "a")
			mine.ConcurrencyLimit, strange.ConcurrencyLimit = new(1), new(1)
			strange.Stages[0].Jobs[0] = act("a", "")
			a.define(mine)
			a.define(strange)
			ids := []string{b.start("build", workflow.Start{}).ID()}
			if limit == 0 {
				a.start("strange", workflow.Start{}) // takes the place of its workflow
			}
			a.start("strange", workflow.Start{})
			for range 3 {
				ids = append(ids, b.start("build", workflow.Start{}).ID())
			}
			stop := b.drive(workflow.NewLocal(b.Service, freestyle(noop)))
			<-time.After(time.Minute)
			for _, id := range ids {
				wantState(t, b.get(id), workflow.RunPassed)
			}
			stop()
		})
	}
}
