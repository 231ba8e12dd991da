// Package arp_test holds the dialect of package arp against document 001: over HTTP, on a real
// server, with every answer checked by the OpenAPI description.
package arp_test

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
	"github.com/penstock-go/penstock/releaseplan/arp"
	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/store/memory"
)

// A fixture is a server of the dialect, and what is behind it.
type fixture struct {
	*check.Server
	t      *testing.T
	store  *faulty
	plans  *releaseplan.Service
	people *people

	mu         sync.Mutex
	now        time.Time
	denied     func(who penstock.Actor, right penstock.Right, on penstock.Resource) bool
	references map[string][]string // by id of the plan
}

// begin is when fixtures begin.
var begin = time.Date(2017, 7, 1, 12, 0, 0, 0, time.UTC)

// newFixture starts a server, to which adm speaks by default.
func newFixture(t *testing.T, configure ...func(*releaseplan.Config)) *fixture {
	t.Helper()
	return newFixtureOf(t, check.Describe(t, arp.OpenAPI()), configure...)
}

// newFixtureOf is newFixture for tests that take many.
func newFixtureOf(t *testing.T, doc *check.Description, configure ...func(*releaseplan.Config)) *fixture {
	t.Helper()
	f := &fixture{t: t, store: &faulty{Store: memory.New()}, people: newPeople(), now: begin, references: make(map[string][]string)}
	cfg := releaseplan.Config{
		Store: f.store, Directory: f.people, Now: f.clock, Calendars: yearEnds(t),
		Authorizer: func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.denied != nil && f.denied(who, right, on) {
				return &penstock.ForbiddenError{Right: right, On: on}
			}
			return nil
		},
		References: func(_ context.Context, id string) ([]string, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.references[id], nil
		},
	}
	for _, c := range configure {
		c(&cfg)
	}
	f.plans = releaseplan.New(cfg)
	f.Server = doc.Serve(t, arp.Handler(arp.Config{
		Plans: f.plans, Who: who, Directory: f.people, Now: f.clock, MaxBody: maxBody,
	}), "Bearer "+adm)
	return f
}

