package releaseplan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/penstock-go/penstock/store"
)

// A suspect is the first event that does not follow the one before it, and what
// the events behind it say. A genuine entry is known by this: the one behind it, wherever that
// stands, or the header, names its hash. Nobody who cannot rewrite all that follows can
// make that so for another.
type suspect struct {
	row      int64 // its place
	seq      int64 // the number that it gives itself; 0 if it cannot be read
	hash     string
	follows  bool  // it names the hash of the one before
	forged   bool  // it names the plain hash of the one before, in a trail that is sealed
	heir     bool  // its own hash is named
	twin     bool  // it stands in another place too
	deletion bool  // it is the plan's deletion, and links like one
	home     int64 // the place of one that should stand here: it names the hash of the one before; 0: none
}

// suspect begins to doubt an event.
func (c *chainCheck) suspect(e *store.Event) *suspect {
	h, readable := readHead(e.Body)
	s := &suspect{row: e.Seq, seq: h.Seq, hash: string(c.appendSum(nil, e.Body))}
	s.twin = s.hash == string(c.head)
	s.deletion = h.Change.Kind == PlanDeleted && len(h.Prev) == len(c.head)
	s.follows = readable && (c.at.free || h.Prev == string(c.head))
	if c.seal != nil && c.last != nil {
		plain := sha256.Sum256(c.last)
		s.forged = h.Prev == hex.EncodeToString(plain[:])
	}
	return s
}

// hear takes what an event behind the suspect says.
func (s *suspect) hear(c *chainCheck, e *store.Event) {
	if h, ok := readHead(e.Body); ok {
		s.heir = s.heir || h.Prev == s.hash
		if s.home == 0 && !c.at.free && h.Prev == string(c.head) && h.Seq == c.at.seq+1 {
			s.home = e.Seq
		}
	}
	if !s.twin {
		c.buf = c.appendSum(c.buf[:0], e.Body)
		s.twin = bytes.Equal(c.buf, []byte(s.hash))
	}
}

// judge tells what happened where the chain broke.
func (c *chainCheck) judge(s *suspect) *TrailError {
	next := c.at.seq + 1
	genuine := !s.twin && (s.heir || c.end.kind == endHeader && s.hash == c.end.hash)
	fault := func(kind TrailFault, seq int64, why string, args ...any) *TrailError {
		return &TrailError{Kind: kind, Seq: seq, Why: fmt.Sprintf(why, args...)}
	}
	switch {
	case s.forged:
		return fault(TrailAltered, c.at.seq, "the one behind it was linked without the key")
	case s.home > 0 && (genuine || s.row > next):
		return fault(TrailReordered, next, "it stands in place %d", s.home)
	case s.home > 0:
		return fault(TrailAdded, s.row, "the one behind it goes on from the one before it")
	case s.row > next && s.follows && s.seq == next:
		return fault(TrailReordered, next, "it stands in place %d", s.row)
	case s.row > next:
		return fault(TrailMissing, next, "entry %d comes in its place", s.row)
	case s.follows:
		return fault(TrailAltered, s.row, "its number, kind, time or plan is not what it was stored with")
	case genuine && s.seq > c.start.seq && s.seq < next:
		return fault(TrailAdded, s.seq, "the genuine one with this number stands in place %d", s.row)
	case genuine && s.seq > next:
		return fault(TrailMissing, next, "entry %d stands in its place", s.seq)
	case c.at.seq > 0 && (genuine || s.last(c)):
		return fault(TrailAltered, c.at.seq, "it does not have the hash that entry %d names", next)
	default:
		return fault(TrailAltered, s.row, "it does not name the hash of the one before")
	}
}

// last reports whether the suspect is the deletion of the plan, with which a trail
// ends. For that nobody vouches, so it is more likely the one before it that is wrong.
func (s *suspect) last(c *chainCheck) bool {
	return c.end.kind == endDeleted && s.seq == c.at.seq+1 && s.deletion
}
