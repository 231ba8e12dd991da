package zadig_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const ticketList = "/api/aslan/ticket/approval"

func TestATicketIsListedAsItWasCreated(t *testing.T) {
	s := newShelf(t)
	s.at(1700000000)
	s.Do(http.MethodPost, tickets, ticket, as("ann")...).Want(http.StatusOK, `{"code":1,"message":"success"}`)
	a := s.Do(http.MethodGet, ticketList+"?projectName=demo", nil, as("ann")...).Want(http.StatusOK)
	id := fmt.Sprint(a.Get("0.id"))
	a.Want(http.StatusOK, `[{"id": "`+id+`", "approval_id": "OA-77", "status": 1, "project_key": "demo", "envs": ["prod", "dev"],
		"services": [{"service_name": "a", "service_module": "m"}], "users": [{"name": "Ann", "email": "ann@example.com"}],
		"execution_window_start": 1690180684, "execution_window_end": 1767232800, "create_time": 1700000000}]`)

	for _, name := range []string{id, "OA-77"} { // by either
		s.Do(http.MethodPut, ticketList+"/"+name+"?projectName=demo", `{"status": 0}`, as("ann")...).Want(http.StatusOK, succeeded)
		s.Do(http.MethodGet, ticketList+"?projectName=demo", nil, as("ann")...).Want(http.StatusOK, `[]`)
		s.Do(http.MethodPut, ticketList+"/"+name, `{"status": 1}`, as("ann")...).Want(http.StatusOK, succeeded)
		s.Do(http.MethodGet, ticketList+"?projectName=demo", nil, as("ann")...).Want(http.StatusOK, string(a.Body))
	}
}

func TestEnvironmentsAreATextOrAList(t *testing.T) {
	for envs, want := range map[string]string{
		`"prod"`: `["prod"]`, `" prod ,dev,"`: `["prod","dev"]`, `""`: `[]`, `null`: `[]`, `[]`: `[]`, `["prod", "dev"]`: `["prod","dev"]`,
	} {
		s := newShelf(t)
		s.Do(http.MethodPost, tickets, strings.Replace(ticket, `"prod, dev"`, envs, 1)).Want(http.StatusOK)
		sameJSON(t, jsonText(want), s.Do(http.MethodGet, ticketList+"?projectName=demo", nil, as("ann")...).Get("0.envs"))
	}
}

type jsonText string

// MarshalJSON writes the text as it is.
func (t jsonText) MarshalJSON() ([]byte, error) { return []byte(t), nil }

// Who has an e-mail sees the tickets that it may be used with.
func TestTicketsAreListedForTheCaller(t *testing.T) {
	s := newShelf(t)
	for i, row := range []struct{ id, project, users string }{
		{"A-1", "demo", `[]`}, {"A-2", "demo", `[{"name": "A", "email": "ANN@example.com"}]`}, {"B-3", "demo", `[{"name": "B", "email": "bob@example.com"}]`}, {"A-4", "shop", `[]`},
	} {
		s.at(1700000000 + int64(i))
		s.Do(http.MethodPost, tickets, fmt.Sprintf(`{"approval_id": %q, "project_key": %q, "status": 1, "users": %s}`, row.id, row.project, row.users)).Want(http.StatusOK)
	}
	for _, row := range []struct{ query, token, want string }{
		{"projectName=demo", "ann", "A-2 A-1"},
		{"projectName=demo", "reader", "B-3 A-2 A-1"}, // has no e-mail
		{"projectName=demo&query=-1", "ann", "A-1"},
		{"projectName=demo&query=b", "ann", ""},
		{"projectName=shop", "ann", "A-4"},
		{"projectName=demo", "other", ""},
	} {
		var all []struct {
			ID string `json:"approval_id"`
		}
		s.Do(http.MethodGet, ticketList+"?"+row.query, nil, as(row.token)...).Want(http.StatusOK).Into(&all)
		names := make([]string, len(all))
		for i, ticket := range all {
			names[i] = ticket.ID
		}
		if got := strings.Join(names, " "); got != row.want {
			t.Errorf("%s as %s: %s, want %s", row.query, row.token, got, row.want)
		}
	}
}
