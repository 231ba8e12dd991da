package releaseplan

import (
	"errors"
	"fmt"
	"strings"
)

// ErrTampered says that the audit trail of a plan, or the plan itself, is not what
// was stored. It comes as a [*TrailError] or a [*StateError].
var ErrTampered = errors.New("was tampered with")

// A TrailFault says what is wrong with an entry of a trail.
type TrailFault string

// The kinds of fault.
const (
	TrailAltered   TrailFault = "altered"   // it is not what was stored
	TrailMissing   TrailFault = "missing"   // it is gone
	TrailAdded     TrailFault = "added"     // it was never stored
	TrailReordered TrailFault = "reordered" // it stands in another place
)

// A TrailError is the first thing that is wrong with a trail. It is an
// [ErrTampered]. One change is named exactly; of several at once, it is
// the least that explains the first break of the chain. What is wrong with the end that
// the plan's header names, or with an [Anchor], is told as altered of the entry that
// they name: nothing tells which of the two was.
type TrailError struct {
	Plan string // id; empty if only a file is known
	Kind TrailFault
	Seq  int64  // of the entry; of one that was added, its place
	Why  string // what it was found by
}

// Error tells the plan, the entry and what is wrong.
func (f *TrailError) Error() string {
	var b strings.Builder
	if f.Plan != "" {
		fmt.Fprintf(&b, "plan %s: ", f.Plan)
	}
	verb := "was"
	if f.Kind == TrailMissing {
		verb = "is"
	}
	fmt.Fprintf(&b, "entry %d of the trail %s %s: %s", f.Seq, verb, f.Kind, f.Why)
	return b.String()
}

// Is reports whether target is ErrTampered.
func (f *TrailError) Is(target error) bool { return target == ErrTampered || target == errCorrupt }

// A StateError says that a plan is not what its trail makes of it. It is an
// [ErrTampered].
type StateError struct {
	Plan  string   // id
	Paths []string // in the form of [Export] where the two differ; at most 16, and no values
}

// Error tells the plan and the paths.
func (f *StateError) Error() string {
	return fmt.Sprintf("plan %s is not what its trail makes of it: %s", f.Plan, strings.Join(f.Paths, ", "))
}

// Is reports whether target is ErrTampered.
func (f *StateError) Is(target error) bool { return target == ErrTampered || target == errCorrupt }

// A Checkpoint is a place in a plan's trail: behind the entry with this number and
// hash. The zero Checkpoint is the beginning. A host that keeps the head of a
// [Proof] where nobody who can write to the store can write, can hold the store to it later: see
// [Service.VerifySince].
type Checkpoint struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"` // in hex
}

// A Proof is what was found to be in order.
type Proof struct {
	From    Checkpoint // what the first entry follows: zero for a whole trail, or else an [Anchor] or a checkpoint
	Head    Checkpoint // the last entry
	Entries int64      // between the two
	Deleted bool       // the plan is gone: no header vouches for the last entry
}
