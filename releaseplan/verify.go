package releaseplan

import (
	"context"

	"github.com/penstock-go/penstock"
)

// Verify proves the plan's audit trail: that each entry is the one that was stored,
// in its place, with none missing and none added, up to the last one, which the plan's header
// names. The first that is not so is a [*TrailError], which is an [ErrTampered]. Commands
// and prunings that happen meanwhile are no fault.
//
// It takes the right to read the plan. The trail of a plan that was deleted must end with
// that, and nobody vouches for this last entry; nor is it known whether what is missing at its
// beginning was pruned: From tells where it begins.
//
// Who can write to the store can rewrite a trail as a whole, so that it is a chain again. With
// [Config.Seal] that is found all the same, but for entries that were cut off at an end of the trail
// while the header was made to say so; that, and all of it without Seal, is found only against a head that was
// kept elsewhere, with [Service.VerifySince].
func (s *Service) Verify(ctx context.Context, id string, by penstock.Actor) (Proof, error) {
	return s.VerifySince(ctx, id, Checkpoint{}, by)
}

// VerifySince is [Service.Verify] from a checkpoint on, which may be the head of an earlier
// proof: the entry that it names must still be that one, which no rewriting of what
// it or any before it says leaves so. What is before it is not read again. A checkpoint in the part
// that was pruned is an [ErrPruned]; the zero Checkpoint is the beginning.
func (s *Service) VerifySince(ctx context.Context, id string, since Checkpoint, by penstock.Actor) (Proof, error) {
	if err := since.check(); err != nil {
		return Proof{}, err
	}
	if _, err := s.readTrail(ctx, id, by); err != nil {
		return Proof{}, err
	}
	return (&trailWalk{plans: s, id: id, since: since}).run(ctx)
}

// check reports as an error what cannot be a checkpoint.
func (c Checkpoint) check() error {
	switch {
	case c.Seq < 0:
		return penstock.Invalid("since.seq", "must not be negative")
	case c.Seq > 0 && c.Hash == "":
		return penstock.Invalid("since.hash", "must be set")
	default:
		return nil
	}
}
