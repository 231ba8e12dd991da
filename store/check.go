package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
)

// The limits of every store. Text (kinds, ids, field names and values, event
// and sequence names) is UTF-8 without NUL, and so are the values of filters.
const (
	MaxOps       = 1_000    // ops of a Commit, keys of a Get
	MaxEvents    = 1 << 16  // events of a Commit
	MaxKey       = 255      // bytes of kind/id; kind and id are not empty, and kind has no slash
	MaxName      = 255      // bytes of the name of a field, an event or a sequence; not empty
	MaxFields    = 32       // fields of a record, filters of a Query
	MaxValues    = 1_000    // values of a field or a filter
	MaxValue     = 1_024    // bytes of a value
	MaxBody      = 16 << 20 // bytes of a body
	MaxNumbers   = 1 << 20  // numbers taken by one Next
	MaxLimit     = 1_000    // records or events of a page
	DefaultLimit = 100      // those of a page that asks for none
)

// CheckOps returns every fault of the ops of a Commit that can be told without
// looking at what is stored, or nil. It is for implementors.
func CheckOps(ops []Op) error {
	var c checker
	if len(ops) == 0 || len(ops) > MaxOps {
		c.add("ops", "must be 1 to %d, not %d", MaxOps, len(ops))
	}
	c.twice(ops)
	events := 0
	for i := range ops {
		c.op(i, &ops[i])
		events += len(ops[i].Events)
	}
	if events > MaxEvents {
		c.add("ops", "must have at most %d events, not %d", MaxEvents, events)
	}
	return errors.Join(c.faults...)
}

// CheckKeys returns every fault of the keys of a Get, or nil. It is for implementors.
func CheckKeys(keys []Key) error {
	var c checker
	if len(keys) > MaxOps {
		c.add("keys", "must be at most %d, not %d", MaxOps, len(keys))
	}
	for i, k := range keys {
		if !k.valid() {
			c.key("keys["+strconv.Itoa(i)+"]", k)
		}
	}
	return errors.Join(c.faults...)
}

// CheckQuery returns q with its defaults in place, or every fault of it. It is
// for implementors.
func CheckQuery(q Query) (Query, error) {
	var c checker
	c.kind("kind", q.Kind)
	if len(q.Where) > MaxFields {
		c.add("where", "must be at most %d filters, not %d", MaxFields, len(q.Where))
	}
	for i, f := range q.Where {
		c.filter("where["+strconv.Itoa(i)+"]", f)
	}
	if q.Order.By != "" {
		c.text("order.by", q.Order.By, MaxName)
	}
	if q.After != nil {
		c.value("after.value", q.After.Value)
		c.value("after.id", q.After.ID)
	}
	if q.Offset < 0 {
		c.add("offset", "must not be negative")
	}
	q.Limit = c.limit(q.Limit)
	return q, errors.Join(c.faults...)
}

// CheckEvents returns q with its defaults in place, or every fault of it. It is
// for implementors.
func CheckEvents(q EventQuery) (EventQuery, error) {
	var c checker
	if q.Subject != (Key{}) {
		c.key("subject", q.Subject)
		if q.Kind != "" {
			c.add("kind", "must be empty if there is a subject")
		}
	} else if q.Kind != "" {
		c.kind("kind", q.Kind)
	}
	if q.After < 0 {
		c.add("after", "must not be negative")
	}
	q.Limit = c.limit(q.Limit)
	return q, errors.Join(c.faults...)
}

// CheckNext returns every fault of the arguments of a Next, or nil. It is for
// implementors.
func CheckNext(sequence string, n int) error {
	var c checker
	c.text("sequence", sequence, MaxName)
	if n < 1 || n > MaxNumbers {
		c.add("n", "must be from 1 to %d", MaxNumbers)
	}
	return errors.Join(c.faults...)
}

// A checker gathers faults. What is right costs no allocation.
type checker struct{ faults []error }

func (c *checker) add(path, format string, args ...any) {
	c.faults = append(c.faults, penstock.Invalid(path, format, args...))
}

