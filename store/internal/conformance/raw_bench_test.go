package conformance_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/sqlite"
)

// BenchmarkStep is what a step of a plan commits — a header, a piece of status
// and three events — by a store and, beside it, by the same statements on the
// driver itself, prepared and without checks.
func BenchmarkStep(b *testing.B) {
	for _, level := range []sqlite.Synchronous{sqlite.Normal, sqlite.Full} {
		name := map[sqlite.Synchronous]string{sqlite.Normal: "SQLiteNormal", sqlite.Full: "SQLiteFull"}[level]
		b.Run(name+"/store", func(b *testing.B) {
			benchStep(b, newSQLite(b, fileDB(b), &sqlite.Options{Synchronous: level}), "")
		})
		b.Run(name+"/raw", func(b *testing.B) {
			db := fileDB(b)
			db.SetMaxOpenConns(1)
			newSQLite(b, db, &sqlite.Options{Synchronous: level})
			run(b, db, "PRAGMA synchronous = "+map[sqlite.Synchronous]string{sqlite.Normal: "NORMAL", sqlite.Full: "FULL"}[level])
			rawStep(b, db, sqliteStep("penstock_"), "")
		})
	}
	b.Run("PostgreSQL/store", func(b *testing.B) {
		db, schema := openPostgres(b)
		benchStep(b, newPostgres(b, db, schema), "")
	})
	b.Run("PostgreSQL/raw", func(b *testing.B) {
		db, schema := openPostgres(b)
		newPostgres(b, db, schema)
		rawStep(b, db, postgresStep(schema+".penstock_"), "")
	})
	for _, writers := range []int{1, 8} {
		b.Run(fmt.Sprintf("SQLiteFull/%dwriters", writers), func(b *testing.B) {
			parallelSteps(b, newSQLite(b, fileDB(b), nil), writers)
		})
		b.Run(fmt.Sprintf("PostgreSQL/%dwriters", writers), func(b *testing.B) {
			db, schema := openPostgres(b)
			parallelSteps(b, newPostgres(b, db, schema), writers)
		})
	}
}

func stepOps(plan string) (header, chunk store.Op) {
	header = store.Op{Record: store.Record{Key: store.Key{Kind: "header", ID: plan + "01JNW5WZJ7"}, Sort: 1, Body: make([]byte, 1_000), Fields: map[string][]string{}}}
	for i := range 10 {
		header.Fields[fmt.Sprint("field", i)] = []string{"value"}
	}
	return header, store.Op{Record: store.Record{Key: store.Key{Kind: "chunk", ID: plan + "01JNW5WZJ7/1"}, Body: make([]byte, 2_000)}}
}

func benchStep(b *testing.B, s store.Store, plan string) {
	b.Helper()
	header, chunk := stepOps(plan)
	body, seq := make([]byte, 300), int64(0)
	b.ReportAllocs()
	for b.Loop() {
		if err := step(b.Context(), s, &header, &chunk, body, &seq); err != nil {
			b.Fatal(err)
		}
	}
}

func step(ctx context.Context, s store.Store, header, chunk *store.Op, body []byte, seq *int64) error {
	header.Events = header.Events[:0]
	for range 3 {
		*seq++
		header.Events = append(header.Events, store.Event{Seq: *seq, Name: "task started", At: day, Body: body})
	}
	version, err := s.Commit(ctx, *header, *chunk)
	header.Version, chunk.Version = version, version
	return err
}

// parallelSteps has each writer work on a plan of its own.
func parallelSteps(b *testing.B, s store.Store, writers int) {
	b.Helper()
	turns, errs := make(chan struct{}), make(chan error, writers)
	for w := range writers {
		go func() {
			header, chunk := stepOps(fmt.Sprint(w))
			body, seq := make([]byte, 300), int64(0)
			var err error
			for range turns {
				if err == nil {
					err = step(b.Context(), s, &header, &chunk, body, &seq)
				}
			}
			errs <- err
		}()
	}
	for b.Loop() {
		turns <- struct{}{}
	}
	close(turns)
	for range writers {
		if err := <-errs; err != nil {
			b.Error(err)
		}
	}
}

// rawSQL are the statements of a step.
type rawSQL struct {
	count, look, write, log string
	numbered                bool // events get positions at once
}

