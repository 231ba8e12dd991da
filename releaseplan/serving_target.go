package releaseplan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A claim is what is stored about one target: a feature in an environment. Plans
// write it in their own commits. It is never deleted, so that its version tells of
// every change.
type claim struct {
	Feature     string `json:"feature"`
	Environment string `json:"environment"`
	Holder      string `json:"holder,omitempty"`  // id of the plan that is under way there
	Serving     string `json:"serving,omitempty"` // id of the plan whose milestone went live there last, unless that was stopped
	Exposed     bool   `json:"exposed,omitempty"` // a milestone was live there, now or before
}

// stopped returns what there is where no plan serves anything.
func (c claim) stopped() Serving {
	if !c.Exposed {
		return Serving{}
	}
	return Serving{Feature: c.Feature, Environment: c.Environment, Stopped: true}
}

func targetKey(feature, environment string) store.Key {
	sum := sha256.Sum256([]byte(environment + "\x00" + feature))
	return store.Key{Kind: kindTarget, ID: hex.EncodeToString(sum[:])}
}

// claim reads what is stored about a target; version 0 if there was never anything.
func (s *Service) claim(ctx context.Context, feature, environment string) (c claim, version int64, err error) {
	records, err := s.store.Get(ctx, targetKey(feature, environment))
	if err != nil {
		return c, 0, fmt.Errorf("read who rolls out %s in %s: %w", short(feature), short(environment), err)
	}
	if records[0].Version == 0 {
		return claim{Feature: feature, Environment: environment}, 0, nil
	}
	c, err = decodeClaim(records[0])
	return c, records[0].Version, err
}

func decodeClaim(r store.Record) (c claim, err error) {
	if err := json.Unmarshal(r.Body, &c); err != nil {
		return c, fmt.Errorf("%s cannot be read: %w: %s", r.Key, errCorrupt, err.Error())
	}
	return c, nil
}

// holds reports whether the plan keeps others from its target: from the end of its
// planning to its own end, and in a draft that was reopened while it is served.
func (p *Plan) holds() bool {
	return p.def.content.Target != nil && !p.deleted && !p.st.State.Final() && (p.st.State != Draft || p.rollout().Live != "")
}

// exposes reports whether a milestone of the plan is live, as far as the plan
// knows: after its end, another may have taken its place.
func (p *Plan) exposes() bool {
	return p.def.content.Target != nil && !p.deleted && p.rollout().Live != ""
}

// started reports whether a milestone went live since before, and is so still.
func (p *Plan) started(before *Plan) bool {
	a, b := before.rollout(), p.rollout()
	return p.exposes() && (!before.exposes() || a.Live != b.Live || !a.Since.Equal(b.Since))
}

// stoppedSince reports whether what the plan served was taken back since before,
// though it went live only since then.
func (p *Plan) stoppedSince(before *Plan) bool {
	r := p.rollout()
	stopped := !r.Stopped.IsZero() && !r.Stopped.Equal(before.rollout().Stopped)
	return p.def.content.Target != nil && !before.exposes() && !p.exposes() && (stopped || r.Live != "") // live: it was deleted
}

// claims reports whether the step from before takes the target.
func (p *Plan) claims(before *Plan) bool {
	return !before.holds() && (p.holds() || p.started(before))
}

// touchesTarget reports whether the step from before changes what is stored about
// the target.
func (p *Plan) touchesTarget(before *Plan) bool {
	return before.holds() != p.holds() || before.exposes() != p.exposes() || p.started(before) || p.stoppedSince(before) ||
		p.holds() && !before.exposureDue().Equal(p.exposureDue())
}

// exposureDue returns when time may change what the plan serves; zero: not by itself.
// Whoever evaluates has to know of it when that changes.
func (p *Plan) exposureDue() time.Time {
	if p.Archived() || p.st.State.Final() || p.st.State == Canceling {
		return time.Time{}
	}
	_, at := p.appointment()
	if p.startsOnApproval() {
		at = earlier(at, p.opens(p.st.Updated.At))
	}
	return earlier(at, earlier(p.intervalEnds(p.st.Updated.At), p.opening(p.st.Updated.At)))
}

