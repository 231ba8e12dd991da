package releaseplan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// commitAround writes ops with what stands beside the plan. What plans share, the
// head of a rollout.Service or a target, others may have written meanwhile: then
// it is read again, and what was decided about the plan stands.
func (s *Service) commitAround(ctx context.Context, ops []store.Op, before *Plan, out *stored) (*stored, error) {
	if len(s.newReferences(before, out.plan)) > 0 { // all that do so write the head
		unlock, err := s.locks.Lock(ctx, headTurn)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	var seen int64
	if before != nil {
		seen = before.st.Changes
	}
	why := ""
	for range maxTries {
		all, err := s.saveAround(ctx, slices.Clip(ops), before, out.plan)
		if err != nil {
			return nil, err
		}
		done, err := s.commit(ctx, all, out, seen)
		if !isShared(err) {
			return done, err
		}
		why = ""
		if ofRollout(err) {
			why = ", or Config.Rollout is over another Store"
		}
	}
	return nil, fmt.Errorf("what plan %s shares with others changed %d times meanwhile%s: %w", out.plan.id, maxTries, why, penstock.ErrConflict)
}

// headTurn is whose turn it is to write the head of a rollout.Service: no plan has this id.
const headTurn = "/rollout"

// isShared reports whether a commit ran into one of another plan or of a
// rollout.Service.
func isShared(err error) bool {
	var op *store.OpError
	return ofRollout(err) || errors.As(err, &op) && op.Key.Kind == kindTarget
}

// ofRollout reports whether a commit ran into a record of a rollout.Service.
func ofRollout(err error) bool {
	var op *store.OpError
	return errors.As(err, &op) && strings.HasPrefix(op.Key.Kind, "rollout.")
}

// saveAround adds the records that stand beside a plan: the name that it takes or
// leaves, the values of its secrets, the target that it holds or serves, and the
// head of the records that it begins to refer to. They change seldom, so their
// versions are read when they do.
func (s *Service) saveAround(ctx context.Context, ops []store.Op, before, after *Plan) ([]store.Op, error) {
	ops, err := s.saveTarget(ctx, ops, before, after)
	if err == nil {
		ops, err = s.saveReferences(ctx, ops, before, after)
	}
	if err != nil {
		return nil, err
	}
	puts := make(map[store.Key][]byte)
	drops := make(map[store.Key]bool)
	deleted := after.deleted
	if s.uniqueNames && (before == nil || deleted || nameKey(before) != nameKey(after)) {
		if before != nil {
			drops[nameKey(before)] = true
		}
		if !deleted {
			puts[nameKey(after)] = []byte(after.id)
		}
	}
	for name, value := range after.secrets {
		puts[secretKey(after.id, name)] = []byte(value)
	}
	if before != nil && (before.def != after.def || deleted) {
		for _, v := range before.def.content.Variables {
			if v.Secret && v.Digest != "" && (deleted || !hasSecret(after, v.Name)) {
				drops[secretKey(before.id, v.Name)] = true
			}
		}
	}
	if len(puts)+len(drops) == 0 {
		return ops, nil
	}
	keys := slices.Concat(slices.Collect(maps.Keys(puts)), slices.Collect(maps.Keys(drops)))
	records, err := s.store.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	for i, r := range records {
		switch {
		case i < len(puts):
			op := store.Op{Record: store.Record{Key: r.Key, Version: r.Version, Body: puts[r.Key]}}
			if r.Kind == kindName {
				op.Version = 0 // it must be free
			}
			ops = append(ops, op)
		case r.Kind == kindName && string(r.Body) != after.id: // another plan bears it
		case r.Version != 0:
			ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: r.Key, Version: r.Version}})
		}
	}
	return ops, nil
}

func hasSecret(p *Plan, name string) bool {
	return slices.ContainsFunc(p.def.content.Variables, func(v Variable) bool { return v.Secret && v.Name == name })
}

// nameKey is the record that makes a plan's name unique in its folder.
func nameKey(p *Plan) store.Key {
	sum := sha256.Sum256([]byte(p.def.content.Folder.Key() + "\x00" + p.def.content.Name))
	return store.Key{Kind: kindName, ID: hex.EncodeToString(sum[:])}
}

// removal returns the ops that delete every record of a plan, with its last events.
func (s *Service) removal(base *stored, events []store.Event) []store.Op {
	id := base.plan.id
	ops := []store.Op{{Kind: store.Delete, Record: store.Record{Key: planKey(id), Version: base.version}, Events: events}}
	add := func(k store.Key, version int64) {
		if version != 0 {
			ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: k, Version: version}})
		}
	}
	add(contentKey(id), base.content)
	for i, version := range base.phases {
		add(phaseKey(id, i), version)
		for c, version := range base.chunks[i] {
			add(chunkKey(id, i, c), version)
		}
	}
	return ops
}

// secretValues reads the values of a plan's secret variables.
func (s *Service) secretValues(ctx context.Context, p *Plan) (map[string]string, error) {
	var keys []store.Key
	for _, v := range p.def.content.Variables {
		if v.Secret && v.Digest != "" {
			keys = append(keys, secretKey(p.id, v.Name))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	records, err := s.store.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	values := make(map[string]string, len(keys))
	for _, r := range records {
		if r.Version == 0 {
			return nil, fmt.Errorf("plan %s: the value of a secret variable is gone: %w", p.id, errCorrupt)
		}
		values[r.ID[len(p.id)+1:]] = string(r.Body)
	}
	return values, nil
}
