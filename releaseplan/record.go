package releaseplan

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A plan is stored split by how often its parts change: a header that every
// commit writes, so that its version is the plan's and its only lock; the content
// of the plan and of each phase, which edits write; and the statuses of the
// tasks, chunk by chunk. These are the kinds of record.
const (
	kindPlan    = "plan"         // <plan>: the header
	kindContent = "plan.content" // <plan>: the content without its phases
	kindPhase   = "plan.phase"   // <plan>/<place>: the content of a phase
	kindTasks   = "plan.tasks"   // <plan>/<place of the phase>/<chunk>: statuses
	kindSecret  = "plan.secret"  // <plan>/<variable>: the value of a secret variable
	kindName    = "plan.name"    // a hash of folder and name: the plan that bears it
	kindKey     = "plan.key"     // <plan>/<hash of an idempotency key>: the first answer
	kindErrand  = "plan.errand"  // <plan>/<errand>: the Runner that goes about it
	kindTarget  = "plan.target"  // a hash of environment and feature: the plans that roll it out there
)

// Fields of a header that List, Runners and hosts can ask for.
const (
	fieldNumber   = "number"
	fieldName     = "name"
	fieldState    = "state"
	fieldOwner    = "owner"  // Party.Key
	fieldFolder   = "folder" // Folder.Key
	fieldArchived = "archived"
	fieldPlanned  = "planned_start"
	fieldEnd      = "planned_end"
	fieldUpdated  = "updated"
	fieldLabel    = "label"   // name=value
	fieldWake     = "wake"    // when time does something by itself
	fieldWork     = "work"    // kinds of tasks that wait for a Runner, and "stop:<lease>"
	fieldLease    = "lease"   // Runners that carry attempts out
	fieldRequest  = "request" // an approval that its provider is asked about: see requestValue
	fieldRollout  = "rollout" // records of a rollout.Service that it refers to, as kind:id
)

// Fields of a target.
const (
	fieldFeature     = "feature"
	fieldEnvironment = "environment"
)

// A header is the record that every commit of a plan writes.
type header struct {
	Number  int64                    `json:"number,omitempty"`
	Key     []byte                   `json:"key"`
	Version int64                    `json:"version"`
	Hash    string                   `json:"hash"`
	Status  Status                   `json:"status"`
	Sizes   []int                    `json:"sizes"`  // tasks of each phase
	Counts  [][len(taskStates)]int32 `json:"counts"` // enabled tasks of each phase, by state
	Chunks  []int                    `json:"chunks"` // stored chunks of statuses of each phase
	Head    string                   `json:"head"`   // hash of the latest event, in hex
	Commit  string                   `json:"commit"` // id of the commit that wrote this, or of the one before it that changed the plan
	Anchor  *Anchor                  `json:"anchor,omitempty"`
	Base    *keptPlan                `json:"base,omitempty"` // the plan as it was at the anchor
}

// A stored plan is a plan as a store has it: with the versions of its records
// and the end of its chain of events. It is immutable.
type stored struct {
	plan    *Plan
	version int64 // of the header
	content int64 // of the content record
	phases  []int64
	chunks  [][]int64
	head    []byte
	anchor  Anchor
	base    *keptPlan // nil: the plan as it was at the anchor is not kept
	commit  string
	header  int // bytes of its record
	bytes   int // of the other records
}

func planKey(id string) store.Key    { return store.Key{Kind: kindPlan, ID: id} }
func contentKey(id string) store.Key { return store.Key{Kind: kindContent, ID: id} }
func phaseKey(id string, i int) store.Key {
	return store.Key{Kind: kindPhase, ID: id + "/" + strconv.Itoa(i)}
}
func chunkKey(id string, i, c int) store.Key {
	return store.Key{Kind: kindTasks, ID: id + "/" + strconv.Itoa(i) + "/" + strconv.Itoa(c)}
}
func secretKey(id, name string) store.Key {
	return store.Key{Kind: kindSecret, ID: id + "/" + name}
}

