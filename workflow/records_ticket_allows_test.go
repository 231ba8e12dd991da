package workflow_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// shipping builds services and puts them into an environment.
func shipping() workflow.Definition {
	return workflow.Definition{Project: "shop", Key: "ship", TicketRequired: true,
		Params: []workflow.Param{{Name: "env", Type: workflow.StringParam, Value: "prod"}},
		Stages: []workflow.Stage{
			{Name: "build", Jobs: []workflow.Job{{Name: "build", Type: "zadig-build", Spec: json.RawMessage(
				`{"docker_registry_id":"r","service_and_builds":[{"service_name":"a","service_module":"m","build_name":"b"},{"service_name":"b","service_module":"m","build_name":"b"}]}`)}}},
			{Name: "deploy", Jobs: []workflow.Job{{Name: "deploy", Type: "zadig-deploy", Spec: json.RawMessage(
				`{"env":"{{.workflow.params.env}}","source":"fromjob","job_name":"build"}`)}}},
		}}
}

func TestWhatATicketAllows(t *testing.T) {
	d := shipping()
	if err := errors.Join(d.Validate(nil), d.ValidateVariables(nil)); err != nil {
		t.Fatal(err)
	}
	services := func(names ...string) func(*workflow.Ticket) {
		return func(t *workflow.Ticket) {
			for i := 0; i < len(names); i += 2 {
				t.Services = append(t.Services, workflow.TicketService{Service: names[i], Module: names[i+1]})
			}
		}
	}
	envs := func(names ...string) func(*workflow.Ticket) { return func(t *workflow.Ticket) { t.Envs = names } }
	window := func(start, end time.Time) func(*workflow.Ticket) {
		return func(t *workflow.Ticket) { t.Start, t.End = start, end }
	}
	users := func(emails ...string) func(*workflow.Ticket) {
		return func(t *workflow.Ticket) {
			for _, e := range emails {
				t.Users = append(t.Users, workflow.TicketUser{Email: e})
			}
		}
	}
	skip := true
	onlyA := workflow.JobInput{Job: "build", Parameters: json.RawMessage(`{"service_list":[{"service_name":"a","service_module":"m"}]}`)}
	inEnv := func(env string) workflow.JobInput {
		return workflow.JobInput{Job: "deploy", Parameters: json.RawMessage(`{"env_name":"` + env + `"}`)}
	}
	for _, row := range []struct {
		rule   string
		ticket func(*workflow.Ticket)
		start  workflow.Start
		by     penstock.Actor
		want   string // empty: it is allowed
	}{
		{"no limits", func(*workflow.Ticket) {}, workflow.Start{}, penstock.Actor{ID: "x"}, ""},
		{"another project", func(t *workflow.Ticket) { t.Project = "bank" }, workflow.Start{}, anna, "cannot start: needs a ticket of its project"},
		{"closed", func(t *workflow.Ticket) { t.Status = workflow.TicketClosed }, workflow.Start{}, anna, "cannot start: needs a ticket that is open"},

		{"the first instant", window(shelfNow, time.Time{}), workflow.Start{}, anna, ""},
		{"the last instant", window(time.Time{}, shelfNow), workflow.Start{}, anna, ""},
		{"too early", window(shelfNow.Add(time.Second), time.Time{}), workflow.Start{}, anna,
			"cannot start: needs the window of ticket OA-1 (not before 2026-03-01T12:00:01Z)"},
		{"too late", window(time.Time{}, shelfNow.Add(-time.Second)), workflow.Start{}, anna, "cannot start: needs a ticket whose window is not over"},

		{"a user", users("x@example.com", "ANNA@example.com"), workflow.Start{}, anna, ""},
		{"another user", users("x@example.com"), workflow.Start{}, anna, `no execute right on ticket "OA-1"`},
		{"nobody", users(""), workflow.Start{}, penstock.Actor{ID: "x"}, `no execute right on ticket "OA-1"`},
		{"who claims to be another", users("anna@example.com"), workflow.Start{Email: "anna@example.com"}, bert, `no execute right on ticket "OA-1"`},

		{"its environment by a parameter", envs("prod"), workflow.Start{}, anna, ""},
		{"another one by a parameter", envs("prod"), workflow.Start{Params: []workflow.Argument{{Name: "env", Value: "test"}}}, anna,
			"cannot start: needs a ticket for environment test of job deploy"},
		{"another one by an input", envs("prod"), workflow.Start{Inputs: []workflow.JobInput{inEnv("test")}}, anna,
			"cannot start: needs a ticket for environment test of job deploy"},
		{"one that looks like a variable", envs("prod"), workflow.Start{Inputs: []workflow.JobInput{inEnv("{{.workflow.params.env}}")}}, anna,
			"cannot start: needs a ticket for environment {{.workflow.params.env}} of job deploy"},
		{"one of several", envs("test", "prod"), workflow.Start{}, anna, ""},
		{"nothing is deployed", envs("test"), workflow.Start{Inputs: []workflow.JobInput{{Job: "deploy", Skip: &skip}}}, anna, ""},

		{"all its services", services("a", "m", "b", "m"), workflow.Start{}, anna, ""},
		{"any module of them", services("a", "", "b", ""), workflow.Start{}, anna, ""},
		{"the one that is chosen", services("a", "m"), workflow.Start{Inputs: []workflow.JobInput{onlyA}}, anna, ""},
		{"another module", services("a", "x"), workflow.Start{Inputs: []workflow.JobInput{onlyA}}, anna,
			"cannot start: needs a ticket for service a.m of job build and a ticket for service a.m of job deploy"},
		{"one too many", services("a", "m"), workflow.Start{}, anna,
			"cannot start: needs a ticket for service b.m of job build and a ticket for service b.m of job deploy"},

		{"everything at once", func(t *workflow.Ticket) {
			t.Project, t.Status, t.Start = "bank", workflow.TicketClosed, shelfNow.Add(time.Hour)
			envs("test")(t)
			services("a", "m")(t)
		}, workflow.Start{}, anna, "cannot start: needs a ticket of its project and a ticket that is open and the window of ticket OA-1 and " +
			"a ticket for service b.m of job build and a ticket for environment prod of job deploy and a ticket for service b.m of job deploy"},
		{"a start that cannot be", services("a", "m"), workflow.Start{Params: []workflow.Argument{{Name: "none"}}}, anna, `parameters[0].name: the workflow has no parameter "none"`},
		{"inputs that cannot be", services("a", "m"), workflow.Start{Inputs: []workflow.JobInput{{Job: "none"}}}, anna, `inputs[0].job_name: "none" is no job of the workflow`},
	} {
		ticket := likeTicket(openTicket("OA-1"), row.ticket)
		got := ""
		if err := ticket.Allows(&d, nil, &row.start, row.by, shelfNow); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%s:\n got %s\nwant %s", row.rule, got, row.want)
		}
	}
}

