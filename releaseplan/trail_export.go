package releaseplan

import (
	"context"
	"fmt"
	"io"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A TrailFormat is a form in which a trail is exported.
type TrailFormat string

// The formats of an exported trail.
const (
	// TrailJSONL is a JSON document on each line, which is the entry as it is
	// stored, byte for byte: see [VerifyTrail].
	TrailJSONL TrailFormat = "jsonl"

	// TrailCSV is a table after RFC 4180 in UTF-8, with a line of names: seq, at, kind, action, by,
	// task, milestone, name, from, to, remark, commit, prev, hash. A cell that a spreadsheet
	// would take for a formula has an apostrophe before it.
	TrailCSV TrailFormat = "csv"
)

// ExportTrail writes the plan's audit trail to w, from the anchor on if it was
// pruned, and returns what it proved by the way. Its head is what
// [VerifyTrail] needs to know besides the file. Nothing more is written
// from the first [*TrailError] on. A part of the trail is in memory at a time.
//
// It takes the right to read the plan, and what Export takes; a plan that was deleted is asked for as it was in the
// end. While the plan waits for the answer of a check, TrailJSONL also takes the right to answer it: the entries
// hold its code. A plan that is pruned while its trail is written is an [ErrPruned]. Errors
// of w and ctx end the work.
func (s *Service) ExportTrail(ctx context.Context, id string, format TrailFormat, w io.Writer, by penstock.Actor) (Proof, error) {
	write, finish, err := trailWriter(format, w)
	if err != nil {
		return Proof{}, err
	}
	st, err := s.readTrail(ctx, id, by)
	if err != nil {
		return Proof{}, err
	}
	if st != nil {
		if err := s.mayExport(ctx, st.plan, format, by); err != nil {
			return Proof{}, err
		}
	}
	walk := &trailWalk{plans: s, id: id}
	walk.each = func(e *store.Event) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if st != nil && format == TrailJSONL && e.Name == string(GateOpened) && e.Seq > st.plan.st.Changes { // meanwhile
			if err := s.authorizer.Ask(ctx, by, AnswerGate.Right(), st.plan.Resource()); err != nil {
				return err
			}
		}
		if err := write(e.Body, walk.check.head); err != nil {
			return fmt.Errorf("entry %d of the trail of plan %s: %w", e.Seq, id, err)
		}
		return nil
	}
	proof, err := walk.run(ctx)
	if flushErr := finish(); err == nil && flushErr != nil {
		return Proof{}, fmt.Errorf("the trail of plan %s: %w", id, flushErr)
	}
	return proof, err
}

// mayExport asks the rules and, for what holds a code that is still good, the Authorizer.
func (s *Service) mayExport(ctx context.Context, p *Plan, format TrailFormat, by penstock.Actor) error {
	if err := p.permit(by, Command{Action: ExportPlan}); err != nil {
		return err
	}
	if format != TrailJSONL || !p.st.Gate.open() {
		return nil
	}
	return s.authorizer.Ask(ctx, by, AnswerGate.Right(), p.Resource())
}

// trailWriter returns what writes an entry, given with its hash, in a format, and what ends that.
func trailWriter(format TrailFormat, w io.Writer) (write func(body, hash []byte) error, finish func() error, err error) {
	switch format {
	case TrailJSONL:
		var line []byte
		return func(body, _ []byte) error {
			line = append(append(line[:0], body...), '\n')
			_, err := w.Write(line)
			return err
		}, func() error { return nil }, nil
	case TrailCSV:
		t := newTrailTable(w)
		return t.entry, t.finish, nil
	default:
		return nil, nil, penstock.Invalid("format", "%q is neither %s nor %s", short(string(format)), TrailJSONL, TrailCSV)
	}
}
