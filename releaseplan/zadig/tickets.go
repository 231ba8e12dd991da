package zadig

import (
	"errors"
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

func ticketOperations() []rest.Operation[*api] {
	const tag = "tickets"
	list := []openapi.Param{projectName, {Name: "query", About: "what is in the approval id"}}
	stored := openapi.Param{Name: "projectName", About: "the project; if it is named, it has to be that of the ticket"}
	return []rest.Operation[*api]{
		{Operation: openapi.Operation{Method: http.MethodPost, Path: "/openapi/ticket/approval", ID: "createTicket", Summary: "Create a pre-approval ticket", Tag: tag,
			Body: ticketBody{}, Fails: bodyFails, Answers: answers(ticketCreated{})}, Handle: (*api).createTicket},
		{Operation: openapi.Operation{Method: http.MethodGet, Path: "/api/aslan/ticket/approval", ID: "listTickets", Tag: tag,
			Summary: "The valid tickets of a project that the caller may use, by the e-mail if the caller has one, the newest first",
			Query:   list, Answers: answers([]ticket{})}, Handle: (*api).listTickets},
		{Operation: openapi.Operation{Method: http.MethodPut, Path: "/api/aslan/ticket/approval/{id}", ID: "updateTicket", Summary: "Close a ticket, by its id or approval id, or open it again", Tag: tag,
			Query: []openapi.Param{stored}, Body: ticketChange{}, Fails: bodyFails, Answers: answers(success{})}, Handle: (*api).updateTicket},
	}
}

func (a *api) createTicket(c *rest.Call) error {
	var body ticketBody
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	t, err := fromTicketBody(body)
	if err != nil {
		return err
	}
	if _, err = a.Workflows.Tickets().Create(c.Context(), t, c.Actor); err != nil {
		return ticketFailing(err)
	}
	return c.JSON(http.StatusOK, ticketCreated{1, "success"})
}

// ticketFailing says why a ticket was not created. The document ends the words of an internal error
// otherwise here.
func ticketFailing(err error) error {
	switch {
	case errors.Is(err, penstock.ErrInvalid):
		return err
	case errors.Is(err, penstock.ErrExists):
		return &failed{code: codeCreateTicket, why: duplicateKey, err: err}
	case rest.Status(err) == http.StatusInternalServerError:
		return &failed{code: code{http.StatusInternalServerError, "Internal Error"}, why: "internal error", err: err, internal: true}
	default:
		return codeCreateTicket.failing(err)
	}
}

func (a *api) listTickets(c *rest.Call) error {
	f := workflow.TicketFilter{Project: c.Query("projectName"), Email: c.Actor.Email, Text: c.Query("query")}
	all, err := every(func(p penstock.Page) (penstock.List[workflow.Record[workflow.Ticket]], error) {
		f.Page = p
		return a.Workflows.Tickets().List(c.Context(), f, c.Actor)
	})
	if err != nil {
		return codeListTickets.failing(err)
	}
	return c.JSON(http.StatusOK, eachOf(all, toTicket))
}

func (a *api) updateTicket(c *rest.Call) error {
	var body ticketChange
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	if body.Status == nil {
		return penstock.Invalid("status", "is required")
	}
	tickets, id := a.Workflows.Tickets(), c.Path("id")
	if project := c.Query("projectName"); project != "" {
		r, err := tickets.Get(c.Context(), id, c.Actor)
		if err != nil {
			return err
		}
		if id = r.Value.ID; r.Value.Project != project {
			return penstock.ErrNotFound
		}
	}
	_, err := tickets.SetStatus(c.Context(), id, workflow.TicketStatus(*body.Status), c.Actor)
	return succeed(c, err)
}
