package sqlstore

import (
	"context"
	"fmt"
	"math"

	"github.com/penstock-go/penstock/store"
)

// pruneBatch bounds the events that one transaction removes, so that nobody
// waits long for it.
const pruneBatch = 4_096

// PruneAll removes events of subject up to a sequence number that every reader is done with, batch by batch,
// each in a transaction that in makes. With an error it tells how many are gone.
func (t *Tables) PruneAll(subject store.Key, through int64, in func(prune func(context.Context, Session) error) error) (n int64, err error) {
	for more := true; more; {
		var removed int64
		err := in(func(ctx context.Context, s Session) (err error) {
			removed, more, err = t.prune(ctx, s, subject, through)
			return err
		})
		if err != nil {
			return n, err
		}
		n += removed
	}
	return n, nil
}

// prune removes events of subject up to a sequence number that every reader is
// done with, the first of them first. It reports whether there may be more. Who reads slowest is
// looked up by the statement that removes.
func (t *Tables) prune(ctx context.Context, s Session, subject store.Key, through int64) (removed int64, more bool, err error) {
	var q query
	past := func() {
		q.add("kind = ", arg{subject.Kind}, " AND id = ", arg{subject.ID}, " AND position <= (SELECT coalesce(min(sort), ",
			arg{int64(math.MaxInt64)}, ") FROM ", t.records, " WHERE kind = ", arg{store.KindReader}, ")")
	}
	q.add("DELETE FROM ", t.events, " WHERE ")
	past()
	// A bound and not a list of numbers: PostgreSQL would run through that for each event.
	q.add(" AND seq <= (SELECT max(seq) FROM (SELECT seq FROM ", t.events, " WHERE ")
	past()
	q.add(" AND seq <= ", arg{through}, " ORDER BY seq LIMIT ", arg{int64(pruneBatch)}, ") AS first)")
	if removed, err = q.exec(ctx, s); err != nil {
		return 0, false, fmt.Errorf("prune: %w", err)
	}
	return removed, removed == pruneBatch, nil
}
