package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/store"
)

// An entry is a row of the index without the key of its record.
type entry struct{ field, value string }

// A head is what the value of an entry orders by: whether it is the first value
// of its field and, if not, which one is.
type head struct {
	first bool
	value string
}

// order is the entry of the usual order.
var order = entry{}

// A row is a row of the index.
type row struct {
	key store.Key
	entry
	sort int64
	head head
}

// index makes the entries those of the records, and writes only what differs.
func (c *change) index(ctx context.Context) error {
	var gone, come []row
	for _, op := range c.ops {
		was := c.were[op.Key]
		existed, exists := was.version != 0, op.Kind == store.Put
		if op.Kind == store.Check || existed && exists && was.sort == op.Sort && was.fields == op.fields {
			continue
		}
		var before, after map[entry]head
		if existed {
			fields, err := decodeFields(was.fields)
			if err != nil {
				return fmt.Errorf("%s: %w", op.Key, err)
			}
			before = entries(fields)
		}
		if exists {
			after = entries(op.Fields)
		}
		moved := was.sort != op.Sort
		for e, h := range before {
			if _, stays := after[e]; !stays || moved {
				gone = append(gone, row{op.Key, e, was.sort, h})
			}
		}
		for e, h := range after {
			if old, stayed := before[e]; !stayed || moved || old != h {
				come = append(come, row{op.Key, e, op.Sort, h})
			}
		}
	}
	if err := c.remove(ctx, gone); err != nil {
		return err
	}
	return c.insert(ctx, come)
}

func entries(fields map[string][]string) map[entry]head {
	all := map[entry]head{order: {first: true}}
	for name, values := range fields {
		for i, v := range values {
			if e := (entry{name, v}); i == 0 {
				all[e] = head{first: true}
			} else if _, twice := all[e]; !twice {
				all[e] = head{value: values[0]}
			}
		}
	}
	return all
}

func (c *change) remove(ctx context.Context, rows []row) error {
	for len(rows) > 0 {
		n := chunk(len(rows))
		var q query
		q.add("DELETE FROM ", c.entries, " WHERE (kind, field, value, sort, id) IN (VALUES ")
		for i, r := range rows[:n] {
			q.add(separator(i), "(", arg{r.key.Kind}, ", ", arg{r.field}, ", ", arg{r.value}, ", CAST(", arg{r.sort}, " AS bigint), ", arg{r.key.ID}, ")")
		}
		if _, err := q.add(")").exec(ctx, c.s); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (c *change) insert(ctx context.Context, rows []row) error {
	slices.SortFunc(rows, row.compare)
	for len(rows) > 0 {
		n := chunk(len(rows))
		var q query
		q.add("INSERT INTO ", c.entries, " (kind, field, value, sort, id, head, tail) VALUES ").rows(n, func(i int) []any {
			r := rows[i]
			var first, tail any
			if !r.head.first {
				first = r.head.value
			}
			if r.entry != order {
				tail = backwards(r.value)
			}
			return []any{r.key.Kind, r.field, r.value, r.sort, r.key.ID, first, tail}
		})
		q.add(" ON CONFLICT (kind, field, value, sort, id) DO UPDATE SET head = excluded.head")
		if _, err := q.exec(ctx, c.s); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (r row) compare(o row) int {
	return cmp.Or(strings.Compare(r.key.Kind, o.key.Kind), strings.Compare(r.field, o.field),
		strings.Compare(r.value, o.value), cmp.Compare(r.sort, o.sort), strings.Compare(r.key.ID, o.key.ID))
}
