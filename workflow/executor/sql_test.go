package executor_test

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

func newSQL(t *testing.T, s *server, d executor.Database, c executor.SQLConfig) *executor.SQL {
	t.Helper()
	d.DB = s.db(t)
	c.Databases = map[string]executor.Database{"orders": d}
	e, err := executor.NewSQL(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func statements(text, more string) string {
	return fmt.Sprintf(`{"id":"orders","sql":%q%s}`, text, more)
}

func TestStatements(t *testing.T) {
	t.Parallel()
	people := answer{columns: []string{"id", "name"}, rows: [][]driver.Value{{int64(1), "Ann"}, {int64(2), nil}, {int64(30), []byte("Bo\nb")}}}
	table := "id  name\n1   Ann\n2   NULL\n30  Bo b\n(3 rows)\n"
	tests := []struct {
		name     string
		db       executor.Database
		c        executor.SQLConfig
		answers  map[string]answer
		sql      string
		more     string
		seen     []string
		log      string
		rows     int
		affected int
		err      string
	}{
		{name: "rows become a table", answers: map[string]answer{"select 1": people}, sql: "select 1",
			seen: []string{"query select 1"}, log: table, rows: 3},
		{name: "changes are counted", answers: map[string]answer{"update a": {affected: 4}, "delete b": {affected: 5}}, sql: "update a; delete b;",
			seen: []string{"exec update a", "exec delete b"}, log: "UPDATE: 4 rows affected\nDELETE: 5 rows affected\n", affected: 9},
		{name: "some databases cannot count", answers: map[string]answer{"create x": {affected: -1}}, sql: "create x",
			seen: []string{"exec create x"}, log: "CREATE: 0 rows affected\n"},
		{name: "several results", answers: map[string]answer{"call x": {columns: []string{"a"}, rows: [][]driver.Value{{int64(1)}}, more: &answer{columns: []string{"b"}, more: &people}}}, sql: "call x",
			seen: []string{"query call x"}, log: "a\n1\n(1 rows)\nb\n(0 rows)\n" + table, rows: 4},
		{name: "rows of a change", answers: map[string]answer{"insert into a returning id": {columns: []string{"id"}, rows: [][]driver.Value{{int64(9)}}}}, sql: "insert into a returning id",
			seen: []string{"query insert into a returning id"}, log: "id\n9\n(1 rows)\n", rows: 1, affected: 1},
		{name: "rows of a change are read to the end", c: executor.SQLConfig{MaxRows: 2}, answers: map[string]answer{"update a returning *": people}, sql: "update a returning *",
			seen: []string{"query update a returning *"}, log: "id  name\n1   Ann\n2   NULL\n(2 rows, and more)\n", rows: 2, affected: 3},
		{name: "a fault behind the rows of a change", c: executor.SQLConfig{MaxRows: 1}, answers: map[string]answer{"update a returning *": {columns: people.columns, rows: people.rows, err: errTest}}, sql: "update a returning *",
			seen: []string{"query update a returning *"}, log: "id  name\n1   Ann\n(1 rows, and more)\n", rows: 1, affected: 3, err: "database orders: statement 1 of 1: the test says so"},
		{name: "a change behind queries", answers: map[string]answer{"with x as (select 1) insert into a": {affected: 3}}, sql: "with x as (select 1) insert into a",
			seen: []string{"exec with x as (select 1) insert into a"}, log: "INSERT: 3 rows affected\n", affected: 3},
		{name: "a result without columns", answers: map[string]answer{"with x": {}}, sql: "with x", seen: []string{"query with x"}},
		{name: "the executor limits rows", c: executor.SQLConfig{MaxRows: 2}, answers: map[string]answer{"select 1": people}, sql: "select 1", more: `,"max_rows":100`,
			seen: []string{"query select 1"}, log: "id  name\n1   Ann\n2   NULL\n(2 rows, and more)\n", rows: 2},
		{name: "the spec limits rows", answers: map[string]answer{"select 1": people}, sql: "select 1", more: `,"max_rows":1`,
			seen: []string{"query select 1"}, log: "id  name\n1   Ann\n(1 rows, and more)\n", rows: 1},
		{name: "as many rows as there may be", answers: map[string]answer{"select 1": people}, sql: "select 1", more: `,"max_rows":3`,
			seen: []string{"query select 1"}, log: table, rows: 3},
		{name: "rows without end", answers: map[string]answer{"select 1": {columns: []string{"n"}, endless: true}}, sql: "select 1", c: executor.SQLConfig{MaxLog: 7},
			seen: []string{"query select 1"}, log: "n\n0\n1\n2\n==> the log is full: what follows is dropped\n", rows: 1000},
		{name: "the first fault ends the job", answers: map[string]answer{"update a": {affected: 1}, "update b": {err: errors.New("no table b")}}, sql: "update a; update b; update c",
			seen: []string{"exec update a", "exec update b"}, log: "UPDATE: 1 rows affected\n", affected: 1, err: "database orders: statement 2 of 3: no table b"},
		{name: "a fault of a query", answers: map[string]answer{"select 1": {err: errors.New("no table")}}, sql: "select 1",
			seen: []string{"query select 1"}, err: "database orders: statement 1 of 1: no table"},
		{name: "a fault behind rows", answers: map[string]answer{"select 1": {columns: []string{"n"}, rows: [][]driver.Value{{"x"}}, err: errors.New("broke off")}}, sql: "select 1",
			seen: []string{"query select 1"}, log: "n\nx\n(1 rows)\n", rows: 1, err: "database orders: statement 1 of 1: broke off"},
		{name: "one transaction", db: executor.Database{Tx: true}, answers: map[string]answer{"update a": {affected: 1}}, sql: "update a; select 1",
			seen: []string{"begin", "exec update a", "query select 1", "commit"}, log: "UPDATE: 1 rows affected\n", affected: 1},
		{name: "a transaction is rolled back", db: executor.Database{Tx: true}, answers: map[string]answer{"update a": {affected: 1}, "update b": {err: errTest}}, sql: "update a; update b",
			seen: []string{"begin", "exec update a", "exec update b", "rollback"}, log: "UPDATE: 1 rows affected\n", err: "database orders: statement 2 of 2: the test says so"},
		{name: "a transaction does not begin", db: executor.Database{Tx: true}, answers: map[string]answer{"begin": {err: errTest}}, sql: "update a",
			seen: []string{"begin"}, err: "database orders: begin: the test says so"},
		{name: "a transaction is not committed", db: executor.Database{Tx: true}, answers: map[string]answer{"update a": {affected: 1}, "commit": {err: errTest}}, sql: "update a",
			seen: []string{"begin", "exec update a", "commit"}, log: "UPDATE: 1 rows affected\n", err: "database orders: commit: the test says so"},
		{name: "a transaction of the script is ended", answers: map[string]answer{"update a": {err: errTest}}, sql: "begin; update a; commit",
			seen: []string{"exec begin", "exec update a", "exec ROLLBACK"}, log: "BEGIN: 0 rows affected\n", err: "database orders: statement 2 of 3: the test says so"},
		{name: "text as it is", db: executor.Database{Whole: true}, answers: map[string]answer{"update a; select 1;": {affected: 2}}, sql: "update a; select 1;",
			seen: []string{"exec update a; select 1;"}, log: "UPDATE: 2 rows affected\n", affected: 2},
		{name: "the type of the database says how to read", db: executor.Database{Type: "mysql"}, sql: `update 'a\'; b'`, seen: []string{`exec update 'a\'; b'`}, log: "UPDATE: 0 rows affected\n"},
		{name: "or that of the spec", sql: `update 'a\'; b'`, more: `,"type":"mariadb"`, seen: []string{`exec update 'a\'; b'`}, log: "UPDATE: 0 rows affected\n"},
		{name: "nothing but comments", sql: "-- nothing\n;; /* at all */"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &server{answers: test.answers}
			job, log := execution(t, "sql", statements(test.sql, test.more))
			outputs, err := newSQL(t, s, test.db, test.c).Execute(t.Context(), job)
			if err != nil && err.Error() != test.err || err == nil && test.err != "" {
				t.Errorf("got error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(map[string]string{"ROWS": fmt.Sprint(test.rows), "AFFECTED": fmt.Sprint(test.affected)}, outputs); diff != "" {
				t.Errorf("outputs: %s", diff)
			}
			if diff := cmp.Diff(test.seen, s.log()); diff != "" {
				t.Errorf("the database: %s", diff)
			}
			if diff := cmp.Diff(test.log, log.String()); diff != "" {
				t.Errorf("log: %s", diff)
			}
		})
	}
}

func TestWhichDatabase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, spec, want string
		kind             error
	}{
		{"by its id", `{"id":"orders","sql":"x"}`, "", nil},
		{"by its name", `{"database_name":"orders","sql":"x"}`, "", nil},
		{"its type is right", `{"id":"orders","type":"postgresql","sql":"x"}`, "", nil},
		{"its type is another", `{"id":"orders","type":"mysql","sql":"x"}`, "spec.type: database orders is postgresql, not mysql", penstock.ErrInvalid},
		{"there is none", `{"id":"other","sql":"x"}`, "database other: not found", penstock.ErrNotFound},
		{"none is named", `{"sql":"x"}`, "spec.id: must not be empty", penstock.ErrInvalid},
		{"a faulty spec", `{"id":"orders","timeout":-1,"sql":"x"}`, "spec.timeout: must be from 0 to 525600", penstock.ErrInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			job, _ := execution(t, "sql", test.spec)
			_, err := newSQL(t, &server{}, executor.Database{Type: "postgresql"}, executor.SQLConfig{}).Execute(t.Context(), job)
			if test.kind == nil && err != nil || test.kind != nil && (!errors.Is(err, test.kind) || err.Error() != test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestHowADatabaseIsConnectedToIsNotTold(t *testing.T) {
	t.Parallel()
	s := &server{connect: errors.New("postgres://me:hush@db/orders refuses")}
	job, log := execution(t, "sql", statements("select 1", ""))
	_, err := newSQL(t, s, executor.Database{}, executor.SQLConfig{}).Execute(t.Context(), job)
	if err == nil || err.Error() != "database orders: cannot be connected to" || log.String() != "" {
		t.Errorf("got %v and %q", err, log)
	}
}

func TestStatementsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"select", "update"} {
		for _, tx := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, transaction %t", kind, tx), func(t *testing.T) {
				s := &server{answers: map[string]answer{kind: {hangs: true}}}
				e := newSQL(t, s, executor.Database{Tx: tx}, executor.SQLConfig{})
				synctest.Test(t, func(t *testing.T) {
					for cause, end := range map[error]time.Duration{workflow.ErrCanceled: time.Minute, workflow.ErrTimeout: 3 * time.Minute} {
						job, _ := execution(t, "sql", statements(kind, `,"timeout":3`))
						ctx, cancel := context.WithCancelCause(t.Context())
						if !errors.Is(cause, workflow.ErrTimeout) {
							time.AfterFunc(end, func() { cancel(cause) })
						}
						before := time.Now()
						_, err := e.Execute(ctx, job)
						if took := time.Since(before); !errors.Is(err, cause) || took != end {
							t.Errorf("got %v after %v, want %v after %v", err, took, cause, end)
						}
						cancel(nil)
					}
				})
			})
		}
	}
}