// step returns what is stored about a target after a step of one plan. The plan
// is under way, or at its end and then alone concerned with what it serves itself.
func (c claim) step(before, after *Plan) claim {
	switch id := after.id; {
	case after.holds():
		c.Holder = id
	case c.Holder == id:
		c.Holder = ""
	}
	switch id := after.id; {
	case after.started(before):
		c.Serving, c.Exposed = id, true
	case c.Serving == id && !after.exposes():
		c.Serving = ""
	case after.stoppedSince(before): // it took the place of another, and was stopped, in one step
		c.Serving, c.Exposed = "", true
	}
	return c
}

// saveTarget adds what a step of the plan changes about its target.
func (s *Service) saveTarget(ctx context.Context, ops []store.Op, before, after *Plan) ([]store.Op, error) {
	if before == nil { // a plan that is filed may have gone on at once
		before = &Plan{id: after.id, def: after.def, st: Status{State: Draft}}
	}
	if !after.touchesTarget(before) {
		return ops, nil
	}
	t := after.def.content.Target // while it is touched, it is the same before and after
	c, version, err := s.claim(ctx, t.Feature, t.Environment)
	if err != nil {
		return nil, err
	}
	if after.claims(before) {
		switch rival, err := s.rival(ctx, c, after); {
		case err != nil:
			return nil, err
		case rival != nil: // it came first: the next decision says so
			return nil, errStale
		}
	}
	next := c.step(before, after)
	body, err := json.Marshal(next)
	if err != nil {
		return nil, fmt.Errorf("encode the target of plan %s: %w", after.id, err)
	}
	return append(ops, store.Op{Record: store.Record{Key: targetKey(t.Feature, t.Environment), Version: version, Body: body,
		Fields: map[string][]string{fieldEnvironment: {t.Environment}, fieldFeature: {t.Feature}}}}), nil
}

// rival returns the plan other than p that holds the target of p, or nil.
func (s *Service) rival(ctx context.Context, c claim, p *Plan) (*Plan, error) {
	if c.Holder == "" || c.Holder == p.id {
		return nil, nil
	}
	st, err := s.confirmed(ctx, c.Holder)
	switch {
	case errors.Is(err, penstock.ErrNotFound): // deleted since
		return nil, nil
	case err != nil:
		return nil, err
	case !st.plan.holds() || !st.plan.targets(c): // given up since
		return nil, nil
	}
	return st.plan, nil
}

// targets reports whether the claim is about the plan's target.
func (p *Plan) targets(c claim) bool {
	t := p.def.content.Target
	return t != nil && t.Feature == c.Feature && t.Environment == c.Environment
}

// needsTarget returns what by has to be told if another plan holds the target of
// p, and "" if none does. A plan that by may not read goes unnamed.
func (s *Service) needsTarget(ctx context.Context, p *Plan, by penstock.Actor) (string, error) {
	t := p.def.content.Target
	if t == nil || p.holds() {
		return "", nil
	}
	c, _, err := s.claim(ctx, t.Feature, t.Environment)
	if err != nil {
		return "", err
	}
	rival, err := s.rival(ctx, c, p)
	if err != nil || rival == nil {
		return "", err
	}
	what := fmt.Sprintf("plan %q", short(rival.Name()))
	if err := s.authorizer.Ask(ctx, by, penstock.Read, rival.Resource()); errors.Is(err, penstock.ErrForbidden) {
		what = "another plan"
	} else if err != nil {
		return "", err
	}
	return fmt.Sprintf("the end of %s, which rolls out %s in %s", what, short(t.Feature), short(t.Environment)), nil
}

// targetFree refuses a step that takes a target which another plan holds.
func (s *Service) targetFree(ctx context.Context, before, after *Plan, a Action, by penstock.Actor) error {
	if !after.claims(before) {
		return nil
	}
	needs, err := s.needsTarget(ctx, before, by)
	if err != nil || needs == "" {
		return err
	}
	return &penstock.RefusedError{Action: string(a), State: string(before.st.State), Needs: []string{needs}, Err: ErrTargetTaken}
}

// ErrTargetTaken is behind a penstock.RefusedError: another plan is under way with the same
// feature and environment.
var ErrTargetTaken = errors.New("only one plan at a time has the same feature and environment")
