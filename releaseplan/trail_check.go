package releaseplan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/penstock-go/penstock/store"
)

// A chainCheck follows a chain of stored events, one after another, and finds
// the first that does not belong. It knows no store: events are pushed into it. From
// the first that does not fit on it only looks at what the others say about
// that one, so that it can tell what happened to it.
type chainCheck struct {
	seal    func([]byte) []byte // nil: SHA-256
	plan    string              // whose trail it is; empty: not known
	columns bool                // events have a name and a time besides the body
	pin     Checkpoint          // the entry with this number must have this hash; 0: none
	end     chainEnd

	start   link   // what the first entry follows
	at      link   // the last entry that fits; its hash is in head
	head    []byte // hex
	last    []byte // the body of that entry; nil at the start
	deleted bool   // that entry is the plan's deletion
	entries int64
	odd     *suspect
	fault   *TrailError
	buf     []byte
	spare   []byte
}

// A chainEnd is how a chain must end.
type chainEnd struct {
	kind endKind
	seq  int64
	hash string // hex
}

type endKind int

const (
	endOpen    endKind = iota // nobody knows
	endHeader                 // with the entry that the header names
	endDeleted                // with the plan's deletion
)

// begin sets what the first entry follows.
func (c *chainCheck) begin(at link) {
	c.start, c.at, c.head = at, at, append(c.head[:0], at.hash...)
}

// push takes the next event, in the order of Seq, and reports whether it fits. The event's
// body must stay as it is until the next push.
func (c *chainCheck) push(e *store.Event) bool {
	switch {
	case c.fault != nil:
		return false
	case c.odd != nil:
		c.odd.hear(c, e)
		return false
	case c.over():
		c.fault = &TrailError{Kind: TrailAdded, Seq: e.Seq, Why: "it stands behind the end"}
		return false
	case e.Seq != c.at.seq+1 || !c.fits(e) || e.Seq == 1 && c.plan != "" && !begets(e.Body, c.plan):
		c.odd = c.suspect(e)
		return false
	}
	c.head, c.spare = c.appendSum(c.spare[:0], e.Body), c.head
	c.at, c.last = link{seq: e.Seq}, e.Body
	c.entries++
	c.deleted = c.columns && e.Name == string(PlanDeleted)
	if e.Seq == c.pin.Seq && string(c.head) != c.pin.Hash {
		c.fault = &TrailError{Kind: TrailAltered, Seq: e.Seq, Why: "it, or one before it, is not the one of which the hash was kept"}
		return false
	}
	return true
}

// over reports whether the chain is at its end.
func (c *chainCheck) over() bool {
	switch c.end.kind {
	case endHeader:
		return c.at.seq == c.end.seq && string(c.head) == c.end.hash
	case endDeleted:
		return c.deleted
	case endOpen:
		return false
	default:
		return false
	}
}

// fits reports whether an event follows the last one.
func (c *chainCheck) fits(e *store.Event) (ok bool) {
	if !c.at.free {
		if ok, c.buf = begins(e, c.head, c.columns, c.buf); ok {
			return true
		}
	}
	h, ok := readHead(e.Body)
	return ok && h.Seq == e.Seq && (c.at.free || h.Prev == string(c.head)) && (!c.columns || h.agrees(e)) && bytes.IndexByte(e.Body, '\n') < 0
}

// appendSum appends the hash of a body in hex.
func (c *chainCheck) appendSum(b, body []byte) []byte {
	if c.seal != nil {
		return hex.AppendEncode(b, c.seal(body))
	}
	sum := sha256.Sum256(body)
	return hex.AppendEncode(b, sum[:])
}

// finish returns the first fault, or nil. No more is to be pushed.
func (c *chainCheck) finish() *TrailError {
	next := c.at.seq + 1
	switch {
	case c.fault != nil:
		return c.fault
	case c.odd != nil:
		return c.judge(c.odd)
	case c.end.kind == endDeleted && !c.deleted:
		return &TrailError{Kind: TrailMissing, Seq: next, Why: "the plan is gone, and the trail does not end with its deletion"}
	case c.at.seq < c.pin.Seq || c.end.kind == endHeader && c.at.seq < c.end.seq:
		return &TrailError{Kind: TrailMissing, Seq: next, Why: "the trail ends before it"}
	case c.end.kind == endHeader && !c.over():
		return &TrailError{Kind: TrailAltered, Seq: c.at.seq, Why: "it does not have the hash by which the trail ends"}
	}
	return nil
}

// place is where the chain is.
func (c *chainCheck) place() Checkpoint { return Checkpoint{Seq: c.at.seq, Hash: string(c.head)} }
