package releaseplan

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

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

// An answer is what the first command with an idempotency key came to.
type answer struct {
	Command string `json:"command"` // hash
	Seq     int64  `json:"seq"`     // of the latest change after it
}

func answerKey(id, key string) store.Key {
	sum := sha256.Sum256([]byte(key))
	return store.Key{Kind: kindKey, ID: id + "/" + hex.EncodeToString(sum[:16])}
}

// commandHash tells commands apart: by what is asked and who asks. It is keyed by
// the idempotency key, which is not stored, since a command may hold a secret.
func commandHash(c Command, by penstock.Actor) (string, error) {
	c.Members = nil // looked up, not asked
	doc, err := json.Marshal(struct {
		Command Command `json:"command"`
		By      string  `json:"by"`
	}{c, by.ID})
	if err != nil {
		return "", penstock.Invalid("command", "cannot be written as JSON: %v", err)
	}
	mac := hmac.New(sha256.New, []byte(c.Key))
	mac.Write(doc)
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// answerOp returns the op that records the first answer to an idempotency key.
func answerOp(id string, c Command, by penstock.Actor, seq int64) (store.Op, error) {
	hash, err := commandHash(c, by)
	if err != nil {
		return store.Op{}, err
	}
	body, err := json.Marshal(answer{Command: hash, Seq: seq})
	if err != nil {
		return store.Op{}, err
	}
	return store.Op{Record: store.Record{Key: answerKey(id, c.Key), Body: body}}, nil
}

// answered returns the first answer to the command's idempotency key, if there
// was one: the plan as it was then. Another command with the key is an ErrExists.
func (s *Service) answered(ctx context.Context, id string, c Command, by penstock.Actor) (*Plan, error) {
	if c.Key == "" {
		return nil, nil
	}
	records, err := s.store.Get(ctx, answerKey(id, c.Key))
	if err != nil || records[0].Version == 0 {
		return nil, err
	}
	var a answer
	if err := json.Unmarshal(records[0].Body, &a); err != nil {
		return nil, fmt.Errorf("plan %s: the answer to a key cannot be read: %w", id, err)
	}
	p, gone := s.asOf(ctx, id, a.Seq)
	if gone != nil && !errors.Is(gone, ErrPruned) {
		return nil, gone
	}
	if err := s.askAgain(ctx, id, p, c, by); err != nil {
		return nil, err
	}
	if hash, err := commandHash(c, by); err != nil || a.Command != hash {
		return nil, fmt.Errorf("another command with the key %q: %w", short(c.Key), penstock.ErrExists)
	}
	if gone != nil {
		return nil, fmt.Errorf("the command with the key %q was carried out, but %w: %w", short(c.Key), gone, penstock.ErrExists)
	}
	return p, nil
}

// askAgain asks the Authorizer before an earlier answer is shown: about the plan as
// it is stored or, if it is gone, as it was then, unless that was pruned.
func (s *Service) askAgain(ctx context.Context, id string, then *Plan, c Command, by penstock.Actor) error {
	if s.authorizer == nil || by.ID == penstock.SystemID {
		return nil
	}
	on := penstock.Resource{Kind: "plan", ID: id}
	switch st, err := s.confirmed(ctx, id); {
	case err == nil:
		on = st.plan.Resource()
	case !errors.Is(err, penstock.ErrNotFound):
		return err
	case then != nil:
		on = then.Resource()
	}
	return s.authorizer(ctx, by, c.Action.Right(), on)
}

// asOf returns the plan as it was after one of its changes. Of a plan that was
// pruned only the present is left; the past is an ErrPruned.
func (s *Service) asOf(ctx context.Context, id string, seq int64) (*Plan, error) {
	st, err := s.confirmed(ctx, id)
	switch {
	case err == nil && st.anchor.Seq > 0 && st.plan.st.Changes == seq:
		return st.plan, nil
	case err == nil && st.anchor.Seq > 0:
		return nil, fmt.Errorf("plan %s after its change %d %w", id, seq, ErrPruned)
	case err != nil && !errors.Is(err, penstock.ErrNotFound): // one that was deleted has a trail still
		return nil, err
	}
	var changes []Change
	for e, err := range s.entries(ctx, id, link{}) {
		if err != nil {
			return nil, err
		}
		if len(changes) == 0 && e.Seq > 1 { // meanwhile
			return nil, fmt.Errorf("plan %s after its change %d %w", id, seq, ErrPruned)
		}
		if e.Seq > seq {
			break
		}
		changes = append(changes, e.Change)
	}
	p, err := Fold(changes)
	if err != nil {
		return nil, fmt.Errorf("plan %s: its changes make no plan: %w", id, err)
	}
	p.rules = &s.rules
	return p, nil
}
