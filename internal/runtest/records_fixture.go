package runtest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/penstock-go/penstock/internal/racetest"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// A shelf is a Service of which only the records matter.
type shelf struct {
	*plant
	suite
}

func (on suite) shelf(t testing.TB, cfg workflow.Config) shelf {
	t.Helper()
	return shelf{on.plant(t, cfg), on}
}

// plainDefinition is one that nothing is wrong with.
func plainDefinition(key string) workflow.Definition {
	return workflow.Definition{Project: "shop", Key: key, Stages: []workflow.Stage{{Name: "only", Jobs: []workflow.Job{
		{Name: "pause", Type: "wait", Spec: json.RawMessage(`{"for":"PT1M"}`)}}}}}
}

// secretDefinition is one that keeps secrets, in a record of their own.
func secretDefinition() workflow.Definition {
	d := plainDefinition("vault")
	d.Params = []workflow.Param{{Name: "password", Type: workflow.SecretParam, Value: "hush-param"}}
	return d
}

// like returns d as change leaves it.
func like(d workflow.Definition, change func(*workflow.Definition)) workflow.Definition {
	change(&d)
	return d
}

func openTicket(approval string) workflow.Ticket {
	return workflow.Ticket{ApprovalID: approval, Project: "shop", Status: workflow.TicketOpen}
}

func (s shelf) update(key string, f func(*workflow.Definition)) workflow.Record[workflow.Definition] {
	s.Helper()
	r, err := s.Definitions().Update(s.ctx, key, 0, func(d *workflow.Definition) error { f(d); return nil }, ann)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

// events returns how many the store has.
func (s shelf) events() int {
	s.Helper()
	return len(everyEvent(s, s.store))
}

// equal reports what is other than it should be.
func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// isKind reports an error that is not of a kind.
func isKind(t testing.TB, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

// race runs f in many goroutines, half of them on a Service of their own, and
// returns how many succeeded. What fails must be of the kind.
func (s shelf) race(f func(s *workflow.Service, i int) error, kind error) int {
	other := s.shelf(s, workflow.Config{Store: s.store})
	return racetest.Run(s, 16, []*workflow.Service{s.Service, other.Service}, f, kind)
}

// A lossyStore commits, or does not, and then fails.
type lossyStore struct {
	store.Store
	before func(ops []store.Op) error
	after  func() error
	get    func(keys []store.Key) error
}

func (l *lossyStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if l.before != nil {
		if err := l.before(ops); err != nil {
			return 0, err
		}
	}
	version, err := l.Store.Commit(ctx, ops...)
	if err == nil && l.after != nil {
		err = l.after()
	}
	return version, err
}

func (l *lossyStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if l.get != nil {
		if err := l.get(keys); err != nil {
			return nil, err
		}
	}
	return l.Store.Get(ctx, keys...)
}
