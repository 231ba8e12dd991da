package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

var eventCases = []contractCase{
	{"EventsFollowOps", "the log tells the order in which things happened", testEventOrder},
	{"EventsComeBackWhole", "what was recorded is what is read", testEventWhole},
	{"EventsBySubject", "the history of one plan is read by its own sequence", testEventsBySubject},
	{"SequenceIsUnique", "a history has one event at each place", testSequence},
	{"EventsOutlive", "a history goes on after delete and create", testEventsOutlive},
	{"EventsWithoutBodies", "who only wants to know that something happened pays for no bodies", testEventsWithoutBodies},
	{"EventsByKind", "a reader can ask for the events of one kind", testEventsByKind},
}

func testEventOrder(t reporter, s store.Store) {
	a := commit(t, s, put("a", 0, event(1, "one"), event(2, "two")), put("b", 0, event(1, "three")))
	commit(t, s, check("a", a, event(3, "four")), put("c", 0), remove("b", a, event(2, "five")))
	other := event(4, "six")
	other.Subject = key("a")
	commit(t, s, put("d", 0, other, event(1, "seven")))
	want := []string{"1:a#1:one", "2:a#2:two", "3:b#1:three", "4:a#3:four", "5:b#2:five", "6:a#4:six", "7:d#1:seven"}
	if got := summary(events(t, s, store.EventQuery{})); !slices.Equal(got, want) {
		t.Errorf("events\n got %v\nwant %v", got, want)
	}
	for after := range len(want) + 2 {
		rest := want[min(after, len(want)):]
		rest = rest[:min(2, len(rest))]
		if got := summary(events(t, s, store.EventQuery{After: int64(after), Limit: 2})); !slices.Equal(got, rest) {
			t.Errorf("2 events after %d: %v, want %v", after, got, rest)
		}
	}
}

func testEventWhole(t reporter, s store.Store) {
	zone := time.FixedZone("east", 2*60*60)
	at := time.Date(2026, 3, 29, 3, 30, 0, 123_456_789, zone)
	for i, at := range []time.Time{at, {}, time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Now()} {
		commit(t, s, put(fmt.Sprint("p", i), 0, store.Event{Seq: 7, Name: "n", At: at, Body: []byte{0, 1}}))
		want := []store.Event{{Position: int64(i + 1), Subject: key(fmt.Sprint("p", i)), Seq: 7, Name: "n",
			At: at.UTC().Truncate(time.Microsecond), Body: []byte{0, 1}}}
		if got := events(t, s, store.EventQuery{After: int64(i)}); !reflect.DeepEqual(got, want) {
			t.Errorf("event\n got %+v\nwant %+v", got, want)
		}
	}
}

func testEventsBySubject(t reporter, s store.Store) {
	// Sequences are the caller's: they have gaps, and may come out of order.
	commit(t, s, put("a", 0, event(5, "five"), event(2, "two")), put("b", 0, event(1, "other")))
	commit(t, s, check("c", 0, store.Event{Subject: key("a"), Seq: 3, Name: "three", At: day}))
	for _, c := range []struct {
		after int64
		limit int
		want  []string
	}{
		{0, 0, []string{"2:a#2:two", "4:a#3:three", "1:a#5:five"}},
		{2, 0, []string{"4:a#3:three", "1:a#5:five"}},
		{0, 2, []string{"2:a#2:two", "4:a#3:three"}},
		{4, 9, []string{"1:a#5:five"}},
		{5, 0, nil},
		{1<<63 - 1, 0, nil},
	} {
		if got := summary(events(t, s, store.EventQuery{Subject: key("a"), After: c.after, Limit: c.limit})); !slices.Equal(got, c.want) {
			t.Errorf("after %d, limit %d: %v, want %v", c.after, c.limit, got, c.want)
		}
	}
	if got := events(t, s, store.EventQuery{Subject: key("nobody")}); len(got) != 0 {
		t.Errorf("nobody has events %v", summary(got))
	}
}

func testSequence(t reporter, s store.Store) {
	version := commit(t, s, put("a", 0, event(1, "one"), event(3, "three")))
	refused(t, s, penstock.ErrConflict, "a", put("a", version, event(2, "two"), event(3, "taken")))
	refused(t, s, penstock.ErrConflict, "a", put("a", version, event(4, "four"), event(4, "taken")))
	refused(t, s, penstock.ErrConflict, "a", put("b", 0, store.Event{Subject: key("a"), Seq: 1, Name: "taken", At: day}))
	commit(t, s, put("a", version, event(2, "two")), put("b", 0, event(1, "one")))
	want := []string{"1:a#1:one", "3:a#2:two", "2:a#3:three"}
	if got := summary(events(t, s, store.EventQuery{Subject: key("a")})); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
}

func testEventsOutlive(t reporter, s store.Store) {
	version := commit(t, s, put("a", 0, event(1, "created")))
	commit(t, s, remove("a", version, event(2, "deleted")))
	refused(t, s, penstock.ErrConflict, "a", put("a", 0, event(1, "again")))
	commit(t, s, put("a", 0, event(3, "again")))
	want := []string{"1:a#1:created", "2:a#2:deleted", "3:a#3:again"}
	if got := summary(events(t, s, store.EventQuery{Subject: key("a")})); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
}

func testEventsByKind(t reporter, s store.Store) {
	for i := range 10 {
		commit(t, s, put(fmt.Sprint("p", i), 0, event(1, "plan"), store.Event{Subject: store.Key{Kind: "run", ID: "r"}, Seq: int64(i + 1), Name: "run", At: day}))
	}
	if got := summary(events(t, s, store.EventQuery{Kind: "run", After: 3, Limit: 3})); !slices.Equal(got, []string{"4:r#2:run", "6:r#3:run", "8:r#4:run"}) {
		t.Errorf("events of runs: %v", got)
	}
	if got := events(t, s, store.EventQuery{Kind: "none"}); len(got) != 0 {
		t.Errorf("events of no kind: %v", summary(got))
	}
}

func testEventsWithoutBodies(t reporter, s store.Store) {
	first, second := event(1, "edited"), event(2, "saved")
	first.Body, second.Body = []byte("much"), []byte("more")
	commit(t, s, put("a", 0, first, second))
	for name, q := range map[string]store.EventQuery{"all": {}, "of a kind": {Kind: key("a").Kind}, "of a subject": {Subject: key("a")}} {
		whole := events(t, s, q)
		q.NoBody = true
		bare := events(t, s, q)
		if !slices.Equal(summary(whole), summary(bare)) {
			t.Errorf("%s: %v, without bodies %v", name, summary(whole), summary(bare))
		}
		for i := range bare {
			if len(bare[i].Body) > 0 || len(whole[i].Body) == 0 {
				t.Errorf("%s: event %d has body %q, and %q if bodies are left out", name, i, whole[i].Body, bare[i].Body)
			}
		}
	}
}
