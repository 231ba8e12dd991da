package zadig_test

import (
	"errors"
	"strings"
)

func ticketRows() []row {
	bad := func(description string) string { return wants(400, "Bad Request", description) }
	denied := func(right string) string { return wants(403, "Forbidden", "no "+right+" right") }
	there := func(s *shelf) { s.Do("POST", tickets, ticket).Want(200) }
	with := func(from, to string) string { return strings.ReplaceAll(ticket, from, to) }
	const list, one = "/api/aslan/ticket/approval", "/api/aslan/ticket/approval/OA-77"
	return rowsOf([]shelfFault{
		{"createTicket", "an internal error", func(s *shelf) { s.store.breaks(errors.New("a secret of the store")) }, "POST", tickets, ticket, "", 500,
			`{"code":500,"message":"Internal Error","description":"internal error"}`},
		{"createTicket", "not JSON", nil, "POST", tickets, "project_key: demo", "", 400, bad("the body must be JSON")},
		{"createTicket", "no status", nil, "POST", tickets, `{"project_key":"demo","approval_id":"x"}`, "", 400, bad("status: is required")},
		{"createTicket", "nothing but a status", nil, "POST", tickets, `{"status":1}`, "", 400, bad("approval_id: approval_id cannot be empty\nproject_key: project_key cannot be empty")},
		{"createTicket", "another status", nil, "POST", tickets, with(`"status": 1`, `"status": 2`), "", 400, bad("status: must be from 0 to 1")},
		{"createTicket", "environments of another type", nil, "POST", tickets, with(`"prod, dev"`, `7`), "", 400, bad("envs: must be a list of names, or a text with commas between them")},
		{"createTicket", "a window that ends before it starts", nil, "POST", tickets, with("1767232800", "1"), "", 400, bad("execution_window_end: invalid time window: start time greater than end time")},
		{"createTicket", "the approval id is taken", there, "POST", tickets, with(`"demo"`, `"shop"`), "", 400, wants(7100, "Create approval ticket failed", "mongo duplicate key error")},
		{"createTicket", "no right", nil, "POST", tickets, ticket, "reader", 403, denied("approve")},

		{"listTickets", "no project", nil, "GET", list, nil, "", 400, bad("projectName is required")},
		{"listTickets", "a project that cannot be", nil, "GET", list + "?projectName=a%01", nil, "", 400, wants(7101, "List approval tickets failed", "project: must not hold control characters")},

		{"updateTicket", "unknown ticket", nil, "PUT", one, `{"status":0}`, "", 404, wants(404, "Not Found", `ticket "OA-77": not found`)},
		{"updateTicket", "another project's ticket", there, "PUT", one + "?projectName=shop", `{"status":0}`, "", 404, wants(404, "Not Found", "not found")},
		{"updateTicket", "no status", there, "PUT", one, `{}`, "", 400, bad("status: is required")},
		{"updateTicket", "another status", there, "PUT", one, `{"status":2}`, "", 400, bad("status: must be from 0 to 1")},
		{"updateTicket", "no right", there, "PUT", one, `{"status":0}`, "reader", 403, denied("approve")},
	})
}
