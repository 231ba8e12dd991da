package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// Allows returns nil if the ticket lets by start a run of a definition with s at an
// instant. An actor who is not among its users, or has no e-mail, is an
// ErrForbidden; everything else that stands against it is told at once by an
// ErrRefused: the project, the status, the window, and the environments and services that jobs
// of the run work on, as [Piece] and [Referrer] tell. What a job works on only when it runs is not allowed by a ticket that is for
// some; neither is what the number of the run or the time of its creation says. What is wrong with s is an ErrInvalid.
func (t *Ticket) Allows(d *Definition, types *Types, s *Start, by penstock.Actor, at time.Time) error {
	return t.allows(d, types, s, by, by, at)
}

// allows is Allows for a run that starter has started, or is about to.
func (t *Ticket) allows(d *Definition, types *Types, s *Start, by, starter penstock.Actor, at time.Time) error {
	if len(t.Users) > 0 && (by.Email == "" || !slices.ContainsFunc(t.Users, func(u TicketUser) bool { return strings.EqualFold(u.Email, by.Email) })) {
		return &penstock.ForbiddenError{Right: penstock.Execute, On: t.Resource()}
	}
	refusal := &penstock.RefusedError{Action: "start", State: "stored"}
	need := func(format string, args ...any) { refusal.Needs = append(refusal.Needs, fmt.Sprintf(format, args...)) }
	if t.Project != d.Project {
		need("a ticket of its project")
	}
	if t.Status != TicketOpen {
		need("a ticket that is open")
	}
	switch {
	case !t.Start.IsZero() && at.Before(t.Start):
		need("the window of ticket %s", short(t.ApprovalID))
		refusal.Earliest = t.Start
	case !t.End.IsZero() && at.After(t.End):
		need("a ticket whose window is not over")
	}
	if len(t.Envs) > 0 || len(t.Services) > 0 {
		reach, err := reachOf(d, types, s, starter)
		if err != nil {
			return err
		}
		for _, r := range reach {
			switch {
			case len(t.Envs) > 0 && r.env != "" && !slices.Contains(t.Envs, r.env):
				need("a ticket for environment %s of job %s", short(r.env), r.job)
			case len(t.Services) > 0 && r.service.Service != "" && !t.covers(r.service):
				need("a ticket for service %s of job %s", short(r.service.Suffix()), r.job)
			}
		}
	}
	if len(refusal.Needs) > 0 {
		if len(refusal.Needs) > 1 {
			refusal.Earliest = time.Time{} // time alone does not help
		}
		return refusal
	}
	return nil
}

func (t *Ticket) covers(s ServiceModule) bool {
	return slices.ContainsFunc(t.Services, func(o TicketService) bool {
		return o.Service == s.Service && (o.Module == "" || o.Module == s.Module)
	})
}

// A reached is an environment or a service that a job works on.
type reached struct {
	job     string
	env     string
	service ServiceModule
}

// reachOf returns everything that the jobs of a run work on, each once for a job. A
// name with variables that are not known yet is as it is written.
func reachOf(d *Definition, types *Types, s *Start, starter penstock.Actor) ([]reached, error) {
	params, err := d.Arguments(s.Params)
	if err != nil {
		return nil, err
	}
	starter.Email = first(s.Email, starter.Email)
	scope := &RunVariables{Project: d.Project, ProjectName: s.ProjectName, Workflow: d.Key, WorkflowName: d.Name, Creator: starter,
		FromPlan: s.Origin != nil, URL: s.URL, Params: params, Host: s.Host, Payload: s.Payload, unborn: true}
	fill := func(text string) string {
		if filled, err := Expand(text, scope); err == nil {
			return filled
		}
		return text
	}
	b := newGraphBuilder(types, d, s.inputs(), params)
	if len(b.faults) > 0 {
		return nil, errors.Join(b.faults...)
	}
	var all []reached
	add := func(r reached) {
		if !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	runs := make(map[string]bool)
	for i := range b.graph.nodes {
		runs[b.graph.nodes[i].job.Name] = true
	}
	for _, stage := range d.Stages {
		for _, job := range stage.Jobs {
			if !runs[job.Name] {
				continue
			}
			for _, p := range b.pieces[job.Name] {
				add(reached{job: job.Name, env: fill(p.Values["envName"])})
				for _, env := range environments(types, &job, p.Spec) {
					add(reached{job: job.Name, env: env})
				}
				for _, m := range p.Services {
					add(reached{job: job.Name, service: ServiceModule{Service: fill(m.Service), Module: fill(m.Module)}})
				}
			}
		}
	}
	return all, nil
}

// environments returns those that a spec says that it refers to.
func environments(types *Types, job *Job, text []byte) (names []string) {
	spec, err := types.Decode(&Job{Type: job.Type, Spec: text})
	if err != nil {
		return nil // which was told when it was expanded
	}
	if r, ok := spec.(Referrer); ok {
		for _, ref := range r.References() {
			if ref.Kind == RefEnvironment {
				names = append(names, ref.Name)
			}
		}
	}
	return names
}

// newGraphBuilder returns a builder that has built what it can.
func newGraphBuilder(types *Types, d *Definition, inputs []JobInput, params []Param) *graphBuilder {
	b := &graphBuilder{types: types, params: params, inputs: make(map[string]jobInput, len(inputs)), pieces: make(map[string][]Piece),
		graph: &graph{def: d, index: make(map[string]int)}}
	b.take(d, inputs)
	for i := range d.Stages {
		b.stage(i, &d.Stages[i])
	}
	return b
}

// ticket returns the ticket with an id or approval id, or an ErrNotFound. Whether it allows a
// run says [Ticket.Allows].
func (s *Service) ticket(ctx context.Context, name string) (*Ticket, error) {
	now, err := s.Tickets().find(ctx, name)
	if err != nil {
		return nil, err
	}
	return now.Value, nil
}

// ticketAllows checks the ticket of a start: one that the definition asks for has to be
// there, and one that is named has to allow it. The run is one of starter's.
func (s *Service) ticketAllows(ctx context.Context, d *Definition, in *Start, by, starter penstock.Actor) error {
	if in.Ticket == "" {
		if d.TicketRequired {
			return &penstock.RefusedError{Action: "start", State: "stored", Needs: []string{"a pre-approval ticket"}}
		}
		return nil
	}
	t, err := s.ticket(ctx, in.Ticket)
	if err != nil {
		return err
	}
	return t.allows(d, s.types, in, by, starter, s.now())
}
