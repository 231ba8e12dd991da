package store

import (
	"context"
	"time"
)

// A Store keeps versioned records and a log of events.
//
// Every method is safe for concurrent use and returns when its context ends.
// A context that has ended before the call makes it fail before anything is done.
// Slices and maps that go in or come out are the caller's own: the store keeps
// copies. Bodies come out byte for byte as they went in. Input beyond the
// limits (see [MaxOps] and its neighbours) is refused as a whole, with a
// [*penstock.InvalidError] for every fault, and changes nothing. After Close
// every method but Close fails with [ErrClosed].
//
// # Versions
//
// A Commit takes the next number of one store-wide counter, and every record
// that it writes has that number as its version. So a version is > 0, versions
// of a key only grow, and no key ever has one twice, not even after it was
// deleted and created again.
//
// # Commit
//
// An op names the version that must be stored now; 0 says that nothing may be.
// If a record exists where none may be, Commit fails with
// [penstock.ErrExists]; if the version is another one, or the record is gone, with
// [penstock.ErrConflict]; both as an [*OpError] that names the key of one op
// that failed. Then nothing was changed: no record, no event. A key
// occurs in one op of a Commit at most. A reader sees all of a Commit or
// nothing of it, in Get, in Find and in Events.
//
// Any other error of Commit, that of a context that ended meanwhile too, may mean that it was
// committed: read again to know. Commit never tries again by itself once that is possible.
//
// # Find
//
// Fields and filter values are compared as bytes. Equal places in the order are
// ordered by id, in the same direction. A field without values is no
// field; a value that a field has twice counts once.
//
// # Events
//
// The sequence numbers of a subject are unique: an event whose number is taken
// makes the Commit fail with an [*OpError] that names the subject and is
// penstock.ErrConflict. Positions are 1, 2, 3 and so on without gaps, and
// position order is visibility order: once an event can be read, no event will
// ever appear before it. Within one Commit they follow the ops, and
// within an op the events. Events outlive their subjects.
type Store interface {
	// Get returns the records with these keys, in the order of the keys, all as
	// of one moment. A record that does not exist has Version 0 and its Key.
	Get(ctx context.Context, keys ...Key) ([]Record, error)

	// Find returns a page of the records that match q, as of one moment.
	Find(ctx context.Context, q Query) (Page, error)

	// Commit applies every op, or none, and returns the version of what it wrote.
	Commit(ctx context.Context, ops ...Op) (version int64, err error)

	// Events returns events of one subject by its sequence, or of all subjects
	// by position, oldest first.
	Events(ctx context.Context, q EventQuery) ([]Event, error)

	// Next takes n numbers, from first to first+n-1, out of the named sequence, which
	// starts at 1. A number is never returned twice; some may be lost.
	Next(ctx context.Context, sequence string, n int) (first int64, err error)

	// Close releases what the store holds. Closing again does nothing.
	Close() error
}

// A Key names a record.
type Key struct {
	Kind string // what it is: plan, template, …; without a slash
	ID   string // which one
}

// String returns kind/id.
func (k Key) String() string { return k.Kind + "/" + k.ID }

// A Record is a document with what can be asked about it.
type Record struct {
	Key
	Version int64               // set by Commit; 0 means that there is no such record
	Sort    int64               // its place in the usual order, ascending: a time, a number
	Fields  map[string][]string // what Find can match and order by
	Body    []byte              // the document; nil and empty are the same
}

// An OpKind says what an Op does. The zero value is Put.
type OpKind int

// The kinds of ops.
const (
	Put    OpKind = iota // write the record
	Delete               // remove the record; Version must not be 0
	Check                // compare the version and write nothing
)

// An Op is one part of a Commit. Its Version is the one that must be stored
// now, and 0 if the key must not exist. Sort, Fields and Body are those to
// write by a Put, and are ignored otherwise. An op of any kind can carry events.
type Op struct {
	Kind OpKind
	Record
	Events []Event
}

// An Event is a fact that was committed.
type Event struct {
	Position int64     // in the log of the store, from 1; given by the store
	Subject  Key       // what it is about; the zero Key stands for the key of its op
	Seq      int64     // in the log of its subject, > 0; given by the caller
	Name     string    // what happened
	At       time.Time // when; stores keep UTC and whole microseconds
	Body     []byte    // more about it
}

// An EventQuery selects events: those of Subject with a Seq greater than
// After, ordered by Seq, or, if Subject is zero, those of all subjects with a
// Position greater than After, ordered by Position.
type EventQuery struct {
	Subject Key
	Kind    string // only events whose subject is of this kind; empty for all; not together with Subject
	After   int64  // 0 starts at the beginning
	Limit   int    // at most so many; 0 means DefaultLimit, at most MaxLimit
	NoBody  bool   // bodies are left out
}