// yearEnds is a calendar that is closed at the end of 2098, when no test is.
func yearEnds(t *testing.T) *calendar.Set {
	t.Helper()
	set, err := calendar.NewSet(calendar.Calendar{Name: "year-end", Zone: "UTC", Blackouts: []calendar.Blackout{{From: "2098-12-24", To: "2098-12-31"}}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const maxBody = 256 << 10

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// at sets the clock.
func (f *fixture) at(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = now
}

// deny takes rights.
func (f *fixture) deny(denied func(who penstock.Actor, right penstock.Right, on penstock.Resource) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.denied = denied
}

// refer lets something refer to a plan.
func (f *fixture) refer(p *releaseplan.Plan, by ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.references[p.ID()] = by
}

var errNobody = errors.New("the token is a secret that nobody must see")

// who is Config.Who: tokens are the ids of users.
func who(r *http.Request) (penstock.Actor, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return penstock.Actor{}, errNobody
	}
	for _, p := range newPeople().parties {
		if p.ID == token && p.Type == penstock.User && p.Active {
			return actor(token), nil
		}
	}
	return penstock.Actor{}, errNobody
}

func actor(id string) penstock.Actor {
	p, _ := newPeople().Party(context.Background(), penstock.UserParty(id))
	a := penstock.Actor{ID: id, Name: p.Name, Admin: id == adm}
	if id == automic {
		a.Groups = []string{ops}
	}
	return a
}

// as is the header by which a user asks.
func as(id string) []string { return []string{"Authorization", "Bearer " + id} }

// get asks for a path below the base.
func (f *fixture) get(path string, headers ...string) *check.Answer {
	f.t.Helper()
	return f.Do(http.MethodGet, arp.Base+path, nil, headers...)
}

// post sends a body to a path below the base.
func (f *fixture) post(path string, body any, headers ...string) *check.Answer {
	f.t.Helper()
	return f.Do(http.MethodPost, arp.Base+path, body, headers...)
}

// del deletes a path below the base.
func (f *fixture) del(path string, headers ...string) *check.Answer {
	f.t.Helper()
	return f.Do(http.MethodDelete, arp.Base+path, nil, headers...)
}

// next makes the next number that is given n.
func (f *fixture) next(n int64) {
	f.t.Helper()
	last, err := f.store.Next(f.t.Context(), "penstock.number", 1)
	if err == nil && last < n-1 {
		last, err = f.store.Next(f.t.Context(), "penstock.number", int(n-1-last))
	}
	if err != nil || last >= n {
		f.t.Fatalf("the next number cannot be %d: %d, %v", n, last, err)
	}
}

// plan creates a plan by Go code, with a number if that is not 0.
func (f *fixture) plan(number int64, c releaseplan.Content, then ...releaseplan.Command) *releaseplan.Plan {
	f.t.Helper()
	if number != 0 {
		f.next(number)
	}
	if c.Owner.IsZero() {
		c.Owner = penstock.UserParty(automic)
	}
	p, err := f.plans.CreateThen(f.t.Context(), c, then, actor(adm))
	if err != nil {
		f.t.Fatal(err)
	}
	if number != 0 && p.Number() != number {
		f.t.Fatalf("the plan has the number %d, not %d", p.Number(), number)
	}
	return p
}

// do makes a plan do commands by Go code.
func (f *fixture) do(p *releaseplan.Plan, commands ...releaseplan.Command) *releaseplan.Plan {
	f.t.Helper()
	for _, c := range commands {
		var err error
		if p, err = f.plans.Do(f.t.Context(), p.ID(), c, actor(adm)); err != nil {
			f.t.Fatal(err)
		}
	}
	return p
}

// reload returns a plan as it is now.
func (f *fixture) reload(p *releaseplan.Plan) *releaseplan.Plan {
	f.t.Helper()
	p, err := f.plans.Get(f.t.Context(), p.ID(), actor(adm))
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// exports are all plans as they are now, for tests that nothing changed.
func (f *fixture) exports() string {
	f.t.Helper()
	f.mu.Lock()
	denied := f.denied
	f.denied = nil
	f.mu.Unlock()
	defer f.deny(denied)
	all, err := f.plans.List(f.t.Context(), releaseplan.Filter{Archived: releaseplan.WithArchived, Order: releaseplan.OldestFirst, Page: penstock.Page{Limit: penstock.MaxLimit}}, actor(adm))
	if err != nil {
		f.t.Fatal(err)
	}
	var out strings.Builder
	for _, s := range all.Items {
		doc, err := f.plans.Export(f.t.Context(), s.ID, actor(adm))
		if err != nil {
			f.t.Fatal(err)
		}
		out.Write(doc)
		out.WriteByte('\n')
	}
	return out.String()
}

// untouched runs what is to change nothing.
func (f *fixture) untouched(what func()) {
	f.t.Helper()
	before := f.exports()
	what()
	if diff := check.Diff(before, f.exports()); diff != "" {
		f.t.Errorf("something changed: -before +after:\n%s", diff)
	}
}

// at is the path of a plan below the base.
func at(p *releaseplan.Plan, rest ...string) string {
	return fmt.Sprintf("/plans/%d%s", p.Number(), strings.Join(rest, ""))
}

// instant reads an instant of a test.
func instant(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

// span returns a planned time.
func span(start, duration string) *releaseplan.PlannedTime {
	out := &releaseplan.PlannedTime{}
	if start != "" {
		out.Start = instant(start)
	}
	out.Duration = length(duration)
	return out
}

func length(duration string) *penstock.Duration {
	d, err := penstock.ParseDuration(duration)
	if err != nil {
		panic(err)
	}
	return &d
}
