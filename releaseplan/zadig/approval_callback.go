package zadig

import (
	"net/http"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
)

// A platformEvent is what the system says in which approvals are given.
type platformEvent struct {
	_ struct{} `open:"true"`
}

func approvalOperations() []rest.Operation[*api] {
	return []rest.Operation[*api]{{Operation: openapi.Operation{
		Method: http.MethodPost, Path: "/api/callback/approval/{kind}", ID: "hearApprovalPlatform", Tag: tagPlans,
		Summary: "News of the system in which approvals of a kind are given; its signature takes the place of a token, and answers are in its words",
		Body:    platformEvent{}, Fails: []int{http.StatusRequestEntityTooLarge}, Answers: answers(platformEvent{}),
	}, Handle: (*api).hearPlatform, Open: true}}
}

const maxEvent = 1 << 20 // bytes

// hearPlatform lets the handler of a kind answer.
func (a *api) hearPlatform(c *rest.Call) error {
	h := a.Callbacks[approval.Kind(c.Path("kind"))]
	if h == nil {
		return rest.ErrNoRoute
	}
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, maxEvent)
	h.ServeHTTP(c.W, c.R)
	return nil
}
