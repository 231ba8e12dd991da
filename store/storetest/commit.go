package storetest

import (
	"errors"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

var commitCases = []contractCase{
	{"VersionsGrowStoreWide", "a version names one state of one key forever", testVersions},
	{"NoVersionTwice", "who holds the version of a deleted record must not overwrite its successor", testNoVersionTwice},
	{"OneCommitOneVersion", "the header's version is that of the plan", testOneVersion},
	{"CreateOnExisting", "a name that is taken is ErrExists", testCreateOnExisting},
	{"StaleVersion", "nobody overwrites what he has not seen", testStale},
	{"CheckWritesNothing", "a check guards what others may read", testCheck},
	{"KeyTwice", "two ops on one key have no order", testKeyTwice},
	{"AllOrNothing", "half a command is corruption", testAllOrNothing},
	{"DeleteRemoves", "what is deleted is found by nothing", testDelete},
	{"PutReplaces", "fields and order of an earlier version are gone", testReplace},
}

// refused demands that ops fail on the key of id, with kind.
func refused(t reporter, s store.Store, kind error, id string, ops ...store.Op) {
	t.Helper()
	_, err := s.Commit(t.Context(), ops...)
	var at *store.OpError
	if !errors.As(err, &at) {
		t.Fatalf("Commit = %v, want an OpError", err)
	}
	if !errors.Is(err, kind) || at.Key != key(id) {
		t.Errorf("Commit = %v on %v, want %v on %v", err, at.Key, kind, key(id))
	}
}

func testVersions(t reporter, s store.Store) {
	var last int64
	for i, id := range []string{"a", "b", "a", "c", "b", "a"} {
		version := commit(t, s, put(id, get(t, s, id).Version))
		if version <= last {
			t.Errorf("commit %d has version %d after %d", i, version, last)
		}
		if got := get(t, s, id).Version; got != version {
			t.Errorf("%s has version %d, want that of its commit, %d", id, got, version)
		}
		last = version
	}
}

func testNoVersionTwice(t reporter, s store.Store) {
	first := commit(t, s, put("p", 0))
	commit(t, s, remove("p", first))
	second := commit(t, s, put("p", 0))
	if second <= first {
		t.Errorf("created again with version %d, which is not greater than %d", second, first)
	}
	refused(t, s, penstock.ErrConflict, "p", put("p", first))
	commit(t, s, remove("p", second))
	refused(t, s, penstock.ErrConflict, "p", put("p", second))
}

func testOneVersion(t reporter, s store.Store) {
	a := commit(t, s, put("a", 0))
	version := commit(t, s, put("a", a), put("b", 0), put("c", 0))
	for _, id := range []string{"a", "b", "c"} {
		if got := get(t, s, id).Version; got != version {
			t.Errorf("%s has version %d, want %d", id, got, version)
		}
	}
}

func testCreateOnExisting(t reporter, s store.Store) {
	commit(t, s, put("p", 0))
	refused(t, s, penstock.ErrExists, "p", put("p", 0))
	refused(t, s, penstock.ErrExists, "p", put("q", 0), put("p", 0))
	refused(t, s, penstock.ErrExists, "p", put("q", 0), check("p", 0))
}

func testStale(t reporter, s store.Store) {
	first := commit(t, s, put("p", 0))
	second := commit(t, s, put("p", first))
	for _, version := range []int64{first, second + 1} {
		refused(t, s, penstock.ErrConflict, "p", put("p", version))
		refused(t, s, penstock.ErrConflict, "p", remove("p", version))
		refused(t, s, penstock.ErrConflict, "p", put("q", 0), check("p", version))
		refused(t, s, penstock.ErrConflict, "q", put("p", second), put("q", version))
	}
	if got := get(t, s, "p"); got.Version != second {
		t.Errorf("version is %d, want %d", got.Version, second)
	}
}

func testCheck(t reporter, s store.Store) {
	first := commit(t, s, with("p", 5, map[string][]string{"state": {"draft"}}))
	op := check("p", first)
	op.Sort, op.Fields, op.Body = 9, map[string][]string{"state": {"other"}}, []byte("other")
	commit(t, s, op, check("none", 0), put("q", 0))
	got := get(t, s, "p")
	if got.Version != first || got.Sort != 5 || string(got.Body) != "p over 0" || got.Fields["state"][0] != "draft" {
		t.Errorf("after a check: %+v", got)
	}
	if none := get(t, s, "none"); none.Version != 0 {
		t.Errorf("a check made a record: %+v", none)
	}
	if found := find(t, s, store.Query{Where: []store.Filter{store.Equals("state", "draft")}}); len(found.Records) != 1 {
		t.Errorf("after a check Find has %d records, want 1", len(found.Records))
	}
}

func testKeyTwice(t reporter, s store.Store) {
	version := commit(t, s, put("p", 0))
	for _, ops := range [][]store.Op{
		{put("q", 0), put("q", 0)},
		{check("p", version), put("p", version)},
		{put("q", 0), remove("p", version), put("p", 0)},
	} {
		if _, err := s.Commit(t.Context(), ops...); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("Commit = %v, want ErrInvalid", err)
		}
	}
	if q, p := get(t, s, "q"), get(t, s, "p"); q.Version != 0 || p.Version != version {
		t.Errorf("a refused commit left q %d, p %d", q.Version, p.Version)
	}
}

