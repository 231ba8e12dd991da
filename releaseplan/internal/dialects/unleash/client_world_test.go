package unleash_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/unleash"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// A clientWorld is a server with what SDKs poll, and the services behind it.
type clientWorld struct {
	*check.Server
	t        *testing.T
	cfg      unleash.Config
	store    *countingStore
	features *rollout.Service
	plans    *releaseplan.Service
	told     chan any // Registration and Metrics that arrived

	mu     sync.Mutex
	tokens map[string]unleash.Client
	denied map[string]penstock.Right // by kind and id of a resource, what mallory may not
}

var clientAnn = penstock.Actor{ID: "7", Name: "Ann"}

func newClientWorld(t *testing.T) *clientWorld {
	t.Helper()
	w := &clientWorld{t: t, store: &countingStore{Store: memory.New()}, told: make(chan any, 100), tokens: map[string]unleash.Client{
		"shop":    {Environment: "production", Projects: []string{"shop"}, App: "shop"},
		"all":     {Environment: "production", App: "all"},
		"nothing": {Environment: "production", Projects: []string{}},
		"test":    {Environment: "test"},
		"lost":    {Environment: "moon"},
	}, denied: make(map[string]penstock.Right)}
	var templates *template.Service
	var err error
	if w.features, err = rollout.NewService(rollout.Config{Store: w.store, Authorizer: w.authorize, References: func(ctx context.Context, on rollout.Ref) ([]string, error) {
		plans, err := w.plans.RolloutReferences(ctx, on)
		if err != nil {
			return nil, err
		}
		made, err := templates.References(ctx, on)
		return append(plans, made...), err
	}}); err != nil {
		t.Fatal(err)
	}
	w.plans = releaseplan.New(releaseplan.Config{Store: w.store, Rollout: w.features, Authorizer: w.authorize})
	if templates, err = template.NewService(template.Config{Store: w.store, Rollout: w.features}); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"test", "production"} {
		if _, err := w.features.Environments().Create(t.Context(), rollout.Environment{Name: name, Type: name, SortOrder: i}, clientAnn); err != nil {
			t.Fatal(err)
		}
	}
	w.cfg = unleash.Config{
		Templates: templates, Plans: w.plans, Rollout: w.features, Client: w.client,
		Who: func(r *http.Request) (penstock.Actor, error) {
			switch r.Header.Get("Authorization") {
			case "ann":
				return clientAnn, nil
			case "mallory":
				return penstock.Actor{ID: "9", Name: "Mallory"}, nil
			}
			return penstock.Actor{}, errors.New("unknown")
		},
		Registered: func(_ context.Context, by unleash.Client, what unleash.Registration) error { return w.tell(by, what) },
		Counted:    func(_ context.Context, by unleash.Client, what unleash.Metrics) error { return w.tell(by, what) },
	}
	w.Server = check.Serve(t, unleash.Handler(w.cfg), unleash.OpenAPI(), "ann")
	return w
}

// authorize keeps mallory from what is denied.
func (w *clientWorld) authorize(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if who.ID == "9" && w.denied[on.Kind+" "+on.ID] == right {
		return &penstock.ForbiddenError{Right: right, On: on}
	}
	return nil
}

func (w *clientWorld) client(r *http.Request) (unleash.Client, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c, ok := w.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]; ok {
		return c, nil
	}
	return unleash.Client{}, errors.New("the secret reason")
}

// revoke takes a token back.
func (w *clientWorld) revoke(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.tokens, token)
}

// tell notes what arrived; what nobody waits for is lost.
func (w *clientWorld) tell(by unleash.Client, what any) error {
	select {
	case w.told <- told{by, what}:
	default:
	}
	return nil
}

// told is what an SDK said, and who it is.
type told struct {
	by   unleash.Client
	what any
}

// feature creates a feature of a project that is on in production, and in no other environment.
func (w *clientWorld) feature(name, project string, strategies ...rollout.Strategy) {
	w.t.Helper()
	w.flag(rollout.Flag{Name: name, Project: project, Environments: map[string]rollout.Setting{"production": {Enabled: true, Strategies: strategies}}})
}

func (w *clientWorld) flag(f rollout.Flag) {
	w.t.Helper()
	if _, err := w.features.Features().Create(w.t.Context(), f, clientAnn); err != nil {
		w.t.Fatal(err)
	}
}

// segment creates a segment of users.
func (w *clientWorld) segment(name string, users ...string) int {
	w.t.Helper()
	g, err := w.features.Segments().Create(w.t.Context(), rollout.Segment{Name: name, Constraints: []rollout.Constraint{
		{ContextName: "userId", Operator: rollout.In, Values: users}}}, clientAnn)
	if err != nil {
		w.t.Fatal(err)
	}
	return g.Value.ID
}

// plan creates a plan that rolls a feature out in production by percentages.
func (w *clientWorld) plan(feature string, percentages ...string) string {
	w.t.Helper()
	c := releaseplan.Content{Name: "Release " + feature, Target: &releaseplan.Target{Feature: feature, Environment: "production"}}
	for _, p := range percentages {
		c.Milestones = append(c.Milestones, releaseplan.Milestone{Name: p + " %", Strategies: []rollout.Strategy{
			{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": p, "stickiness": "userId"}}}})
	}
	p, err := w.plans.Create(w.t.Context(), c, clientAnn)
	if err != nil {
		w.t.Fatal(err)
	}
	return p.ID()
}

func (w *clientWorld) do(plan string, a releaseplan.Action) {
	w.t.Helper()
	if _, err := w.plans.Do(w.t.Context(), plan, releaseplan.Command{Action: a, Remark: "because"}, clientAnn); err != nil {
		w.t.Fatal(err)
	}
}

// evaluator is what an environment serves, read from the services themselves.
func (w *clientWorld) evaluator(environment string) *rollout.Evaluator {
	w.t.Helper()
	state, err := w.features.State(w.t.Context(), environment)
	if err == nil {
		_, err = w.plans.Overlay(w.t.Context(), &state, environment)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return rollout.Compile(state.Features, state.Segments, rollout.Options{})
}

// wait returns what arrives on a channel, soon.
func wait[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not come", what)
		panic("unreachable")
	}
}

// A countingStore counts how often an environment's features are read.
type countingStore struct {
	store.Store
	mu    sync.Mutex
	finds int
	err   error // of every read, if there is one
}

func (s *countingStore) Find(ctx context.Context, q store.Query) (store.Page, error) {
	s.mu.Lock()
	if q.Kind == "rollout.feature" {
		s.finds++
	}
	err := s.err
	s.mu.Unlock()
	if err != nil {
		return store.Page{}, err
	}
	return s.Store.Find(ctx, q)
}

// read returns how often features were read since it was asked last.
func (s *countingStore) read() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.finds
	s.finds = 0
	return n
}

func (s *countingStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// users are the people whom features are evaluated for.
func users(yield func(string) bool) {
	for i := range 1000 {
		if !yield(fmt.Sprintf("user-%d", i)) {
			return
		}
	}
}
