package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A shelf is a Service over a store with a clock of its own.
type shelf struct {
	*workflow.Service
	testing.TB
	store store.Store
	clock *time.Time
}

var (
	shelfNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	anna     = penstock.Actor{ID: "anna", Name: "Anna", Email: "anna@example.com"}
	bert     = penstock.Actor{ID: "bert", Name: "Bert", Email: "bert@example.com"}
)

func newShelf(t testing.TB, cfg workflow.Config) shelf {
	t.Helper()
	now := shelfNow
	if cfg.Store == nil {
		cfg.Store = memory.New()
	}
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return now }
	}
	s, err := workflow.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return shelf{s, t, cfg.Store, &now}
}

// plainDefinition is one that nothing is wrong with.
func plainDefinition(key string) workflow.Definition {
	return workflow.Definition{Project: "shop", Key: key, Stages: []workflow.Stage{{Name: "only", Jobs: []workflow.Job{
		{Name: "pause", Type: "wait", Spec: json.RawMessage(`{"for":"PT1M"}`)}}}}}
}

// like returns d as change leaves it.
func like(d workflow.Definition, change func(*workflow.Definition)) workflow.Definition {
	change(&d)
	return d
}

func (s shelf) create(d workflow.Definition) workflow.Record[workflow.Definition] {
	s.Helper()
	r, err := s.Definitions().Create(context.Background(), d, anna)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func (s shelf) update(key string, f func(*workflow.Definition)) workflow.Record[workflow.Definition] {
	s.Helper()
	r, err := s.Definitions().Update(context.Background(), key, 0, func(d *workflow.Definition) error { f(d); return nil }, anna)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func (s shelf) createView(v workflow.View) workflow.Record[workflow.View] {
	s.Helper()
	r, err := s.Views().Create(context.Background(), v, anna)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func (s shelf) createTicket(t workflow.Ticket) workflow.Record[workflow.Ticket] {
	s.Helper()
	r, err := s.Tickets().Create(context.Background(), t, anna)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

// events returns how many the store has.
func (s shelf) events() int {
	s.Helper()
	all, err := s.store.Events(context.Background(), store.EventQuery{Limit: store.MaxLimit})
	if err != nil {
		s.Fatal(err)
	}
	return len(all)
}

// equal reports what is other than it should be.
func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// isKind reports an error that is not of a kind.
func isKind(t testing.TB, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

// told returns the faults of an error as texts.
func told(err error) (all []string) {
	for _, f := range penstock.Faults(err) {
		all = append(all, f.Error())
	}
	return all
}

// asked is an Authorizer that notes what it is asked, and refuses what may does not allow.
type asked struct {
	all []string
	may func(by penstock.Actor, right penstock.Right, on penstock.Resource) bool
}

func (a *asked) authorize(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
	a.all = append(a.all, fmt.Sprintf("%s %s %s %q %q", by.ID, right, on.Kind, on.Name, on.Project))
	if a.may != nil && !a.may(by, right, on) {
		return &penstock.ForbiddenError{Right: right, On: on}
	}
	return nil
}