const (
	rawLook  = "SELECT kind, id, version, sort, fields FROM %srecords WHERE (kind, id) IN (VALUES ($1, $2), ($3, $4))"
	rawWrite = "INSERT INTO %srecords (kind, id, version, sort, fields, body) VALUES ($1, $2, %s, $3, $4, $5), ($6, $7, %s, $8, $9, $10)" +
		" ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, sort = excluded.sort, fields = excluded.fields, body = excluded.body"
	rawLog = "INSERT INTO %sevents (position, version, n, kind, id, seq, name, at, body) VALUES" +
		" ($1, $2, $3, $4, $5, $6, $7, $8, $9), ($10, $11, $12, $13, $14, $15, $16, $17, $18), ($19, $20, $21, $22, $23, $24, $25, $26, $27) ON CONFLICT (kind, id, seq) DO NOTHING"
)

func sqliteStep(prefix string) rawSQL {
	return rawSQL{count: "UPDATE " + prefix + "meta SET version = version + 1, position = position + 3 RETURNING version, position",
		look: fmt.Sprintf(rawLook, prefix), write: fmt.Sprintf(rawWrite, prefix, "$11", "$11"), log: fmt.Sprintf(rawLog, prefix), numbered: true}
}

func postgresStep(prefix string) rawSQL {
	return rawSQL{look: fmt.Sprintf(rawLook, prefix) + " ORDER BY kind, id FOR NO KEY UPDATE",
		write: fmt.Sprintf(rawWrite, prefix, "nextval('"+prefix+"versions')", "currval('"+prefix+"versions')") + " RETURNING version", log: fmt.Sprintf(rawLog, prefix)}
}

func rawStep(b *testing.B, db *sql.DB, q rawSQL, plan string) {
	b.Helper()
	ctx := b.Context()
	header, chunk := stepOps(plan)
	fields := `{"field0":["value"],"field1":["value"],"field2":["value"],"field3":["value"],"field4":["value"]}`
	prepare := func(text string) *sql.Stmt {
		if text == "" {
			return nil
		}
		s, err := db.PrepareContext(ctx, text)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return s
	}
	count, look, write, log := prepare(q.count), prepare(q.look), prepare(q.write), prepare(q.log)
	body, seq := make([]byte, 300), 0
	b.ReportAllocs()
	for b.Loop() {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			b.Fatal(err)
		}
		var version, last int64
		if count != nil {
			if err := tx.StmtContext(ctx, count).QueryRowContext(ctx).Scan(&version, &last); err != nil {
				b.Fatal(err)
			}
		}
		rows, err := tx.StmtContext(ctx, look).QueryContext(ctx, chunk.Key.Kind, chunk.ID, header.Key.Kind, header.ID)
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
			var kind, id, fields string
			var version, sort int64
			if err := rows.Scan(&kind, &id, &version, &sort, &fields); err != nil {
				b.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			b.Fatal(err)
		}
		args := []any{chunk.Key.Kind, chunk.ID, 0, "{}", chunk.Body, header.Key.Kind, header.ID, 1, fields, header.Body}
		if count != nil {
			_, err = tx.StmtContext(ctx, write).ExecContext(ctx, append(args, version)...)
		} else {
			err = tx.StmtContext(ctx, write).QueryRowContext(ctx, args...).Scan(&version)
		}
		if err != nil {
			b.Fatal(err)
		}
		args = args[:0]
		for n := range 3 {
			seq++
			var position any
			if q.numbered {
				position = last - int64(2-n)
			}
			args = append(args, position, version, n, header.Key.Kind, header.ID, seq, "task started", day.UnixMicro(), body)
		}
		if _, err := tx.StmtContext(ctx, log).ExecContext(ctx, args...); err != nil {
			b.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGet is one Get, by a store and by its statement.
func BenchmarkGet(b *testing.B) {
	for _, kind := range backends(b) {
		db := kind.db(b)
		s := kind.store(b, db)
		commit(b, s, put("p", 0))
		b.Run(kind.name+"/store", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if get(b, s, "p").Version == 0 {
					b.Fatal("not there")
				}
			}
		})
		b.Run(kind.name+"/raw", func(b *testing.B) {
			get, err := db.PrepareContext(b.Context(), "SELECT kind, id, version, sort, fields, body FROM "+kind.prefix+"records WHERE kind = $1 AND id = $2")
			if err != nil {
				b.Fatal(err)
			}
			defer get.Close()
			b.ReportAllocs()
			for b.Loop() {
				var kind, id, fields string
				var version, sort int64
				var body []byte
				if err := get.QueryRowContext(b.Context(), "plan", "p").Scan(&kind, &id, &version, &sort, &fields, &body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