// A job may name what it works on by an output of another: no ticket for some can allow that.
func TestATicketForSomeDoesNotAllowWhatIsKnownLater(t *testing.T) {
	d := shipping()
	d.Stages = append([]workflow.Stage{{Name: "choose", Jobs: []workflow.Job{{Name: "choose", Type: "freestyle", Spec: json.RawMessage(`{"script":"true","outputs":[{"name":"ENV"}]}`)}}}}, d.Stages...)
	d.Stages[2].Jobs[0].Spec = json.RawMessage(`{"env":"{{.job.choose.output.ENV}}","source":"fromjob","job_name":"build"}`)
	ticket := openTicket("OA-1")
	if err := ticket.Allows(&d, nil, &workflow.Start{}, anna, shelfNow); err != nil {
		t.Error(err)
	}
	ticket.Envs = []string{"prod"}
	err := ticket.Allows(&d, nil, &workflow.Start{}, anna, shelfNow)
	isKind(t, err, penstock.ErrRefused)
	equal(t, "why", err.Error(), "cannot start: needs a ticket for environment {{.job.choose.output.ENV}} of job deploy")
}

// What a run is told of itself only later is what no ticket for some can allow.
func TestATicketIsAskedAboutWhatTheRunWillUse(t *testing.T) {
	const unknown = "cannot start: needs a ticket for environment "
	for _, row := range []struct{ rule, env, ticket, want string }{
		{"the number of the run", "env-{{.workflow.task.id}}", "env-0", unknown + "env-{{.workflow.task.id}} of job deploy"},
		{"when it is created", "env-{{.workflow.task.timestamp}}", "env--62135596800", unknown + "env-{{.workflow.task.timestamp}} of job deploy"},
		{"the same as a date", "{{.workflow.task.datetime}}", "0001-01-01 00:00:00", unknown + "{{.workflow.task.datetime}} of job deploy"},
		{"by a parameter", "{{.workflow.params.made}}", "made-0", unknown + "{{.workflow.params.made}} of job deploy"},
		{"the e-mail that the start gives", "{{.workflow.task.creator.email}}", "other@example.com", ""},
		{"and not another", "{{.workflow.task.creator.email}}", "anna@example.com", unknown + "other@example.com of job deploy"},
		{"who starts it", "{{.workflow.task.creator}}-{{.workflow.task.creator.id}}", "Anna-anna", ""},
	} {
		s := newShelf(t, workflow.Config{})
		d := shipping()
		d.Params = append(d.Params, workflow.Param{Name: "made", Type: workflow.StringParam, Source: workflow.FromReference, Value: "made-{{.workflow.task.id}}"})
		d.Stages[1].Jobs[0].Spec = json.RawMessage(`{"env":"` + row.env + `","source":"fromjob","job_name":"build"}`)
		s.create(d)
		s.createTicket(likeTicket(openTicket("OA-1"), func(t *workflow.Ticket) { t.Envs = []string{row.ticket} }))
		r, err := s.Start(t.Context(), "ship", workflow.Start{Ticket: "OA-1", Email: "other@example.com"}, anna)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.rule, got, row.want)
		}
		if err != nil {
			continue
		}
		if _, err := s.Do(t.Context(), r.ID(), workflow.Command{Action: workflow.CancelRun}, anna); err != nil {
			t.Error(err)
		}
		if _, err := s.Do(t.Context(), r.ID(), workflow.Command{Action: workflow.RetryRun}, penstock.Actor{ID: "root", Name: "Root", Email: "root@example.com", Admin: true}); err != nil {
			t.Errorf("%s: a retry by another: %v", row.rule, err)
		}
	}
}
