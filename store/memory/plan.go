package memory

import (
	"math"
	"slices"

	"github.com/penstock-go/penstock/store"
)

// A plan is one way to find what a query asks for: spans of the index that
// together hold an entry for every record that matches.
type plan struct {
	spans   []span
	filter  int     // the filter that every entry fulfils, or that tests it; -1 for none
	test    bool    // only entries whose value the filter matches count
	ordered bool    // each span is in the order of the query
	unique  bool    // no record has two entries
	share   float64 // of the entries that count, as far as is known
	placed  bool    // entries hold the first value of the field that orders
}

func (p plan) size() (n int) {
	for _, s := range p.spans {
		n += s.size()
	}
	return n
}

// plans returns the ways to find what q asks for: along the order, and by each filter.
func (s *snapshot) plans(q store.Query) []plan {
	order := name{kind: q.Kind, use: bySort}
	if q.Order.By != "" {
		order.field, order.use = q.Order.By, byFirst
	}
	plans := []plan{{filter: -1, ordered: true, unique: true, placed: q.Order.By != "", spans: []span{s.all(s.number(order))}}}
	for i, f := range q.Where {
		plans = append(plans, s.byFilter(q, i, f))
	}
	return plans
}

func (s *snapshot) byFilter(q store.Query, i int, f store.Filter) plan {
	values := s.number(name{kind: q.Kind, field: f.Field, use: byValue})
	firsts := s.number(name{kind: q.Kind, field: f.Field, use: byFirst})
	p := plan{filter: i, unique: s.all(values).size() == s.all(firsts).size()}
	index := values
	if q.Order.By == f.Field && p.unique && f.Op != store.Suffix {
		index, p.ordered, p.placed = firsts, true, true
	}
	switch f.Op {
	case store.Equal, store.OneOf:
		for _, v := range slices.Compact(slices.Sorted(slices.Values(f.Values))) {
			p.spans = append(p.spans, s.equal(index, v))
		}
		p.ordered = p.ordered || q.Order.By == ""
		p.unique = p.unique || len(p.spans) == 1
	case store.Prefix:
		p.spans = []span{s.prefix(index, f.Values[0])}
	case store.Suffix:
		p.spans = []span{s.prefix(s.number(name{kind: q.Kind, field: f.Field, use: byTail}), backwards(f.Values[0]))}
	case store.Before:
		p.spans = []span{s.less(index, f.Values[0])}
	case store.After:
		p.spans = []span{s.between(index, f.Values[0], "")}
	case store.Contains:
		p.spans, p.test = []span{s.all(index)}, true
	}
	return p
}

// best returns the plan that promises the least work, and the number of
// matches if the indexes tell it; else -1.
func (s *snapshot) best(q store.Query) (best plan, total int) {
	plans := s.plans(q)
	all := float64(max(1, s.all(s.number(name{kind: q.Kind, use: bySort})).size()))
	matches, total := all, -1                     // as many as if the filters had nothing to do with each other
	everywhere := float64(plans[0].size()) == all // every record has a place in the order
	for i := range plans {
		p := &plans[i]
		p.share = s.sample(q, *p)
		matches *= min(1, float64(p.size())*p.share/all)
		alone := everywhere && p.filter >= 0 && len(q.Where) == 1
		if p.unique && !p.test && (alone || !rest(q, *p)) {
			total = p.size()
		}
	}
	need := float64(q.Offset) + float64(q.Limit) + 1
	least := math.Inf(1)
	for _, p := range plans {
		visits, each := float64(p.size()), 0.0
		if rest(q, p) || q.Order.By != "" && !p.placed {
			each = rowCost
		}
		if !p.ordered {
			each += sortCost
		} else if total >= 0 || !q.Total {
			visits = min(visits, float64(len(p.spans))*need*visits/max(matches, 1))
		}
		if cost := visits * (entryCost + p.share*each); cost < least {
			best, least = p, cost
		}
	}
	return best, total
}

// sample returns the part of the entries of p that count, as far as a few of
// them tell.
func (s *snapshot) sample(q store.Query, p plan) float64 {
	size := p.size()
	if !p.test || size == 0 {
		return 1
	}
	const samples = 128
	hits := 0.5 // none seen does not mean none there
	for i := range samples {
		at := p.spans[0].from + i*size/samples
		for e := range s.index.walk(at, at+1, false) {
			if q.Where[p.filter].Match(e.value) {
				hits++
			}
		}
	}
	return min(1, hits/samples)
}

// rest reports whether an entry of p can be of a record that does not match.
func rest(q store.Query, p plan) bool {
	others := len(q.Where)
	if p.filter >= 0 {
		others--
	}
	has := q.Order.By == "" || p.placed || p.filter >= 0 && q.Where[p.filter].Field == q.Order.By
	return others > 0 || !has
}

// What it costs to look at an entry, to look up its row, and to sort it.
const (
	entryCost = 1.0
	rowCost   = 10.0
	sortCost  = 5.0
)
