package unleash

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/lru"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// A clientFixture is a handler over a memory store, with a clock of its own.
type clientFixture struct {
	http.Handler
	plans    *releaseplan.Service
	features *rollout.Service

	mu  sync.Mutex
	now time.Time
}

var clientAnn = penstock.Actor{ID: "7", Name: "Ann"}

func newClientFixture(t testing.TB) *clientFixture {
	t.Helper()
	f := &clientFixture{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	records := memory.New()
	var err error
	if f.features, err = rollout.NewService(rollout.Config{Store: records, Now: f.clock}); err != nil {
		t.Fatal(err)
	}
	f.plans = releaseplan.New(releaseplan.Config{Store: records, Rollout: f.features, Now: f.clock})
	templates, err := template.NewService(template.Config{Store: records, Now: f.clock})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.features.Environments().Create(t.Context(), rollout.Environment{Name: "production"}, clientAnn); err != nil {
		t.Fatal(err)
	}
	f.Handler = Handler(Config{Templates: templates, Plans: f.plans, Rollout: f.features, Now: f.clock, Who: who,
		Client: func(*http.Request) (Client, error) { return Client{Environment: "production"}, nil }})
	return f
}

func (f *clientFixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *clientFixture) wait(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *clientFixture) feature(t testing.TB, name string, strategies ...rollout.Strategy) {
	t.Helper()
	if _, err := f.features.Features().Create(t.Context(), rollout.Flag{Name: name, Environments: map[string]rollout.Setting{"production": {Enabled: true, Strategies: strategies}}}, clientAnn); err != nil {
		t.Fatal(err)
	}
}

// poll asks as an SDK does that has the body of a tag.
func (f *clientFixture) poll(t testing.TB, tag string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/client/features", nil)
	r.Header.Set("Unleash-Client-Spec", "4.3.1")
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// What time does to plans is served though nobody stored it.
func TestClientTime(t *testing.T) {
	f := newClientFixture(t)
	f.feature(t, "checkout")
	c := releaseplan.Content{Name: "Release", Target: &releaseplan.Target{Feature: "checkout", Environment: "production"}}
	for _, p := range []string{"5", "50", "100"} {
		m := releaseplan.Milestone{Name: p, Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": p}}}}
		if p != "100" {
			m.After = new(penstock.FromTime(time.Hour))
		}
		c.Milestones = append(c.Milestones, m)
	}
	if _, err := f.plans.CreateThen(t.Context(), c, []releaseplan.Command{{Action: releaseplan.Execute}}, clientAnn); err != nil {
		t.Fatal(err)
	}
	tag := ""
	for _, step := range []struct {
		wait   time.Duration
		status int
		want   string
	}{
		{0, 200, "5"}, {0, 304, ""}, {time.Hour - 1, 304, ""}, {1, 200, "50"}, {0, 304, ""}, {59 * time.Minute, 304, ""}, {time.Minute, 200, "100"}, {1000 * time.Hour, 304, ""},
	} {
		f.wait(step.wait)
		w := f.poll(t, tag)
		if w.Code != step.status {
			t.Errorf("at %v: status %d, want %d", f.clock(), w.Code, step.status)
		}
		if w.Code != http.StatusOK {
			continue
		}
		tag = w.Header().Get("ETag")
		var got clientFeatures
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if p := got.Features[0].Strategies[0].Parameters["rollout"]; p != step.want {
			t.Errorf("at %v: %s %%, want %s", f.clock(), p, step.want)
		}
	}
}

// Requests that wait share one look, and only one that began after they came.
func TestClientShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &environmentState{turn: make(chan struct{}, 1)}
		var looks int64
		look := func(context.Context, *snapshot) (*snapshot, error) {
			looks++
			n := looks
			<-time.After(time.Second)
			return &snapshot{number: n}, nil
		}
		var all sync.WaitGroup
		ask := func(want int64) {
			all.Go(func() {
				s, err := e.current(t.Context(), look)
				if err != nil || s.number != want {
					t.Errorf("snapshot %v (%v), want %d", s, err, want)
				}
			})
		}
		ask(1)
		synctest.Wait()
		for range 100 {
			ask(2) // they came while 1 was looking: it may have seen what was before
		}
		all.Wait()
		if looks != 2 {
			t.Errorf("%d looks, want 2", looks)
		}
		ask(3)
		all.Wait()
	})
}

// A failure is shared by those who wait, unless it is one of the request that looked.
func TestClientShareFailure(t *testing.T) {
	for _, row := range []struct {
		rule  string
		leave bool
		looks int
	}{{"the store fails", false, 2}, {"the client goes away", true, 12}} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &environmentState{turn: make(chan struct{}, 1), last: &snapshot{number: 1}}
				looks := 0
				look := func(ctx context.Context, _ *snapshot) (*snapshot, error) {
					looks++
					<-time.After(time.Second)
					return nil, cmp.Or(ctx.Err(), errors.New("no store"))
				}
				var all sync.WaitGroup
				for range 12 {
					all.Go(func() {
						ctx, stop := context.WithCancel(t.Context())
						defer stop()
						s, err := e.current(ctx, func(ctx context.Context, last *snapshot) (*snapshot, error) {
							if row.leave {
								stop()
							}
							return look(ctx, last)
						})
						if err == nil || s != nil {
							t.Errorf("%v, %v", s, err)
						}
					})
					synctest.Wait()
				}
				all.Wait()
				if looks != row.looks {
					t.Errorf("%d looks, want %d", looks, row.looks)
				}
				ctx, stop := context.WithCancel(t.Context())
				e.turn <- struct{}{}
				stop()
				if _, err := e.current(ctx, look); !errors.Is(err, context.Canceled) {
					t.Errorf("who goes away waits: %v", err)
				}
				<-e.turn
				if s, err := e.current(t.Context(), func(_ context.Context, last *snapshot) (*snapshot, error) { return last, nil }); err != nil || s.number != 1 {
					t.Errorf("what was known is lost: %v, %v", s, err)
				}
			})
		})
	}
}

// What is kept of answers is bounded, whatever is asked; the latest are kept.
func TestClientViewsBounded(t *testing.T) {
	s, from := &served{views: lru.New[viewKey, view](10_000)}, &snapshot{number: 1}
	for i := range 100 {
		if _, err := s.view(from, asks(Client{Environment: fmt.Sprint(i)}, "", strings.Repeat("x", 500), "")); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for i := range 100 {
		if _, ok := s.views.Get(viewKey{environment: fmt.Sprint(i), prefix: strings.Repeat("x", 500), inline: true}); ok {
			kept++
		}
	}
	if kept < 2 || kept > 10 {
		t.Errorf("%d answers of more than 1000 bytes are kept in 10000", kept)
	}
}
