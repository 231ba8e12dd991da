package workflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// The names of the events of a definition in the log.
const (
	EventWorkflowCreated = "workflow.created"
	EventWorkflowUpdated = "workflow.updated"
	EventWorkflowDeleted = "workflow.deleted"
)

// Definitions are the definitions of a [Service], by key. What is wrong with one is an
// ErrInvalid that tells every fault with its path. A write is committed as a whole, with
// its event in the log, or not at all; after an error of the store the Service
// looks whether it was committed, and what it cannot find then may still be: read
// again to know.
//
// Secrets, which are the values of parameters and variables that say is_credential or
// are of type secret, and tokens of repositories, are stored apart: they are in no event, and
// nothing here shows them. In their places are masks, [Masked] and an id. An
// update that leaves a mask, or moves it with what it is part of, keeps the secret; one that leaves
// a mask where nothing is secret any more has to give the value instead, and is an ErrInvalid.
type Definitions struct{ service *Service }

// Definitions returns the definitions, by key.
func (s *Service) Definitions() Definitions { return Definitions{s} }

// A Workflow is what is known of a definition without reading it.
type Workflow struct {
	Key         string `json:"key"`
	Project     string `json:"project"`
	Name        string `json:"name"` // for people
	Description string `json:"description,omitempty"`
	Disabled    bool   `json:"disabled,omitempty"`
	Version     int64  `json:"-"` // the latest
	Created     Stamp  `json:"-"`
	Updated     Stamp  `json:"-"`
}

func workflowOf(d *Definition) *Workflow {
	return &Workflow{Key: d.Key, Project: d.Project, Name: d.DisplayName(), Description: d.Description, Disabled: d.Disabled}
}

// Resource returns the workflow as an Authorizer is asked about it.
func (w *Workflow) Resource() penstock.Resource {
	return penstock.Resource{Kind: "workflow", ID: w.Key, Name: w.Name, Project: w.Project}
}

func (w *Workflow) uniqueName() *uniqueName {
	return &uniqueName{"a workflow with the name", w.Project, w.Name}
}

func (s *Service) workflows() records[Workflow] {
	return records[Workflow]{service: s, kind: kindWorkflow, fields: func(w *Workflow) map[string][]string {
		return map[string][]string{fieldProject: {w.Project}, fieldText: searchable(w.Key, w.Name)}
	}}
}

// A storedDefinition is one version as it is in the store.
type storedDefinition struct {
	Made       Stamp           `json:"made"`
	Definition json.RawMessage `json:"definition"` // with masks
}

// Create stores a new definition as version 1, or a higher one if there was a
// definition with its key before. A key that is taken, in any project, and a name for people
// that is taken in the project are ErrExists; a project that the Catalog does not know is an ErrNotFound.
// It takes the right to edit.
func (d Definitions) Create(ctx context.Context, def Definition, by penstock.Actor) (Record[Definition], error) {
	s := d.service
	if err := outsider(by); err != nil {
		return Record[Definition]{}, err
	}
	if err := s.authorizer.Ask(ctx, by, penstock.Edit, penstock.Resource{Kind: "workflow", Name: def.DisplayName(), Project: def.Project}); err != nil {
		return Record[Definition]{}, err
	}
	sealed, err := s.seal(&def, nil)
	if err == nil {
		err = s.knowsProject(ctx, def.Project)
	}
	if err != nil {
		return Record[Definition]{}, err
	}
	w := workflowOf(&def)
	return d.write(ctx, w, sealed, by, func(now *storedRecord[Workflow]) (recordWrite[Workflow], error) {
		if now.Value != nil {
			return recordWrite[Workflow]{}, fmt.Errorf("workflow %s: %w", w.Key, penstock.ErrExists)
		}
		return recordWrite[Workflow]{event: EventWorkflowCreated}, nil
	})
}

// seal takes the secrets out of a definition and checks it.
func (s *Service) seal(def *Definition, secrets map[string]string) (*sealedDefinition, error) {
	var c Checker
	if def.checkSizes(&c); c.count() > 0 {
		return nil, c.Faults()
	}
	sealed, err := seal(def, secrets, s.newID)
	if err != nil {
		if faults := def.Validate(s.types); faults != nil { // what cannot be written has some
			return nil, faults
		}
		return nil, err
	}
	for _, f := range penstock.Faults(def.Validate(s.types)) {
		if f.Why == notUTF8 { // JSON has mended that
			c.Fault(f.Field, notUTF8)
		}
	}
	plain := sealed.plain
	return sealed, errors.Join(c.Faults(), plain.Validate(s.types), plain.ValidateVariables(s.types))
}

const notUTF8 = "must be UTF-8"

// write stores a version of a definition, if check lets it.
func (d Definitions) write(ctx context.Context, w *Workflow, sealed *sealedDefinition, by penstock.Actor,
	check func(*storedRecord[Workflow]) (recordWrite[Workflow], error)) (Record[Definition], error) {
	s := d.service
	next, err := s.workflows().write(ctx, w.Key, by, func(now *storedRecord[Workflow]) (recordWrite[Workflow], error) {
		write, err := check(now)
		if err != nil {
			return write, err
		}
		var from *uniqueName
		if now.Value != nil {
			from = now.Value.uniqueName()
		}
		names, err := s.rename(ctx, w.Key, from, w.uniqueName())
		if err != nil {
			return write, err
		}
		write.next = w
		write.ops = func(version int64, made Stamp) ([]store.Op, error) {
			ops, err := versionOps(w.Key, version, storedDefinition{made, sealed.text}, sealed.secrets)
			return append(ops, names...), err
		}
		return write, nil
	})
	if err != nil {
		return Record[Definition]{}, err
	}
	def, err := unseal(sealed.text, nil)
	if err != nil {
		return Record[Definition]{}, err
	}
	return Record[Definition]{Version: next.Version, Value: *def, Created: next.Created, Updated: next.Updated}, nil
}

