package memory

import (
	"cmp"
	"math"
	"strings"

	"github.com/penstock-go/penstock/store"
)

// A use is what an index is ordered by.
type use uint8

const (
	bySort  use = iota // of a kind: sort, id
	byValue            // of a field: each value, sort, id
	byTail             // of a field: each value backwards, sort, id
	byFirst            // of a field: the first value, id
)

// A name names an index. The number of the index bySort also stands for the kind.
type name struct {
	kind, field string
	use         use
	number      uint32
}

func (n name) compare(o name) int {
	if n.use != o.use {
		return cmp.Compare(n.use, o.use)
	}
	if c := strings.Compare(n.field, o.field); c != 0 {
		return c
	}
	return strings.Compare(n.kind, o.kind)
}

// number returns the number of an index, or 0 if there is none.
func (s *snapshot) number(n name) uint32 {
	n, _ = s.names.get(n)
	return n.number
}

// An entry leads from a value to a record. It holds the record's id and not
// the record, so that a write that keeps Sort and the fields touches no entry.
// All indexes are in one tree, ordered by their numbers.
type entry struct {
	index uint32
	value string // empty in bySort
	sort  int64  // 0 in byFirst
	id    string
}

func (e entry) compare(o entry) int {
	if e.index != o.index {
		return cmp.Compare(e.index, o.index)
	}
	if c := strings.Compare(e.value, o.value); c != 0 {
		return c
	}
	if e.sort != o.sort {
		return cmp.Compare(e.sort, o.sort)
	}
	return strings.Compare(e.id, o.id)
}

// A span is a range of ranks of the index tree, all in one index. If it has a
// value, that is the value of all its entries.
type span struct {
	index    uint32
	value    string
	from, to int
}

func (s span) size() int { return s.to - s.from }

// between returns the span of the entries of an index from lo (included) to hi
// (excluded); without hi to the end.
func (s *snapshot) between(index uint32, lo, hi string) span {
	end := entry{index: index, value: hi, sort: math.MinInt64}
	if hi == "" {
		end.index++
	}
	start := entry{index: index, value: lo, sort: math.MinInt64}
	return span{index: index, from: s.index.rank(start), to: s.index.rank(end)}
}

// all returns the span of a whole index.
func (s *snapshot) all(index uint32) span { return s.between(index, "", "") }

// equal returns the span of the entries with value.
func (s *snapshot) equal(index uint32, value string) span {
	p := s.between(index, value, value+"\x00")
	p.value = value
	return p
}

// prefix returns the span of the entries whose value begins with p.
func (s *snapshot) prefix(index uint32, p string) span {
	end := []byte(p)
	for len(end) > 0 && end[len(end)-1] == 0xff {
		end = end[:len(end)-1]
	}
	if len(end) > 0 {
		end[len(end)-1]++
	}
	return s.between(index, p, string(end))
}

// less returns the span of the entries whose value is less than bound.
func (s *snapshot) less(index uint32, bound string) span {
	if bound == "" {
		return span{index: index}
	}
	return s.between(index, "", bound)
}

// behind cuts off what is not behind the cursor.
func (s *snapshot) behind(p span, after *store.Cursor, order store.Order) span {
	at := entry{index: p.index, value: p.value, sort: after.Sort, id: after.ID}
	if order.By != "" {
		at.value, at.sort = after.Value, 0
	}
	if order.Desc {
		p.to = max(p.from, min(p.to, s.index.rank(at)))
		return p
	}
	at.id += "\x00"
	p.from = min(p.to, max(p.from, s.index.rank(at)))
	return p
}

// backwards returns the bytes of v in reverse, so that suffixes are prefixes.
func backwards(v string) string {
	b := make([]byte, len(v))
	for i := range len(v) {
		b[len(v)-1-i] = v[i]
	}
	return string(b)
}
