package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// Bounds of a ticket.
const (
	MaxTicketEnvs     = 500
	MaxTicketServices = 1_000
	MaxTicketUsers    = 500
)

// The names of the events of a ticket in the log.
const (
	EventTicketCreated = "ticket.created"
	EventTicketUpdated = "ticket.updated"
)

// A Ticket is an approval that was given elsewhere, before a run is started: it says
// who may start runs, when, and of what. It can start any number of them.
type Ticket struct {
	ID         string          `json:"id"`          // given by the Service
	ApprovalID string          `json:"approval_id"` // what the other system calls it; unique among all tickets
	Project    string          `json:"project_key"`
	Status     TicketStatus    `json:"status"`
	Envs       []string        `json:"envs,omitempty"`     // that may be changed; none: any
	Services   []TicketService `json:"services,omitempty"` // that may be worked on; none: any
	Users      []TicketUser    `json:"users,omitempty"`    // who may start runs; none: everybody

	Start time.Time `json:"execution_window_start,omitzero"` // inclusive; zero: open
	End   time.Time `json:"execution_window_end,omitzero"`   // inclusive; zero: open
}

// A TicketStatus says whether a ticket can be used.
type TicketStatus int

// The statuses.
const (
	TicketClosed TicketStatus = 0
	TicketOpen   TicketStatus = 1
)

// A TicketService is a module of a service, or all of them.
type TicketService struct {
	Service string `json:"service_name"`
	Module  string `json:"service_module,omitempty"` // empty: every one
}

// A TicketUser is known by the e-mail, in small or large letters.
type TicketUser struct {
	Name  string `json:"name,omitempty"` // for people
	Email string `json:"email"`
}

// Resource returns the ticket as an Authorizer is asked about it.
func (t *Ticket) Resource() penstock.Resource {
	return penstock.Resource{Kind: "ticket", ID: t.ID, Name: t.ApprovalID, Project: t.Project}
}

// Validate returns every fault of the ticket with its path, as one joined error
// that is an ErrInvalid, or nil.
func (t *Ticket) Validate() error {
	var c Checker
	if t.ApprovalID == "" {
		c.Fault("approval_id", "approval_id cannot be empty")
	}
	c.Short("approval_id", t.ApprovalID)
	if t.Project == "" {
		c.Fault("project_key", "project_key cannot be empty")
	}
	c.Short("project_key", t.Project)
	c.Range("status", int(t.Status), int(TicketClosed), int(TicketOpen))
	if !t.Start.IsZero() && !t.End.IsZero() && t.End.Before(t.Start) {
		c.Fault("execution_window_end", "invalid time window: start time greater than end time")
	}
	for _, w := range []struct {
		field string
		at    time.Time
	}{{"execution_window_start", t.Start}, {"execution_window_end", t.End}} {
		if year := w.at.UTC().Year(); year < 1 || year > 9999 {
			c.Fault(w.field, "must be a year from 1 to 9999")
		}
	}
	if c.Count("envs", len(t.Envs), MaxTicketEnvs) {
		for i, env := range t.Envs {
			c.Name("envs["+decimal(i)+"]", env)
			if env != "" && slices.Contains(t.Envs[:i], env) {
				c.Fault("envs["+decimal(i)+"]", "%q is there already", short(env))
			}
		}
	}
	if c.Count("services", len(t.Services), MaxTicketServices) {
		seen := make(map[string]bool, len(t.Services))
		for i, s := range t.Services {
			c.At("services[%d]", i).checkService(s.Service, s.Module, seen)
		}
	}
	if c.Count("users", len(t.Users), MaxTicketUsers) {
		for i, u := range t.Users {
			at := c.At("users[%d]", i)
			at.Short("name", u.Name)
			at.Name("email", u.Email)
			if u.Email != "" && slices.ContainsFunc(t.Users[:i], func(o TicketUser) bool { return strings.EqualFold(o.Email, u.Email) }) {
				at.Fault("email", "is there already")
			}
		}
	}
	return c.Faults()
}

