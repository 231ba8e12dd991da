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

// Prune removes events of subject up to a sequence number that every reader is
// done with, the first of them first. It reports whether there may be more. Who reads slowest is
// looked up by the statement that removes.
func (t *Tables) Prune(ctx context.Context, s Session, subject store.Key, through int64) (removed int64, more bool, err error) {
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
