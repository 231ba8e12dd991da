package conformance_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/internal/sqlstore"
)

// A watcher explains the queries that run through it.
type watcher struct {
	sqlstore.Session
	explain func(text string, args []any)
}

func (w *watcher) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	w.explain(text, args)
	return w.Session.QueryContext(ctx, text, args...)
}

// planQueries are queries of every filter and order. visits bounds the entries that
// PostgreSQL may look at for them, if that is not 5,000.
var planQueries = []struct {
	name   string
	q      store.Query
	visits int
}{
	{name: "all", q: store.Query{}},
	{name: "newest", q: store.Query{Order: store.Order{Desc: true}}},
	{name: "equal", q: store.Query{Where: []store.Filter{store.Equals("state", "draft")}, Order: store.Order{Desc: true}}},
	{name: "behind", q: store.Query{Where: []store.Filter{store.Equals("state", "draft")}, Order: store.Order{Desc: true}, After: &store.Cursor{Sort: planRecords / 5 * 2, ID: "x"}}},
	{name: "one of", q: store.Query{Where: []store.Filter{store.In("state", "draft", "running", "none")}, Order: store.Order{Desc: true}}},
	{name: "two equal", q: store.Query{Where: []store.Filter{store.Equals("state", "draft"), store.Equals("owner", "user07")}}, visits: 20_000},
	{name: "prefix", q: store.Query{Where: []store.Filter{store.HasPrefix("name", "plan 0123")}, Order: store.Order{Desc: true}}},
	{name: "wide prefix", q: store.Query{Where: []store.Filter{store.HasPrefix("name", "plan")}, Order: store.Order{Desc: true}}, visits: 25_000},
	{name: "suffix", q: store.Query{Where: []store.Filter{store.HasSuffix("name", "321")}, Order: store.Order{Desc: true}}},
	{name: "wide part", q: store.Query{Where: []store.Filter{store.HasPart("name", "an")}, Order: store.Order{Desc: true}}, visits: 7_000},
	{name: "due", q: store.Query{Where: []store.Filter{store.Less("wake", store.Int(planRecords/2))}, Order: store.Order{By: "wake"}}},
	{name: "from", q: store.Query{Where: []store.Filter{store.AtLeast("wake", store.Int(planRecords/2))}, Order: store.Order{By: "wake"}}},
	{name: "by name", q: store.Query{Order: store.Order{By: "name"}}},
	{name: "by name, descending", q: store.Query{Order: store.Order{By: "name", Desc: true}, After: &store.Cursor{Value: "plan 05", ID: "x"}}},
	{name: "by state", q: store.Query{Order: store.Order{By: "state"}}},
	{name: "prefix by name", q: store.Query{Where: []store.Filter{store.HasPrefix("name", "plan 0")}, Order: store.Order{By: "name"}}},
	{name: "equal by name", q: store.Query{Where: []store.Filter{store.Equals("state", "draft")}, Order: store.Order{By: "name"}}, visits: 25_000},
	{name: "few by name", q: store.Query{Where: []store.Filter{store.HasSuffix("name", "321")}, Order: store.Order{By: "name"}}},
	{name: "equal and part", q: store.Query{Where: []store.Filter{store.Equals("state", "draft"), store.HasPart("name", "9")}, Order: store.Order{Desc: true}}, visits: 25_000},
}

// watched runs every query, which finds so many records at least, and explains what it runs.
func watched(t *testing.T, tables *sqlstore.Tables, db *sql.DB, least int, explain func(t *testing.T, name string, visits int, text string, args []any)) {
	for _, c := range planQueries {
		t.Run(c.name, func(t *testing.T) {
			c.q.Kind = "plan"
			q, err := store.CheckQuery(c.q)
			if err != nil {
				t.Fatal(err)
			}
			if c.visits == 0 {
				c.visits = 5_000
			}
			w := &watcher{db, func(text string, args []any) { explain(t, c.name, c.visits, text, args) }}
			page, err := tables.Find(t.Context(), w, q)
			if err != nil || len(page.Records) < least {
				t.Errorf("found %d, %v", len(page.Records), err)
			}
		})
	}
}

func TestSQLiteUsesIndexes(t *testing.T) {
	db := fileDB(t)
	newSQLite(t, db, nil)
	sqliteRows.fill(t, db, "penstock_", planRecords)
	tables := named(t, sqlstore.SQLite(), "")
	watched(t, tables, db, 1, func(t *testing.T, name string, _ int, text string, args []any) {
		rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		defer rows.Close()
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, fmt.Sprintf("%d<%d %s", id, parent, detail))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		all := strings.Join(plan, "\n")
		for _, line := range plan {
			_, detail, _ := strings.Cut(line, " ")
			if scan, ok := strings.CutPrefix(detail, "SCAN "); ok && !scansLittle(scan, all) {
				t.Errorf("scans %s\nin\n%s\nof\n%s", scan, all, text)
			}
			if strings.HasPrefix(detail, "SEARCH ") && !strings.Contains(detail, "(kind=? AND field=?") && !strings.Contains(detail, "(kind=? AND id=?") {
				t.Errorf("reads a whole kind: %s\nin\n%s\nof\n%s", detail, all, text)
			}
			if strings.Contains(detail, "AUTOMATIC") || strings.Contains(text, "e.head IS NOT NULL") && !strings.Contains(all, "penstock_entries_other") {
				t.Errorf("%s\nof\n%s", all, text)
			}
			ordered := slices.Contains([]string{"all", "newest", "equal", "behind", "by name", "by state"}, name)
			if ordered && strings.Contains(detail, "TEMP B-TREE") && !strings.Contains(line, "<0 ") {
				t.Errorf("sorts what has an order:\n%s\nof\n%s", all, text)
			}
		}
	})
}