// twice finds keys that occur in several ops.
func (c *checker) twice(ops []Op) {
	if len(ops) <= 8 {
		for i := range ops {
			for j := range i {
				if ops[i].Key == ops[j].Key {
					c.add(fmt.Sprintf("ops[%d]", i), "%s is written by ops[%d] too", ops[i].Key, j)
					break
				}
			}
		}
		return
	}
	seen := make(map[Key]int, len(ops))
	for i := range ops {
		if j, ok := seen[ops[i].Key]; ok {
			c.add(fmt.Sprintf("ops[%d]", i), "%s is written by ops[%d] too", ops[i].Key, j)
			continue
		}
		seen[ops[i].Key] = i
	}
}

func (c *checker) op(i int, op *Op) {
	if op.valid() {
		return
	}
	at := fmt.Sprintf("ops[%d]", i)
	c.key(at, op.Key)
	if op.Kind < Put || op.Kind > Check {
		c.add(at+".op", "must be Put, Delete or Check")
	}
	if op.Version < 0 || op.Version == 0 && op.Kind == Delete {
		c.add(at+".version", "must be that of a record, not %d", op.Version)
	}
	if op.Kind == Put {
		c.record(at, &op.Record)
	}
	for j := range op.Events {
		c.event(fmt.Sprintf("%s.events[%d]", at, j), &op.Events[j])
	}
}

func (c *checker) record(at string, r *Record) {
	c.body(at, r.Body)
	if len(r.Fields) > MaxFields {
		c.add(at+".fields", "must be at most %d, not %d", MaxFields, len(r.Fields))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
		path := fmt.Sprintf("%s.fields[%q]", at, name)
		c.text(path, name, MaxName)
		c.values(path, r.Fields[name])
	}
}

func (c *checker) event(at string, e *Event) {
	if e.Subject != (Key{}) {
		c.key(at+".subject", e.Subject)
	}
	if e.Seq <= 0 {
		c.add(at+".seq", "must be greater than 0")
	}
	c.text(at+".name", e.Name, MaxName)
	if !validTime(e.At) {
		c.add(at+".at", "must be in the years 1 to 9999")
	}
	c.body(at, e.Body)
}

func (c *checker) filter(at string, f Filter) {
	c.text(at+".field", f.Field, MaxName)
	switch {
	case f.Op < Equal || f.Op > After:
		c.add(at+".op", "is unknown: %d", f.Op)
	case f.Op != OneOf && len(f.Values) != 1:
		c.add(at+".values", "must be one, not %d", len(f.Values))
	}
	c.values(at+".values", f.Values)
}

func (c *checker) key(at string, k Key) {
	c.kind(at+".kind", k.Kind)
	c.text(at+".id", k.ID, MaxKey)
	if n := len(k.Kind) + 1 + len(k.ID); n > MaxKey && len(k.Kind) <= MaxKey && len(k.ID) <= MaxKey {
		c.add(at+".id", "must be at most %d bytes together with the kind, not %d", MaxKey, n)
	}
}

func (c *checker) kind(at, kind string) {
	c.text(at, kind, MaxKey)
	if strings.Contains(kind, "/") {
		c.add(at, "must not contain a slash")
	}
}

func (c *checker) values(at string, values []string) {
	if len(values) > MaxValues {
		c.add(at, "must be at most %d values, not %d", MaxValues, len(values))
	}
	for i, v := range values {
		if !validValue(v) {
			c.value(at+"["+strconv.Itoa(i)+"]", v)
		}
	}
}

func (c *checker) value(at, v string) {
	if v != "" {
		c.text(at, v, MaxValue)
	}
}

func (c *checker) text(at, s string, limit int) {
	switch {
	case s == "":
		c.add(at, "must not be empty")
	case len(s) > limit:
		c.add(at, "must be at most %d bytes, not %d", limit, len(s))
	case !validText(s):
		c.add(at, "must be UTF-8 without NUL")
	}
}

func (c *checker) body(at string, body []byte) {
	if len(body) > MaxBody {
		c.add(at+".body", "must be at most %d bytes, not %d", MaxBody, len(body))
	}
}

func (c *checker) limit(n int) int {
	if n < 0 || n > MaxLimit {
		c.add("limit", "must be from 0 to %d", MaxLimit)
	}
	if n == 0 {
		return DefaultLimit
	}
	return n
}
