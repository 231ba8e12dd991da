package conformance_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/internal/sqlstore"
	"github.com/penstock-go/penstock/store/sqlite"
)

// benchRound is how many commits go into a database before a fresh one, off the clock.
const benchRound = 2_000

// A benched is a kind of store with what is below it.
type benched struct {
	name     string
	prepares bool // the raw statements
	dialect  sqlstore.Dialect
	open     func(tb testing.TB) (db *sql.DB, schema string)
	on       func(tb testing.TB, db *sql.DB, schema string) store.Store
}

func benchedStores() []benched {
	all := []benched{{"PostgreSQL", false, sqlstore.PostgreSQL(), openPostgres,
		func(tb testing.TB, db *sql.DB, schema string) store.Store { return newPostgres(tb, db, schema) }}}
	for _, c := range []struct {
		name  string
		level sqlite.Synchronous
	}{{"SQLiteNormal", sqlite.Normal}, {"SQLiteFull", sqlite.Full}} {
		all = append(all, benched{c.name, true, sqlstore.SQLite(),
			func(tb testing.TB) (*sql.DB, string) { return fileDB(tb), "" },
			func(tb testing.TB, db *sql.DB, _ string) store.Store {
				return newSQLite(tb, db, &sqlite.Options{Synchronous: c.level})
			}})
	}
	return all
}

func (on benched) store(tb testing.TB) store.Store {
	tb.Helper()
	db, schema := on.open(tb)
	return on.on(tb, db, schema)
}

// raw returns a database without a store, in which statements of another schema can run.
func (on benched) raw(tb testing.TB) (*sql.DB, string) {
	tb.Helper()
	db, schema := on.open(tb)
	if on.prepares {
		db.SetMaxOpenConns(1) // the store has set how synchronous it is
	}
	if err := on.on(tb, db, schema).Close(); err != nil {
		tb.Fatal(err)
	}
	return db, schema
}

// record carries out commits in a database of their own and returns their statements.
func (on benched) record(b *testing.B, n int, ops func(i int) []store.Op) (seen [][]statement, schema string) {
	b.Helper()
	db, schema := on.raw(b)
	return recordCommits(b, db, named(b, on.dialect, schema), n, ops), schema
}

func named(tb testing.TB, d sqlstore.Dialect, schema string) *sqlstore.Tables {
	tb.Helper()
	tables, err := d.Name(schema, "")
	if err != nil {
		tb.Fatal(err)
	}
	return tables
}

// BenchmarkCommit commits a record of 4 or 60 KiB with 3 fields, of which one changes, and 2 events;
// and what a step of a plan commits: a header, a piece of status and 3 events.
func BenchmarkCommit(b *testing.B) {
	for _, on := range benchedStores() {
		for _, c := range []struct {
			name string
			ops  func(i int) []store.Op
		}{
			{"4KiB", edits(4 << 10)},
			{"60KiB", edits(60 << 10)},
			{"step", func(i int) []store.Op { return step("", i) }},
		} {
			b.Run(on.name+"/"+c.name+"/store", func(b *testing.B) { benchStore(b, on, c.ops) })
			b.Run(on.name+"/"+c.name+"/raw", func(b *testing.B) { benchRaw(b, on, c.ops) })
		}
	}
}

// edits are commits of one of 100 records each.
func edits(size int) func(i int) []store.Op {
	body := make([]byte, size)
	return func(i int) []store.Op {
		r := store.Record{Key: store.Key{Kind: "plan", ID: fmt.Sprintf("%026d", i%100)}, Sort: int64(i % 100), Body: body,
			Fields: map[string][]string{"state": {"draft"}, "owner": {"ann"}, "name": {fmt.Sprintf("plan %06d", i)}}}
		seq := int64(2*(i/100) + 1)
		return []store.Op{{Record: r, Events: []store.Event{{Seq: seq, Name: "edited", At: day, Body: body[:200]}, {Seq: seq + 1, Name: "saved", At: day, Body: body[:200]}}}}
	}
}

