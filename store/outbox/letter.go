package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Letter is a message that was given up, or an event that was because it could
// not be routed: then Message.Channel is empty. The letter keeps the body of such an event up to
// MaxMessage; a larger one is read from the log again, and lost when it is pruned there.
type Letter struct {
	Message Message   // Attempt is that of the last one
	Error   string    // why the last attempt failed, up to 1 KiB
	At      time.Time // when it did
}

// Dead returns a page of the letters, those of the latest events first.
func (d *Dispatcher) Dead(ctx context.Context, page penstock.Page) (penstock.List[Letter], error) {
	page, err := page.Normal()
	if err != nil {
		return penstock.List[Letter]{}, err
	}
	found, err := d.config.Store.Find(ctx, store.Query{
		Kind: kindMessage, Where: d.in(dead), Order: store.Order{Desc: true}, Offset: page.Offset, Limit: page.Limit, Total: true,
	})
	if err != nil {
		return penstock.List[Letter]{}, fmt.Errorf("find dead letters: %w", err)
	}
	list := penstock.List[Letter]{Items: make([]Letter, len(found.Records)), Total: found.Total}
	for i, r := range found.Records {
		it, err := itemOf(r)
		if err != nil {
			return penstock.List[Letter]{}, err
		}
		it.message.Attempt = it.attempts
		list.Items[i] = Letter{Message: *it.message, Error: it.reason, At: it.failed}
	}
	return list, nil
}

// Redrive has letters sent again, with all their attempts before them: at once if the
// dispatcher runs in this value, and within Poll if it runs elsewhere. They keep their ids. They go
// out of turn, but in order: what came later to the same receiver may have arrived long ago. An
// event that could not be routed is routed again, once. If one of the ids is no letter's the
// error is a penstock.ErrNotFound, and nothing is redriven. Many or large letters are redriven bit
// by bit: after any other error some of them may be; a penstock.ErrConflict says that someone
// else had a hand in it. Up to 1,000 ids.
func (d *Dispatcher) Redrive(ctx context.Context, ids ...string) error {
	letters, err := d.letters(ctx, ids)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(letters, bodies) {
		full, err := d.get(ctx, some)
		if err != nil {
			return err
		}
		if err := d.redrive(ctx, full); err != nil {
			return err
		}
	}
	return nil
}

// RedriveAll has every letter of now sent again, as Redrive does, and returns how
// many there were. After an error some are redriven.
func (d *Dispatcher) RedriveAll(ctx context.Context) (n int, err error) {
	q := store.Query{Kind: kindMessage, Where: d.in(dead), Limit: bodies}
	for {
		page, err := d.config.Store.Find(ctx, q)
		if err != nil {
			return n, fmt.Errorf("find dead letters: %w", err)
		}
		if err := d.redrive(ctx, page.Records); err != nil {
			return n, err
		}
		n += len(page.Records)
		if page.Next == nil {
			return n, nil
		}
		q.After = page.Next
	}
}

// redrive has letters sent again, by as many commits as their size asks for.
func (d *Dispatcher) redrive(ctx context.Context, letters []store.Record) error {
	var ops []store.Op
	size := 0
	for i, r := range letters {
		it, err := itemOf(r)
		if err != nil {
			return err
		}
		it.state, it.attempts, it.aged, it.lane.redriven = redriven, 0, 0, true
		op, err := it.op(d.config.Name)
		if err != nil {
			return err
		}
		ops, size = append(ops, op), size+len(op.Body)
		if size < intakeBytes && i < len(letters)-1 {
			continue
		}
		if _, err := d.config.Store.Commit(ctx, ops...); err != nil {
			return fmt.Errorf("redrive: %w", err)
		}
		ops, size = nil, 0
		select {
		case d.nudge <- struct{}{}:
		default: // it looks anyhow
		}
	}
	return nil
}

