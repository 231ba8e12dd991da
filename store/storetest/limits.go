package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

var limitCases = []contractCase{
	{"LimitsAreReached", "what the limits promise works", testAtLimits},
	{"LimitsAreRefused", "every fault is told with its path, and nothing changes", testBeyondLimits},
	{"QueriesAreChecked", "a wrong query is an error, not an empty answer", testQueryLimits},
}

func testAtLimits(t reporter, s store.Store) {
	op := store.Op{Record: store.Record{Key: key(strings.Repeat("k", store.MaxKey-len("plan/"))), Body: make([]byte, store.MaxBody),
		Fields: map[string][]string{}}, Events: []store.Event{event(1, strings.Repeat("e", store.MaxName))}}
	for i := range store.MaxFields - 1 {
		op.Fields[fmt.Sprintf("%d%s", i, strings.Repeat("f", store.MaxName-2))[:store.MaxName-1]] = []string{strings.Repeat("v", store.MaxValue)}
	}
	for i := range store.MaxValues {
		op.Fields["many"] = append(op.Fields["many"], fmt.Sprintf("%04d", i))
	}
	commit(t, s, op)
	records, err := s.Get(t.Context(), op.Key)
	if err != nil || len(records[0].Body) != store.MaxBody || len(records[0].Fields) != store.MaxFields {
		t.Errorf("the largest record did not come back: %v", err)
	}
	page := find(t, s, store.Query{Where: []store.Filter{store.Equals("many", "0999"), store.HasSuffix("many", "42")}, NoBody: true, Total: true})
	if page.Total != 1 || len(page.Records) != 1 {
		t.Errorf("the largest record is found %d times", page.Total)
	}
	ops, keys := make([]store.Op, store.MaxOps), make([]store.Key, store.MaxOps)
	for i := range ops {
		ops[i] = put(fmt.Sprintf("%04d", i), 0, event(1, "created"))
		keys[i] = ops[i].Key
	}
	version := commit(t, s, ops...)
	if records, err = s.Get(t.Context(), keys...); err != nil || records[store.MaxOps-1].Version != version {
		t.Errorf("Get of %d keys: %v", store.MaxOps, err)
	}
	if page = find(t, s, store.Query{Limit: store.MaxLimit}); len(page.Records) != store.MaxLimit || page.Next == nil {
		t.Errorf("the largest page has %d records", len(page.Records))
	}
	if got := events(t, s, store.EventQuery{Limit: store.MaxLimit}); len(got) != store.MaxLimit {
		t.Errorf("the largest page has %d events", len(got))
	}
	if page = find(t, s, store.Query{}); len(page.Records) != store.DefaultLimit {
		t.Errorf("a page without a limit has %d records", len(page.Records))
	}
}

