package releaseplan

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// cut removes what is old of one plan: first it stores where the trail begins
// from now on and drops the keys, then it removes the events.
func (w *pruning) cut(ctx context.Context, st *stored) error {
	id := st.plan.id
	anchor, kept, held, err := w.anchor(ctx, st)
	if err != nil || anchor.Seq == 0 {
		return w.count(err, 0, 0, held)
	}
	keys, err := w.expired(ctx, id, anchor.Seq)
	if err != nil {
		return err
	}
	if err := w.write(ctx, st, anchor, kept, keys); err != nil {
		return err
	}
	var events int64
	for _, subject := range []store.Key{planKey(id), outbox.NoticeSubject(planKey(id))} {
		n, rest, err := w.forget(ctx, subject, anchor.Seq)
		events, held = events+n, held || rest
		if err != nil {
			return w.count(err, events, len(keys), held)
		}
	}
	return w.count(nil, events, len(keys), held)
}

// count adds what was done to a plan to the result, and returns err.
func (w *pruning) count(err error, events int64, keys int, held bool) error {
	w.result.Events += events
	w.result.Keys += keys
	if events > 0 || keys > 0 {
		w.result.Plans++
	}
	if held {
		w.result.Held++
	}
	return err
}

// expired returns the ops that drop the answers to keys of commands through an
// entry of a plan.
func (w *pruning) expired(ctx context.Context, id string, through int64) (ops []store.Op, err error) {
	var faults []error
	err = w.plans.keys.Each(ctx, id, func(r store.Record, raw json.RawMessage) {
		var a answer
		switch err := json.Unmarshal(raw, &a); {
		case err != nil:
			faults = append(faults, corrupt(id, "the answer to a key", err))
		case a.Seq <= through:
			ops = append(ops, store.Op{Kind: store.Delete, Record: r})
		}
	})
	return ops, errors.Join(append(faults, err)...)
}

// write stores the anchor in the plan's header, if it is new, with the plan as it was
// there, and applies ops.
func (w *pruning) write(ctx context.Context, st *stored, anchor Anchor, kept *Plan, ops []store.Op) error {
	out := *st
	if anchor.Seq > st.anchor.Seq {
		ref, parts, err := w.plans.saveBase(ctx, st, kept)
		if err != nil {
			return err
		}
		out.anchor, out.base = anchor, ref
		record, err := headerRecord(st.plan, &out)
		if err != nil {
			return err
		}
		out.header = len(record.Body)
		ops = slices.Concat([]store.Op{{Record: record}}, parts, ops)
	}
	for some := range slices.Chunk(ops, store.MaxOps) {
		version, err := w.plans.store.Commit(ctx, some...)
		if err != nil {
			w.plans.cache.Drop(st.plan.id)
			return err
		}
		if some[0].Key == planKey(st.plan.id) {
			out.version = version
			w.plans.keep(&out)
		}
	}
	return nil
}

// forget removes the events of a subject through a number, and reports whether
// some had to stay.
func (w *pruning) forget(ctx context.Context, subject store.Key, through int64) (n int64, rest bool, err error) {
	left := func() (bool, error) {
		first, err := w.plans.store.Events(ctx, store.EventQuery{Subject: subject, Limit: 1})
		return len(first) > 0 && first[0].Seq <= through, err
	}
	if rest, err = left(); err != nil || !rest {
		return 0, false, err
	}
	if n, err = w.log.Prune(ctx, subject, through); err != nil {
		return n, true, err
	}
	rest, err = left()
	return n, rest, err
}
