package releaseplan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// ErrNoVersion says that a plan's content never had the version that was asked for. It is an ErrNotFound.
var ErrNoVersion = fmt.Errorf("never was: %w", penstock.ErrNotFound)

// A Version is one version of a plan's content: who made it, when and how.
type Version struct {
	Number      int64          `json:"number"` // from 1, without gaps
	Hash        string         `json:"hash"`   // that approvals are bound to
	Seq         int64          `json:"seq"`    // of the entry of the trail that made it; 0: that was pruned, and the remark with it
	At          time.Time      `json:"at"`
	By          penstock.Party `json:"by"`
	Remark      string         `json:"remark,omitempty"`
	Differences int            `json:"differences"` // from the version before; of the first, and of one whose content was pruned: 0
}

// A contentVersion is a version with its content, which is shared with others.
type contentVersion struct {
	Version
	content *Content // nil: it was pruned
}

// An agreement is an approval, and the version that it was given.
type agreement struct {
	request *approval.Request
	version int64
}

// A versionLog is what a plan's trail tells of its content.
type versionLog struct {
	id       string
	versions []contentVersion // oldest first; those that the trail still knows, and the latest
	agreed   agreement        // the latest approval; zero: there is none
	pruned   bool             // the trail begins later than the plan
}

// Versions returns a page of the versions of the plan's content, the latest first: who
// changed how much when. Versions that were made in a part of the trail that [Service.Prune]
// removed are left out, but for the one that was the latest at the [Anchor]. It takes the right to read the plan.
func (s *Service) Versions(ctx context.Context, id string, page penstock.Page, by penstock.Actor) (penstock.List[Version], error) {
	page, err := page.Normal()
	if err != nil {
		return penstock.List[Version]{}, err
	}
	log, err := s.versionLog(ctx, id, by)
	if err != nil {
		return penstock.List[Version]{}, err
	}
	n := len(log.versions)
	out := penstock.List[Version]{Total: n}
	for i := range min(page.Limit, max(0, n-page.Offset)) {
		if err := ctx.Err(); err != nil {
			return penstock.List[Version]{}, err
		}
		at := n - 1 - page.Offset - i
		v := log.versions[at].Version
		v.Differences = len(log.change(at))
		out.Items = append(out.Items, v)
	}
	return out, nil
}

// VersionOf returns a version of the plan's content, and what it was: the one with a number, or of now if that is 0. One
// that never was is an [ErrNoVersion], one that [Service.Prune] removed an [ErrPruned]. It takes the right to read the plan.
func (s *Service) VersionOf(ctx context.Context, id string, number int64, by penstock.Actor) (Version, Content, error) {
	log, err := s.versionLog(ctx, id, by)
	if err != nil {
		return Version{}, Content{}, err
	}
	i, err := log.find(number)
	if err != nil {
		return Version{}, Content{}, err
	}
	v := log.versions[i]
	v.Differences = len(log.change(i))
	return v.Version, v.content.clone(), nil
}

// Diff tells in what the content of a plan differs between two versions; to may be the older one.
// A from of 0 is the first version, a to of 0 that of now. A version that never
// was is an [ErrNoVersion], one that [Service.Prune] removed an [ErrPruned], a negative one an ErrInvalid.
// It takes the right to read the plan.
func (s *Service) Diff(ctx context.Context, id string, from, to int64, by penstock.Actor) (Delta, error) {
	var v validator
	for _, n := range []struct {
		field  string
		number int64
	}{{"from", from}, {"to", to}} {
		if n.number < 0 {
			v.fault(n.field, "must not be negative")
		}
	}
	if err := errors.Join(v.faults...); err != nil {
		return nil, err
	}
	log, err := s.versionLog(ctx, id, by)
	if err != nil {
		return nil, err
	}
	if from == 0 {
		from = 1
	}
	a, err := log.find(from)
	if err != nil {
		return nil, err
	}
	b, err := log.find(to)
	if err != nil {
		return nil, err
	}
	return Diff(*log.versions[a].content, *log.versions[b].content), nil
}

// find returns the place of the version with a number; 0 is that of now.
func (l *versionLog) find(number int64) (int, error) {
	last := l.versions[len(l.versions)-1].Number
	if number == 0 {
		number = last
	}
	i, ok := slices.BinarySearchFunc(l.versions, number, func(v contentVersion, n int64) int { return cmp.Compare(v.Number, n) })
	switch {
	case number < 0 || number > last:
		return 0, fmt.Errorf("version %d of plan %s %w", number, l.id, ErrNoVersion)
	case !ok || l.versions[i].content == nil:
		return 0, fmt.Errorf("version %d of plan %s %w", number, l.id, ErrPruned)
	}
	return i, nil
}

