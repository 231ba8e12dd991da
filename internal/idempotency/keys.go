package idempotency

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// DefaultKeep is how long keys are kept if nothing else is said.
const DefaultKeep = 24 * time.Hour

// fieldScope is the field of a record that holds its scope, if it has one.
const fieldScope = "scope"

// Keys are the records of one kind. It is safe for concurrent use.
type Keys struct {
	store store.Store
	kind  string
	keep  time.Duration // negative: for ever
	now   func() time.Time
}

// New returns the keys of a kind of record. They are kept for keep: 0 is
// DefaultKeep, and less than 0 for ever.
func New(s store.Store, kind string, keep time.Duration, now func() time.Time) *Keys {
	if keep == 0 {
		keep = DefaultKeep
	}
	return &Keys{store: s, kind: kind, keep: keep, now: now}
}

// A Request is what is asked with a key.
type Request struct {
	Scope string // what it is asked of; part of the id of the record
	Key   string
	By    string // id of who asks
	What  any    // written as JSON: what is equal there is the same request
}

// A body is that of a record.
type body struct {
	Request string          `json:"request"` // digest
	At      time.Time       `json:"at"`      // when it was written
	Answer  json.RawMessage `json:"answer"`
}

// A Slot is the place of one key in the store, as it was found.
type Slot struct {
	At time.Time // when the answer was put there; zero if there is none

	keys    *Keys
	key     store.Key
	scope   string
	digest  string
	version int64
}

// Find reads what is stored of the key. It returns the answer, nil if there is none, and
// the slot that takes one. A key that was used for another request is a *[penstock.KeyReusedError].
// The answer is returned with that too: for who has to ask first whether it may be told of.
func (k *Keys) Find(ctx context.Context, r Request) (Slot, json.RawMessage, error) {
	slot := Slot{keys: k, key: k.place(r), scope: r.Scope}
	var err error
	if slot.digest, err = digest(r); err != nil {
		return slot, nil, err
	}
	records, err := k.store.Get(ctx, slot.key)
	if err != nil {
		return slot, nil, fmt.Errorf("look up an idempotency key: %w", err)
	}
	if slot.version = records[0].Version; slot.version == 0 || records[0].Sort <= k.limit() {
		return slot, nil, nil
	}
	var b body
	if err := json.Unmarshal(records[0].Body, &b); err != nil {
		return slot, nil, fmt.Errorf("decode %s: %w", slot.key, err)
	}
	slot.At = b.At
	if !hmac.Equal([]byte(b.Request), []byte(slot.digest)) {
		return slot, b.Answer, &penstock.KeyReusedError{Key: r.Key}
	}
	return slot, b.Answer, nil
}

// Op returns the op that puts an answer into the slot. It conflicts if another was put
// there meanwhile.
func (s Slot) Op(answer any) (store.Op, error) {
	raw, err := json.Marshal(answer)
	if err != nil {
		return store.Op{}, fmt.Errorf("encode an answer: %w", err)
	}
	at := s.keys.now().UTC().Truncate(time.Microsecond)
	text, err := json.Marshal(body{Request: s.digest, At: at, Answer: raw})
	if err != nil {
		return store.Op{}, fmt.Errorf("encode an answer: %w", err)
	}
	r := store.Record{Key: s.key, Version: s.version, Sort: at.UnixMicro(), Body: text}
	if s.scope != "" {
		r.Fields = map[string][]string{fieldScope: {s.scope}}
	}
	return store.Op{Record: r}, nil
}

// Is reports whether an error says that somebody else put an answer into the slot.
func (s Slot) Is(err error) bool {
	var op *store.OpError
	return s.keys != nil && errors.As(err, &op) && op.Key == s.key
}

// limit is the time of the youngest records that have expired, in microseconds. Those of
// versions that told no time have 0.
func (k *Keys) limit() int64 {
	if k.keep < 0 {
		return 0
	}
	return max(0, k.now().Add(-k.keep).UnixMicro())
}

// place is where the answer to a key is stored.
func (k *Keys) place(r Request) store.Key {
	mac := hmac.New(sha256.New, []byte(r.Key))
	mac.Write([]byte(r.By))
	return store.Key{Kind: k.kind, ID: r.Scope + "/" + hex.EncodeToString(mac.Sum(nil)[:16])}
}

// digest tells requests apart. It is keyed by the idempotency key, which is not
// stored, since a request may hold a secret.
func digest(r Request) (string, error) {
	doc, err := json.Marshal(r.What)
	if err != nil {
		return "", penstock.Invalid("command", "cannot be written as JSON: %v", err)
	}
	mac := hmac.New(sha256.New, []byte(r.Key))
	mac.Write(doc)
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// batch is how many records one step of Forget removes. Commits of others wait for no
// more than that.
const batch = 100

// Forget removes the records that have expired, the oldest first, and returns how many.
// Others may do so at the same time. What was done before an error counts.
func (k *Keys) Forget(ctx context.Context) (n int, err error) {
	limit := k.limit()
	q := store.Query{Kind: k.kind, Limit: batch, NoBody: true}
	for {
		page, err := k.store.Find(ctx, q)
		if err != nil {
			return n, fmt.Errorf("find expired idempotency keys: %w", err)
		}
		var ops []store.Op
		for _, r := range page.Records {
			if r.Sort > limit {
				break
			}
			ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: r.Key, Version: r.Version}})
			q.After = &store.Cursor{Sort: r.Sort, ID: r.ID}
		}
		if len(ops) == 0 {
			return n, nil
		}
		removed, err := k.remove(ctx, ops)
		if n += removed; err != nil {
			return n, err
		}
	}
}

// remove commits ops; if others were faster with one of them, each by itself.
func (k *Keys) remove(ctx context.Context, ops []store.Op) (n int, err error) {
	_, err = k.store.Commit(ctx, ops...)
	switch {
	case err == nil:
		return len(ops), nil
	case !errors.Is(err, penstock.ErrConflict) && !errors.Is(err, penstock.ErrNotFound):
		return 0, fmt.Errorf("remove expired idempotency keys: %w", err)
	case len(ops) == 1: // it was used anew, or is gone
		return 0, nil
	}
	for i := range ops {
		removed, err := k.remove(ctx, ops[i:i+1])
		if n += removed; err != nil {
			return n, err
		}
	}
	return n, nil
}

// Each visits the answers in a scope. Expired ones are among them.
func (k *Keys) Each(ctx context.Context, scope string, visit func(r store.Record, answer json.RawMessage)) error {
	q := store.Query{Kind: k.kind, Where: []store.Filter{store.Equals(fieldScope, scope)}, Limit: store.MaxLimit}
	for {
		page, err := k.store.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("find the idempotency keys of %q: %w", scope, err)
		}
		for _, r := range page.Records {
			var b body
			if err := json.Unmarshal(r.Body, &b); err != nil {
				return fmt.Errorf("decode %s: %w", r.Key, err)
			}
			visit(store.Record{Key: r.Key, Version: r.Version}, b.Answer)
		}
		if page.Next == nil {
			return nil
		}
		q.After = page.Next
	}
}
