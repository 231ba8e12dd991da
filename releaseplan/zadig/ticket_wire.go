package zadig

import (
	"encoding/json"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// A ticketBody is what a pre-approval ticket is created from.
type ticketBody struct {
	_          struct{}        `open:"true"`
	Project    string          `json:"project_key"`
	ApprovalID string          `json:"approval_id" doc:"what the other system calls it; unique"`
	Status     *int            `json:"status" need:"true" doc:"0: not valid, 1: valid"`
	Envs       envList         `json:"envs,omitempty" doc:"what may be changed; empty: anything"`
	Services   []ticketService `json:"services,omitempty" doc:"what may be worked on; empty: anything"`
	Users      []ticketUser    `json:"users,omitempty" doc:"who may start tasks; empty: everybody"`
	Start      int64           `json:"execution_window_start,omitempty" doc:"Unix time in seconds; 0: at any time"`
	End        int64           `json:"execution_window_end,omitempty" doc:"Unix time in seconds; 0: at any time"`
}

type ticketService struct {
	Service string `json:"service_name"`
	Module  string `json:"service_module" doc:"empty: every one"`
}

type ticketUser struct {
	Name  string `json:"name" doc:"for people"`
	Email string `json:"email"`
}

// An envList is a list of names, or a text with commas between them.
type envList []string

// UnmarshalJSON reads either.
func (l *envList) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) != nil {
		var all []string
		if err := json.Unmarshal(text, &all); err != nil {
			return penstock.Invalid("envs", "must be a list of names, or a text with commas between them")
		}
		*l = all
		return nil
	}
	*l = nil
	for name := range strings.SplitSeq(one, ",") {
		if name = strings.TrimSpace(name); name != "" {
			*l = append(*l, name)
		}
	}
	return nil
}

// OpenAPI returns the schema: either.
func (envList) OpenAPI(of func(any) any) any {
	return map[string]any{"anyOf": []any{of(""), of([]string{})}}
}

// A ticketCreated is the answer to a ticket that is valid from now on.
type ticketCreated struct {
	Code    int    `json:"code" doc:"1"`
	Message string `json:"message" enum:"success"`
}

// A ticketChange says whether a ticket is valid.
type ticketChange struct {
	_      struct{} `open:"true"`
	Status *int     `json:"status" need:"true" doc:"0: not valid, 1: valid"`
}

// A ticket is a pre-approval ticket as it is listed.
type ticket struct {
	ID         string          `json:"id"`
	ApprovalID string          `json:"approval_id"`
	Status     int             `json:"status" doc:"0: not valid, 1: valid"`
	Project    string          `json:"project_key"`
	Envs       []string        `json:"envs"`
	Services   []ticketService `json:"services"`
	Users      []ticketUser    `json:"users"`
	Start      int64           `json:"execution_window_start" doc:"Unix time in seconds; 0: at any time"`
	End        int64           `json:"execution_window_end" doc:"Unix time in seconds; 0: at any time"`
	Created    int64           `json:"create_time" doc:"Unix time in seconds"`
}

func toTicket(r workflow.Record[workflow.Ticket]) ticket {
	t := r.Value
	return ticket{
		ID: t.ID, ApprovalID: t.ApprovalID, Status: int(t.Status), Project: t.Project,
		Envs:     eachOf(t.Envs, func(env string) string { return env }),
		Services: eachOf(t.Services, func(s workflow.TicketService) ticketService { return ticketService(s) }),
		Users:    eachOf(t.Users, func(u workflow.TicketUser) ticketUser { return ticketUser(u) }),
		Start:    seconds(t.Start), End: seconds(t.End), Created: seconds(r.Created.At),
	}
}

// fromTicketBody returns the ticket that is to be created.
func fromTicketBody(body ticketBody) (workflow.Ticket, error) {
	if body.Status == nil {
		return workflow.Ticket{}, penstock.Invalid("status", "is required")
	}
	return workflow.Ticket{
		Project: body.Project, ApprovalID: body.ApprovalID, Status: workflow.TicketStatus(*body.Status), Envs: body.Envs,
		Services: eachOf(body.Services, func(s ticketService) workflow.TicketService { return workflow.TicketService(s) }),
		Users:    eachOf(body.Users, func(u ticketUser) workflow.TicketUser { return workflow.TicketUser(u) }),
		Start:    instant(body.Start), End: instant(body.End),
	}, nil
}
