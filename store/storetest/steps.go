package storetest

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock/store"
)

// day is the time of events that do not care.
var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func key(id string) store.Key { return store.Key{Kind: "plan", ID: id} }

// put writes over version with a body that tells them apart.
func put(id string, version int64, events ...store.Event) store.Op {
	return store.Op{Record: store.Record{Key: key(id), Version: version, Body: fmt.Appendf(nil, "%s over %d", id, version)}, Events: events}
}

// with puts a new record with a place in the order and some fields.
func with(id string, sort int64, fields map[string][]string) store.Op {
	op := put(id, 0)
	op.Sort, op.Fields = sort, fields
	return op
}

func remove(id string, version int64, events ...store.Event) store.Op {
	return store.Op{Kind: store.Delete, Record: store.Record{Key: key(id), Version: version}, Events: events}
}

func check(id string, version int64, events ...store.Event) store.Op {
	return store.Op{Kind: store.Check, Record: store.Record{Key: key(id), Version: version}, Events: events}
}

func event(seq int64, name string) store.Event {
	return store.Event{Seq: seq, Name: name, At: day, Body: []byte(name)}
}

func commit(t reporter, s store.Store, ops ...store.Op) int64 {
	t.Helper()
	version, err := s.Commit(t.Context(), ops...)
	if err != nil {
		t.Fatalf("Commit: %v", err)
	}
	return version
}

func get(t reporter, s store.Store, id string) store.Record {
	t.Helper()
	records, err := s.Get(t.Context(), key(id))
	if err != nil || len(records) != 1 {
		t.Fatalf("Get(%s) = %d records, %v", id, len(records), err)
	}
	return records[0]
}

func find(t reporter, s store.Store, q store.Query) store.Page {
	t.Helper()
	if q.Kind == "" {
		q.Kind = "plan"
	}
	page, err := s.Find(t.Context(), q)
	if err != nil {
		t.Fatalf("Find(%+v): %v", q, err)
	}
	return page
}

func events(t reporter, s store.Store, q store.EventQuery) []store.Event {
	t.Helper()
	found, err := s.Events(t.Context(), q)
	if err != nil {
		t.Fatalf("Events(%+v): %v", q, err)
	}
	return found
}

func ids(records []store.Record) []string {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	return ids
}

// summary writes events as position:subject#seq:name.
func summary(events []store.Event) []string {
	all := make([]string, len(events))
	for i, e := range events {
		all[i] = fmt.Sprintf("%d:%s#%d:%s", e.Position, e.Subject.ID, e.Seq, e.Name)
	}
	return all
}