func TestCells(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 101)
	s := &server{answers: map[string]answer{"select 1": {columns: []string{"v"}, rows: [][]driver.Value{
		{"tab\tand\r\nline"}, {[]byte{0xff, 0}}, {long}, {true}, {1.5}, {time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}, {"a" + long},
	}}}}
	job, log := execution(t, "sql", statements("select 1", ""))
	if _, err := newSQL(t, s, executor.Database{}, executor.SQLConfig{}).Execute(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(log.String()) {
		got = append(got, strings.TrimSpace(line))
	}
	want := []string{"v", "tab and  line", "0xff00", strings.Repeat("é", 100) + "…", "true", "1.5", "2026-01-02T03:04:05.000000006Z", "a" + strings.Repeat("é", 99) + "…", "(7 rows)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// No part of a secret is shown, wherever a value is cut and however it is written.
func TestSecretsInCells(t *testing.T) {
	t.Parallel()
	for before := 150; before < 210; before++ {
		s := &server{answers: map[string]answer{"select 1": {columns: []string{strings.Repeat("c", before) + secret}, rows: [][]driver.Value{
			{strings.Repeat("x", before) + secret}, {[]byte(strings.Repeat("\xff", before/10) + secret)}, {"hunter2 of\nmore lines"},
			{strings.Repeat(secret, 60)}, {strings.Repeat("x", 3800+before) + secret},
		}}}}
		job, log := execution(t, "sql", statements("select 1", ""))
		job.Masker = workflow.NewMasker(secret, "hunter2 of\nmore lines")
		if _, err := newSQL(t, s, executor.Database{}, executor.SQLConfig{}).Execute(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"hun", hex.EncodeToString([]byte("hun")), "cdefg", "XYZ", "more lines"} {
			if strings.Contains(log.String(), part) {
				t.Fatalf("behind %d bytes %s is shown:\n%s", before, part, log)
			}
		}
		if n := strings.Count(log.String(), "\n"); n != 7 {
			t.Fatalf("%d lines: %s", n, log)
		}
	}
}

// Whatever a job does to the session of its connection, nobody else meets it.
func TestNoSessionGoesBackToTheHost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, sql string
		db        executor.Database
		answers   map[string]answer
	}{
		{"done", "set role a", executor.Database{}, nil},
		{"read", "select 1", executor.Database{}, map[string]answer{"select 1": {columns: []string{"n"}, endless: true}}},
		{"failed", "set role a; b", executor.Database{}, map[string]answer{"b": {err: errTest}}},
		{"committed", "set role a", executor.Database{Tx: true}, nil},
		{"rolled back", "set role a; b", executor.Database{Tx: true}, map[string]answer{"b": {err: errTest}}},
		{"not begun", "a", executor.Database{Tx: true}, map[string]answer{"begin": {err: errTest}}},
		{"not ended", "begin; a", executor.Database{}, nil},
		{"canceled", "set role a; b", executor.Database{}, map[string]answer{"b": {hangs: true}}},
	} {
		s := &server{answers: test.answers}
		test.db.DB = s.db(t)
		e, err := executor.NewSQL(executor.SQLConfig{Databases: map[string]executor.Database{"orders": test.db}})
		if err != nil {
			t.Fatal(err)
		}
		job, _ := execution(t, "sql", statements(test.sql, ""))
		ctx, cancel := context.WithCancelCause(t.Context())
		s.hung = func() { cancel(workflow.ErrCanceled) }
		_, _ = e.Execute(ctx, job)
		cancel(nil)
		if stats := test.db.DB.Stats(); stats.OpenConnections != 0 || len(s.log()) == 0 {
			t.Errorf("%s: %d connections are left", test.name, stats.OpenConnections)
		}
		if _, err := test.db.DB.ExecContext(t.Context(), "of the host"); err != nil {
			t.Errorf("%s: the host: %v", test.name, err)
		}
	}
}

func TestSQLConfig(t *testing.T) {
	t.Parallel()
	db := (&server{}).db(t)
	for _, test := range []struct {
		field string
		c     executor.SQLConfig
	}{
		{"sql.databases", executor.SQLConfig{}},
		{"sql.databases.a.db", executor.SQLConfig{Databases: map[string]executor.Database{"a": {}}}},
		{"sql.databases.a.type", executor.SQLConfig{Databases: map[string]executor.Database{"a": {DB: db, Type: "oracle"}}}},
		{"sql.max_rows", executor.SQLConfig{Databases: map[string]executor.Database{"a": {DB: db}}, MaxRows: -1}},
		{"sql.max_log", executor.SQLConfig{Databases: map[string]executor.Database{"a": {DB: db}}, MaxLog: -1}},
	} {
		_, err := executor.NewSQL(test.c)
		if faults := penstock.Faults(err); len(faults) != 1 || faults[0].Field != test.field {
			t.Errorf("%s: got %v", test.field, err)
		}
	}
}