// versionOps returns the ops that store a version of a definition, and its secrets.
func versionOps(key string, version int64, v storedDefinition, secrets map[string]string) ([]store.Op, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode workflow %s: %w", key, err)
	}
	ops := []store.Op{{Record: store.Record{Key: versionKey(kindDefinition, key, version), Body: body}}}
	if len(secrets) == 0 {
		return ops, nil
	}
	if body, err = json.Marshal(secrets); err != nil {
		return nil, fmt.Errorf("encode secrets of workflow %s: %w", key, err)
	}
	return append(ops, store.Op{Record: store.Record{Key: versionKey(kindSecret, key, version), Body: body}}), nil
}

func versionKey(kind, key string, version int64) store.Key {
	return store.Key{Kind: kind, ID: key + "/" + strconv.FormatInt(version, 10)}
}

// Update lets f change a copy of the latest version and stores what it made of it as
// the next one. A version other than 0 that is not the latest is an ErrConflict, and
// so is a definition that changes while f works. Key and project cannot be
// changed; f may leave them empty. What changes nothing stores nothing. f runs once; its error is
// returned as it is. It takes the right to edit.
func (d Definitions) Update(ctx context.Context, key string, version int64, f func(*Definition) error, by penstock.Actor) (Record[Definition], error) {
	if err := outsider(by); err != nil {
		return Record[Definition]{}, err
	}
	now, err := d.read(ctx, key, penstock.Edit, by)
	if err != nil {
		return Record[Definition]{}, err
	}
	if version != 0 && version != now.Version {
		return Record[Definition]{}, stale("workflow "+key, now.Version, version)
	}
	before, err := d.load(ctx, key, now.Version)
	if err != nil {
		return Record[Definition]{}, err
	}
	var def Definition
	if err := json.Unmarshal(before.text, &def); err != nil {
		return Record[Definition]{}, fmt.Errorf("decode workflow %s: %w", key, err)
	}
	if err := f(&def); err != nil {
		return Record[Definition]{}, err
	}
	if err := def.keepIdentity(now.Value); err != nil {
		return Record[Definition]{}, err
	}
	sealed, err := d.service.seal(&def, before.secrets)
	if err != nil {
		return Record[Definition]{}, err
	}
	if bytes.Equal(sealed.text, before.text) {
		return before.shown(now.Version, now.Created)
	}
	return d.write(ctx, workflowOf(&def), sealed, by, func(current *storedRecord[Workflow]) (recordWrite[Workflow], error) {
		if current.at != now.at {
			return recordWrite[Workflow]{}, fmt.Errorf("workflow %s: %w", key, penstock.ErrConflict)
		}
		return recordWrite[Workflow]{event: EventWorkflowUpdated}, nil
	})
}

// keepIdentity keeps what an update cannot change.
func (d *Definition) keepIdentity(w *Workflow) error {
	var c Checker
	if d.Key, d.Project = first(d.Key, w.Key), first(d.Project, w.Project); d.Key != w.Key {
		c.Fault("name", "cannot be changed")
	}
	if d.Project != w.Project {
		c.Fault("project", "cannot be changed")
	}
	return c.Faults()
}

func stale(what string, now, version int64) error {
	return fmt.Errorf("%s has version %d, not %d: %w", what, now, version, penstock.ErrConflict)
}

// Delete removes a definition, and cancels its runs that have not ended: those that execute something
// are canceled once that has stopped. A version other than 0 that is not the latest is an ErrConflict, and nothing is
// canceled. Runs keep the version that they are of, and stay until they are deleted or pruned;
// views no longer show the workflow. A definition that takes its key later goes on with the versions and
// the numbers of runs. It takes the right to delete.
func (d Definitions) Delete(ctx context.Context, key string, version int64, by penstock.Actor) error {
	if err := outsider(by); err != nil {
		return err
	}
	s := d.service
	if !workflowKey.MatchString(key) {
		return noWorkflow(key)
	}
	asked, err := d.read(ctx, key, penstock.Delete, by)
	if err == nil && (version == 0 || version == asked.Version) {
		err = s.cancelRuns(ctx, key, by)
	}
	if err != nil {
		return err
	}
	_, err = s.workflows().write(ctx, key, by, func(now *storedRecord[Workflow]) (recordWrite[Workflow], error) {
		var none recordWrite[Workflow]
		if now.at != asked.at {
			if err := d.may(ctx, now, penstock.Delete, by); err != nil {
				return none, err
			}
		}
		if version != 0 && version != now.Version {
			return none, stale("workflow "+key, now.Version, version)
		}
		names, err := s.rename(ctx, key, now.Value.uniqueName(), nil)
		return recordWrite[Workflow]{event: EventWorkflowDeleted,
			ops: func(int64, Stamp) ([]store.Op, error) { return names, nil }}, err
	})
	if err != nil {
		return err
	}
	return s.cancelRuns(ctx, key, by) // those that were started meanwhile
}
