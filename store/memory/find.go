package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/store"
)

// A search carries out one query on one snapshot.
type search struct {
	*snapshot
	plan
	q       store.Query
	kind    uint32
	rest    bool // whether there are other filters than that of the plan
	total   int  // the number of matches; -1 until it is known
	visited int  // entries looked at
}

// A hit is a record that matches: its place in the order, and its state if
// that was looked up.
type hit struct {
	value string
	sort  int64
	id    string
	*state
}

func (h hit) compare(o hit) int {
	if c := strings.Compare(h.value, o.value); c != 0 {
		return c
	}
	if h.sort != o.sort {
		return cmp.Compare(h.sort, o.sort)
	}
	return strings.Compare(h.id, o.id)
}

func (s *snapshot) find(ctx context.Context, q store.Query) (store.Page, error) {
	f := s.search(q)
	return f.page(ctx)
}

func (s *snapshot) search(q store.Query) *search {
	p, total := s.best(q)
	return &search{snapshot: s, plan: p, q: q, total: total, rest: rest(q, p),
		kind: s.number(name{kind: q.Kind, use: bySort})}
}

// page returns what the query asks for.
func (f *search) page(ctx context.Context) (store.Page, error) {
	hits, err := f.hits(ctx)
	if err != nil {
		return store.Page{}, err
	}
	var page store.Page
	if f.q.Total {
		page.Total = f.total
	}
	more := len(hits) > f.q.Limit
	hits = hits[:min(len(hits), f.q.Limit)]
	page.Records = make([]store.Record, len(hits))
	for i, h := range hits {
		if h.state == nil {
			h.state = f.state(h.id)
		}
		page.Records[i] = h.record(store.Key{Kind: f.q.Kind, ID: h.id}, f.q.NoBody)
	}
	if more {
		last := hits[len(hits)-1]
		page.Next = &store.Cursor{Value: last.value, Sort: last.sort, ID: last.id}
	}
	return page, nil
}

// hits returns the records of the page and, if there is one, that behind it.
func (f *search) hits(ctx context.Context) ([]hit, error) {
	skip := f.q.Offset
	partly := f.ordered && (f.total >= 0 || !f.q.Total) // no need to see all
	window := f.size()
	if partly {
		window = min(window, skip) + f.q.Limit + 1
	}
	hits := make([]hit, 0, min(window, f.size(), f.q.Limit+1))
	for _, span := range f.spans {
		if partly && f.q.After != nil {
			span = f.behind(span, f.q.After, f.q.Order)
		}
		if partly && len(f.spans) == 1 && !f.rest && !f.test {
			skip = min(skip, span.size())
			if f.q.Order.Desc {
				span.to -= skip
			} else {
				span.from += skip
			}
			window, skip = f.q.Limit+1, 0
		}
		var err error
		if hits, err = f.visit(ctx, span, window, hits); err != nil {
			return nil, err
		}
	}
	if !f.ordered || len(f.spans) > 1 {
		hits = f.arrange(hits)
	}
	if !partly {
		if f.total < 0 {
			f.total = len(hits)
		}
		hits = f.behindCursor(hits)
	}
	return hits[min(skip, len(hits)):], nil
}

// visit appends at most limit records of a span that match.
func (f *search) visit(ctx context.Context, s span, limit int, hits []hit) ([]hit, error) {
	limit += len(hits)
	for e := range f.index.walk(s.from, s.to, f.ordered && f.q.Order.Desc) {
		if f.visited++; f.visited%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if f.test && !f.q.Where[f.filter].Match(e.value) {
			continue
		}
		h := hit{sort: e.sort, id: e.id}
		if f.placed {
			h.value = e.value
		}
		if f.rest || f.q.Order.By != "" && !f.placed {
			h.state = f.state(e.id)
			if !f.matches(h.state) {
				continue
			}
		}
		if f.q.Order.By != "" && !f.placed {
			first := h.values(f.q.Order.By)
			if len(first) == 0 {
				continue
			}
			h.value, h.sort = first[0], 0
		}
		if hits = append(hits, h); len(hits) >= limit {
			break
		}
	}
	return hits, nil
}

// matches reports whether a record matches the filters that the plan does not see to.
func (f *search) matches(s *state) bool {
	for i := range f.q.Where {
		if i != f.filter && !slices.ContainsFunc(s.values(f.q.Where[i].Field), f.q.Where[i].Match) {
			return false
		}
	}
	return true
}

// arrange puts hits in the order of the query and leaves each record in once.
func (f *search) arrange(hits []hit) []hit {
	slices.SortFunc(hits, func(a, b hit) int {
		if f.q.Order.Desc {
			a, b = b, a
		}
		return a.compare(b)
	})
	if f.unique {
		return hits
	}
	return slices.CompactFunc(hits, func(a, b hit) bool { return a.id == b.id })
}

// behindCursor drops the hits that are not behind the cursor.
func (f *search) behindCursor(hits []hit) []hit {
	if f.q.After == nil {
		return hits
	}
	at := hit{value: f.q.After.Value, sort: f.q.After.Sort, id: f.q.After.ID}
	if f.q.Order.By != "" {
		at.sort = 0
	} else {
		at.value = ""
	}
	i := slices.IndexFunc(hits, func(h hit) bool {
		if f.q.Order.Desc {
			return h.compare(at) < 0
		}
		return h.compare(at) > 0
	})
	if i < 0 {
		return nil
	}
	return hits[i:]
}

// state returns the state of the record with id, which exists.
func (f *search) state(id string) *state {
	r, _ := f.rows.get(row{kind: f.kind, id: id})
	return r.state
}
