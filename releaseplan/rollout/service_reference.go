package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Ref names a record.
type Ref struct {
	Kind string // [KindSegment] or one of its neighbours
	ID   string // its name; of a segment its id in decimal
}

func (r Ref) String() string { return r.Kind + " " + r.ID }

// field is where features have what they refer to.
func (r Ref) field() string {
	switch r.Kind {
	case KindSegment:
		return fieldSegment
	case KindStrategy:
		return fieldStrategy
	case KindEnvironment:
		return fieldEnvironment
	case KindFeature:
		return fieldParent
	default:
		return ""
	}
}

// An InUseError says what still refers to a record that was to go. It is a
// penstock.ErrRefused.
type InUseError struct {
	On Ref
	By []string // in words; what the actor may not read goes unnamed
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("%s is in use by %s", e.On, strings.Join(e.By, ", "))
}

// Is reports whether target is penstock.ErrRefused.
func (e *InUseError) Is(target error) bool { return target == penstock.ErrRefused }

// References returns what refers to a record that by may read, in words: features, archived
// ones too, and what [Config].References tells. Features beyond the first 100, and those
// that by may not read, are counted and go unnamed. A record that is unknown is an ErrInvalid.
func (s *Service) References(ctx context.Context, on Ref, by penstock.Actor) ([]string, error) {
	if _, err := s.exist(ctx, on); err != nil {
		return nil, err
	}
	if err := s.askRead(ctx, on, by); err != nil {
		return nil, err
	}
	return s.referrers(ctx, on, by)
}

// askRead asks whether by may read a record that exists.
func (s *Service) askRead(ctx context.Context, on Ref, by penstock.Actor) (err error) {
	switch on.Kind {
	case KindSegment:
		id, _ := strconv.Atoi(on.ID)
		_, err = s.segments.Get(ctx, id, by)
	case KindFeature:
		_, err = s.features.Get(ctx, on.ID, by)
	case KindEnvironment:
		_, err = s.environments.Get(ctx, on.ID, by)
	case KindStrategy:
		_, err = s.strategies.Get(ctx, on.ID, by)
	}
	return err
}

// referrers is References without regard to who asks about the record.
func (s *Service) referrers(ctx context.Context, on Ref, by penstock.Actor) ([]string, error) {
	found, err := s.features.all.Find(ctx, store.Query{Where: []store.Filter{store.Equals(on.field(), on.ID)}, Total: true})
	if err != nil {
		return nil, err
	}
	var words []string
	hidden := max(0, found.Total-len(found.Items))
	for _, e := range found.Items {
		switch err := s.features.ask(ctx, by, penstock.Read, &e.Value.Value); {
		case err == nil:
			words = append(words, Ref{KindFeature, e.ID}.String())
		case errors.Is(err, penstock.ErrForbidden):
			hidden++
		default:
			return nil, err
		}
	}
	if hidden > 0 {
		words = append(words, fmt.Sprintf("%d more that are not shown", hidden))
	}
	if s.references == nil {
		return words, nil
	}
	more, err := s.references(ctx, on)
	if err != nil {
		return nil, fmt.Errorf("look for references to %s: %w", on, err)
	}
	return append(words, more...), nil
}

// unused returns an InUseError if something refers to the record.
func (s *Service) unused(ctx context.Context, on Ref, by penstock.Actor) error {
	words, err := s.referrers(ctx, on, by)
	if err == nil && len(words) > 0 {
		return &InUseError{On: on, By: words}
	}
	return err
}

// Refer returns the op with which others store references of their own: it
// belongs in the Commit that stores them. Without it a record could be deleted just before; with it
// that Commit fails with a penstock.ErrConflict if anything was written since. A
// record that is unknown and a feature that is archived are each an ErrInvalid.
func (s *Service) Refer(ctx context.Context, refs ...Ref) (store.Op, error) {
	version, h, err := s.writer.Head(ctx)
	if err != nil {
		return store.Op{}, err
	}
	found, err := s.exist(ctx, refs...)
	var v validator
	for _, r := range refs {
		if slices.Contains(found[r.key()].Fields[fieldArchived], "true") {
			v.fault("", "%s is archived", r)
		}
	}
	if err := errors.Join(append([]error{err}, v.faults...)...); err != nil {
		return store.Op{}, err
	}
	return s.writer.Next(&h, version)
}

// exist returns the records that do, and a fault for every other.
func (s *Service) exist(ctx context.Context, refs ...Ref) (map[store.Key]store.Record, error) {
	var keys []store.Key
	for _, r := range refs {
		if r.valid() {
			keys = append(keys, r.key())
		}
	}
	found, err := s.get(ctx, keys)
	if err != nil {
		return nil, err
	}
	var v validator
	for _, r := range refs {
		if _, ok := found[r.key()]; !ok {
			v.fault("", "%s is unknown", clip(r.String()))
		}
	}
	return found, errors.Join(v.faults...)
}

// valid reports whether a record can have this name.
func (r Ref) valid() bool { return r.field() != "" && validName(r.ID) }

func (r Ref) key() store.Key { return store.Key{Kind: "rollout." + r.Kind, ID: r.ID} }

func validName(name string) bool {
	var v validator
	v.name("", name)
	return v.faults == nil
}