// Tickets are the pre-approval tickets of a [Service]. To create one and to set its
// status takes the right to approve: whoever may do so decides which runs can start.
type Tickets struct{ service *Service }

// Tickets returns the pre-approval tickets.
func (s *Service) Tickets() Tickets { return Tickets{s} }

func (s *Service) tickets() records[Ticket] {
	return records[Ticket]{service: s, kind: kindTicket,
		sort: func(r *storedRecord[Ticket]) int64 { return r.Created.At.UnixMicro() },
		fields: func(t *Ticket) map[string][]string {
			users := make([]string, len(t.Users))
			for i, u := range t.Users {
				users[i] = u.Email
			}
			if len(users) == 0 {
				users = []string{""}
			}
			return map[string][]string{fieldProject: {t.Project}, fieldText: searchable(t.ApprovalID),
				fieldStatus: {decimal(int(t.Status))}, fieldUser: searchable(users...)}
		}}
}

// Create stores a new ticket; its id is given. An approval id that is taken is an
// ErrExists; what is wrong with it is an ErrInvalid that tells every fault.
func (t Tickets) Create(ctx context.Context, ticket Ticket, by penstock.Actor) (Record[Ticket], error) {
	s := t.service
	if err := outsider(by); err != nil {
		return Record[Ticket]{}, err
	}
	ticket.ID = ""
	if err := s.authorizer.Ask(ctx, by, penstock.Approve, ticket.Resource()); err != nil {
		return Record[Ticket]{}, err
	}
	if err := ticket.Validate(); err != nil {
		return Record[Ticket]{}, err
	}
	if err := s.knowsProject(ctx, ticket.Project); err != nil {
		return Record[Ticket]{}, err
	}
	ticket.ID = s.newID()
	ticket.Envs, ticket.Services, ticket.Users = slices.Clone(ticket.Envs), slices.Clone(ticket.Services), slices.Clone(ticket.Users)
	if !ticket.Start.IsZero() {
		ticket.Start = instant(ticket.Start)
	}
	if !ticket.End.IsZero() {
		ticket.End = instant(ticket.End)
	}
	next, err := s.tickets().write(ctx, ticket.ID, by, func(now *storedRecord[Ticket]) (recordWrite[Ticket], error) {
		if now.at != 0 {
			return recordWrite[Ticket]{}, fmt.Errorf("ticket %s: %w", ticket.ID, penstock.ErrExists)
		}
		names, err := s.rename(ctx, ticket.ID, nil, approvalName(ticket.ApprovalID))
		return recordWrite[Ticket]{next: &ticket, event: EventTicketCreated, entry: Revision[Ticket]{After: &ticket},
			ops: func(int64, Stamp) ([]store.Op, error) { return names, nil }}, err
	})
	if err != nil {
		return Record[Ticket]{}, err
	}
	return next.record(), nil
}

func approvalName(id string) *uniqueName { return &uniqueName{"a ticket with the approval id", "", id} }

// Get returns the ticket with an id or approval id, or an ErrNotFound. It takes the right to read.
func (t Tickets) Get(ctx context.Context, name string, by penstock.Actor) (Record[Ticket], error) {
	now, err := t.find(ctx, name)
	if err == nil {
		err = t.service.authorizer.Ask(ctx, by, penstock.Read, now.Value.Resource())
	}
	if err != nil {
		return Record[Ticket]{}, err
	}
	return now.record(), nil
}

// find returns the ticket with an id or, if there is none, with an approval id.
func (t Tickets) find(ctx context.Context, name string) (storedRecord[Ticket], error) {
	all := t.service.tickets()
	if checkRunID(name) == nil {
		if now, err := all.load(ctx, name); err != nil || now.Value != nil {
			return now, err
		}
	}
	found, err := t.service.store.Get(ctx, approvalName(name).key())
	if err != nil {
		return storedRecord[Ticket]{}, fmt.Errorf("look up a name: %w", err)
	}
	if found[0].Version != 0 {
		if now, err := all.load(ctx, string(found[0].Body)); err != nil || now.Value != nil {
			return now, err
		}
	}
	return storedRecord[Ticket]{}, fmt.Errorf("ticket %q: %w", short(name), penstock.ErrNotFound)
}

