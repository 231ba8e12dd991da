package releaseplan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// VerifyState is [Service.Verify], and also holds the plan as it is stored against
// what its trail makes of it: they must be the same. Where they are not, a [*StateError]
// tells. A plan that was pruned without being kept as it was then, as early releases did, is an
// [ErrPruned].
func (s *Service) VerifyState(ctx context.Context, id string, by penstock.Actor) (Proof, error) {
	if _, err := s.readTrail(ctx, id, by); err != nil {
		return Proof{}, err
	}
	for range maxTries {
		proof, err := s.replay(ctx, id)
		if !errors.Is(err, errStale) {
			return proof, err
		}
	}
	return Proof{}, fmt.Errorf("plan %s, each time its trail was read, %w", id, ErrPruned)
}

// replay proves the trail once and folds it. It is an errStale if the plan is pruned
// meanwhile.
func (s *Service) replay(ctx context.Context, id string) (Proof, error) {
	st, err := s.load(ctx, id) // not what is in the cache
	switch {
	case errors.Is(err, penstock.ErrNotFound):
		return (&trailWalk{plans: s, id: id}).run(ctx)
	case err != nil:
		return Proof{}, err
	}
	f, _, err := s.beginFold(ctx, st)
	if err != nil {
		return Proof{}, err
	}
	var broken error // counts only if the chain is whole: or else that says more
	walk := &trailWalk{plans: s, id: id, each: func(e *store.Event) error {
		if broken == nil && e.Seq <= st.plan.st.Changes { // or else it came meanwhile
			broken = f.addEvent(id, e)
		}
		return nil
	}}
	proof, err := walk.run(ctx)
	switch {
	case errors.Is(err, ErrPruned):
		return Proof{}, errStale
	case err != nil:
		return Proof{}, err
	case walk.from.Seq != st.anchor.Seq:
		return Proof{}, errStale
	case broken != nil:
		return Proof{}, broken
	}
	p, err := f.plan()
	if err != nil {
		return Proof{}, corrupt(id, "the trail", err)
	}
	return proof, sameState(id, p, st.plan)
}

// addEvent makes the change of an event so.
func (f *folding) addEvent(id string, e *store.Event) error {
	var entry Entry
	err := entry.UnmarshalJSON(e.Body)
	if err == nil {
		err = f.add(&entry.Change)
	}
	if err != nil {
		return corrupt(id, fmt.Sprintf("entry %d of the trail", e.Seq), err)
	}
	return nil
}

// sameState fails if two plans differ.
func sameState(id string, a, b *Plan) error {
	var docs [2]map[string]any
	for i, p := range []*Plan{a, b} {
		doc, err := Export(p)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(doc, &docs[i]); err != nil {
			return err
		}
		delete(docs[i], "sum")
	}
	if paths := differences(nil, "", docs[0], docs[1]); len(paths) > 0 {
		return &StateError{Plan: id, Paths: paths}
	}
	return nil
}

const maxDifferences = 16

// differences appends the paths at which two JSON values differ.
func differences(paths []string, at string, a, b any) []string {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		all := maps.Clone(x)
		maps.Copy(all, y)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			path := short(name)
			if at != "" {
				path = at + "." + path
			}
			paths = differences(paths, path, x[name], y[name])
		}
		return paths
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			break
		}
		for i := range x {
			paths = differences(paths, at+"["+strconv.Itoa(i)+"]", x[i], y[i])
		}
		return paths
	default:
		if _, ok := b.(map[string]any); ok {
			break
		}
		if _, ok := b.([]any); ok {
			break
		}
		if a == b {
			return paths
		}
	}
	if len(paths) < maxDifferences {
		paths = append(paths, at)
	}
	return paths
}
