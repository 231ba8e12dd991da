package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
)

// A Collection is the records of one kind as values of T, with JSON bodies. It
// is safe for concurrent use if its functions are.
type Collection[T any] struct {
	Store  Store                       // where they are; required
	Kind   string                      // which they are; required
	Fields func(T) map[string][]string // what Find can match and order by; nil means nothing
	Sort   func(T) int64               // the usual order; nil means by id
}

// An Entry is one value of a Collection with its id and version.
type Entry[T any] struct {
	ID      string
	Version int64
	Value   T
}

// Entries is what Collection.Find found.
type Entries[T any] struct {
	Items []Entry[T]
	Total int     // how many match without the window; 0 unless Query.Total
	Next  *Cursor // Query.After of the next page; nil if this is the last one
}

// Key returns the key of the record with id.
func (c Collection[T]) Key(id string) Key { return Key{c.Kind, id} }

// Get returns the value with id and its version. If there is none the error is
// a penstock.ErrNotFound.
func (c Collection[T]) Get(ctx context.Context, id string) (v T, version int64, err error) {
	records, err := c.Store.Get(ctx, c.Key(id))
	if err != nil {
		return v, 0, fmt.Errorf("get %s %s: %w", c.Kind, id, err)
	}
	if records[0].Version == 0 {
		return v, 0, fmt.Errorf("%s %s: %w", c.Kind, id, penstock.ErrNotFound)
	}
	entry, err := c.entry(records[0])
	return entry.Value, entry.Version, err
}

// Put returns the op that writes v over version; 0 says that v is new. The
// error is that of encoding v.
func (c Collection[T]) Put(id string, version int64, v T, events ...Event) (Op, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Op{}, fmt.Errorf("encode %s %s: %w", c.Kind, id, err)
	}
	r := Record{Key: c.Key(id), Version: version, Body: body}
	if c.Fields != nil {
		r.Fields = c.Fields(v)
	}
	if c.Sort != nil {
		r.Sort = c.Sort(v)
	}
	return Op{Kind: Put, Record: r, Events: events}, nil
}

// Delete returns the op that removes version of the value with id.
func (c Collection[T]) Delete(id string, version int64, events ...Event) Op {
	return Op{Kind: Delete, Record: Record{Key: c.Key(id), Version: version}, Events: events}
}

// Check returns the op that makes sure that version is still the stored one;
// 0 says that there must be none.
func (c Collection[T]) Check(id string, version int64) Op {
	return Op{Kind: Check, Record: Record{Key: c.Key(id), Version: version}}
}

// Find returns a page of the values that match q, whose Kind is replaced by
// that of the collection.
func (c Collection[T]) Find(ctx context.Context, q Query) (Entries[T], error) {
	q.Kind, q.NoBody = c.Kind, false
	page, err := c.Store.Find(ctx, q)
	if err != nil {
		return Entries[T]{}, fmt.Errorf("find %s: %w", c.Kind, err)
	}
	found := Entries[T]{Items: make([]Entry[T], len(page.Records)), Total: page.Total, Next: page.Next}
	for i, r := range page.Records {
		if found.Items[i], err = c.entry(r); err != nil {
			return Entries[T]{}, err
		}
	}
	return found, nil
}

func (c Collection[T]) entry(r Record) (Entry[T], error) {
	e := Entry[T]{ID: r.ID, Version: r.Version}
	if err := json.Unmarshal(r.Body, &e.Value); err != nil {
		return Entry[T]{}, fmt.Errorf("decode %s %s: %w", c.Kind, r.ID, err)
	}
	return e, nil
}
