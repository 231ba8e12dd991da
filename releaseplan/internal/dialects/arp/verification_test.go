package arp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/store"
)

// TestABrokenTrail is told before the file begins, and by the verification.
func TestABrokenTrail(t *testing.T) {
	f := newFixture(t)
	p := f.basic()
	f.comments(p, 3)
	f.meddle(nil, func(_ int, events []store.Event) { replace(events, 3, `"=1"`, `"=7"`) })
	a := f.get(at(p, "/trail"))
	refused(t, a, http.StatusInternalServerError, 134541, "The trail of the release plan is broken.")
	if details := fmt.Sprint(a.Get("details")); !strings.Contains(details, "entry 3 of the trail was altered") {
		t.Errorf("%s", details)
	}
	for _, query := range []string{"", "?state=true", "?since_seq=1&since_hash=" + hashOf(t, f, p, 1)} {
		a := f.get(at(p, "/verification", query)).Want(http.StatusOK)
		if diff := check.Diff(`{"valid": false, "entries": 0, "head": null, "anchor": null, "fault": {"kind": "Altered", "seq": 3, "why": `+member(t, a, "fault.why")+`}}`, string(a.Body)); diff != "" || a.Get("fault.why") == "" {
			t.Errorf("%q: -want +got:\n%s", query, diff)
		}
	}
}

// hashOf is the hash of an entry.
func hashOf(t *testing.T, f *fixture, p *releaseplan.Plan, seq int64) string {
	t.Helper()
	entries, err := f.plans.History(t.Context(), p.ID(), seq, 1, actor(adm))
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d: %v %v", seq, entries, err)
	}
	return entries[0].Prev
}

// TestVerification: a trail is proved as a whole, from an earlier proof on, or with the plan.
func TestVerification(t *testing.T) {
	f := newFixture(t)
	p := f.aged(2)
	for _, query := range []string{"", "?state=true", "?state=false", "?since_seq="} {
		a := f.get(at(p, "/verification", query)).Want(http.StatusOK)
		if a.Get("valid") != true || number(a.Get("entries")) != 6 || number(a.Get("head.seq")) != 6 || a.Get("head.hash") == "" || a.Get("anchor") != nil || a.Get("fault") != nil {
			t.Errorf("%q: %s", query, a.Body)
		}
	}
	early := hashOf(t, f, p, 2)
	since := "?since_seq=3&since_hash=" + hashOf(t, f, p, 3)
	if a := f.get(at(p, "/verification", since)).Want(http.StatusOK); number(a.Get("entries")) != 3 || number(a.Get("head.seq")) != 6 {
		t.Errorf("since: %s", a.Body)
	}
	if a := f.get(at(p, "/verification?since_seq=3&since_hash="+hashOf(t, f, p, 2))).Want(http.StatusOK); a.Get("valid") != false || a.Get("fault.kind") != "Altered" || number(a.Get("fault.seq")) != 3 {
		t.Errorf("another hash: %s", a.Body)
	}
	if a := f.get(at(p, "/verification?since_seq=9&since_hash=00")).Want(http.StatusOK); a.Get("valid") != false || a.Get("fault.kind") != "Missing" {
		t.Errorf("beyond the end: %s", a.Body)
	}
	f.untouched(func() {
		for query, want := range map[string]string{
			"state=yes": "state: 'yes'", "since_seq=x&since_hash=00": "since_seq: 'x'", "since_seq=0&since_hash=00": "since_seq: '0'", "since_seq=-1&since_hash=00": "since_seq: '-1'",
			"since_seq=1": "since_hash: ''", "since_hash=00": "since_seq: ''", "state=true&since_seq=1&since_hash=00": "state: 'true'",
		} {
			refused(t, f.get(at(p, "/verification?", query)), http.StatusBadRequest, 134541, "Invalid value for parameter "+want)
		}
	})
	if err := f.prune(); err != nil {
		t.Fatal(err)
	}
	if a := f.get(at(p, "/verification?state=true")).Want(http.StatusOK); number(a.Get("entries")) != 2 || a.Get("valid") != true || number(a.Get("anchor.seq")) != 4 || a.Get("anchor.hash") == "" {
		t.Errorf("pruned: %s", a.Body)
	}
	since = "?since_seq=2&since_hash=" + early
	refused(t, f.get(at(p, "/verification", since)), http.StatusNotFound, 134541, "That part of the trail is not kept any more.")
}

// TestAPlanAsItWas: what was stored by then, and what was due.
func TestAPlanAsItWas(t *testing.T) {
	f := newFixture(t)
	p := f.basic()
	first := f.get(at(p)).Want(http.StatusOK)
	f.at(begin.AddDate(0, 0, 1))
	f.edited(p, func(c *releaseplan.Content) { c.Name = "q" })
	f.at(begin.AddDate(0, 0, 2))
	f.do(p, releaseplan.Command{Action: releaseplan.Execute})
	for when, want := range map[string]string{"2017-07-01T12:00:00Z": "p Draft", "2017-07-02T11:59:59.999Z": "p Draft", "2017-07-02T14:00:00%2B02:00": "q Draft", "2017-07-03T12:00:00Z": "q Running"} {
		a := f.get(at(p, "?at=", when)).Want(http.StatusOK)
		if got := fmt.Sprint(a.Get("name"), " ", a.Get("status")); got != want || len(rels(a.Get("actions"))) > 0 || len(rels(a.Get("phases.0.actions"))) > 0 || len(rels(a.Get("phases.0.tasks.0.actions"))) > 0 {
			t.Errorf("%s: %s, want %s\n%s", when, got, want, a.Body)
		}
		if number(a.Get("id")) != p.Number() || check.Diff(member(t, first, "folder"), member(t, a, "folder")) != "" || check.Diff(member(t, first, "owner"), member(t, a, "owner")) != "" {
			t.Errorf("%s: %s", when, a.Body)
		}
	}
	if a := f.get(at(p, "?at=")).Want(http.StatusOK); a.Get("status") != "Running" || len(rels(a.Get("actions"))) == 0 {
		t.Errorf("now: %s", a.Body)
	}
	f.untouched(func() {
		for _, when := range []string{"yesterday", "2017-07-02", "2017-07-03T12:00:01Z", "0001-01-01T00:00:00Z", "2017-07-02T14:00:00+02:00"} {
			shown := strings.ReplaceAll(when, "+", " ")
			refused(t, f.get(at(p, "?at=", when)), http.StatusBadRequest, 134541, "Invalid value for parameter at: '"+shown+"'")
		}
		refused(t, f.get(at(p, "?at=2017-07-01T11:59:59Z")), http.StatusNotFound, 134541, "The release plan did not exist then.")
		refused(t, f.get("/plans/4711?at=2017-07-01T12:00:00Z"), http.StatusNotFound, 134541, "Object does not exist.")
	})
	f.at(begin)
	p = f.aged(1)
	f.at(begin.AddDate(0, 1, 0))
	if err := f.prune(); err != nil {
		t.Fatal(err)
	}
	refused(t, f.get(at(p, "?at=2017-07-01T12:00:00Z")), http.StatusNotFound, 134541, "The release plan as it was then is not kept any more.")
}