// step is what step i of a plan commits.
func step(plan string, i int) []store.Op {
	header := store.Op{Record: store.Record{Key: store.Key{Kind: "header", ID: plan + "01JNW5WZJ7"}, Sort: 1, Body: make([]byte, 1_000), Fields: map[string][]string{}}}
	for i := range 10 {
		header.Fields[fmt.Sprint("field", i)] = []string{"value"}
	}
	for n := range 3 {
		header.Events = append(header.Events, store.Event{Seq: int64(3*i + n + 1), Name: "task started", At: day, Body: make([]byte, 300)})
	}
	return []store.Op{header, {Record: store.Record{Key: store.Key{Kind: "chunk", ID: plan + "01JNW5WZJ7/1"}, Body: make([]byte, 2_000)}}}
}

func benchStore(b *testing.B, on benched, ops func(i int) []store.Op) {
	b.Helper()
	var made [][]store.Op
	for i := range benchRound {
		made = append(made, ops(i))
	}
	var s store.Store
	var versions map[store.Key]int64
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		i := n % benchRound
		if i == 0 {
			b.StopTimer()
			s, versions = on.store(b), map[store.Key]int64{}
			b.StartTimer()
		}
		if err := commitOver(b.Context(), s, versions, made[i]); err != nil {
			b.Fatal(err)
		}
	}
}

func commitOver(ctx context.Context, s store.Store, versions map[store.Key]int64, ops []store.Op) error {
	for j := range ops {
		ops[j].Version = versions[ops[j].Record.Key]
	}
	version, err := s.Commit(ctx, ops...)
	for j := range ops {
		versions[ops[j].Record.Key] = version
	}
	return err
}

func benchRaw(b *testing.B, on benched, ops func(i int) []store.Op) {
	b.Helper()
	seen, schema := on.record(b, benchRound, ops)
	var r *raw
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		i := n % benchRound
		if i == 0 {
			b.StopTimer()
			db, fresh := on.raw(b)
			r = newRaw(db, on.prepares)
			schema = rename(seen, schema, fresh)
			b.StartTimer()
		}
		if err := r.commit(b.Context(), seen[i]); err != nil {
			b.Fatal(err)
		}
	}
}

// rename makes statements those of another schema.
func rename(all [][]statement, from, to string) string {
	if from != to {
		for _, commit := range all {
			for i := range commit {
				commit[i].text = strings.ReplaceAll(commit[i].text, from, to)
			}
		}
	}
	return to
}

// BenchmarkWriters has 1 and 8 writers, each with a plan and a connection of its own, commit 800
// steps in all, with synchronous_commit on; the raw statements show what the machine allows.
func BenchmarkWriters(b *testing.B) {
	const steps = 800
	for _, on := range benchedStores() {
		for _, writers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/%d/store", on.name, writers), func(b *testing.B) {
				benchWriters(b, writers, steps, func() func(w, i int) error {
					db, schema := on.open(b)
					if !on.prepares {
						db.SetMaxOpenConns(writers)
					}
					s := on.on(b, db, schema)
					versions := make([]map[store.Key]int64, writers)
					return func(w, i int) error {
						if i == 0 {
							versions[w] = map[store.Key]int64{}
						}
						return commitOver(b.Context(), s, versions[w], step(fmt.Sprint(w), i))
					}
				})
			})
			if on.prepares {
				continue // SQLite has one writer at a time
			}
			b.Run(fmt.Sprintf("%s/%d/raw", on.name, writers), func(b *testing.B) {
				// Recorded in turns, so that the versions of all writers differ.
				seen, schema := on.record(b, steps, func(i int) []store.Op { return step(fmt.Sprint(i%writers), i/writers) })
				benchWriters(b, writers, steps, func() func(w, i int) error {
					db, fresh := on.raw(b)
					db.SetMaxOpenConns(writers)
					schema = rename(seen, schema, fresh)
					each := make([]*raw, writers)
					return func(w, i int) error {
						if i == 0 {
							each[w] = newRaw(db, false)
						}
						return each[w].commit(b.Context(), seen[i*writers+w])
					}
				})
			})
		}
	}
}

// benchWriters has each writer write its share, in a fresh database each time.
func benchWriters(b *testing.B, writers, steps int, fresh func() func(w, i int) error) {
	b.Helper()
	for b.Loop() {
		b.StopTimer()
		write := fresh()
		b.StartTimer()
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range steps / writers {
					if err := write(w, i); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
	}
	b.ReportMetric(float64(steps)*float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}
