package releaseplan

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/bell"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/internal/keylock"
	"github.com/penstock-go/penstock/internal/lru"
	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
)

// Config is what a Service needs to know. Only Store is required.
type Config struct {
	Store      store.Store
	Directory  penstock.Directory                  // default: penstock.Trust
	Authorizer penstock.Authorizer                 // default: allows everything
	Providers  map[approval.Kind]approval.Provider // of approvals that are decided elsewhere; one may be an [approval.Checker] and an [approval.Pacer]

	// Permit replaces the rules of ownership: see [Rules]. Default: [Owners].
	Permit func(by penstock.Actor, c Command, p *Plan) error

	// References returns what refers to a plan, in words; a plan that is referred
	// to cannot be deleted. Default: nothing does.
	References func(ctx context.Context, planID string) ([]string, error)

	// Rollout keeps the segments, custom strategies, features and environments that
	// plans refer to, over the same Store. With it, what does not exist cannot be
	// referred to, what is referred to cannot be deleted if
	// [Service.RolloutReferences] is its References, and plans are finalized only
	// if their strategies fit. Default: references are not checked.
	Rollout *rollout.Service

	// Calendars say when nothing may go on: a *calendar.Set, or a *calendar.Book
	// for ones that change while the Service runs. Every process that shares the
	// Store should have the same. Default: always open.
	Calendars calendar.Source

	// UniqueNames refuses a name that another plan in the same folder bears.
	UniqueNames bool

	// Seal replaces SHA-256 as the hash of the audit trail, so that who has no
	// key cannot forge it: see [HMAC]. It must always be the same function, safe for
	// concurrent use, which leaves the event as it is.
	Seal func(event []byte) []byte

	// KeepKeys is how long idempotency keys are remembered after their first use; see
	// [Command.Key] and [Service.ForgetKeys]. It is measured by the clocks of who writes and who
	// reads, so those should agree far better. Default: 24 h; negative: for ever.
	KeepKeys time.Duration

	CacheBytes int64            // of plans kept in memory, about; default: 32 MiB; negative: none
	Now        func() time.Time // default: time.Now
	NewID      func() string    // default: ULIDs
}

const (
	defaultCache = 32 << 20
	maxTries     = 10 // of a command that others' commits overtake
)

// A Service keeps plans in a store and lets actors act on them: it loads a plan,
// asks it, and commits what came of it, with its audit events, in one piece. It is
// safe for concurrent use, and any number of them may share a store. Every method
// that takes an actor asks the [penstock.Authorizer] about the plan as it is
// stored before it does or shows anything.
type Service struct {
	store       store.Store
	directory   penstock.Directory
	authorizer  penstock.Authorizer
	providers   map[approval.Kind]approval.Provider
	pace        map[approval.Kind]time.Duration // between two polls of an instance
	references  func(ctx context.Context, planID string) ([]string, error)
	rollout     *rollout.Service
	uniqueNames bool
	seal        func([]byte) []byte
	rules       Rules
	now         func() time.Time
	newID       func() string
	cache       *lru.Cache[string, *stored] // by id
	locks       keylock.Locks
	bell        bell.Bell
	keys        *idempotency.Keys
	rings       rings
}

