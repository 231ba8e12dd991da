package rollout

import (
	"context"
	"time"

	"github.com/penstock-go/penstock"
)

// The kinds of records, as [penstock.Resource] and [Ref] name them.
const (
	KindSegment     = "segment"
	KindFeature     = "feature"
	KindEnvironment = "environment"
	KindStrategy    = "strategy"
)

// A Record is a value with what a Service keeps about it. It is the caller's own.
type Record[T any] struct {
	Version int64 `json:"-"` // for the next Update or Delete
	Value   T     `json:"value"`
	Created Stamp `json:"created"`
	Updated Stamp `json:"updated"`
}

// A Stamp says who did something, and when.
type Stamp struct {
	By penstock.Party `json:"by,omitzero"`
	At time.Time      `json:"at,omitzero"`
}

// An Entry is what the log says of one write of a record.
type Entry[T any] struct {
	Seq    int64          `json:"-"` // grows from entry to entry, with gaps
	Name   string         `json:"-"` // created, updated, deleted; archived, unarchived (features); deprecated, reactivated (strategies)
	At     time.Time      `json:"-"`
	By     penstock.Party `json:"by,omitzero"`
	Before *T             `json:"before,omitempty"` // nil if it was created
	After  *T             `json:"after,omitempty"`  // nil if it was deleted
}

// The fields that records are found by.
const (
	fieldName        = "name"
	fieldProject     = "project"
	fieldArchived    = "archived"
	fieldSegment     = "segment"     // that a feature refers to
	fieldStrategy    = "strategy"    // that a feature refers to, if it is a custom one
	fieldEnvironment = "environment" // that a feature has a setting for
	fieldParent      = "parent"      // that a feature depends on
)

// rules are what is particular to the records of one kind.
type rules[ID int | string, T any] interface {
	key(id ID) string // in the store; empty if no record can have this id
	id(v *T) *ID
	named(v *T) (name, project string)
	index(v *T) map[string][]string // besides name and project
	sort(v *T) int64
	happened(before, after *T) string // the name of the event of an update

	// check returns v as it is to be stored: with defaults, in its normal form. It must
	// not write to what v shares with the caller.
	check(ctx context.Context, c *change, before *T, v T) (T, error)
}
