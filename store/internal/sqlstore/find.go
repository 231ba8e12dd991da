package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock/store"
)

// Bounds between ways to find the same.
const (
	few     = 10_000 // entries that are sorted rather than looked for along the order
	walk    = 5_000  // entries along the order that are looked at in the hope of a full page
	guess   = 1_000  // the same, if the other way is to read a whole field
	spread  = 16     // values of a OneOf that are ranges of their own
	maxSkip = 1 << 62
)

// A search carries out one query. Whatever it returns comes from one statement,
// as of one moment; the statements before that only choose the way.
type search struct {
	*Tables
	s     Session
	q     store.Query
	limit int // of rows: one more than the page
}

// Find finds a page of the records that match q, which was checked.
func (t *Tables) Find(ctx context.Context, s Session, q store.Query) (store.Page, error) {
	for i, f := range q.Where {
		if f.Op != store.OneOf {
			continue
		}
		if len(f.Values) == 0 {
			return store.Page{Records: []store.Record{}}, nil
		}
		q.Where = slices.Clone(q.Where)
		q.Where[i].Values = slices.Compact(slices.Sorted(slices.Values(f.Values)))
	}
	q.Offset = min(q.Offset, maxSkip)
	page, err := (&search{Tables: t, s: s, q: q, limit: q.Limit + 1}).page(ctx)
	if err != nil {
		return store.Page{}, fmt.Errorf("find %s: %w", q.Kind, err)
	}
	return page, nil
}

func (f *search) page(ctx context.Context) (store.Page, error) {
	by, size, err := f.choose(ctx)
	if err != nil {
		return store.Page{}, err
	}
	switch {
	case by < 0 || f.ranged(by):
		return f.run(ctx, f.ordered(by))
	case size >= few && !f.q.Total:
		steps := walk
		if f.q.Where[by].Op == store.Contains {
			steps = guess
		}
		page, err := f.run(ctx, f.along(steps))
		if err != nil || len(page.Records) == f.q.Limit && page.Next != nil {
			return page, err
		}
	}
	return f.run(ctx, f.sorted(by))
}

// choose returns the filter to begin with, or -1 for the order itself, and how
// many entries it leads to, counted to few.
func (f *search) choose(ctx context.Context) (by, size int, err error) {
	switch {
	case len(f.q.Where) == 0:
		return -1, 0, nil
	case len(f.q.Where) == 1 && (f.ranged(0) || f.q.Where[0].Op == store.Contains):
		return 0, few, nil
	}
	var q query
	q.add("SELECT ")
	sizes := make([]int, len(f.q.Where))
	into := make([]any, len(sizes))
	for i, filter := range f.q.Where {
		into[i] = &sizes[i]
		q.add(separator(i))
		if filter.Op == store.Contains {
			q.add("10000") // all of the field must be read
			continue
		}
		q.add("(SELECT count(*) FROM (SELECT 1 FROM ", f.entries, " AS e")
		f.field(&q, filter.Field)
		f.match(&q, filter, "e.value", "e.tail")
		q.add(" LIMIT 10000) AS c)")
	}
	if err := q.one(ctx, f.s, into...); err != nil {
		return 0, 0, err
	}
	for i := range sizes {
		if sizes[i] < sizes[by] || sizes[i] == sizes[by] && f.ranged(i) && !f.ranged(by) {
			by = i
		}
	}
	return by, sizes[by], nil
}

// ranged reports whether the records that a filter matches are a few ranges of
// an index that are in the order of the query.
func (f *search) ranged(i int) bool {
	filter := f.q.Where[i]
	if f.q.Order.By != "" && f.q.Order.By != filter.Field {
		return false
	}
	switch filter.Op {
	case store.Equal:
		return true
	case store.OneOf:
		return len(filter.Values) <= spread
	case store.Prefix, store.Before, store.After:
		return f.q.Order.By != ""
	default:
		return false
	}
}

// run runs a statement that answers the query.
func (f *search) run(ctx context.Context, q *query) (store.Page, error) {
	page := store.Page{Records: make([]store.Record, 0, min(f.limit, 128))}
	var last store.Cursor
	var value, id, fields sql.NullString // of one row after another
	var place, version sql.NullInt64
	var body []byte
	into := []any{&page.Total, &value, &place, &id, &version, &fields, &body}
	if f.q.NoBody {
		into = into[:6]
	}
	err := q.each(ctx, f.s, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil { // which makes a body of its own for each
			return err
		}
		switch {
		case !id.Valid: // the total of a page without records
			return nil
		case len(page.Records) == f.q.Limit:
			page.Next = &last
			return nil
		}
		r := store.Record{Key: store.Key{Kind: f.q.Kind, ID: id.String}, Version: version.Int64, Sort: place.Int64, Body: body}
		last = store.Cursor{Value: value.String, Sort: r.Sort, ID: r.ID}
		if f.q.Order.By != "" {
			last.Sort = 0
		}
		if err := complete(&r, fields.String); err != nil {
			return err
		}
		page.Records = append(page.Records, r)
		return nil
	})
	return page, err
}
