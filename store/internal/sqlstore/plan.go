package sqlstore

import "github.com/penstock-go/penstock/store"

// Every way to find a page is a statement for its places in the order: rows of
// value, sort and id. Around them the same is written for all: the records, and
// the total if it is asked for.

// ordered reads the ranges of a filter, or for -1 the whole order, along the
// order, no further than the page needs.
func (f *search) ordered(by int) *query {
	var q query
	if f.q.Total {
		q.add("WITH t AS (SELECT count(*) AS total FROM (")
		f.ranges(&q, by, false)
		q.add(") AS c)")
	}
	f.answer(&q, func() { f.ranges(&q, by, true) })
	return &q
}

// ranges appends the places of the records that match: those of the page and, if there is
// more than one range, others that the caller cuts off; or all of them.
func (f *search) ranges(q *query, by int, window bool) {
	parts := []func(){func() { f.part(q, by, store.Filter{}, window) }}
	if by >= 0 {
		filter := f.q.Where[by]
		parts = parts[:0]
		values := [][]string{filter.Values}
		if filter.Op == store.OneOf {
			values = values[:0]
			for i := range filter.Values {
				values = append(values, filter.Values[i:i+1])
			}
		}
		for _, v := range values {
			one := store.Filter{Field: filter.Field, Op: filter.Op, Values: v}
			parts = append(parts, func() { f.part(q, by, one, window) })
		}
		if f.q.Order.By != "" {
			parts = append(parts, func() { f.others(q, by, window) })
		}
	}
	if len(parts) == 1 {
		parts[0]()
		if window {
			f.window(q, f.q.Limit+1, f.q.Offset)
		}
		return
	}
	union := " UNION " // a record can have several of the values
	if f.q.Order.By != "" {
		union = " UNION ALL " // but only one that comes first
	}
	q.add("SELECT value, sort, id FROM (")
	for i, part := range parts {
		if i > 0 {
			q.add(union)
		}
		q.add("SELECT * FROM (")
		part()
		if window && (f.q.Order.By == "" || i < len(parts)-1) {
			f.window(q, f.q.Limit+1+f.q.Offset, 0)
		}
		q.add(") AS e")
	}
	q.add(") AS e")
	if window {
		f.window(q, f.q.Limit+1, f.q.Offset)
	}
}

// part appends the places along one range: that of values that lead to a record
// by its order.
func (f *search) part(q *query, by int, filter store.Filter, page bool) {
	value, field := "''", ""
	if f.q.Order.By != "" {
		value, field = "e.value", f.q.Order.By
	} else if by >= 0 {
		field = filter.Field
	}
	q.add("SELECT ", value, " AS value, e.sort AS sort, e.id AS id FROM ", f.entries, " AS e")
	f.join(q, by)
	f.field(q, field)
	if by < 0 && field == "" {
		q.add(" AND e.value = ''")
	}
	if field != "" && f.q.Order.By != "" {
		q.add(" AND e.head IS NULL AND e.tail IS NOT NULL")
	}
	if by >= 0 {
		f.match(q, filter, "e.value", "")
	}
	f.tests(q, by)
	if page {
		f.behind(q, "e.value")
	}
}

// others appends the places of records that a filter on the field that orders
// matches by another value than the first.
func (f *search) others(q *query, by int, page bool) {
	filter := f.q.Where[by]
	q.add("SELECT DISTINCT e.head AS value, e.sort AS sort, e.id AS id FROM ", f.Tables.others)
	f.join(q, by)
	f.field(q, filter.Field)
	q.add(" AND e.head IS NOT NULL")
	f.match(q, filter, "e.value", "")
	q.add(" AND NOT (1 = 1")
	f.match(q, filter, "e.head", "")
	q.add(")")
	f.tests(q, by)
	if page {
		f.behind(q, "e.head")
	}
}

// along walks some steps along the order and keeps what matches.
func (f *search) along(steps int) *query {
	var q query
	f.answer(&q, func() {
		value, field := "''", ""
		if f.q.Order.By != "" {
			value, field = "e.value", f.q.Order.By
		}
		q.add("SELECT e.value AS value, e.sort AS sort, e.id AS id FROM (SELECT ", value, " AS value, e.sort AS sort, e.id AS id, e.kind AS kind FROM ", f.entries, " AS e")
		f.field(&q, field)
		if field == "" {
			q.add(" AND e.value = ''")
		} else {
			q.add(" AND e.head IS NULL AND e.tail IS NOT NULL")
		}
		f.behind(&q, "e.value")
		f.window(&q, steps, 0)
		q.add(") AS e")
		f.join(&q, -1)
		q.add(" WHERE 1 = 1")
		f.tests(&q, -1)
		f.window(&q, f.q.Limit+1, f.q.Offset)
	})
	return &q
}

// sorted reads everything that a filter leads to, and sorts what matches.
func (f *search) sorted(by int) *query {
	var q query
	if f.q.Total {
		q.add("WITH m AS (")
		f.matches(&q, by)
		q.add("), t AS (SELECT count(*) AS total FROM m)")
	}
	f.answer(&q, func() {
		q.add("SELECT e.value AS value, e.sort AS sort, e.id AS id FROM ")
		if f.q.Total {
			q.add("m AS e WHERE 1 = 1")
		} else {
			q.add("(")
			f.matches(&q, by)
			q.add(") AS e WHERE 1 = 1")
		}
		f.behind(&q, "e.value")
		f.window(&q, f.q.Limit+1, f.q.Offset)
	})
	return &q
}

// matches appends the places of all records that match, beginning with a filter.
func (f *search) matches(q *query, by int) {
	filter := f.q.Where[by]
	value, foreign := "''", false
	switch f.q.Order.By {
	case "":
	case filter.Field:
		value = "coalesce(e.head, e.value)"
	default:
		value, foreign = f.First(q.share(f.q.Order.By)), true
	}
	if foreign {
		q.add("SELECT * FROM (")
	}
	q.add("SELECT DISTINCT ", value, " AS value, e.sort AS sort, e.id AS id FROM ", f.entries, " AS e")
	if foreign {
		q.add(f.Record(f.records, "e.kind", "e.id"))
	} else {
		f.join(q, by)
	}
	f.field(q, filter.Field)
	f.match(q, filter, "e.value", "e.tail")
	f.tests(q, by)
	if foreign {
		q.add(") AS e WHERE e.value IS NOT NULL")
	}
}
