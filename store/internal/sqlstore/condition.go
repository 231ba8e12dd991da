package sqlstore

import "github.com/penstock-go/penstock/store"

// answer appends the statement around the places of the page.
func (f *search) answer(q *query, places func()) {
	body := ", r.body AS body"
	if f.q.NoBody {
		body = ""
	}
	rows := func(total string) {
		q.add("SELECT ", total, "d.value AS value, r.sort AS sort, d.id AS id, r.version AS version, r.fields AS fields", body, " FROM (")
		places()
		q.add(") AS d", f.Record(f.records, q.share(f.q.Kind), "d.id"))
	}
	if !f.q.Total {
		rows("0 AS total, ")
		f.order(q, "d.value", "d.sort", "d.id")
		return
	}
	q.add(" SELECT t.total, d.* FROM t LEFT JOIN (")
	rows("")
	q.add(") AS d ON 1 = 1")
	f.order(q, "d.value", "d.sort", "d.id")
}

// order appends the order of the query.
func (f *search) order(q *query, value, sort, id string) {
	if f.q.Order.By != "" {
		sort = value
	}
	if f.q.Order.Desc {
		q.add(" ORDER BY ", sort, " DESC, ", id, " DESC")
		return
	}
	q.add(" ORDER BY ", sort, ", ", id)
}

// window appends the order of places e and how much of it.
func (f *search) window(q *query, limit, offset int) {
	f.order(q, "e.value", "e.sort", "e.id")
	q.add(" LIMIT ", arg{limit})
	if offset > 0 {
		q.add(" OFFSET ", arg{offset})
	}
}

// behind appends that a place e, which orders by value, is behind the cursor.
func (f *search) behind(q *query, value string) {
	at := f.q.After
	if at == nil {
		return
	}
	than := " > "
	if f.q.Order.Desc {
		than = " < "
	}
	if f.q.Order.By != "" {
		q.add(" AND (", value, ", e.id)", than, "(", text(at.Value), ", ", text(at.ID), ")")
		return
	}
	q.add(" AND (e.sort, e.id)", than, "(", arg{at.Sort}, ", ", text(at.ID), ")")
}

// field appends that entries are those of a field.
func (f *search) field(q *query, field string) {
	q.add(" WHERE e.kind = ", text(f.q.Kind), " AND e.field = ", text(field))
}

// join appends the records if the tests need them.
func (f *search) join(q *query, by int) {
	if f.deep(by) {
		q.add(f.Record(f.records, "e.kind", "e.id"))
	}
}

// deep reports whether the tests of the filters but one look into records.
func (f *search) deep(by int) bool {
	for i, filter := range f.q.Where {
		if i != by && !exact(filter) {
			return true
		}
	}
	return false
}

// exact reports whether one look into the index tells if a record with a known
// place in the usual order matches.
func exact(f store.Filter) bool {
	return f.Op == store.Equal || f.Op == store.OneOf && len(f.Values) <= spread
}

// tests appends what the filters but one demand of the record of an entry e.
func (f *search) tests(q *query, by int) {
	for i, filter := range f.q.Where {
		switch {
		case i == by:
		case exact(filter):
			// Not EXISTS, which PostgreSQL may turn into a join that reads all of the value's entries.
			q.add(" AND (SELECT x.sort FROM ", f.entries, " AS x WHERE x.kind = ", text(f.q.Kind), " AND x.field = ", text(filter.Field))
			f.match(q, filter, "x.value", "")
			q.add(" AND x.sort = e.sort AND x.id = e.id LIMIT 1) IS NOT NULL")
		default:
			q.add(" AND EXISTS (SELECT 1 FROM ", f.Values(q.share(filter.Field)), " WHERE 1 = 1")
			f.match(q, filter, "v.value", "")
			q.add(")")
		}
	}
}

// match appends that a value matches a filter. tail is the value backwards, if there is such a column.
func (f *search) match(q *query, filter store.Filter, value, tail string) {
	switch filter.Op {
	case store.Equal:
		q.add(" AND ", value, " = ", text(filter.Values[0]))
	case store.OneOf:
		if len(filter.Values) > spread {
			q.add(" AND ", f.Among(value, q.share(encodeValues(filter.Values))))
			return
		}
		q.add(" AND ", value, " IN (")
		for i, v := range filter.Values {
			q.add(separator(i), text(v))
		}
		q.add(")")
	case store.Before:
		q.add(" AND ", value, " < ", text(filter.Values[0]))
	case store.After:
		q.add(" AND ", value, " >= ", text(filter.Values[0]))
	case store.Prefix:
		begins(q, value, filter.Values[0])
	case store.Suffix:
		if tail != "" {
			begins(q, tail, backwards(filter.Values[0]))
		} else if filter.Values[0] != "" {
			q.add(" AND ", f.Tail(value, q.share(filter.Values[0])))
		}
	case store.Contains:
		if filter.Values[0] != "" {
			q.add(" AND ", f.Part(value, q.share(filter.Values[0])))
		}
	}
}

// begins appends that a value begins with prefix, as a range.
func begins(q *query, value, prefix string) {
	if prefix == "" {
		return
	}
	q.add(" AND ", value, " >= ", text(prefix))
	if next, ok := behind(prefix); ok {
		q.add(" AND ", value, " < ", text(next))
	}
}
