package conformance_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/internal/sqlstore"
	"github.com/penstock-go/penstock/store/storetest"
)

// BenchmarkStores runs what every store is measured by, which leaves a million records, and
// then reads of these by the store and, beside it, by its statements.
func BenchmarkStores(b *testing.B) {
	for _, on := range benchedStores() {
		if on.name == "SQLiteFull" {
			continue // differs in commits only: see BenchmarkCommit
		}
		b.Run(on.name, func(b *testing.B) {
			var db *sql.DB
			var schema string
			storetest.Bench(b, func(tb testing.TB) store.Store {
				db, schema = on.open(tb)
				return on.on(tb, db, schema)
			})
			if db != nil {
				b.Run("Beside", func(b *testing.B) { benchReads(b, on, db, schema) })
			}
		})
	}
}

func benchReads(b *testing.B, on benched, db *sql.DB, schema string) {
	b.Helper()
	s, tables := on.on(b, db, schema), named(b, on.dialect, schema)
	if _, err := s.Events(b.Context(), store.EventQuery{}); err != nil { // the first one after so many commits gives positions
		b.Fatal(err)
	}
	if on.name == "PostgreSQL" {
		run(b, db, "VACUUM ANALYZE") // as it does by itself a minute after so much was written
	}
	newest := store.Order{Desc: true}
	var some []store.Key
	page, err := s.Find(b.Context(), store.Query{Kind: "plan", Limit: 100, Offset: 50_000, NoBody: true})
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range page.Records {
		some = append(some, r.Key)
	}
	// beside runs n reads in turn, by the store and by the statements that they were seen to run.
	beside := func(name string, n int, read func(sqlstore.Session, int) error, ask func(i int) error) {
		seen := make([][]statement, n)
		for i := range seen {
			r := &recorder{Session: db}
			if err := read(r, i); err != nil {
				b.Fatal(err)
			}
			seen[i] = r.seen
		}
		b.Run(name+"/store", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := ask(i % n); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/raw", func(b *testing.B) {
			raw := newRaw(db, on.prepares)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := raw.ask(b.Context(), seen[i%n]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	beside("Get", len(some), func(in sqlstore.Session, i int) error {
		_, err := tables.Get(b.Context(), in, some[i:i+1])
		return err
	}, func(i int) error {
		_, err := s.Get(b.Context(), some[i])
		return err
	})
	beside("Events", 100, func(in sqlstore.Session, i int) error {
		_, err := tables.ReadEvents(b.Context(), in, store.EventQuery{After: int64(i * 500), Limit: store.DefaultLimit}, false)
		return err
	}, func(i int) error {
		_, err := s.Events(b.Context(), store.EventQuery{After: int64(i * 500)})
		return err
	})
	state := []store.Filter{store.Equals("state", "draft")}
	for _, c := range []struct {
		name  string
		where []store.Filter
		total bool
	}{
		{"Page", state, false},
		{"PageTotal", state, true},
		{"Prefix", []store.Filter{store.HasPrefix("name", "plan 0123")}, false},
		{"PrefixOfAll", []store.Filter{store.HasPrefix("name", "plan")}, false},
		{"Suffix", []store.Filter{store.HasSuffix("name", "321")}, false},
		{"SuffixOfMany", []store.Filter{store.HasSuffix("name", "1")}, false},
		{"Contains", []store.Filter{store.HasPart("name", "9876")}, false},
	} {
		q, err := store.CheckQuery(store.Query{Kind: "plan", Where: c.where, Order: newest, Total: c.total})
		if err != nil {
			b.Fatal(err)
		}
		find := func(page store.Page, err error) error {
			if err == nil && len(page.Records) == 0 {
				err = fmt.Errorf("found nothing for %v", q)
			}
			return err
		}
		beside("Find/"+c.name, 1,
			func(in sqlstore.Session, _ int) error { return find(tables.Find(b.Context(), in, q)) },
			func(int) error { return find(s.Find(b.Context(), q)) })
	}
}
