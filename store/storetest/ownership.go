package storetest

import (
	"reflect"

	"github.com/penstock-go/penstock/store"
)

var ownershipCases = []contractCase{
	{"InputStaysTheCallers", "a buffer that is used again must not change what is stored", testInputIsOwn},
	{"OutputIsTheCallers", "who changes what he got must not change what others get", testOutputIsOwn},
}

// owned makes the same op each time, which shares nothing with the last.
func owned() store.Op {
	op := with("p", 1, map[string][]string{"state": {"draft"}, "label": {"a", "b"}})
	op.Events = []store.Event{event(1, "created")}
	return op
}

// unspoilt demands that what owned wrote is stored as it was.
func unspoilt(t reporter, s store.Store, version int64) {
	t.Helper()
	want := owned().Record
	want.Version = version
	if got := get(t, s, "p"); !reflect.DeepEqual(got, want) {
		t.Errorf("the record became %+v, was %+v", got, want)
	}
	if got := find(t, s, store.Query{}).Records; len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("what Find finds became %+v, was %+v", got, want)
	}
	log := owned().Events
	log[0].Position, log[0].Subject = 1, key("p")
	for _, subject := range []store.Key{{}, key("p")} {
		if got := events(t, s, store.EventQuery{Subject: subject}); !reflect.DeepEqual(got, log) {
			t.Errorf("the events became %+v, were %+v", got, log)
		}
	}
}

func testInputIsOwn(t reporter, s store.Store) {
	op := owned()
	ops := []store.Op{op}
	version := commit(t, s, ops...)
	op.Body[0] = '#'
	op.Fields["state"][0], op.Fields["label"][1], op.Fields["more"] = "#", "#", []string{"#"}
	op.Events[0].Body[0], op.Events[0].Name = '#', "#"
	ops[0].ID = "#"
	unspoilt(t, s, version)
}

func testOutputIsOwn(t reporter, s store.Store) {
	version := commit(t, s, owned())
	for _, r := range []store.Record{get(t, s, "p"), find(t, s, store.Query{}).Records[0]} {
		r.Body[0] = '#'
		r.Fields["label"][0] = "#"
		_, _ = append(r.Fields["label"], "#"), append(r.Fields["state"], "#")
		if r.Fields["label"][1] != "b" || r.Fields["state"][0] != "draft" {
			t.Errorf("an append to the values of one field changed another: %v", r.Fields)
		}
		_ = append(r.Body[:1], '#')
		r.Fields["more"] = []string{"#"}
		delete(r.Fields, "state")
	}
	for _, subject := range []store.Key{{}, key("p")} {
		events(t, s, store.EventQuery{Subject: subject})[0].Body[0] = '#'
	}
	unspoilt(t, s, version)
}