// Discard removes letters for good. If one of the ids is no letter's the error
// is a penstock.ErrNotFound, and nothing is removed. Up to 1,000 ids.
func (d *Dispatcher) Discard(ctx context.Context, ids ...string) error {
	letters, err := d.letters(ctx, ids)
	if err != nil || len(letters) == 0 {
		return err
	}
	ops := make([]store.Op, len(letters))
	for i, r := range letters {
		ops[i] = store.Op{Kind: store.Delete, Record: store.Record{Key: r.Key, Version: r.Version}}
	}
	if _, err := d.config.Store.Commit(ctx, ops...); err != nil {
		return fmt.Errorf("discard: %w", err)
	}
	return nil
}

// letters returns the records of letters in the order of the log, without bodies: all of them
// may be too many for the memory.
func (d *Dispatcher) letters(ctx context.Context, ids []string) ([]store.Record, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) > maxOps {
		return nil, penstock.Invalid("ids", "must be at most %d, not %d", maxOps, len(ids))
	}
	letters := make([]store.Record, len(ids))
	for i, id := range ids {
		letters[i].Key = store.Key{Kind: kindMessage, ID: id}
	}
	for some := range slices.Chunk(letters, bodies) {
		full, err := d.get(ctx, some)
		if err != nil {
			return nil, err
		}
		for i, r := range full {
			r.Body = nil
			some[i] = r
		}
	}
	slices.SortFunc(letters, func(a, b store.Record) int { return cmp.Or(cmp.Compare(a.Sort, b.Sort), cmp.Compare(a.ID, b.ID)) })
	return letters, nil
}

// get returns the records of letters; if they have versions, in these.
func (d *Dispatcher) get(ctx context.Context, letters []store.Record) ([]store.Record, error) {
	keys := make([]store.Key, len(letters))
	for i, r := range letters {
		keys[i] = r.Key
	}
	records, err := d.config.Store.Get(ctx, keys...)
	if err != nil {
		return nil, fmt.Errorf("get dead letters: %w", err)
	}
	for i, r := range records {
		if was := letters[i].Version; was > 0 && was != r.Version {
			return nil, fmt.Errorf("dead letter %s: %w", r.ID, penstock.ErrConflict)
		}
		if r.Version == 0 || !slices.Equal(r.Fields[fieldBox], []string{box(dead, d.config.Name)}) {
			return nil, fmt.Errorf("dead letter %s: %w", r.ID, penstock.ErrNotFound)
		}
	}
	return records, nil
}

// in matches the messages of the dispatcher in some states.
func (d *Dispatcher) in(states ...state) []store.Filter {
	boxes := make([]string, len(states))
	for i, s := range states {
		boxes[i] = box(s, d.config.Name)
	}
	return []store.Filter{store.In(fieldBox, boxes...)}
}

// Stats says how far a dispatcher is.
type Stats struct {
	Position int64     // up to which events are routed; it may lag by a third of TTL where nobody had to be told
	Last     int64     // the position of the last event of the log
	Pending  int       // messages that are to be delivered
	Dead     int       // letters
	Oldest   time.Time // when the event of the first pending message happened; zero if there is none
}

// Stats returns how far the dispatcher is, wherever it runs. One that was never
// registered is a penstock.ErrNotFound.
func (d *Dispatcher) Stats(ctx context.Context) (Stats, error) {
	r, err := d.reader(ctx)
	if err != nil {
		return Stats{}, err
	}
	s := Stats{Position: r.position}
	if s.Last, err = d.last(ctx); err != nil {
		return Stats{}, err
	}
	waiting, err := d.config.Store.Find(ctx, store.Query{Kind: kindMessage, Where: d.in(pending, redriven), Limit: 1, Total: true})
	if err != nil {
		return Stats{}, fmt.Errorf("count messages: %w", err)
	}
	letters, err := d.config.Store.Find(ctx, store.Query{Kind: kindMessage, Where: d.in(dead), Limit: 1, Total: true, NoBody: true})
	if err != nil {
		return Stats{}, fmt.Errorf("count dead letters: %w", err)
	}
	s.Pending, s.Dead = waiting.Total, letters.Total
	for _, r := range waiting.Records {
		it, err := itemOf(r)
		if err != nil {
			return Stats{}, err
		}
		s.Oldest = it.message.At
	}
	return s, nil
}
