package workflow_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

func openTicket(approval string) workflow.Ticket {
	return workflow.Ticket{ApprovalID: approval, Project: "shop", Status: workflow.TicketOpen}
}

func likeTicket(t workflow.Ticket, change func(*workflow.Ticket)) workflow.Ticket {
	change(&t)
	return t
}

func TestTicketsAreFoundByIDAndApprovalID(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	in := likeTicket(openTicket("OA/77 ü"), func(t *workflow.Ticket) {
		t.ID = "mine"
		t.Envs, t.Services = []string{"prod"}, []workflow.TicketService{{Service: "a", Module: "a"}}
		t.Users = []workflow.TicketUser{{Name: "Anna", Email: "Anna@Example.com"}}
		t.Start, t.End = shelfNow.Add(time.Nanosecond), shelfNow.In(time.FixedZone("", 3600))
	})
	made := s.createTicket(likeTicket(in, func(t *workflow.Ticket) { t.Start = shelfNow.Add(-time.Hour) }))
	if made.Value.ID == "mine" || made.Value.ID == "" {
		t.Errorf("the id is %q", made.Value.ID)
	}
	want := likeTicket(in, func(t *workflow.Ticket) { t.ID, t.Start, t.End = made.Value.ID, shelfNow.Add(-time.Hour), shelfNow })
	equal(t, "created", made.Value, want)
	in.Envs[0] = "changed" // the caller's own
	for _, name := range []string{"OA/77 ü", made.Value.ID} {
		got, err := s.Tickets().Get(t.Context(), name, bert)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, name, got, made)
	}
	for _, name := range []string{"", "oa/77 ü", "none", "x\x00y", strings.Repeat("x", 5000)} {
		_, err := s.Tickets().Get(t.Context(), name, anna)
		isKind(t, err, penstock.ErrNotFound)
	}
}

func TestEveryFaultOfATicketIsTold(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	s.createTicket(openTicket("taken"))
	for _, row := range []struct {
		rule   string
		t      workflow.Ticket
		want   error
		faults []string
	}{
		{"an approval id that is taken", likeTicket(openTicket("taken"), func(t *workflow.Ticket) { t.Project = "bank" }), penstock.ErrExists, nil},
		{"nothing", workflow.Ticket{}, penstock.ErrInvalid, []string{"approval_id: approval_id cannot be empty", "project_key: project_key cannot be empty"}},
		{"closed from the start", workflow.Ticket{ApprovalID: "closed", Project: "shop"}, nil, nil},
		{"a window of one instant", likeTicket(openTicket("instant"), func(t *workflow.Ticket) { t.Start, t.End = shelfNow, shelfNow }), nil, nil},
		{"an open end", likeTicket(openTicket("open end"), func(t *workflow.Ticket) { t.Start = shelfNow }), nil, nil},
		{"an open start", likeTicket(openTicket("open start"), func(t *workflow.Ticket) { t.End = shelfNow }), nil, nil},
		{"everything", workflow.Ticket{ApprovalID: "\x00", Project: "\xff", Status: 2, Envs: []string{"a", "", "a"},
			Services: []workflow.TicketService{{Service: "s", Module: "m"}, {Module: "m"}, {Service: "s", Module: "m"}, {Service: "s"}},
			Users:    []workflow.TicketUser{{Email: "a@x"}, {Name: "\n"}, {Email: "A@X"}},
			Start:    shelfNow, End: shelfNow.Add(-time.Second)}, penstock.ErrInvalid, []string{
			"approval_id: must not hold control characters", "project_key: must be UTF-8", "status: must be from 0 to 1",
			"execution_window_end: invalid time window: start time greater than end time",
			"envs[1]: must not be empty", `envs[2]: "a" is there already`,
			"services[1].service_name: must not be empty", "services[2]: service s.m is there already",
			"users[1].name: must not hold control characters", "users[1].email: must not be empty", "users[2].email: is there already"}},
		{"too many", workflow.Ticket{ApprovalID: "x", Project: "x", Envs: make([]string, 501), Services: make([]workflow.TicketService, 1001),
			Users: make([]workflow.TicketUser, 501), End: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}, penstock.ErrInvalid, []string{
			"execution_window_end: must be a year from 1 to 9999", "envs: 501 are too many: at most 500",
			"services: 1001 are too many: at most 1000", "users: 501 are too many: at most 500"}},
	} {
		before := s.events()
		_, err := s.Tickets().Create(t.Context(), row.t, anna)
		if !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", row.rule, err, row.want)
		}
		equal(t, row.rule, told(err), row.faults)
		if s.events() != before && row.want != nil {
			t.Errorf("%s: wrote", row.rule)
		}
	}
}

