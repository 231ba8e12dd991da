package rollout

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/records"
	"github.com/penstock-go/penstock/store"
)

// Config is what a Service needs to know. Only Store is required.
type Config struct {
	Store store.Store

	// Authorizer is asked about every record as it is stored before it is shown or
	// changed; to archive a feature takes the right to delete it. Default: allows everything.
	Authorizer penstock.Authorizer

	// References returns what refers to a record besides the features, in words: plans,
	// templates. What is referred to cannot be deleted, nor a feature be archived. Default: nothing does.
	// Who stores such a reference takes part with [Service.Refer].
	References func(ctx context.Context, on Ref) ([]string, error)

	// Legal returns the values that a context field can have; none: any.
	Legal func(field string) []string

	// Stickiness returns that of a project's flexibleRollout strategies where they
	// have none. Default: [StickyDefault].
	Stickiness func(project string) string

	Limits Limits
	Now    func() time.Time // default: time.Now
	NewID  func() string    // of strategies; default: ULIDs
}

// A Service keeps segments, features, environments and the definitions of custom
// strategies in a store. It is safe for concurrent use, and any number of them may share a
// store. The functions of its Config are called while writes wait: they must not
// write through the Service, nor ask it for a State.
type Service struct {
	store        store.Store
	authorizer   penstock.Authorizer
	references   func(ctx context.Context, on Ref) ([]string, error)
	legal        func(field string) []string
	stickiness   func(project string) string
	now          func() time.Time
	newID        func() string
	writer       *records.Writer[head]
	segments     *Records[int, Segment]
	features     *Records[string, Flag]
	environments *Records[string, Environment]
	strategies   *Records[string, Definition]
}

// NewService returns a Service over cfg.Store. A Config that cannot be is an
// ErrInvalid that tells every fault.
func NewService(cfg Config) (*Service, error) {
	limits, err := cfg.Limits.withDefaults(cfg.Store != nil)
	if err != nil {
		return nil, err
	}
	s := &Service{
		store: cfg.Store, authorizer: cfg.Authorizer, references: cfg.References, legal: cfg.Legal, stickiness: cfg.Stickiness,
		now: cfg.Now, newID: cfg.NewID,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = penstock.NewIDs(s.now).New
	}
	if s.stickiness == nil {
		s.stickiness = func(string) string { return StickyDefault }
	}
	s.writer = newWriter(s)
	s.segments = newRecords(s, KindSegment, limits.Segments, segmentRules{s})
	s.features = newRecords(s, KindFeature, limits.Features, flagRules{s})
	s.environments = newRecords(s, KindEnvironment, limits.Environments, environmentRules{})
	s.strategies = newRecords(s, KindStrategy, limits.Strategies, definitionRules{})
	return s, nil
}

// Stickiness returns that of a project's flexibleRollout strategies where they have none.
func (s *Service) Stickiness(project string) string { return s.stickiness(project) }

// Segments are the segments, by id. The Service gives the ids: 1, 2, 3 and so on.
func (s *Service) Segments() *Records[int, Segment] { return s.segments }

// Features are the features, by name.
func (s *Service) Features() *Records[string, Flag] { return s.features }

// Environments are the environments, by name.
func (s *Service) Environments() *Records[string, Environment] { return s.environments }

// Strategies are the definitions of custom strategies, by name.
func (s *Service) Strategies() *Records[string, Definition] { return s.strategies }

// formatVersion is that of the client API's features.
const formatVersion = 2

// State returns what an evaluator of the environment compiles, as of one moment:
// every feature that is not archived, and every segment. A feature that has no
// setting there is off. Disabled strategies are part of it. An environment that is unknown is an
// ErrNotFound. Writes of this Service that overtake it are made to wait; if those of others
// overtake it ten times, the error is an ErrConflict. It is the host's to decide who sees a State: no
// Authorizer is asked.
func (s *Service) State(ctx context.Context, environment string) (State, error) {
	var state State
	err := s.writer.Steady(ctx, func(ctx context.Context) (err error) {
		if _, err = s.environments.load(ctx, environment); err == nil {
			state, err = s.state(ctx, environment)
		}
		return err
	})
	if err != nil {
		return State{}, err
	}
	return state, nil
}

// state reads without regard to who writes.
func (s *Service) state(ctx context.Context, environment string) (State, error) {
	state := State{Version: formatVersion, Features: []Feature{}}
	live := store.Query{Where: []store.Filter{store.Equals(fieldArchived, "false")}}
	for f, err := range s.features.each(ctx, live) {
		if err != nil {
			return State{}, err
		}
		state.Features = append(state.Features, f.Value.In(environment))
	}
	for g, err := range s.segments.each(ctx, store.Query{}) {
		if err != nil {
			return State{}, err
		}
		state.Segments = append(state.Segments, g.Value)
	}
	return state, nil
}

// Revision returns a number that grows with every write of any record, so that
// who has compiled a State knows when it is old. It is 0 if nothing was ever written.
func (s *Service) Revision(ctx context.Context) (int64, error) {
	_, h, err := s.writer.Head(ctx)
	return h.Revision, err
}

// ask asks the Authorizer.
func (s *Service) ask(ctx context.Context, by penstock.Actor, right penstock.Right, kind, id, name, project string) error {
	return s.authorizer.Ask(ctx, by, right, penstock.Resource{Kind: kind, ID: id, Name: name, Project: project})
}

// get returns the records with these keys that exist.
func (s *Service) get(ctx context.Context, keys []store.Key) (map[store.Key]store.Record, error) {
	found := make(map[store.Key]store.Record, len(keys))
	for len(keys) > 0 {
		n := min(len(keys), store.MaxOps)
		records, err := s.store.Get(ctx, keys[:n]...)
		if err != nil {
			return nil, fmt.Errorf("read what is referred to: %w", err)
		}
		for _, r := range records {
			if r.Version != 0 {
				found[r.Key] = r
			}
		}
		keys = keys[n:]
	}
	return found, nil
}
