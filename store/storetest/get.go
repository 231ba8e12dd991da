package storetest

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/penstock-go/penstock/store"
)

var getCases = []contractCase{
	{"MissingHasVersion0", "a caller tells by the version that there is nothing", testMissing},
	{"GetKeepsTheOrderOfKeys", "callers match records to keys by place", testGetOrder},
	{"RecordsComeBackWhole", "what was written is what is read", testWhole},
	{"BodiesAreByteExact", "hash chains are over the bytes", testBodies},
	{"KeysAreBytes", "keys differ if their bytes do, whatever a collation thinks", testKeys},
}

func testMissing(t reporter, s store.Store) {
	commit(t, s, put("there", 0))
	records, err := s.Get(t.Context(), key("gone"), key("there"))
	if err != nil || len(records) != 2 {
		t.Fatalf("Get = %d records, %v", len(records), err)
	}
	if want := (store.Record{Key: key("gone")}); !reflect.DeepEqual(records[0], want) {
		t.Errorf("missing = %+v, want only its key", records[0])
	}
	if records[1].Version == 0 {
		t.Errorf("the record beside a missing one has version 0")
	}
	if records, err = s.Get(t.Context()); err != nil || len(records) != 0 {
		t.Errorf("Get of no keys = %v, %v", records, err)
	}
}

func testGetOrder(t reporter, s store.Store) {
	commit(t, s, put("a", 0), put("b", 0), put("c", 0))
	records, err := s.Get(t.Context(), key("c"), key("a"), key("x"), key("c"), key("b"))
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	if got, want := ids(records), []string{"c", "a", "x", "c", "b"}; !slices.Equal(got, want) {
		t.Errorf("Get = %v, want %v", got, want)
	}
}

func testWhole(t reporter, s store.Store) {
	fields := map[string][]string{"state": {"draft"}, "label": {"b", "a", "b"}, "empty": {""}}
	for _, sort := range []int64{-1 << 63, -1, 0, 1<<63 - 1} {
		old := get(t, s, "p")
		op := put("p", old.Version)
		op.Sort, op.Fields = sort, fields
		version := commit(t, s, op)
		want := store.Record{Key: key("p"), Version: version, Sort: sort, Fields: fields, Body: op.Body}
		if got := get(t, s, "p"); !reflect.DeepEqual(got, want) {
			t.Errorf("Get = %+v, want %+v", got, want)
		}
		if page := find(t, s, store.Query{}); len(page.Records) != 1 || !reflect.DeepEqual(page.Records[0], want) {
			t.Errorf("Find = %+v, want %+v", page.Records, want)
		}
		want.Body = nil
		if page := find(t, s, store.Query{NoBody: true}); len(page.Records) != 1 || !reflect.DeepEqual(page.Records[0], want) {
			t.Errorf("Find without bodies = %+v, want %+v", page.Records, want)
		}
	}
	op := put("p", get(t, s, "p").Version)
	op.Fields = map[string][]string{"state": {}, "label": nil}
	commit(t, s, op)
	if got := get(t, s, "p"); len(got.Fields) != 0 {
		t.Errorf("fields without values came back as %v", got.Fields)
	}
}

func testBodies(t reporter, s store.Store) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for i, body := range [][]byte{nil, {}, all, []byte(`{"b": 1,  "a":2}`), []byte("\xff\x00\xfe"), bytes.Repeat(all, 4096)} {
		op := put("p", get(t, s, "p").Version, store.Event{Seq: int64(i + 1), Name: "n", At: day, Body: body})
		op.Body = body
		commit(t, s, op)
		if got := get(t, s, "p").Body; !bytes.Equal(got, body) {
			t.Errorf("body %d: got %d bytes, want %d that are the same", i, len(got), len(body))
		}
		if got := events(t, s, store.EventQuery{After: int64(i)}); len(got) != 1 || !bytes.Equal(got[0].Body, body) {
			t.Errorf("event body %d is not what was written", i)
		}
	}
}

func testKeys(t reporter, s store.Store) {
	different := []string{"a", "A", "a ", " a", "ä", "a\u0308", "a/b", "a%", "a_", "*", "ß", "ss", "1", "01"}
	for _, id := range different {
		commit(t, s, put(id, 0))
	}
	commit(t, s, store.Op{Record: store.Record{Key: store.Key{Kind: "Plan", ID: "a"}, Body: []byte("other kind")}})
	for _, id := range different {
		if got := get(t, s, id); string(got.Body) != id+" over 0" {
			t.Errorf("Get(%q) = %q", id, got.Body)
		}
	}
	slices.Sort(different)
	if got := ids(find(t, s, store.Query{}).Records); !slices.Equal(got, different) {
		t.Errorf("in the order of ids: %q, want byte order %q", got, different)
	}
}
