package workflow

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/bell"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/internal/keylock"
	"github.com/penstock-go/penstock/internal/lru"
	"github.com/penstock-go/penstock/store"
)

// Config is what a Service needs to know. Only Store is required.
type Config struct {
	Store      store.Store
	Types      *Types              // of jobs; default: the built-in ones
	Directory  penstock.Directory  // default: penstock.Trust
	Authorizer penstock.Authorizer // default: allows everything; asked about Resource{Kind: "workflow"}
	Catalog    Catalog             // default: believes every name

	// Providers are asked for the approvals that are decided elsewhere. If an engine was attached with
	// types of jobs, or there is any, a workflow that needs another cannot be started, nor one
	// that asks for what its provider says, as an [approval.Checker], that it cannot ask for. A Local
	// polls each as often as [approval.Every] says.
	Providers map[approval.Kind]approval.Provider

	// Limit is how many runs of all workflows can be under way at once; 0 means any
	// number. It holds for all Services over the Store, which must agree on it.
	Limit int

	// KeepKeys is how long idempotency keys are remembered after their first use; see
	// [Command.Key] and [Service.ForgetKeys]. It is measured by the clocks of who writes and who
	// reads, so those should agree far better. Default: 24 h; negative: for ever.
	KeepKeys time.Duration

	LogBytes   int64            // of one log that are kept; default: DefaultLogBytes
	CacheBytes int64            // of runs kept in memory, about; default: 32 MiB; negative: none
	Now        func() time.Time // default: time.Now
	NewID      func() string    // default: ULIDs
}

const (
	defaultCache = 32 << 20
	maxTries     = 10 // of a command that others' commits overtake
)

// A Service keeps definitions, runs, views and tickets in a store and lets actors act on
// them: it loads what they act on, asks it, and commits what came of it, with its
// audit events, in one piece. It is safe for concurrent use, and any number of
// them may share a store. Every method that takes an actor asks the
// [penstock.Authorizer] about the workflow as it is stored before it does or shows anything.
//
// A Service decides and stores; what its runs have to do an [Engine] carries out.
type Service struct {
	store      store.Store
	types      *Types
	directory  penstock.Directory
	authorizer penstock.Authorizer
	catalog    Catalog // nil: every name is believed
	providers  map[approval.Kind]approval.Provider
	pace       map[approval.Kind]time.Duration // between two polls of an instance
	limit      int
	now        func() time.Time
	newID      func() string

	keys        *idempotency.Keys
	logs        *Logs
	graphs      graphCache
	definitions *lru.Cache[definitionAt, *Definition]
	cache       *lru.Cache[string, *storedRun] // by id
	locks       keylock.Locks
	bell        bell.Bell
	scratches   sync.Pool // of *scratch

	mu       sync.RWMutex
	engines  []Engine
	executed map[string]bool // types of jobs that attached engines execute; nil if none told
	locals   []*Local        // those that are running
}

// New returns a Service over cfg.Store. What is wrong with cfg is an ErrInvalid.
func New(cfg Config) (*Service, error) {
	var faults []error
	if cfg.Store == nil {
		faults = append(faults, penstock.Invalid("Store", "is required"))
	}
	if cfg.Limit < 0 {
		faults = append(faults, penstock.Invalid("Limit", "must not be negative"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	s := &Service{
		store: cfg.Store, types: cfg.Types, directory: cfg.Directory, authorizer: cfg.Authorizer, catalog: cfg.Catalog,
		providers: cfg.Providers, limit: cfg.Limit, now: cfg.Now, newID: cfg.NewID, bell: bell.Bell{Kind: kindRun},
		graphs:      graphCache{lru.New[graphKey, *graph](graphMemory)},
		definitions: lru.New[definitionAt, *Definition](maxDefinitionCache),
	}
	s.pace = make(map[approval.Kind]time.Duration, len(cfg.Providers))
	for kind, from := range cfg.Providers {
		s.pace[kind] = approval.Every(from)
	}
	if s.types == nil {
		types, err := NewTypes()
		if err != nil {
			return nil, err
		}
		s.types = types
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
	switch {
	case cfg.CacheBytes == 0:
		s.cache = lru.New[string, *storedRun](defaultCache)
	default:
		s.cache = lru.New[string, *storedRun](max(0, cfg.CacheBytes))
	}
	s.keys = idempotency.New(s.store, kindRunKey, cfg.KeepKeys, s.now)
	s.logs = NewLogs(LogsConfig{Store: s.store, MaxBytes: cfg.LogBytes, Now: s.now, Ended: s.logEnded})
	return s, nil
}

// outsider keeps the library's own actor to the library.
func outsider(by penstock.Actor) error {
	if by.ID == penstock.SystemID {
		return fmt.Errorf("the actor id %q is the library's own: %w", by.ID, penstock.ErrForbidden)
	}
	return nil
}

// known reports whether an error of Commit says that nothing was written.
func known(err error) bool {
	return errors.Is(err, penstock.ErrConflict) || errors.Is(err, penstock.ErrExists) || errors.Is(err, penstock.ErrInvalid) || errors.Is(err, store.ErrClosed)
}

// isConflict reports whether somebody else's commit came first.
func isConflict(err error) bool {
	_, ok := errors.AsType[*store.OpError](err)
	return ok
}

// lookTimeout bounds the search for a commit whose outcome is not known.
const lookTimeout = 10 * time.Second
