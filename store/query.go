package store

import (
	"slices"
	"strings"
)

// A Query selects records of one kind.
type Query struct {
	Kind   string
	Where  []Filter // all of them must match
	Order  Order
	After  *Cursor // only records behind this place in the order; nil starts at the beginning
	Offset int     // records to pass over, counted behind After
	Limit  int     // records to return; 0 means DefaultLimit, at most MaxLimit
	Total  bool    // count the records that match
	NoBody bool    // leave Body out of the records
}

// A Page is what Find found.
type Page struct {
	Records []Record
	Total   int     // records that match, without After, Offset and Limit; 0 unless Query.Total
	Next    *Cursor // where the next page starts: Query.After; nil if this is the last one
}

// A Cursor is a place in the order of a Query: that of one record. Unlike an
// offset it stays there when records before it come and go. It is good for
// queries of the same Order.
type Cursor struct {
	Value string // the first value of the field that orders; empty if Sort orders
	Sort  int64  // 0 if a field orders
	ID    string
}

// An Order is the order of a Query. Equal places are ordered by id, in the
// same direction. The zero Order is by Sort, ascending.
type Order struct {
	By   string // the field by whose first value to order, which leaves out records without it; empty means Sort
	Desc bool
}

// A FilterOp is how a Filter compares.
type FilterOp int

// The comparisons. A prefix, suffix or part that is empty matches every record
// that has the field.
const (
	Equal    FilterOp = iota // a value is Values[0]
	OneOf                    // a value is one of Values; of none: matches nothing
	Prefix                   // a value begins with Values[0]
	Suffix                   // a value ends in Values[0]
	Contains                 // a value contains Values[0]
	Before                   // a value is less than Values[0]
	After                    // a value is Values[0] or greater
)

// A Filter compares a field of a record. If the field has several values it
// matches if one of them does; if the record does not have it, it does not match.
type Filter struct {
	Field  string
	Op     FilterOp
	Values []string
}

// Equals matches records that have value in field.
func Equals(field, value string) Filter { return Filter{field, Equal, []string{value}} }

// In matches records that have one of values in field.
func In(field string, values ...string) Filter { return Filter{field, OneOf, values} }

// HasPrefix matches records whose field begins with prefix.
func HasPrefix(field, prefix string) Filter { return Filter{field, Prefix, []string{prefix}} }

// HasSuffix matches records whose field ends in suffix.
func HasSuffix(field, suffix string) Filter { return Filter{field, Suffix, []string{suffix}} }

// HasPart matches records whose field contains part.
func HasPart(field, part string) Filter { return Filter{field, Contains, []string{part}} }

// Less matches records whose field is less than bound.
func Less(field, bound string) Filter { return Filter{field, Before, []string{bound}} }

// AtLeast matches records whose field is bound or greater.
func AtLeast(field, bound string) Filter { return Filter{field, After, []string{bound}} }

// Match reports whether value matches. The filter must be a valid one.
func (f Filter) Match(value string) bool {
	switch f.Op {
	case Equal:
		return value == f.Values[0]
	case OneOf:
		return slices.Contains(f.Values, value)
	case Prefix:
		return strings.HasPrefix(value, f.Values[0])
	case Suffix:
		return strings.HasSuffix(value, f.Values[0])
	case Contains:
		return strings.Contains(value, f.Values[0])
	case Before:
		return value < f.Values[0]
	case After:
		return value >= f.Values[0]
	default:
		return false
	}
}
