package template

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/records"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
)

// Config is what a Service needs to know. Only Store is required.
type Config struct {
	Store store.Store

	// Authorizer is asked about every template as it is stored, as a resource of kind
	// "template", before it is shown or changed. To archive one takes the right to delete it. Default:
	// allows everything. It must not write through the Service: some writes ask while they hold
	// their turn, and it would wait for itself.
	Authorizer penstock.Authorizer

	// Catalog looks up the strategies and segments that milestones name. Default: any will do.
	Catalog *rollout.Catalog

	// Rollout keeps the segments and custom strategies that milestones name, in the
	// same store: unknown ones are faults, and so are segments of another project and
	// parameters that a custom strategy does not take. And a template takes part in what keeps them from being
	// deleted, if its own Config.References asks [Service.References]. Default: any will do.
	Rollout *rollout.Service

	Limit int              // templates that are not archived, of all projects together; default: DefaultLimit
	Now   func() time.Time // default: time.Now

	// NewID returns ids of templates and of their milestones, strategies and safeguards: 1
	// to 64 letters, digits, - or _. Another one is an error of the write; one that a template
	// has already is an ErrExists. It is called by several goroutines at once. Default: ULIDs.
	NewID func() string
}

// A Service keeps templates in a store. It is safe for concurrent use, and any
// number of them may share a store. Templates that go in or come out are the
// caller's own.
//
// A write is committed as a whole, with its event in the log, or not at all. One
// that others overtake is decided again, at most ten times; then the error is an
// ErrConflict. After other errors of the store the Service looks whether it was
// committed; what it cannot find then may still be: read again to know.
type Service struct {
	store      store.Store
	authorizer penstock.Authorizer
	catalog    *rollout.Catalog
	rollout    *rollout.Service
	limit      int
	now        func() time.Time
	newID      func() string
	writer     *records.Writer[head]
	all        store.Collection[Template]
	versions   store.Collection[Template]
}

// The kinds of records.
const (
	kindTemplate = "template"
	kindVersion  = "template.version" // <template>/<version>
	kindName     = "template.name"    // a hash of the name: it is taken
	kindHead     = "template.head"
)

// The fields that records are found by.
const (
	fieldName     = "name"
	fieldProject  = "project"
	fieldArchived = "archived"
	fieldSegment  = "segment"  // that a milestone names
	fieldStrategy = "strategy" // that a milestone names, if it is a custom one
	fieldTemplate = "template" // of a version
)

// NewService returns a Service over cfg.Store. A Config that cannot be is an
// ErrInvalid that tells every fault.
func NewService(cfg Config) (*Service, error) {
	var v validator
	if cfg.Store == nil {
		v.fault("store", "must be set")
	}
	if cfg.Limit < 0 {
		v.fault("limit", "must not be negative")
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	s := &Service{
		store: cfg.Store, authorizer: cfg.Authorizer, catalog: cfg.Catalog, rollout: cfg.Rollout, limit: cfg.Limit,
		now: cfg.Now, newID: cfg.NewID,
	}
	if s.limit == 0 {
		s.limit = DefaultLimit
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = penstock.NewIDs(s.now).New
	}
	s.writer = newWriter(s)
	s.all = store.Collection[Template]{Store: s.store, Kind: kindTemplate, Fields: fields,
		Sort: func(t Template) int64 { return t.Created.At.UnixMicro() }}
	s.versions = store.Collection[Template]{Store: s.store, Kind: kindVersion,
		Sort: func(t Template) int64 { return t.Version },
		Fields: func(t Template) map[string][]string {
			return map[string][]string{fieldTemplate: {t.ID}, fieldName: {t.Name}, fieldProject: {t.Project}}
		}}
	return s, nil
}

func fields(t Template) map[string][]string {
	f := map[string][]string{fieldName: {t.Name}, fieldProject: {t.Project}, fieldArchived: {strconv.FormatBool(t.archived())}}
	for _, r := range t.references() {
		field := referenceField(r.Kind)
		f[field] = append(f[field], r.ID)
	}
	return f
}

func (t *Template) archived() bool { return !t.Archived.IsZero() }

func versionID(id string, n int64) string { return id + "/" + strconv.FormatInt(n, 10) }

func nameKey(name string) store.Key {
	sum := sha256.Sum256([]byte(name))
	return store.Key{Kind: kindName, ID: hex.EncodeToString(sum[:])}
}

// load returns the template with id and the version of its record.
func (s *Service) load(ctx context.Context, id string) (t Template, version int64, err error) {
	if !isID(id) {
		return t, 0, fmt.Errorf("%s %s: %w", kindTemplate, clip(id), penstock.ErrNotFound)
	}
	return s.all.Get(ctx, id)
}

// isID reports whether a record can have the id.
func isID(id string) bool {
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

// ask asks the Authorizer.
func (s *Service) ask(ctx context.Context, by penstock.Actor, right penstock.Right, t *Template) error {
	return s.authorizer.Ask(ctx, by, right, penstock.Resource{Kind: kindTemplate, ID: t.ID, Name: t.Name, Project: t.Project})
}

// read returns the template with id if by has the right.
func (s *Service) read(ctx context.Context, id string, right penstock.Right, by penstock.Actor) (Template, int64, error) {
	t, version, err := s.load(ctx, id)
	if err == nil {
		err = s.ask(ctx, by, right, &t)
	}
	if err != nil {
		return Template{}, 0, err
	}
	return t, version, nil
}

// A LimitError says that there are as many templates as there may be. It is a
// penstock.ErrRefused.
type LimitError struct{ Limit int }

func (e *LimitError) Error() string {
	return fmt.Sprintf("there are %d templates already that are not archived", e.Limit)
}

// Is reports whether target is penstock.ErrRefused.
func (e *LimitError) Is(target error) bool { return target == penstock.ErrRefused }

func refused(action string) error {
	return &penstock.RefusedError{Action: action, State: "archived", Allowed: []string{"unarchive", "delete"}}
}

// stampOf says who writes, and when.
func stampOf(by penstock.Actor, at time.Time) releaseplan.Stamp {
	return releaseplan.Stamp{By: penstock.Party{Type: penstock.User, ID: by.ID, Name: by.Name}, At: at}
}