// headerRecord returns the header of a plan as it is to be stored.
func headerRecord(p *Plan, s *stored) (store.Record, error) {
	h := header{Number: p.number, Key: p.key, Version: p.def.version, Hash: p.def.hash, Status: p.st,
		Sizes: make([]int, len(p.phases)), Counts: make([][len(taskStates)]int32, len(p.phases)), Chunks: make([]int, len(p.phases)),
		Head: hex.EncodeToString(s.head), Commit: s.commit, Base: s.base}
	if s.anchor.Seq > 0 {
		h.Anchor = &s.anchor
	}
	for i, phase := range p.phases {
		h.Sizes[i], h.Counts[i] = len(p.def.phases[i].Tasks), phase.counts
		for _, c := range phase.chunks {
			if c != nil {
				h.Chunks[i]++
			}
		}
	}
	body, err := json.Marshal(h)
	if err != nil {
		return store.Record{}, fmt.Errorf("encode plan %s: %w", p.id, err)
	}
	return store.Record{Key: planKey(p.id), Version: s.version, Sort: p.number, Fields: p.fields(), Body: body}, nil
}

// fields returns what can be asked about a plan.
func (p *Plan) fields() map[string][]string {
	c := &p.def.content
	f := map[string][]string{
		fieldName: {c.Name}, fieldState: {string(p.st.State)}, fieldOwner: {c.Owner.Key()},
		fieldArchived: {strconv.FormatBool(p.Archived())}, fieldUpdated: {store.Time(p.st.Updated.At)},
	}
	if p.number > 0 {
		f[fieldNumber] = []string{strconv.FormatInt(p.number, 10)}
	}
	if key := c.Folder.Key(); key != "" {
		f[fieldFolder] = []string{key}
	}
	start, end := p.plannedStart(), time.Time{}
	switch {
	case p.st.Effective != nil:
		end = p.st.Effective.Finish()
	case c.Planned != nil:
		end = c.Planned.Finish()
	case c.Window != nil:
		start, end = c.Window.Start, c.Window.End
	}
	if !start.IsZero() {
		f[fieldPlanned] = []string{store.Time(start)}
	}
	if !end.IsZero() {
		f[fieldEnd] = []string{store.Time(end)}
	}
	for _, k := range slices.Sorted(maps.Keys(c.Labels)) { // in order: fields that stay the same touch no index
		f[fieldLabel] = append(f[fieldLabel], labelValue(k, c.Labels[k]))
	}
	if values := p.referenceValues(); len(values) > 0 {
		f[fieldRollout] = values
	}
	if r := p.remoteRequest(); r != nil && r.Instance() != "" {
		f[fieldRequest] = []string{requestValue(r.Kind(), r.Instance())}
	}
	p.workFields(f)
	return f
}

// labelValue is how a label is asked for. One that is long is cut, which may find
// too much but never too little.
func labelValue(k, v string) string {
	s := k + "=" + v
	return strings.ToValidUTF8(s[:min(len(s), store.MaxValue)], "")
}

// workFields adds what Runners look for.
func (p *Plan) workFields(f map[string][]string) {
	if p.rules != nil && p.rules.Calendars != nil {
		p = p.under(nil) // they may change while the record stays: who finds the plan asks them again
	}
	if due, _ := p.due(p.st.Updated.At); !due.IsZero() {
		f[fieldWake] = []string{store.Time(due)}
	}
	add := func(field, value string) {
		if slices.Contains(f[field], value) {
			return
		}
		if len(f[field]) < store.MaxValues {
			f[field] = append(f[field], value)
		}
	}
	for _, s := range p.phases {
		if s.busy() == 0 {
			continue
		}
		for j := range s.active.all() {
			if a := s.task(j).current(); a != nil && a.Lease != "" {
				add(fieldLease, a.Lease)
			}
		}
	}
	kinds := 0 // of tasks that could start: once all are found, no other step matters
	if i := p.current(); i < len(p.phases) {
		kinds = p.def.phases[i].kinds
	}
	found := make(map[string]bool)
	for step := range p.pending(p.st.Updated.At) {
		add(fieldWork, workValue(step))
		if step.Kind == StepStart {
			if found[step.Handler] = true; len(found) >= kinds {
				break
			}
		}
	}
}

// workValue is the value of the work field that tells of a step.
func workValue(s Step) string {
	switch s.Kind {
	case StepStop:
		return "stop:" + s.Lease
	case StepRequest, StepPoll, StepRetract:
		return "approval"
	case StepCheck:
		return "check:" + s.Handler
	case StepMeasure:
		return "measure"
	default:
		return "kind:" + s.Handler
	}
}

