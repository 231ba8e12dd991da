package arp_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/arp"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// repeat prepares the request of an endpoint to be sent more than once, to two servers.
func (e endpoint) repeat(t *testing.T, doc *check.Description) (*fixture, *check.Repeat) {
	t.Helper()
	f := newFixtureOf(t, doc)
	losing := &check.Losing{Store: f.store.Store}
	f.store.Store = losing
	other := releaseplan.New(releaseplan.Config{Store: f.store, Directory: f.people, Now: f.clock, Calendars: yearEnds(t)})
	method, _, _ := strings.Cut(e.operation, " ")
	path, body := e.request(f)
	return f, &check.Repeat{
		Store: losing, One: f.Server, Method: method, Path: arp.Base + path, Body: body, Status: e.status,
		Other: doc.Serve(t, arp.Handler(arp.Config{Plans: other, Who: who, Directory: f.people, Now: f.clock, MaxBody: maxBody}), "Bearer "+adm),
		Later: func() { f.goOn() },
		// What can be done with a plan is told as it is now.
		Lasting: func(body []byte) []byte { return links.ReplaceAll(body, []byte(`"actions":[]`)) },
	}
}

// links are what an answer says can be done.
var links = regexp.MustCompile(`"actions":\[[^\]]*\]`)

// goOn changes every plan, an hour later.
func (f *fixture) goOn() {
	f.t.Helper()
	f.at(f.clock().Add(time.Hour))
	all, err := f.plans.List(f.t.Context(), releaseplan.Filter{}, actor(adm))
	if err != nil {
		f.t.Fatal(err)
	}
	for _, p := range all.Items {
		for _, a := range []releaseplan.Action{releaseplan.Archive, releaseplan.Unarchive} {
			if _, err := f.plans.Do(f.t.Context(), p.ID, releaseplan.Command{Action: a}, actor(adm)); err == nil {
				break
			}
		}
	}
}

// TestEveryCommandIsIdempotentWithAKey: whatever changes something can be repeated with its key, and only
// that once.
func TestEveryCommandIsIdempotentWithAKey(t *testing.T) {
	doc := check.Describe(t, arp.OpenAPI())
	for _, e := range endpoints() {
		if strings.HasPrefix(e.operation, "GET ") {
			continue
		}
		t.Run(e.operation, func(t *testing.T) {
			_, r := e.repeat(t, doc)
			r.Answered(t)
			_, r = e.repeat(t, doc)
			facts := r.Alone(t)
			_, r = e.repeat(t, doc)
			r.AtOnce(t, facts)
			_, r = e.repeat(t, doc)
			r.Lost(t)
			_, r = e.repeat(t, doc)
			r.LostLong(t)
		})
	}
}

// TestAKeyIsOfWhoUsesIt: others have their own, and who has lost a right is not told of what it did.
func TestAKeyIsOfWhoUsesIt(t *testing.T) {
	f := newFixture(t)
	p := f.basic()
	key := []string{"Idempotency-Key", "k"}
	first := f.post(at(p, "/duplicate"), `{"name": "a copy"}`, key...).Want(http.StatusOK)
	if other := f.post(at(p, "/duplicate"), `{"name": "a copy"}`, append(key, as(automic)...)...); other.Status == http.StatusOK && other.Get("id") == first.Get("id") {
		t.Error("the first answer was told to somebody else")
	}
	f.deny(func(_ penstock.Actor, right penstock.Right, _ penstock.Resource) bool { return right == penstock.Edit })
	f.untouched(func() { failure(t, f.post(at(p, "/duplicate"), `{"name": "a copy"}`, key...), http.StatusForbidden) })
}

// TestKeysThatAreNone are refused; a request that reads has no use for one.
func TestKeysThatAreNone(t *testing.T) {
	f := newFixture(t)
	p := f.basic()
	for _, key := range []string{`""`, `" "`, `"`, `"a`, `a"`, `"a"b`, `a b`, `"a", "b"`, `a;b`, `"a";b=1`, `"\x"`, strings.Repeat("k", 129), `"` + strings.Repeat("k", 129) + `"`, `"a\"`} {
		f.untouched(func() { failure(t, f.post(at(p, "/archive"), nil, "Idempotency-Key", key), http.StatusBadRequest) })
	}
	f.get(at(p), "Idempotency-Key", `"`).Want(http.StatusOK)
	f.post(at(p, "/archive"), nil, "Idempotency-Key", `"a \"quoted\" \\ key"`).Want(http.StatusOK)
	f.post(at(p, "/unarchive"), nil, "Idempotency-Key", strings.Repeat("k", 128)).Want(http.StatusOK)
	f.post(at(p, "/archive"), nil, "Idempotency-Key", "6b1e7a1c").Want(http.StatusOK)
	f.untouched(func() { f.post(at(p, "/archive"), nil, "Idempotency-Key", `"6b1e7a1c"`).Want(http.StatusOK) }) // the same key
}

// TestAKeyExpires: a day later it is as if it had not been used.
func TestAKeyExpires(t *testing.T) {
	f := newFixture(t)
	text := body(`"name": "p"`)
	first := f.post("/plans", text, "Idempotency-Key", "k").Want(http.StatusCreated)
	f.at(begin.Add(24*time.Hour - time.Second))
	if again := f.post("/plans", text, "Idempotency-Key", "k").Want(http.StatusCreated); again.Get("id") != first.Get("id") {
		t.Error("it has expired early")
	}
	f.at(begin.Add(24 * time.Hour))
	if again := f.post("/plans", text, "Idempotency-Key", "k").Want(http.StatusCreated); again.Get("id") == first.Get("id") {
		t.Error("it has not expired")
	}
}

// anotherPlan is the body of a new plan.
func anotherPlan(name string) string { return body(name) }
