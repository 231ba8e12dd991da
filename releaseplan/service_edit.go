package releaseplan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
)

// Edit lets f change a copy of the plan's content and stores what it made of it.
// New phases and tasks have no id; those that were there keep theirs. A version
// other than 0 that is not that of the content is an ErrConflict, and so is content
// that changes while f works, or a plan that others commit while it is stored: an
// edit is never decided again. It has no key: a [Service.Do] with [Edit] may have one. To move a plan takes the right to edit it in both
// folders. An edit that changes nothing stores nothing. f runs once; its error is returned as it is.
func (s *Service) Edit(ctx context.Context, id string, version int64, f func(*Content) error, by penstock.Actor) (*Plan, error) {
	st, err := s.read(ctx, id, by, penstock.Edit)
	if err != nil {
		return nil, err
	}
	if version == 0 {
		version = st.plan.Version()
	}
	if version != st.plan.Version() {
		return nil, fmt.Errorf("plan %s has version %d, not %d: %w", id, st.plan.Version(), version, penstock.ErrConflict)
	}
	content := st.plan.Content()
	if err := f(&content); err != nil {
		return nil, err
	}
	return s.Do(ctx, id, Command{Action: Edit, Content: &content, IfVersion: version}, by)
}

// Delete removes the plan for good. Its events stay in the log of the store.
func (s *Service) Delete(ctx context.Context, id string, by penstock.Actor) error {
	_, err := s.Do(ctx, id, Command{Action: Delete}, by)
	return err
}

// A Copy says in what a copy differs from its source. The zero value of a field
// takes over what the source has.
type Copy struct {
	Name        string          // default: the source's, and " (copy)"
	Description *string         //
	Owner       penstock.Party  // default: the source's
	Folder      penstock.Folder // default: the source's
	Start       time.Time       // all times are shifted so that the plan starts then; see [Content.Shift]

	Key    string `json:"-"` // makes it idempotent: see [Creation]
	KeyFor string `json:"-"` // what the Key stands for: see [Command.KeyFor]
}

// Duplicate files a copy of the plan as a new draft: the same content with new
// ids, no status, and secret variables that are not set. It takes the right to
// read the source and to edit the copy. An owner who is inactive is an ErrInvalid.
func (s *Service) Duplicate(ctx context.Context, id string, as Copy, by penstock.Actor) (*Plan, error) {
	if err := outsider(by); err != nil {
		return nil, err
	}
	return s.once(ctx, as.Key, as.KeyFor, duplication{id, as}, by, func(slot *idempotency.Slot) (*Plan, error) {
		c, err := s.copyOf(ctx, id, as, by)
		if err != nil {
			return nil, err
		}
		return s.create(ctx, c, nil, slot, by)
	})
}

// copyOf returns the content of a copy.
func (s *Service) copyOf(ctx context.Context, id string, as Copy, by penstock.Actor) (*Content, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	if err := st.plan.permit(by, Command{Action: Duplicate}); err != nil {
		return nil, err
	}
	c := st.plan.Duplicate(s.newID())
	c.Name = as.Name
	if c.Name == "" {
		c.Name = copyName(st.plan.Name())
	}
	if as.Description != nil {
		c.Description = *as.Description
	}
	if !as.Owner.IsZero() {
		c.Owner = as.Owner
	}
	if as.Folder != (penstock.Folder{}) {
		c.Folder = as.Folder
	}
	if !as.Start.IsZero() {
		if err := c.Shift(as.Start); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// copyName is the name of a copy that was given none.
func copyName(name string) string {
	const suffix = " (copy)"
	if r := []rune(name); len(r)+len(suffix) > MaxName {
		name = string(r[:MaxName-len(suffix)])
	}
	return name + suffix
}

// Export returns the plan as [Export] writes it, but for the one-time code of its latest
// check: who may read a plan may not answer for others. In its place is a digest.
func (s *Service) Export(ctx context.Context, id string, by penstock.Actor) ([]byte, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	if err := st.plan.permit(by, Command{Action: ExportPlan}); err != nil {
		return nil, err
	}
	return Export(st.plan.withoutCode())
}

// withoutCode returns the plan with a digest in the place of the code of its latest check.
func (p *Plan) withoutCode() *Plan {
	if p.st.Gate == nil {
		return p
	}
	q, gate := *p, *p.st.Gate
	sum := sha256.Sum256([]byte(gate.Code))
	gate.Code = "sha256:" + hex.EncodeToString(sum[:16])
	q.st.Gate = &gate
	return &q
}

// Import files the content of an exported plan as a new draft, with new ids and
// secret variables that are not set. A document that is no plan is an ErrInvalid.
func (s *Service) Import(ctx context.Context, doc []byte, by penstock.Actor) (*Plan, error) {
	return s.CreateWith(ctx, Creation{Document: doc}, by)
}
