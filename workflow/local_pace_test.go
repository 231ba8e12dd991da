package workflow_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// A pickyDesk wants to be polled only so often, and asks nobody but one.
type pickyDesk struct {
	*desk
	every time.Duration
}

func (d pickyDesk) Every() time.Duration { return d.every }

func (pickyDesk) Check(p approval.Policy) error {
	var faults []error
	if p.App != "app" {
		faults = append(faults, penstock.Invalid("approval_id", "is not known"))
	}
	for i, n := range p.Nodes {
		if len(n.Approvers) > 1 {
			faults = append(faults, penstock.Invalid("nodes["+string(rune('0'+i))+"].approvers[1].id", "is one too many"))
		}
	}
	return errors.Join(faults...)
}

func pickyPlant(t *testing.T, every time.Duration, broken func(context.Context) error) (*plant, *desk) {
	t.Helper()
	d := &desk{answers: make(map[string]approval.Answer), began: time.Now(), broken: broken}
	p := newPlant(t, workflow.Config{Providers: map[approval.Kind]approval.Provider{approval.Lark: pickyDesk{d, every}}})
	l := workflow.NewLocal(p.Service, freestyle(noop))
	l.TTL = 20 * time.Second
	t.Cleanup(p.drive(l))
	return p, d
}

// A provider is polled as often as it says.
func TestAProviderHasItsPace(t *testing.T) {
	for _, every := range []time.Duration{0, 10 * time.Second, 5 * time.Minute} {
		t.Run(every.String(), func(t *testing.T) {
			ofBoth(t, func(t *testing.T, job bool) {
				p, d := pickyPlant(t, every, nil)
				p.define(byDesk(job))
				p.start("build", workflow.Start{})
				pace := every
				if pace == 0 {
					pace = 3 * time.Second
				}
				<-time.After(10*pace + pace/2)
				d.mu.Lock()
				polls := slices.Clone(d.polls)
				d.mu.Unlock()
				if n := len(polls); n < 7 || n > 10 {
					t.Errorf("polled at %v", polls)
				}
				for i := 1; i < len(polls); i++ {
					if gap := polls[i] - polls[i-1]; gap < pace || gap > pace+2*time.Second {
						t.Errorf("polled again after %v", gap)
					}
				}
			})
		})
	}
}

// A provider that cannot be reached is told of a request soon, and ever less often up to its pace.
func TestAProviderIsToldLessAndLess(t *testing.T) {
	ofBoth(t, func(t *testing.T, job bool) {
		var tries []time.Duration
		began := time.Now()
		p, d := pickyPlant(t, time.Minute, func(context.Context) error {
			tries = append(tries, time.Since(began))
			return errors.New("the desk is closed")
		})
		p.define(byDesk(job))
		p.start("build", workflow.Start{})
		<-time.After(10 * time.Minute)
		d.mu.Lock()
		defer d.mu.Unlock()
		if n := len(tries); n < 9 || n > 15 || tries[1] > 5*time.Second {
			t.Errorf("tried at %v", tries)
		}
	})
}

// What a provider cannot ask for is refused when a run is started, with where it is.
func TestARunIsNotStartedIfItsProviderCannotAsk(t *testing.T) {
	for rule, row := range map[string]struct {
		change func(d *workflow.Definition)
		job    bool
		want   []string
	}{
		"what it can ask for":            {func(*workflow.Definition) {}, true, nil},
		"what it can ask for of a stage": {func(*workflow.Definition) {}, false, nil},
		"of a stage": {func(d *workflow.Definition) { d.Stages[0].Approval.App = "other" }, false,
			[]string{"stages[0].approval.lark_approval.approval_id"}},
		"of a job": {func(d *workflow.Definition) {
			text := strings.Replace(string(d.Stages[0].Jobs[0].Spec), `[{"user_id":"bob"}]`, `[{"user_id":"bob"},{"user_id":"dan"}]`, 1)
			d.Stages[0].Jobs[0].Spec = []byte(text)
		}, true, []string{"stages[0].jobs[0].spec.lark_approval.approval_nodes[0].approve_users[1].user_id"}},
		"of a stage that asks for nothing": {func(d *workflow.Definition) {
			d.Stages[0].Approval.App, d.Stages[0].Approval.Enabled = "other", false
		}, false, nil},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _ := pickyPlant(t, 0, nil)
				d := byDesk(row.job)
				row.change(d)
				p.define(d)
				var got []string
				_, err := p.Start(t.Context(), "build", workflow.Start{}, ann)
				for _, f := range penstock.Faults(err) {
					got = append(got, f.Field)
				}
				if diff := cmp.Diff(row.want, got); diff != "" || (err == nil) != (row.want == nil) {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
			})
		})
	}
}
