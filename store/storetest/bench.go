package storetest

import (
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/store"
)

// benchSize is the size of the store that the benchmarks read.
func benchSize() int {
	if testing.Short() {
		return 100_000
	}
	return 1_000_000
}

// Bench measures what services do most, on stores from open, of which one gets a million
// records; with -short, a tenth of that. It closes them.
func Bench(b *testing.B, open func(testing.TB) store.Store) {
	for _, size := range []int{4 << 10, 60 << 10} {
		b.Run(fmt.Sprintf("Commit/%dKiB", size>>10), func(b *testing.B) { benchCommit(b, open, size) })
	}
	s := open(b)
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Errorf("Close: %v", err)
		}
	})
	n := benchSize()
	benchFill(b, s, n)
	b.Run("Get", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			benchGet(b, s, i*7919%n)
		}
	})
	b.Run("Get/parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				benchGet(b, s, i*7919%n)
			}
		})
	})
	newest := store.Order{Desc: true}
	for _, c := range []struct {
		name string
		q    store.Query
	}{
		{"Page", store.Query{Where: []store.Filter{store.Equals("state", "draft")}, Order: newest}},
		{"PageNoBody", store.Query{Where: []store.Filter{store.Equals("state", "draft")}, Order: newest, NoBody: true}},
		{"PageTotal", store.Query{Where: []store.Filter{store.Equals("state", "draft")}, Order: newest, Total: true}},
		{"PageDeep", store.Query{Where: []store.Filter{store.Equals("state", "draft")}, Order: newest, Offset: n / 8}},
		{"TwoFilters", store.Query{Where: []store.Filter{store.Equals("state", "draft"), store.Equals("owner", "user07")}, Order: newest, Total: true}},
		{"Due", store.Query{Where: []store.Filter{store.Less("wake", store.Int(20))}, Order: store.Order{By: "wake"}}},
		{"Prefix", store.Query{Where: []store.Filter{store.HasPrefix("name", "plan 0123")}, Order: newest}},
		{"PrefixOfAll", store.Query{Where: []store.Filter{store.HasPrefix("name", "plan")}, Order: newest}},
		{"Suffix", store.Query{Where: []store.Filter{store.HasSuffix("name", "321")}, Order: newest}},
		{"SuffixOfMany", store.Query{Where: []store.Filter{store.HasSuffix("name", "1")}, Order: newest}},
		{"Contains", store.Query{Where: []store.Filter{store.HasPart("name", "9876")}, Order: newest}},
		{"ContainsTotal", store.Query{Where: []store.Filter{store.HasPart("name", "9876")}, Order: newest, Total: true}},
	} {
		b.Run("Find/"+c.name, func(b *testing.B) {
			c.q.Kind = "plan"
			b.ReportAllocs()
			for b.Loop() {
				if page, err := s.Find(b.Context(), c.q); err != nil || len(page.Records) == 0 {
					b.Fatalf("%d records, %v", len(page.Records), err)
				}
			}
		})
	}
	b.Run("Events", func(b *testing.B) {
		b.ReportAllocs()
		for i := int64(0); b.Loop(); i++ {
			if found, err := s.Events(b.Context(), store.EventQuery{After: i * 7919 % int64(n/2)}); err != nil || len(found) != store.DefaultLimit {
				b.Fatalf("%d events, %v", len(found), err)
			}
		}
	})
	b.Run("Update", func(b *testing.B) { benchUpdate(b, s) })
}

func benchKey(i int) store.Key { return key(fmt.Sprintf("%026d", i)) }

// benchFill stores n records with an event each. They come in the order of their numbers, as
// records do, and their names in no order.
func benchFill(b *testing.B, s store.Store, n int) {
	ops := make([]store.Op, 0, store.MaxOps)
	states := []string{"draft", "running", "completed", "canceled"}
	for i := range n {
		ops = append(ops, store.Op{
			Record: store.Record{Key: benchKey(i), Sort: int64(i), Body: make([]byte, 300), Fields: map[string][]string{
				"state": {states[i%4]}, "owner": {fmt.Sprintf("user%02d", i/4%50)}, "name": {fmt.Sprintf("plan %06d", i*7919%n)}, "wake": {store.Int(int64(i))}}},
			Events: []store.Event{{Seq: 1, Name: "created", At: day, Body: make([]byte, 100)}},
		})
		if len(ops) == cap(ops) || i == n-1 {
			if _, err := s.Commit(b.Context(), ops...); err != nil {
				b.Fatal(err)
			}
			ops = ops[:0]
		}
	}
}

func benchGet(b *testing.B, s store.Store, i int) {
	if records, err := s.Get(b.Context(), benchKey(i)); err != nil || records[0].Version == 0 {
		b.Errorf("Get = %v, %v", records, err)
	}
}

// benchCommit writes records, each with 3 fields and 2 events.
func benchCommit(b *testing.B, open func(testing.TB) store.Store, size int) {
	s := open(b)
	defer func() {
		if err := s.Close(); err != nil {
			b.Errorf("Close: %v", err)
		}
	}()
	body, versions := make([]byte, size), make([]int64, 1_000)
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for i := 0; b.Loop(); i++ {
		op := store.Op{Record: store.Record{Key: benchKey(i % len(versions)), Sort: int64(i), Body: body, Fields: map[string][]string{
			"state": {"draft"}, "owner": {"ann"}, "name": {fmt.Sprintf("plan %06d", i)}}},
			Events: []store.Event{{Seq: int64(2*i + 1), Name: "edited", At: day, Body: body[:200]}, {Seq: int64(2*i + 2), Name: "saved", At: day, Body: body[:200]}}}
		op.Version = versions[i%len(versions)]
		var err error
		if versions[i%len(versions)], err = s.Commit(b.Context(), op); err != nil {
			b.Fatal(err)
		}
	}
}

// benchUpdate is what one step of a plan commits: a header whose 10 fields stay
// as they are, a piece of status, and 3 events, in a store of many records.
func benchUpdate(b *testing.B, s store.Store) {
	header := store.Op{Record: store.Record{Key: store.Key{Kind: "header", ID: "01JNW5WZJ7"}, Sort: 1, Body: make([]byte, 1_000), Fields: map[string][]string{}}}
	for i := range 10 {
		header.Fields[fmt.Sprint("field", i)] = []string{"value"}
	}
	chunk := store.Op{Record: store.Record{Key: store.Key{Kind: "chunk", ID: "01JNW5WZJ7/1"}, Body: make([]byte, 2_000)}}
	records, err := s.Get(b.Context(), header.Key, chunk.Key)
	if err != nil {
		b.Fatal(err)
	}
	header.Version, chunk.Version = records[0].Version, records[1].Version
	last, err := s.Events(b.Context(), store.EventQuery{Subject: header.Key, Limit: 1})
	if err != nil {
		b.Fatal(err)
	}
	seq := int64(0)
	for len(last) > 0 {
		seq = last[len(last)-1].Seq
		if last, err = s.Events(b.Context(), store.EventQuery{Subject: header.Key, After: seq, Limit: store.MaxLimit}); err != nil {
			b.Fatal(err)
		}
	}
	body := make([]byte, 300)
	b.ReportAllocs()
	for b.Loop() {
		header.Events = header.Events[:0]
		for range 3 {
			seq++
			header.Events = append(header.Events, store.Event{Seq: seq, Name: "task started", At: day, Body: body})
		}
		version, err := s.Commit(b.Context(), header, chunk)
		if err != nil {
			b.Fatal(err)
		}
		header.Version, chunk.Version = version, version
	}
}
