package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
)

// ErrCorrupt is the error of what is stored but was never written so.
var ErrCorrupt = errors.New("stored data is damaged")

// DefaultPrefix begins the names of tables unless another one is asked for.
const DefaultPrefix = "penstock_"

// A Dialect is what differs between the databases.
type Dialect struct {
	// Locking says that writers run side by side: rows are locked before they
	// are compared, and events are numbered by readers.
	Locking bool

	Part   func(value, part string) string       // whether a value contains a part
	Tail   func(value, tail string) string       // whether a value ends in a tail
	Values func(field string) string             // the values of a field of the record r, as a table v(value)
	First  func(field string) string             // the first of them, or NULL
	Record func(records, kind, id string) string // the record r with a key, beside what stands before it
	Among  func(value, list string) string       // whether a value is one of a list, which is a JSON array of text
	Exists func(schema, table string) string     // whether there is a table in a schema or, if that is empty, where the connection looks
	Index  func(name string) string              // that an index is to be used, where the database must be told
}

// Tables is where a store keeps everything, and what speaks to it. It has no
// state and is safe for concurrent use.
type Tables struct {
	Dialect
	schema, prefix string
	records        string
	entries        string
	others         string // entries by their index of that name
	events         string
	sequences      string
	meta           string
	versions       string // the sequence of versions, as a string literal
}

// Name says where the tables are: their schema, or "" for where the connection
// looks first, and what their names begin with, or "" for [DefaultPrefix].
func (d Dialect) Name(schema, prefix string) (*Tables, error) {
	if prefix == "" {
		prefix = DefaultPrefix
	}
	var faults []error
	if schema != "" && !name.MatchString(schema) {
		faults = append(faults, penstock.Invalid("schema", "must be letters, digits and underscores, at most 40 and no digit first, not %q", schema))
	}
	if !name.MatchString(prefix) {
		faults = append(faults, penstock.Invalid("prefix", "must be letters, digits and underscores, at most 40 and no digit first, not %q", prefix))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	in := ""
	if schema != "" {
		in = `"` + schema + `".`
	}
	full := func(table string) string { return in + `"` + prefix + table + `"` }
	return &Tables{Dialect: d, schema: schema, prefix: prefix,
		records: full("records"), entries: full("entries"), others: full("entries") + " AS e" + d.Index(`"`+prefix+`entries_other"`), events: full("events"),
		sequences: full("sequences"), meta: full("meta"), versions: "'" + full("versions") + "'"}, nil
}

// name is what needs no escape, is no longer than PostgreSQL's names with what
// is appended, and means the same in every case.
var name = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,39}$`)

// A Session runs statements: a database, a connection or a transaction.
type Session interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// A query is a statement while it is written.
type query struct {
	strings.Builder
	args   []any
	shared map[string]string // the placeholders of texts that come more than once
}

// An arg is a value in a statement; see query.add.
type arg struct{ value any }

// A text is an arg that comes more than once in a statement. It has one
// placeholder, of which databases allow only so many.
type text string

// add appends text, and placeholders for args.
func (q *query) add(parts ...any) *query {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			q.WriteString(p)
		case arg:
			q.WriteString(q.place(p.value))
		case text:
			q.WriteString(q.share(string(p)))
		}
	}
	return q
}

// place adds a value and returns its placeholder.
func (q *query) place(value any) string {
	q.args = append(q.args, value)
	if n := len(q.args); n >= len(places) {
		return "$" + strconv.Itoa(n)
	}
	return places[len(q.args)]
}

// share returns the placeholder of a text, which is added unless it is there.
func (q *query) share(value string) string {
	place, ok := q.shared[value]
	if !ok {
		if q.shared == nil {
			q.shared = map[string]string{}
		}
		place = q.place(value)
		q.shared[value] = place
	}
	return place
}

// rows appends n rows of placeholders, whose values the function returns.
func (q *query) rows(n int, row func(i int) []any) *query {
	for i := range n {
		q.add(separator(i), "(")
		for j, v := range row(i) {
			if text, ok := v.(literal); ok {
				q.add(separator(j), string(text))
				continue
			}
			q.add(separator(j), arg{v})
		}
		q.add(")")
	}
	return q
}

// A literal is a value that is written as it is.
type literal string

func separator(i int) string {
	if i == 0 {
		return ""
	}
	return ", "
}

// places are the placeholders that most statements need.
var places = func() (all [1_024]string) {
	for i := range all {
		all[i] = fmt.Sprintf("$%d", i)
	}
	return all
}()

func (q *query) exec(ctx context.Context, s Session) (affected int64, err error) {
	result, err := s.ExecContext(ctx, q.String(), q.args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// each calls scan for each row of the answer.
func (q *query) each(ctx context.Context, s Session, scan func(*sql.Rows) error) error {
	rows, err := s.QueryContext(ctx, q.String(), q.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what went wrong
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one scans the first row of the answer; without one it is sql.ErrNoRows.
func (q *query) one(ctx context.Context, s Session, into ...any) error {
	found := false
	err := q.each(ctx, s, func(rows *sql.Rows) error {
		if found {
			return nil
		}
		found = true
		return rows.Scan(into...)
	})
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

// maxMessage bounds the bytes of a statement's values, unless those of one row are
// more: the database holds all of them several times over.
const maxMessage = 32 << 20

// chunkOf is chunk for rows of that many bytes.
func chunkOf(n int, size func(i int) int) int {
	bytes := 0
	for i := range n {
		if bytes += size(i); bytes > maxMessage {
			return chunk(max(1, i))
		}
	}
	return chunk(n)
}

// chunk returns how many of n rows to put into one statement. There are few
// sizes, so that few different statements are worth preparing.
func chunk(n int) int {
	for _, size := range []int{64, 32, 16, 8, 4, 3, 2} {
		if n >= size {
			return size
		}
	}
	return n
}
