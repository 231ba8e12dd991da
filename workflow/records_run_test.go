package workflow_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func (s shelf) start(key string, in workflow.Start) *workflow.Run {
	s.Helper()
	r, err := s.Start(s.Context(), key, in, anna)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func TestAWorkflowIsDeletedWithItsRunsCanceled(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	limited := plainDefinition("one")
	limited.ConcurrencyLimit = new(1)
	s.create(limited)
	s.create(plainDefinition("two"))
	first, second, other := s.start("one", workflow.Start{}), s.start("one", workflow.Start{}), s.start("two", workflow.Start{})
	isKind(t, s.Definitions().Delete(t.Context(), "one", 7, anna), penstock.ErrConflict)
	for _, r := range []*workflow.Run{first, second, other} {
		if got, err := s.Service.Get(t.Context(), r.ID(), anna); err != nil || got.State().Ended() {
			t.Errorf("after a delete of another version: %v, %v", got, err)
		}
	}
	if err := s.Definitions().Delete(t.Context(), "one", 0, anna); err != nil {
		t.Fatal(err)
	}
	for r, want := range map[*workflow.Run]workflow.RunState{first: workflow.RunCanceled, second: workflow.RunCanceled, other: workflow.RunRunning} {
		if got, err := s.Service.Get(t.Context(), r.ID(), anna); err != nil || got.State() != want {
			t.Errorf("run %s is %v, not %s, %v", r, got, want, err)
		}
	}
	if got, err := s.Service.Get(t.Context(), second.ID(), anna); err != nil || !got.Status().Started.IsZero() {
		t.Errorf("the one that waited was begun: %v, %v", got, err)
	}
	got, err := s.Service.Get(t.Context(), first.ID(), anna) // which keeps its version
	if err != nil || got.State() != workflow.RunCanceled || got.Version() != 1 {
		t.Errorf("%v, %v", got, err)
	}
	_, err = s.Start(t.Context(), "one", workflow.Start{}, anna)
	isKind(t, err, penstock.ErrNotFound)

	s.create(plainDefinition("one"))
	again := s.start("one", workflow.Start{})
	equal(t, "number and version", [2]int64{again.Number(), again.Version()}, [2]int64{3, 3})
}

func TestARunKeepsItsVersion(t *testing.T) {
	records := newShelf(t, workflow.Config{})
	records.create(plainDefinition("one"))
	r := records.start("one", workflow.Start{})
	records.update("one", func(d *workflow.Definition) { d.Stages[0].Name = "renamed" })
	other := newShelf(t, workflow.Config{Store: records.store}) // that has nothing cached
	got, err := other.Service.Get(t.Context(), r.ID(), anna)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "stage", got.Stages()[0].Name, "only")
	equal(t, "stage of the next", other.start("one", workflow.Start{}).Stages()[0].Name, "renamed")
}

func TestTicketsAreEnforcedAtEveryStart(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	needs := plainDefinition("needs")
	needs.TicketRequired = true
	s.create(needs)
	s.create(plainDefinition("plain"))
	good := s.createTicket(openTicket("good"))
	s.createTicket(likeTicket(openTicket("closed"), func(t *workflow.Ticket) { t.Status = workflow.TicketClosed }))
	s.createTicket(likeTicket(openTicket("soon"), func(t *workflow.Ticket) { t.Start = shelfNow.Add(time.Hour) }))
	s.createTicket(likeTicket(openTicket("bert's"), func(t *workflow.Ticket) { t.Users = []workflow.TicketUser{{Email: bert.Email}} }))
	for _, row := range []struct {
		rule, key, ticket string
		want              error
	}{
		{"none is needed", "plain", "", nil},
		{"none is needed, and a good one named", "plain", "good", nil},
		{"none is needed, and a closed one named", "plain", "closed", penstock.ErrRefused},
		{"one is needed", "needs", "", penstock.ErrRefused},
		{"by approval id", "needs", "good", nil},
		{"by id", "needs", good.Value.ID, nil},
		{"closed", "needs", "closed", penstock.ErrRefused},
		{"too early", "needs", "soon", penstock.ErrRefused},
		{"another user's", "needs", "bert's", penstock.ErrForbidden},
		{"unknown", "needs", "none", penstock.ErrNotFound},
	} {
		if _, err := s.Start(t.Context(), row.key, workflow.Start{Ticket: row.ticket}, anna); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", row.rule, err, row.want)
		}
	}
	*s.clock = shelfNow.Add(time.Hour)
	s.start("needs", workflow.Start{Ticket: "soon"})
}

func TestARunHasTheSecretsOfItsDefinition(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	d := secretDefinition()
	s.create(d)
	r := s.start("vault", workflow.Start{})
	e, err := workflow.WholeExecution(r, "run")
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := errors.Join(json.Unmarshal(d.Stages[0].Jobs[0].Spec, &want), json.Unmarshal(e.Spec, &got)); err != nil {
		t.Fatal(err)
	}
	equal(t, "spec", got, want)
}