func testBeyondLimits(t reporter, s store.Store) {
	field := func(name string, values ...string) store.Op { return with("x", 0, map[string][]string{name: values}) }
	fields := map[string][]string{}
	for i := range store.MaxFields + 1 {
		fields[fmt.Sprint(i)] = []string{""}
	}
	for _, c := range []struct {
		path string
		op   store.Op
	}{
		{"ops[1].kind", store.Op{Record: store.Record{Key: store.Key{ID: "x"}}}},
		{"ops[1].kind", store.Op{Record: store.Record{Key: store.Key{Kind: "a/b", ID: "x"}}}},
		{"ops[1].id", put("", 0)},
		{"ops[1].id", put("\xff", 0)},
		{"ops[1].id", put("nul\x00", 0)},
		{"ops[1].id", put(strings.Repeat("k", store.MaxKey-len("plan/")+1), 0)},
		{"ops[1].op", store.Op{Kind: 7, Record: store.Record{Key: key("x")}}},
		{"ops[1].version", put("x", -1)},
		{"ops[1].version", remove("x", 0)},
		{"ops[1].body", store.Op{Record: store.Record{Key: key("x"), Body: make([]byte, store.MaxBody+1)}}},
		{"ops[1].fields", with("x", 0, fields)},
		{`ops[1].fields[""]`, field("", "v")},
		{`ops[1].fields["many"]`, field("many", make([]string, store.MaxValues+1)...)},
		{`ops[1].fields["long"][1]`, field("long", "v", strings.Repeat("v", store.MaxValue+1))},
		{`ops[1].fields["nul"][0]`, field("nul", "\x00")},
		{"ops[1].events[0].seq", put("x", 0, event(0, "e"))},
		{"ops[1].events[1].name", put("x", 0, event(1, "e"), event(2, ""))},
		{"ops[1].events[0].subject.id", check("x", 0, store.Event{Subject: store.Key{Kind: "plan"}, Seq: 1, Name: "e", At: day})},
		{"ops[1].events[0].at", remove("x", 1, store.Event{Seq: 1, Name: "e", At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)})},
		{"ops[1].events[0].body", put("x", 0, store.Event{Seq: 1, Name: "e", At: day, Body: make([]byte, store.MaxBody+1)})},
	} {
		faulty(t, s, []string{c.path}, put("good", 0, event(1, "e")), c.op)
	}
	faulty(t, s, []string{"ops[0].id", "ops[1].version", "ops[1].events[0].seq", "ops[1].events[0].name"}, put("", 0), put("x", -1, event(-1, "")))
	faulty(t, s, []string{"ops"})
	many := make([]store.Op, store.MaxOps+1)
	for i := range many {
		many[i] = put(fmt.Sprint(i), 0)
	}
	faulty(t, s, []string{"ops"}, many...)
	full := put("x", 0)
	for i := range store.MaxEvents + 1 {
		full.Events = append(full.Events, event(int64(i+1), "e"))
	}
	faulty(t, s, []string{"ops"}, full)
	if page := find(t, s, store.Query{Total: true}); page.Total != 0 {
		t.Errorf("refused commits left %v", ids(page.Records))
	}
	if got := events(t, s, store.EventQuery{}); len(got) != 0 {
		t.Errorf("refused commits left events %v", summary(got))
	}
}

// faulty demands that ops are refused with a fault at each of the paths.
func faulty(t reporter, s store.Store, paths []string, ops ...store.Op) {
	t.Helper()
	_, err := s.Commit(t.Context(), ops...)
	invalid(t, err, paths...)
}

func invalid(t reporter, err error, paths ...string) {
	t.Helper()
	var got []string
	for _, fault := range penstock.Faults(err) {
		got = append(got, fault.Field)
	}
	slices.Sort(got)
	slices.Sort(paths)
	if !errors.Is(err, penstock.ErrInvalid) || !slices.Equal(got, paths) {
		t.Errorf("got %v with faults at %q, want faults at %q", err, got, paths)
	}
}

func testQueryLimits(t reporter, s store.Store) {
	long := strings.Repeat("v", store.MaxValue+1)
	_, err := s.Find(t.Context(), store.Query{Offset: -1, Limit: store.MaxLimit + 1, Order: store.Order{By: "\xff"},
		Where: []store.Filter{{Field: "", Op: store.Equal, Values: []string{long}}, {Field: "f", Op: 99, Values: []string{""}}, {Field: "f", Op: store.Prefix}},
		After: &store.Cursor{ID: "\x00"}})
	invalid(t, err, "kind", "offset", "limit", "order.by", "where[0].field", "where[0].values[0]", "where[1].op", "where[2].values", "after.id")
	_, err = s.Find(t.Context(), store.Query{Kind: "plan", Limit: -1, Where: make([]store.Filter, store.MaxFields+1)})
	if faults := penstock.Faults(err); len(faults) == 0 || faults[0].Field != "where" {
		t.Errorf("too many filters: %v", err)
	}
	_, err = s.Events(t.Context(), store.EventQuery{Subject: key(""), Kind: "plan", After: -1, Limit: store.MaxLimit + 1})
	invalid(t, err, "subject.id", "kind", "after", "limit")
	_, err = s.Get(t.Context(), key("fine"), key(""))
	invalid(t, err, "keys[1].id")
	_, err = s.Get(t.Context(), slices.Repeat([]store.Key{key("x")}, store.MaxOps+1)...)
	invalid(t, err, "keys")
	_, err = s.Next(t.Context(), "", 0)
	invalid(t, err, "sequence", "n")
	_, err = s.Next(t.Context(), "numbers", store.MaxNumbers+1)
	invalid(t, err, "n")
}
