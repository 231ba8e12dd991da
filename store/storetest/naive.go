package storetest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/store"
)

// naive answers q over all records in the most obvious way, which stores are compared with.
func naive(all []store.Record, q store.Query) store.Page {
	var match []store.Record
	for _, r := range all {
		if q.Order.By != "" && len(r.Fields[q.Order.By]) == 0 {
			continue
		}
		if !slices.ContainsFunc(q.Where, func(f store.Filter) bool { return !naiveMatch(r.Fields[f.Field], f) }) {
			match = append(match, r)
		}
	}
	slices.SortFunc(match, func(a, b store.Record) int { return naiveOrder(cursor(a, q.Order), cursor(b, q.Order), q.Order.Desc) })
	page := store.Page{}
	if q.Total {
		page.Total = len(match)
	}
	if q.After != nil {
		match = slices.DeleteFunc(match, func(r store.Record) bool { return naiveOrder(cursor(r, q.Order), *q.After, q.Order.Desc) <= 0 })
	}
	match = match[min(q.Offset, len(match)):]
	page.Records = match
	if len(match) > q.Limit {
		page.Records = match[:q.Limit]
		at := cursor(page.Records[q.Limit-1], q.Order)
		page.Next = &at
	}
	return page
}

func cursor(r store.Record, o store.Order) store.Cursor {
	if o.By == "" {
		return store.Cursor{Sort: r.Sort, ID: r.ID}
	}
	return store.Cursor{Value: r.Fields[o.By][0], ID: r.ID}
}

func naiveOrder(a, b store.Cursor, desc bool) int {
	c := cmp.Or(strings.Compare(a.Value, b.Value), cmp.Compare(a.Sort, b.Sort), strings.Compare(a.ID, b.ID))
	if desc {
		return -c
	}
	return c
}

func naiveMatch(values []string, f store.Filter) bool {
	for _, v := range values {
		for _, x := range f.Values {
			if naiveCompare(v, f.Op, x) {
				return true
			}
		}
	}
	return false
}

func naiveCompare(v string, op store.FilterOp, x string) bool {
	switch op {
	case store.Prefix:
		return len(v) >= len(x) && v[:len(x)] == x
	case store.Suffix:
		return len(v) >= len(x) && v[len(v)-len(x):] == x
	case store.Contains:
		return strings.Count(v, x) > 0
	case store.Before:
		return v < x
	case store.After:
		return v >= x
	default:
		return v == x
	}
}
