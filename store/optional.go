package store

import "context"

// A Waker is a Store that can tell when there are new events, so that a reader
// need not poll.
type Waker interface {
	// Wait returns the position of the last event that can be read, as soon as
	// it is greater than after. With a negative after it returns at once, and 0 if
	// there has been no event yet. It may return early. It returns an error if ctx ends or
	// the store is closed. What another process commits may be seen as late as the
	// implementation says.
	Wait(ctx context.Context, after int64) (last int64, err error)
}

// A Pruner is a Store that can forget events.
type Pruner interface {
	// Prune removes the events of subject with a Seq of at most through, and
	// returns how many it removed. It spares those that a reader of the log has
	// still to read: every event with a position greater than the Sort of a
	// record of kind [KindReader], and every one without a position yet. Positions that it removed
	// stay empty, and their sequence numbers are free again.
	Prune(ctx context.Context, subject Key, through int64) (n int64, err error)
}

// KindReader is the kind of the records by which those who read the log by
// position hold on to what they have not read yet. The Sort of each is the position up to
// which its reader is done. Who reads no more must delete the record, or
// nothing behind it is ever pruned.
const KindReader = "store.reader"
