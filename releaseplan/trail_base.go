package releaseplan

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"github.com/penstock-go/penstock/store"
)

// Who prunes a trail keeps the plan as it was there, so that what follows can
// still be folded. It is kept in the form of Export, in as many records as it takes.
const (
	kindBase  = "plan.base" // <plan>/<part>: the plan as it was at its anchor
	basePart  = 8 << 20     // bytes of a record
	baseParts = MaxExport / basePart
)

// A keptPlan is what the header knows of the plan as it was at its anchor.
type keptPlan struct {
	Parts int    `json:"parts"`
	Sum   string `json:"sum"` // of the document, in hex; keyed if the host seals
}

func (b *keptPlan) sound() bool { return b.Parts > 0 && b.Parts <= baseParts }

func baseKeys(id string, n int) []store.Key {
	keys := make([]store.Key, n)
	for i := range keys {
		keys[i] = store.Key{Kind: kindBase, ID: id + "/" + strconv.Itoa(i)}
	}
	return keys
}

// loadBase returns the plan as it was at its anchor. It is an errStale if the plan was pruned again
// meanwhile, and an ErrPruned if it was not kept.
func (s *Service) loadBase(ctx context.Context, st *stored) (*Plan, error) {
	id := st.plan.id
	if st.base == nil {
		return nil, fmt.Errorf("plan %s as it was at its change %d %w", id, st.anchor.Seq, ErrPruned)
	}
	records, err := s.store.Get(ctx, baseKeys(id, st.base.Parts)...)
	if err != nil {
		return nil, err
	}
	var doc []byte
	for _, r := range records {
		doc = append(doc, r.Body...)
	}
	if hex.EncodeToString(s.sum(doc)) != st.base.Sum {
		now, err := s.bounds(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case now.anchor.Seq != st.anchor.Seq:
			return nil, errStale
		}
		return nil, &TrailError{Plan: id, Kind: TrailAltered, Seq: st.anchor.Seq, Why: "the plan that was kept when the trail was pruned to it is another"}
	}
	d, err := readDocument(doc)
	if err != nil {
		return nil, corrupt(id, "the plan at its anchor", err)
	}
	def, err := define(d.Content, d.ID, d.Version)
	if err != nil {
		return nil, corrupt(id, "the plan at its anchor", err)
	}
	p := &Plan{id: d.ID, number: d.Number, def: def, st: d.Status}
	if err := p.restore(d.Tasks); err != nil {
		return nil, corrupt(id, "the plan at its anchor", err)
	}
	if p.id != id || p.st.Changes != st.anchor.Seq || def.hash != d.Hash {
		return nil, corrupt(id, "the plan at its anchor", errCorrupt)
	}
	return p, nil
}

// saveBase returns the ops that keep p as the plan at the anchor in the place of
// the one before. A nil p, or one too large to be read again, is not kept.
func (s *Service) saveBase(ctx context.Context, st *stored, p *Plan) (*keptPlan, []store.Op, error) {
	var doc []byte
	if p != nil {
		var err error
		if doc, err = Export(p); err != nil {
			return nil, nil, err
		}
	}
	var parts [][]byte
	if len(doc) <= MaxExport {
		parts = slices.Collect(slices.Chunk(doc, basePart))
	}
	had := 0
	if st.base != nil {
		had = st.base.Parts
	}
	records, err := s.store.Get(ctx, baseKeys(st.plan.id, max(had, len(parts)))...)
	if err != nil {
		return nil, nil, err
	}
	var ops []store.Op
	for i, r := range records {
		switch {
		case i < len(parts):
			ops = append(ops, store.Op{Record: store.Record{Key: r.Key, Version: r.Version, Body: parts[i]}})
		case r.Version != 0:
			ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: r.Key, Version: r.Version}})
		}
	}
	if len(parts) == 0 {
		return nil, ops, nil
	}
	return &keptPlan{Parts: len(parts), Sum: hex.EncodeToString(s.sum(doc))}, ops, nil
}

// dropBase adds the ops that remove what was kept at the anchor of a plan.
func (s *Service) dropBase(ctx context.Context, ops []store.Op, st *stored) ([]store.Op, error) {
	if st.base == nil {
		return ops, nil
	}
	_, more, err := s.saveBase(ctx, st, nil)
	return append(ops, more...), err
}