func TestTicketsAreClosedAndOpened(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	made := s.createTicket(openTicket("OA-1"))
	status := func(to workflow.TicketStatus) workflow.Record[workflow.Ticket] {
		t.Helper()
		got, err := s.Tickets().SetStatus(t.Context(), "OA-1", to, anna)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	equal(t, "so already", status(workflow.TicketOpen), made)
	closed := status(workflow.TicketClosed)
	equal(t, "closed", closed.Value, likeTicket(made.Value, func(t *workflow.Ticket) { t.Status = workflow.TicketClosed }))
	equal(t, "closed again", status(workflow.TicketClosed).Version, int64(2))
	equal(t, "opened", status(workflow.TicketOpen).Version, int64(3))
	_, err := s.Tickets().SetStatus(t.Context(), made.Value.ID, 2, anna)
	equal(t, "no status", told(err), []string{"status: must be from 0 to 1"})
	_, err = s.Tickets().SetStatus(t.Context(), "none", 1, anna)
	isKind(t, err, penstock.ErrNotFound)
	all, err := s.Tickets().History(t.Context(), "OA-1", 0, 2, anna)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].Commit = ""
	}
	equal(t, "history", all, []workflow.Revision[workflow.Ticket]{
		{Version: 1, Name: workflow.EventTicketCreated, At: shelfNow, By: made.Created.By, After: &made.Value},
		{Version: 2, Name: workflow.EventTicketUpdated, At: shelfNow, By: made.Created.By, Before: &made.Value, After: &closed.Value},
	})
	_, err = s.Tickets().History(t.Context(), "none", 0, 0, anna)
	isKind(t, err, penstock.ErrNotFound)
}

func TestListOfTickets(t *testing.T) {
	for what, authorizer := range map[string]penstock.Authorizer{"nobody is asked": nil, "all may": new(asked).authorize} {
		s := newShelf(t, workflow.Config{Authorizer: authorizer})
		for i, row := range []struct {
			id, project, emails string
			status              workflow.TicketStatus
		}{
			{"OA-1", "shop", "", 1}, {"OA-2", "shop", "Anna@example.com bert@example.com", 1}, {"oa-3", "bank", "bert@example.com", 1}, {"X-4", "shop", "", 0},
		} {
			*s.clock = shelfNow.Add(time.Duration(i) * time.Minute)
			s.createTicket(likeTicket(openTicket(row.id), func(t *workflow.Ticket) {
				t.Project, t.Status = row.project, row.status
				for e := range strings.FieldsSeq(row.emails) {
					t.Users = append(t.Users, workflow.TicketUser{Email: e})
				}
			}))
		}
		type f = workflow.TicketFilter
		for _, row := range []struct {
			f    f
			want string
		}{
			{f{}, "3 oa-3 OA-2 OA-1"},
			{f{Project: "shop"}, "2 OA-2 OA-1"},
			{f{Closed: true}, "1 X-4"},
			{f{Email: "anna@example.com"}, "2 OA-2 OA-1"},
			{f{Email: "BERT@example.com"}, "3 oa-3 OA-2 OA-1"},
			{f{Email: "else@example.com"}, "1 OA-1"},
			{f{Text: "a-3"}, "1 oa-3"},
			{f{Text: "OA"}, "3 oa-3 OA-2 OA-1"},
			{f{Page: penstock.Page{Offset: 1, Limit: 1}}, "3 OA-2"},
		} {
			list, err := s.Tickets().List(t.Context(), row.f, anna)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(list.Total)
			for _, r := range list.Items {
				got += " " + r.Value.ApprovalID
			}
			equal(t, fmt.Sprintf("%s: %+v", what, row.f), got, row.want)
		}
		_, err := s.Tickets().List(t.Context(), f{Project: "\n", Email: "\xff", Text: "\x00", Page: penstock.Page{Limit: -1}}, anna)
		equal(t, "faults", told(err), []string{"limit: must be from 0 to 1000", "project: must not hold control characters",
			"email: must be UTF-8", "text: must not hold control characters"})
	}
}

func TestTheIDOfATicketComesBeforeAnApprovalID(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	first := s.createTicket(openTicket("OA-1"))
	s.createTicket(openTicket(first.Value.ID))
	got, err := s.Tickets().Get(t.Context(), first.Value.ID, anna)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "found", got, first)
}

// What stores cannot index comes to no store.
func TestTheLongestTicketIsStored(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	long := strings.Repeat("Ⱥ", workflow.MaxName) // larger in small letters
	in := likeTicket(openTicket(long), func(t *workflow.Ticket) { t.Project = long })
	for i := range workflow.MaxTicketUsers {
		in.Users = append(in.Users, workflow.TicketUser{Email: fmt.Sprint(i, long[:500])})
	}
	s.createTicket(in)
	page, err := s.store.Find(t.Context(), store.Query{Kind: "workflow.ticket"})
	if err != nil || len(page.Records) != 1 || len(page.Records[0].Fields["user"]) != workflow.MaxTicketUsers {
		t.Errorf("%d, %v", len(page.Records), err)
	}
}