// load reads the whole plan with id, as of one moment.
func (s *Service) load(ctx context.Context, id string) (*stored, error) {
	for range maxTries {
		records, err := s.store.Get(ctx, planKey(id))
		if err != nil {
			return nil, err
		}
		if records[0].Version == 0 {
			return nil, notFound(id)
		}
		var h header
		if err := json.Unmarshal(records[0].Body, &h); err != nil || !h.sound() {
			return nil, corrupt(id, "header", err)
		}
		keys := []store.Key{planKey(id), contentKey(id)}
		for i, n := range h.Sizes {
			keys = append(keys, phaseKey(id, i))
			for c := range (n + chunkSize - 1) / chunkSize {
				keys = append(keys, chunkKey(id, i, c))
			}
		}
		parts, err := s.store.Get(ctx, keys...)
		if err != nil {
			return nil, err
		}
		if parts[0].Version == 0 {
			return nil, notFound(id)
		}
		if parts[0].Version != records[0].Version {
			continue // it changed in between: its parts may be others
		}
		return s.decode(id, &h, parts)
	}
	return nil, fmt.Errorf("plan %s is never the same twice: %w", id, penstock.ErrConflict)
}

// sound reports whether the numbers of a header can be.
func (h *header) sound() bool {
	tasks := 0
	for _, n := range h.Sizes {
		if n < 0 || n > MaxTasks {
			return false
		}
		tasks += n
	}
	if h.Anchor != nil && !h.Anchor.sound(h.Status.Changes) || h.Base != nil && (h.Anchor == nil || !h.Base.sound()) {
		return false
	}
	return h.Version > 0 && tasks <= MaxTasks && len(h.Sizes) <= MaxPhases && len(h.Counts) == len(h.Sizes) && len(h.Chunks) == len(h.Sizes)
}

// corrupt says that a part of a plan is not what it was when it was stored. What
// is wrong with it is nobody's input, so that it is no ErrInvalid.
func corrupt(id, part string, why error) error {
	if why == nil {
		return fmt.Errorf("plan %s: %s cannot be read: %w", id, part, errCorrupt)
	}
	return fmt.Errorf("plan %s: %s cannot be read: %w: %s", id, part, errCorrupt, why.Error()) // not wrapped: it is no fault of a caller
}

func notFound(id string) error { return fmt.Errorf("plan %q: %w", short(id), penstock.ErrNotFound) }

// decode makes a plan of its records.
func (s *Service) decode(id string, h *header, parts []store.Record) (*stored, error) {
	head, err := hex.DecodeString(h.Head)
	if err != nil {
		return nil, corrupt(id, "header", err)
	}
	out := &stored{version: parts[0].Version, content: parts[1].Version, head: head, base: h.Base, commit: h.Commit,
		header: len(parts[0].Body), bytes: len(parts[1].Body)}
	if h.Anchor != nil {
		out.anchor = *h.Anchor
	}
	def := &definition{version: h.Version, hash: h.Hash, index: make(map[string]taskRef), raw: parts[1].Body}
	if err := json.Unmarshal(parts[1].Body, &def.content); err != nil || def.content.Name == "" {
		return nil, corrupt(id, "content", err)
	}
	raws, bodies := make([][]byte, len(h.Sizes)), make([][][]byte, len(h.Sizes))
	def.content.Phases = make([]Phase, len(h.Sizes))
	at := 2
	for i, n := range h.Sizes {
		raws[i] = parts[at].Body
		if err := json.Unmarshal(parts[at].Body, &def.content.Phases[i]); err != nil || len(def.content.Phases[i].Tasks) != n {
			return nil, corrupt(id, fmt.Sprintf("phase %d", i), err)
		}
		out.phases = append(out.phases, parts[at].Version)
		out.bytes += len(parts[at].Body)
		at++
		var versions []int64
		for range (n + chunkSize - 1) / chunkSize {
			bodies[i] = append(bodies[i], parts[at].Body)
			versions = append(versions, parts[at].Version)
			out.bytes += len(parts[at].Body)
			at++
		}
		out.chunks = append(out.chunks, versions)
	}
	if err := def.link(raws); err != nil {
		return nil, corrupt(id, "content", err)
	}
	p := &Plan{id: id, number: h.Number, key: h.Key, rules: &s.rules, def: def, st: h.Status}
	for i, phase := range def.phases {
		status, err := decodePhase(phase, bodies[i], h.Chunks[i])
		if err != nil || status.counts != h.Counts[i] {
			return nil, corrupt(id, fmt.Sprintf("status of the tasks of phase %d", i), err)
		}
		p.phases = append(p.phases, status)
	}
	p.recount()
	var v validator
	if v.status(p); len(v.faults) > 0 {
		return nil, corrupt(id, "status", errors.Join(v.faults...))
	}
	out.plan = p
	return out, nil
}