// scansLittle reports whether a scan of a plan of SQLite is not of a table: it is of one row,
// of the values of one record, or of a subquery, whose own steps are in the plan.
func scansLittle(scan, plan string) bool {
	if scan == "CONSTANT ROW" || strings.Contains(scan, " VIRTUAL TABLE ") {
		return true
	}
	count := func(step string) int { return strings.Count(plan+"\n", " "+step+" "+scan+"\n") }
	return count("SCAN") <= count("CO-ROUTINE")+count("MATERIALIZE")
}

func TestPostgresUsesIndexes(t *testing.T) {
	db, schema := openPostgres(t)
	newPostgres(t, db, schema)
	postgresRows.fill(t, db, schema+".penstock_", planRecords)
	run(t, db, `ANALYZE "`+schema+`".penstock_records, "`+schema+`".penstock_entries`)
	watched(t, named(t, sqlstore.PostgreSQL(), schema), db, 1, explainPostgres(db))
}

// Before PostgreSQL has statistics of a young table it looks records up by their keys, too, and
// not by reading all of their kind for each.
func TestPostgresNeedsNoStatistics(t *testing.T) {
	db, schema := openPostgres(t)
	newPostgres(t, db, schema)
	for _, table := range []string{"records", "entries"} {
		run(t, db, "ALTER TABLE "+schema+".penstock_"+table+" SET (autovacuum_enabled = off)")
	}
	postgresRows.fill(t, db, schema+".penstock_", 500)
	watched(t, named(t, sqlstore.PostgreSQL(), schema), db, 0, explainPostgres(db))
}

func explainPostgres(db *sql.DB) func(t *testing.T, _ string, visits int, text string, args []any) {
	return func(t *testing.T, _ string, visits int, text string, args []any) {
		t.Helper()
		var plan string
		if err := db.QueryRowContext(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) "+text, args...).Scan(&plan); err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		var nodes []struct{ Plan node }
		if err := json.Unmarshal([]byte(plan), &nodes); err != nil {
			t.Fatal(err)
		}
		if n := nodes[0].Plan.visits(); n > float64(visits) || strings.Contains(plan, `"Seq Scan"`) {
			t.Errorf("looks at %.0f rows\n%s\nof\n%s", n, plan, text)
		}
	}
}

// A node is one of a query plan of PostgreSQL.
type node struct {
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Loops    float64 `json:"Actual Loops"`
	Plans    []node
}

// visits returns how many rows of tables were looked at.
func (n node) visits() (rows float64) {
	if n.Relation != "" {
		rows = (n.Rows + n.Removed) * n.Loops
	}
	for _, p := range n.Plans {
		rows += p.visits()
	}
	return rows
}

// A generator is the SQL that makes many records.
type generator struct {
	series string                                 // rows i from 0 to %d
	pad    func(number string, digits int) string // as decimal digits
	hex    func(number string) string             // as 8 hexadecimal digits
}

var sqliteRows = generator{
	"WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g WHERE i < %d)",
	func(number string, digits int) string { return fmt.Sprintf("printf('%%0%dd', %s)", digits, number) },
	func(number string) string { return "printf('%08x', " + number + ")" },
}

var postgresRows = generator{
	"WITH g AS (SELECT generate_series(0, %d)::bigint AS i)",
	func(number string, digits int) string {
		return fmt.Sprintf("lpad((%s)::text, %d, '0')", number, digits)
	},
	func(number string) string { return "lpad(to_hex(" + number + "), 8, '0')" },
}

// fill writes the tables of all records in few statements: record i has the
// place n = i * 7919 mod all, and a state, owner, name and time to wake.
func (g generator) fill(t *testing.T, db *sql.DB, prefix string, all int) {
	t.Helper()
	insert := func(into, values string) {
		t.Helper()
		run(t, db, "INSERT INTO "+prefix+into+" "+fmt.Sprintf(g.series, all-1)+" SELECT 'plan', "+values+" FROM g")
	}
	n, id := fmt.Sprintf("(i * 7919 %% %d)", all), g.pad("i", 8)
	fields := map[string]string{
		"state": "trim(substr('draft    running  completedcanceled ', CAST(i % 4 * 9 + 1 AS integer), 9))",
		"name":  "'plan ' || " + g.pad(n, 6),
		"owner": "'user' || " + g.pad(n+" / 4 % 50", 2),
		"wake":  "'80000000' || " + g.hex(n),
	}
	text := "'{'"
	for i, name := range []string{"name", "owner", "state", "wake"} {
		text += " || '" + strings.Repeat(",", min(i, 1)) + `"` + name + `":["' || ` + fields[name] + ` || '"]'`
	}
	insert("records (kind, id, version, sort, fields)", id+", 1, "+n+", "+text+" || '}'")
	insert("entries (kind, field, value, sort, id)", "'', '', "+n+", "+id)
	for name, value := range fields {
		tail := "'-'" // of names only: the others are not asked for by suffix
		if name == "name" {
			for digit := range 6 {
				tail = fmt.Sprintf("substr(%s, %d, 1) || ", g.pad(n, 6), digit+1) + tail
			}
		}
		insert("entries (kind, field, value, sort, id, tail)", "'"+name+"', "+value+", "+n+", "+id+", "+tail)
	}
}