// change tells in what the version at a place differs from the one before.
func (l *versionLog) change(i int) Delta {
	if i == 0 || l.versions[i-1].content == nil || l.versions[i].content == nil {
		return nil
	}
	return Diff(*l.versions[i-1].content, *l.versions[i].content)
}

// versionLog reads the versions out of the trail, again if it is pruned meanwhile.
func (s *Service) versionLog(ctx context.Context, id string, by penstock.Actor) (*versionLog, error) {
	for range maxTries {
		st, err := s.read(ctx, id, by, penstock.Read)
		if err != nil {
			return nil, err
		}
		log, err := s.versionsOf(ctx, st)
		if !errors.Is(err, errStale) {
			return log, err
		}
		s.cache.Drop(id)
	}
	return nil, fmt.Errorf("plan %s, each time its trail was read, %w", id, ErrPruned)
}

// versionsOf reads the versions of a plan up to that of st. It is an errStale if the plan is
// pruned meanwhile.
func (s *Service) versionsOf(ctx context.Context, st *stored) (*versionLog, error) {
	id, begin := st.plan.id, st.anchor.after(0)
	log := &versionLog{id: id, pruned: st.anchor.Seq > 0}
	switch f, _, err := s.beginFold(ctx, st); {
	case err != nil && !errors.Is(err, ErrPruned): // one that was not kept makes the log shorter
		return nil, err
	case err == nil && log.pruned:
		log.begin(&f.p)
	}
	var last []Entry // none or one
	at := begin
	for e, err := range s.entries(ctx, id, begin) {
		switch {
		case err != nil:
			return nil, err
		case e.Seq != at.seq+1:
			return nil, errStale
		}
		if e.Seq > st.plan.st.Changes { // it came meanwhile
			break
		}
		if err := log.add(&e); err != nil {
			return nil, corrupt(id, fmt.Sprintf("event %d", e.Seq), err)
		}
		at, last = e.link(), []Entry{e}
	}
	if broken := st.reaches(begin, last, true); broken != nil {
		if current, err := s.isCurrent(ctx, st); err != nil || current {
			return nil, errors.Join(broken, err)
		}
		return nil, errStale
	}
	now := versionAt(st.plan)
	switch n := len(log.versions); {
	case n == 0:
		log.versions = append(log.versions, now)
	case log.versions[n-1].Number == now.Number: // its content is known even if the way to it is not
		log.versions[n-1].content = now.content
	}
	return log, nil
}

// versionAt is the version that a plan has, as far as the plan itself tells.
func versionAt(p *Plan) contentVersion {
	return contentVersion{Version{Number: p.Version(), Hash: p.Hash(), At: p.st.Edited.At, By: p.st.Edited.By}, &p.def.content}
}

// begin notes what the plan at the anchor tells.
func (l *versionLog) begin(p *Plan) {
	l.versions = append(l.versions, versionAt(p))
	if r := p.st.Request; r != nil && r.State() == approval.Approved {
		l.agreed = agreement{request: r}
		if r.Hash() == p.Hash() && !p.st.Edited.At.After(r.ClosedAt()) { // or else it was a version before
			l.agreed.version = p.Version()
		}
	}
}

// add notes what an entry tells of the content.
func (l *versionLog) add(e *Entry) error {
	next := contentVersion{Version: Version{Seq: e.Seq, At: e.At, By: e.By, Remark: e.Remark}}
	switch {
	case e.Birth != nil:
		def, err := define(e.Birth.Content, e.Birth.ID, 1)
		if err != nil {
			return err
		}
		next.Number, next.Hash, next.content = 1, def.hash, &def.content
	case e.Revision != nil:
		next.Number, next.Hash = e.Revision.Version, e.Revision.Hash
		if n := len(l.versions); n > 0 && l.versions[n-1].content != nil {
			content, err := l.versions[n-1].content.revised(e.Revision)
			if err != nil {
				return err
			}
			next.content = &content
		}
	default:
		if e.Request != nil && e.Request.State() == approval.Approved && (l.agreed.request == nil || l.agreed.request.ID() != e.Request.ID()) {
			l.agreed = agreement{request: e.Request}
			if n := len(l.versions); n > 0 {
				l.agreed.version = l.versions[n-1].Number
			}
		}
		return nil
	}
	l.versions = append(l.versions, next)
	return nil
}
