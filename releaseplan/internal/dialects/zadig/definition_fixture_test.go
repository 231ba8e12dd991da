// Package zadig_test holds the dialect of package zadig against documents 000 and 002: over HTTP,
// on a real server, with every answer checked by the OpenAPI description.
package zadig_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A shelf is a server of what workflows, views and tickets there are, and nothing that runs.
type shelf struct {
	*check.Server
	t         *testing.T
	workflows *workflow.Service
	store     *brittle

	mu        sync.Mutex
	now       time.Time
	meanwhile map[penstock.Right]func() // what others do when a right is asked for, once
}

// shelfPeople are who can ask. Each may do everything in the projects that the groups name, and the
// admin everywhere. The token is the id.
func shelfPeople() map[string]penstock.Actor {
	projects := []string{"lilian-test", "demo", "shop"}
	return map[string]penstock.Actor{
		"admin":  {ID: "u-1", Name: "admin", Email: "admin@example.com", Admin: true},
		"robot":  {Name: "", Groups: projects},
		"ann":    {ID: "ann", Name: "Ann", Email: "ann@example.com", Groups: projects},
		"reader": {ID: "reader", Groups: projects},
		"other":  {ID: "other", Name: "Other", Email: "other@example.com", Groups: []string{"elsewhere"}},
	}
}

func shelfRights(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
	if who.Admin || slices.Contains(who.Groups, on.Project) && (who.ID != "reader" || right == penstock.Read) {
		return nil
	}
	return &penstock.ForbiddenError{Right: right, On: on}
}

const shelfBody = 1 << 20 // bytes of a request

// newShelf starts a server, which admin speaks to unless a request says otherwise.
func newShelf(t *testing.T) *shelf {
	t.Helper()
	return newShelfOver(t, memory.New())
}

// newShelfOver is newShelf over a store that others may use too.
func newShelfOver(t *testing.T, over store.Store) *shelf {
	t.Helper()
	s := &shelf{t: t, store: &brittle{Store: over}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	var err error
	if s.workflows, err = workflow.New(workflow.Config{Store: s.store, Authorizer: s.rights, Now: s.clock}); err != nil {
		t.Fatal(err)
	}
	people := shelfPeople()
	h := zadig.Handler(zadig.Config{Workflows: s.workflows, Now: s.clock, MaxBody: shelfBody, Who: func(r *http.Request) (penstock.Actor, error) {
		who, ok := people[r.Header.Get("Authorization")]
		if !ok {
			return who, errors.New("nobody has this token")
		}
		return who, nil
	}})
	s.Server = check.Serve(t, h, zadig.OpenAPI(), "admin")
	return s
}

// rights lets others come between.
func (s *shelf) rights(ctx context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
	s.mu.Lock()
	do := s.meanwhile[right]
	delete(s.meanwhile, right)
	s.mu.Unlock()
	if do != nil {
		do()
	}
	return shelfRights(ctx, who, right, on)
}

func (s *shelf) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// at sets the clock, in Unix time.
func (s *shelf) at(unix int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = time.Unix(unix, 0)
}

// A brittle store takes nothing while it is broken, and counts what it took.
type brittle struct {
	store.Store
	mu     sync.Mutex
	broken error
	count  int // of commits
}

func (b *brittle) written() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

func (b *brittle) breaks(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = err
}

// Commit implements store.Store.
func (b *brittle) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	b.mu.Lock()
	broken := b.broken
	b.mu.Unlock()
	if broken != nil {
		return 0, broken
	}
	version, err := b.Store.Commit(ctx, ops...)
	if err == nil {
		b.mu.Lock()
		b.count++
		b.mu.Unlock()
	}
	return version, err
}

// as makes somebody else ask.
func as(token string) []string { return []string{"Authorization", token} }

// create stores a workflow with one job and no fault.
func (s *shelf) create(project, key string) {
	s.Do(http.MethodPost, definitions, definition(project, key)).Want(http.StatusOK, succeeded)
}

// createInGo stores one by the Service.
func (s *shelf) createInGo(project, key string) {
	s.t.Helper()
	d := workflow.Definition{Project: project, Key: key, Stages: []workflow.Stage{{Name: "only", Jobs: []workflow.Job{{Name: "pause", Type: "wait", Spec: []byte(`{"for":"PT1M"}`)}}}}}
	if _, err := s.workflows.Definitions().Create(s.t.Context(), d, penstock.Actor{ID: "x", Admin: true}); err != nil {
		s.t.Fatal(err)
	}
}

const succeeded = `{"message":"success"}`
