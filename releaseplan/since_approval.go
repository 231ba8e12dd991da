package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// ErrNeverApproved says that nobody has approved any version of a plan's content. It is an ErrNotFound.
var ErrNeverApproved = fmt.Errorf("was never approved: %w", penstock.ErrNotFound)

// SinceApproval tells an approver what happened to the content of a plan since it was approved the latest time.
type SinceApproval struct {
	Request    string           `json:"request"`     // id of the request that was approved
	At         time.Time        `json:"at"`          // when it was
	ApprovedBy []penstock.Party `json:"approved_by"` // who voted for it
	Approved   Version          `json:"approved"`    // what was approved
	Current    Version          `json:"current"`     // what the content is now

	// Holds reports whether the content says in all that an approval is bound to what it said
	// then. It may do so although something in Covered differs, such as a task that was
	// removed and added again with another id. What voids an approval besides, such as reopening the plan, is not told here.
	Holds   bool  `json:"holds"`
	Covered Delta `json:"covered"` // what takes a new approval: see [Difference.Covered]
	Rest    Delta `json:"rest"`    // what takes none
}

// DiffSinceApproval tells in what the content of the plan differs from what was approved the latest
// time, though that approval may be void by now. A plan that was never approved is an [ErrNeverApproved], one of which that
// cannot be told since it was pruned an [ErrPruned]. It takes the right to read the plan.
func (s *Service) DiffSinceApproval(ctx context.Context, id string, by penstock.Actor) (*SinceApproval, error) {
	log, err := s.versionLog(ctx, id, by)
	if err != nil {
		return nil, err
	}
	request := log.agreed.request
	switch {
	case request == nil && log.pruned:
		return nil, fmt.Errorf("whether plan %s was approved %w", id, ErrPruned)
	case request == nil:
		return nil, fmt.Errorf("plan %s %w", id, ErrNeverApproved)
	}
	from, err := log.find(log.agreed.version)
	if err != nil || log.agreed.version == 0 {
		return nil, errors.Join(err, fmt.Errorf("what was approved of plan %s %w", id, ErrPruned))
	}
	to, err := log.find(0)
	if err != nil {
		return nil, err
	}
	a, b := log.versions[from], log.versions[to]
	a.Differences, b.Differences = len(log.change(from)), len(log.change(to))
	out := &SinceApproval{Request: request.ID(), At: request.ClosedAt(), ApprovedBy: request.Explain(request.ClosedAt()).Approved,
		Approved: a.Version, Current: b.Version, Holds: request.Hash() == b.Hash}
	out.Covered, out.Rest = Diff(*a.content, *b.content).Covered()
	return out, nil
}

// String explains it to the approver, in lines.
func (a *SinceApproval) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "version %d was approved at %s", a.Approved.Number, a.At.UTC().Format(time.RFC3339))
	var who []string
	for _, p := range a.ApprovedBy {
		who = append(who, short(p.Label()))
	}
	if len(who) > 0 {
		fmt.Fprintf(&b, " by %s", strings.Join(who, " and "))
	}
	switch covered, rest := len(a.Covered), len(a.Rest); {
	case covered+rest == 0:
		b.WriteString("; nothing has changed since")
		return b.String()
	case a.Holds:
		fmt.Fprintf(&b, "; version %d says the same in all that was agreed to", a.Current.Number)
	default:
		fmt.Fprintf(&b, "; version %d needs a new approval", a.Current.Number)
	}
	for _, part := range []struct {
		title string
		delta Delta
	}{{"what was agreed to", a.Covered}, {"what takes no approval", a.Rest}} {
		if len(part.delta) > 0 {
			fmt.Fprintf(&b, "\n%s:\n  %s", part.title, strings.ReplaceAll(part.delta.String(), "\n", "\n  "))
		}
	}
	return b.String()
}