// SetStatus opens or closes the ticket with an id or approval id. What is so already
// stays so. Runs that it started go on.
func (t Tickets) SetStatus(ctx context.Context, name string, status TicketStatus, by penstock.Actor) (Record[Ticket], error) {
	if err := outsider(by); err != nil {
		return Record[Ticket]{}, err
	}
	found, err := t.find(ctx, name)
	if err != nil {
		return Record[Ticket]{}, err
	}
	next, err := t.service.tickets().write(ctx, found.id, by, func(now *storedRecord[Ticket]) (recordWrite[Ticket], error) {
		var none recordWrite[Ticket]
		if err := t.service.authorizer.Ask(ctx, by, penstock.Approve, now.Value.Resource()); err != nil {
			return none, err
		}
		after := *now.Value
		after.Status = status
		if err := after.Validate(); err != nil || status == now.Value.Status {
			return none, err
		}
		return recordWrite[Ticket]{next: &after, event: EventTicketUpdated, entry: Revision[Ticket]{Before: now.Value, After: &after}}, nil
	})
	if err != nil {
		return Record[Ticket]{}, err
	}
	return next.record(), nil
}

// A TicketFilter selects tickets. The zero one selects the first page of all that
// are open.
type TicketFilter struct {
	Project string // of this project; empty: of any
	Email   string // that this user may use; empty: anybody's
	Text    string // in the approval id, in small or large letters
	Closed  bool   // closed tickets instead of open ones
	penstock.Page
}

// List returns a page of tickets, the newest first, whether or not their windows are
// open. Those that by may not read are passed over and not counted.
func (t Tickets) List(ctx context.Context, f TicketFilter, by penstock.Actor) (penstock.List[Record[Ticket]], error) {
	var list penstock.List[Record[Ticket]]
	page, err := f.Normal()
	var c Checker
	c.Short("project", f.Project)
	c.Short("email", f.Email)
	c.Short("text", f.Text)
	if err := errors.Join(err, c.Faults()); err != nil {
		return list, err
	}
	status := TicketOpen
	if f.Closed {
		status = TicketClosed
	}
	q := store.Query{Where: []store.Filter{store.Equals(fieldStatus, decimal(int(status)))}, Order: store.Order{Desc: true}}
	if f.Project != "" {
		q.Where = append(q.Where, store.Equals(fieldProject, f.Project))
	}
	if f.Email != "" {
		q.Where = append(q.Where, store.In(fieldUser, "", searchable(f.Email)[0]))
	}
	if f.Text != "" {
		q.Where = append(q.Where, store.HasPart(fieldText, searchable(f.Text)[0]))
	}
	found, err := t.service.tickets().list(ctx, q, page, func(now *storedRecord[Ticket]) error {
		return t.service.authorizer.Ask(ctx, by, penstock.Read, now.Value.Resource())
	})
	if err != nil {
		return list, err
	}
	for i := range found.Items {
		list.Items = append(list.Items, found.Items[i].record())
	}
	list.Total = found.Total
	return list, nil
}

// History returns what the log says of the ticket with an id or approval id, oldest
// first: those with a Version greater than after, at most limit of them (0: 100, at most
// 1,000). It takes the right to read.
func (t Tickets) History(ctx context.Context, name string, after int64, limit int, by penstock.Actor) ([]Revision[Ticket], error) {
	now, err := t.find(ctx, name)
	if err == nil {
		err = t.service.authorizer.Ask(ctx, by, penstock.Read, now.Value.Resource())
	}
	if err != nil {
		return nil, err
	}
	return t.service.tickets().history(ctx, &now, after, limit)
}