func testAllOrNothing(t reporter, s store.Store) {
	a := commit(t, s, put("a", 0, event(1, "one")))
	b := commit(t, s, with("b", 3, map[string][]string{"state": {"draft"}}))
	moved := put("b", b, event(1, "moved"))
	moved.Sort, moved.Fields = 7, map[string][]string{"state": {"running"}}
	for _, last := range []store.Op{put("c", 99), put("a", 0), check("a", a+99), remove("d", 1), put("e", 0, store.Event{
		Subject: key("a"), Seq: 1, Name: "taken", At: day})} {
		if _, err := s.Commit(t.Context(), moved, put("new", 0, event(1, "new")), last); err == nil {
			t.Fatalf("Commit with %v went through", last.Key)
		}
		if got := get(t, s, "b"); got.Version != b || got.Sort != 3 {
			t.Errorf("a failed commit changed b: %+v", got)
		}
		if got := get(t, s, "new"); got.Version != 0 {
			t.Errorf("a failed commit made a record: %+v", got)
		}
		if got := find(t, s, store.Query{Where: []store.Filter{store.Equals("state", "running")}, Total: true}); got.Total != 0 {
			t.Errorf("a failed commit changed what Find finds")
		}
		if got := events(t, s, store.EventQuery{}); len(got) != 1 {
			t.Errorf("a failed commit left %d events, want the 1 before it", len(got))
		}
	}
	commit(t, s, moved)
	if got := summary(events(t, s, store.EventQuery{})); len(got) != 2 || got[1] != "2:b#1:moved" {
		t.Errorf("after the failed commits: events %v", got)
	}
}

func testDelete(t reporter, s store.Store) {
	version := commit(t, s, with("p", 1, map[string][]string{"name": {"x", "y"}}))
	commit(t, s, remove("p", version, event(1, "deleted")))
	if got := get(t, s, "p"); got.Version != 0 || got.Body != nil || got.Fields != nil || got.Sort != 0 {
		t.Errorf("Get of a deleted record = %+v", got)
	}
	for _, q := range []store.Query{{}, {Where: []store.Filter{store.Equals("name", "y")}}, {Where: []store.Filter{store.HasSuffix("name", "x")}}, {Order: store.Order{By: "name"}}} {
		q.Total = true
		if page := find(t, s, q); page.Total != 0 || len(page.Records) != 0 {
			t.Errorf("Find(%+v) = %+v", q, page)
		}
	}
	if got := summary(events(t, s, store.EventQuery{Subject: key("p")})); len(got) != 1 || got[0] != "1:p#1:deleted" {
		t.Errorf("events of a deleted record: %v", got)
	}
}

func testReplace(t reporter, s store.Store) {
	version := commit(t, s, with("p", 1, map[string][]string{"name": {"x"}, "old": {"1"}}))
	commit(t, s, with("q", 2, map[string][]string{"name": {"y"}}))
	op := with("p", 3, map[string][]string{"name": {"z"}})
	op.Version = version
	commit(t, s, op)
	for _, c := range []struct {
		where store.Filter
		want  int
	}{{store.Equals("name", "x"), 0}, {store.Equals("name", "z"), 1}, {store.HasPrefix("old", ""), 0}, {store.HasSuffix("name", "z"), 1}} {
		if page := find(t, s, store.Query{Where: []store.Filter{c.where}, Total: true}); page.Total != c.want || len(page.Records) != c.want {
			t.Errorf("%+v: total %d, %d records, want %d", c.where, page.Total, len(page.Records), c.want)
		}
	}
	if got := ids(find(t, s, store.Query{}).Records); len(got) != 2 || got[0] != "q" {
		t.Errorf("in the new order: %v", got)
	}
}