// New returns a Service over cfg.Store. Without one, whatever is asked of the
// Service is an ErrInvalid that says so.
func New(cfg Config) *Service {
	s := &Service{
		store: cfg.Store, directory: cfg.Directory, authorizer: cfg.Authorizer, providers: cfg.Providers,
		references: cfg.References, rollout: cfg.Rollout, uniqueNames: cfg.UniqueNames, seal: cfg.Seal, now: cfg.Now, newID: cfg.NewID,
		rules: Rules{Permit: cfg.Permit, Calendars: cfg.Calendars}, bell: bell.Bell{Kind: kindPlan},
	}
	if cfg.Store == nil {
		s.store = noStore{}
	}
	if cfg.Rollout != nil {
		s.rules.Stickiness = cfg.Rollout.Stickiness
	}
	if s.directory == nil {
		s.directory = penstock.Trust{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = penstock.NewIDs(s.now).New
	}
	s.pace = make(map[approval.Kind]time.Duration, len(cfg.Providers))
	for kind, from := range cfg.Providers {
		s.rules.Providers, s.pace[kind] = append(s.rules.Providers, kind), approval.Every(from)
	}
	s.keys = idempotency.New(s.store, kindKey, cfg.KeepKeys, s.now)
	s.rules.CheckApproval = func(p approval.Policy) error { return approval.Check(cfg.Providers[p.Kind], p) }
	switch {
	case cfg.CacheBytes == 0:
		s.cache = lru.New[string, *stored](defaultCache)
	case cfg.CacheBytes > 0:
		s.cache = lru.New[string, *stored](cfg.CacheBytes)
	default:
		s.cache = lru.New[string, *stored](0)
	}
	return s
}

// Create files a new draft with the content and returns it. An owner that is not
// set is the actor. What is wrong with the content is an ErrInvalid that tells
// every fault with its path; a name that is taken, where names are unique, is
// an ErrExists.
func (s *Service) Create(ctx context.Context, c Content, by penstock.Actor) (*Plan, error) {
	return s.CreateWith(ctx, Creation{Content: c}, by)
}

// CreateThen is [Service.Create], and lets the new plan do commands in the same
// commit, one after another: the plan is filed with all that came of them, or not at
// all. The commands are those of [Command.Then]; their errors are those of [Service.Do].
func (s *Service) CreateThen(ctx context.Context, c Content, then []Command, by penstock.Actor) (*Plan, error) {
	return s.CreateWith(ctx, Creation{Content: c, Then: then}, by)
}

// create files a new draft that does commands, and answers to a key if there is a slot.
func (s *Service) create(ctx context.Context, c *Content, then []Command, slot *idempotency.Slot, by penstock.Actor) (*Plan, error) {
	id := s.newID()
	if checkID(id) != nil {
		return nil, fmt.Errorf("the id %q that Config.NewID made cannot be one of a plan", short(id))
	}
	if err := c.Validate(); err != nil { // before numbers are taken for it
		return nil, err
	}
	content := c.clone()
	if content.Owner.IsZero() {
		content.Owner = penstock.Party{Type: penstock.User, ID: by.ID, Name: by.Name}
	}
	lookErr := s.look(ctx, &content, nil) // the folder as it is, not as it was called
	if err := s.lookTarget(ctx, &content, nil, by); err != nil {
		return nil, err
	}
	if err := s.authorizer.Ask(ctx, by, penstock.Edit, content.resource("")); err != nil {
		return nil, err
	}
	if lookErr != nil {
		return nil, lookErr
	}
	forgetNumbers(&content, false)
	first, err := s.number(ctx, &content, 1)
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	p, changes, err := NewPlan(Identity{ID: id, Number: first, Key: key, Rules: &s.rules}, content, by, s.now())
	if err != nil {
		return nil, err
	}
	for range maxTries {
		next, all, err := s.decideAll(ctx, p, slices.Clip(changes), slices.Values(then), by)
		if err != nil {
			return nil, err
		}
		ops, out, err := s.save(nil, next, all, s.newID())
		if err != nil {
			return nil, err
		}
		if slot != nil {
			op, err := slot.Op(answer{Plan: next.id, Seq: next.st.Changes})
			if err != nil {
				return nil, err
			}
			ops = append(ops, op)
		}
		done, err := s.commitAround(ctx, ops, nil, out)
		switch {
		case errors.Is(err, errStale): // another plan took its target: the next decision says so
			continue
		case err != nil:
			return nil, err
		}
		return done.plan, nil
	}
	return nil, fmt.Errorf("the target of plan %q was taken %d times meanwhile: %w", short(p.Name()), maxTries, penstock.ErrConflict)
}

// look asks the Directory about the owner and the folder, unless they are as they
// were, and fills in their ids and names.
func (s *Service) look(ctx context.Context, c, before *Content) error {
	var v validator
	if before == nil || c.Owner != before.Owner {
		switch info, err := s.directory.Party(ctx, c.Owner); {
		case errors.Is(err, penstock.ErrNotFound):
			v.fault("owner", "%q is not known", short(c.Owner.Label()))
		case err != nil:
			return fmt.Errorf("owner %s: %w", short(c.Owner.Label()), err)
		case !info.Active:
			v.fault("owner", "%s is inactive", short(c.Owner.Label()))
		default:
			c.Owner.Type, c.Owner.ID, c.Owner.Name = info.Type, info.ID, info.Name
		}
	}
	if c.Folder.Key() != "" && (before == nil || c.Folder != before.Folder) {
		switch info, err := s.directory.Folder(ctx, c.Folder); {
		case errors.Is(err, penstock.ErrNotFound):
			v.fault("folder", "%q is not known", short(c.Folder.Key()))
		case err != nil:
			return fmt.Errorf("folder %s: %w", short(c.Folder.Key()), err)
		default:
			c.Folder = info.Folder
		}
	}
	return errors.Join(v.faults...)
}

// forgetNumbers drops numbers that a caller gave to phases and tasks: they come
// from the store. Those of parts that are in a plan already may be spared.
func forgetNumbers(c *Content, onlyNew bool) {
	for i := range c.Phases {
		if p := &c.Phases[i]; !onlyNew || p.ID == "" {
			p.Number = 0
		}
		for j := range c.Phases[i].Tasks {
			if t := &c.Phases[i].Tasks[j]; !onlyNew || t.ID == "" {
				t.Number = 0
			}
		}
	}
}

// number gives numbers to the phases and tasks that have none, after extra
// numbers of which it returns the first.
func (s *Service) number(ctx context.Context, c *Content, extra int) (first int64, err error) {
	n := extra
	for i := range c.Phases {
		if c.Phases[i].Number == 0 {
			n++
		}
		for j := range c.Phases[i].Tasks {
			if c.Phases[i].Tasks[j].Number == 0 {
				n++
			}
		}
	}
	if n == 0 {
		return 0, nil
	}
	first, err = s.store.Next(ctx, "penstock.number", n)
	if err != nil {
		return 0, fmt.Errorf("take numbers: %w", err)
	}
	next := first + int64(extra)
	take := func(number *int64) {
		if *number == 0 {
			*number = next
			next++
		}
	}
	for i := range c.Phases {
		take(&c.Phases[i].Number)
		for j := range c.Phases[i].Tasks {
			take(&c.Phases[i].Tasks[j].Number)
		}
	}
	return first, nil
}

// Get returns the plan with id as it is now: what time has done by itself is
// done, whether or not somebody has stored it yet.
func (s *Service) Get(ctx context.Context, id string, by penstock.Actor) (*Plan, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	return st.plan.At(s.now()), nil
}

// GetByNumber returns the plan with a number, as Get does.
func (s *Service) GetByNumber(ctx context.Context, number int64, by penstock.Actor) (*Plan, error) {
	found, err := s.store.Find(ctx, store.Query{Kind: kindPlan, Where: []store.Filter{store.Equals(fieldNumber, strconv.FormatInt(number, 10))}, Limit: 1, NoBody: true})
	if err != nil {
		return nil, err
	}
	if len(found.Records) == 0 {
		return nil, fmt.Errorf("plan number %d: %w", number, penstock.ErrNotFound)
	}
	return s.Get(ctx, found.Records[0].ID, by)
}

// read returns the plan as it is stored now, if by has a right on it.
func (s *Service) read(ctx context.Context, id string, by penstock.Actor, right penstock.Right) (*stored, error) {
	st, err := s.confirmed(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := s.authorizer.Ask(ctx, by, right, st.plan.Resource()); err != nil {
		return nil, err
	}
	return st, nil
}

// confirmed returns the plan as it is stored now: from the cache only if the
// version of its header is still the stored one.
func (s *Service) confirmed(ctx context.Context, id string) (*stored, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	st, _ := s.cache.Get(id)
	if st == nil {
		return s.fetch(ctx, id)
	}
	current, err := s.isCurrent(ctx, st)
	if err != nil || current {
		return st, err
	}
	return s.fetch(ctx, id)
}

// isCurrent reports whether nobody has committed the plan since.
func (s *Service) isCurrent(ctx context.Context, st *stored) (bool, error) {
	records, err := s.store.Get(ctx, planKey(st.plan.id))
	if err != nil {
		return false, err
	}
	return records[0].Version == st.version, nil
}

// fetch reads the plan from the store into the cache.
func (s *Service) fetch(ctx context.Context, id string) (*stored, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	st, err := s.load(ctx, id)
	if err != nil {
		s.cache.Drop(id)
		return nil, err
	}
	s.keep(st)
	return st, nil
}

// checkID keeps what cannot be an id from the store.
func checkID(id string) error {
	if id == "" || len(id) > 64 {
		return notFound(id)
	}
	for _, r := range id {
		if r <= ' ' || r == '/' || r > '~' {
			return notFound(id)
		}
	}
	return nil
}
