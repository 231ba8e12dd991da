package workflow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// may reports whether a definition is there and by has a right on it.
func (d Definitions) may(ctx context.Context, w *storedRecord[Workflow], right penstock.Right, by penstock.Actor) error {
	if w.Value == nil {
		return noWorkflow(w.id)
	}
	return d.service.authorizer.Ask(ctx, by, right, w.Value.Resource())
}

func noWorkflow(key string) error {
	return fmt.Errorf("workflow %q: %w", short(key), penstock.ErrNotFound)
}

// read returns what is known of a definition, if by has a right on it.
func (d Definitions) read(ctx context.Context, key string, right penstock.Right, by penstock.Actor) (storedRecord[Workflow], error) {
	if !workflowKey.MatchString(key) {
		return storedRecord[Workflow]{}, noWorkflow(key)
	}
	w, err := d.service.workflows().load(ctx, key)
	if err == nil {
		err = d.may(ctx, &w, right, by)
	}
	if err != nil {
		return storedRecord[Workflow]{}, err
	}
	return w, nil
}

// A loadedDefinition is one version with its secrets.
type loadedDefinition struct {
	made    Stamp
	text    []byte // with masks
	secrets map[string]string
}

// load reads a version. One that is not there is an ErrNotFound.
func (d Definitions) load(ctx context.Context, key string, version int64) (*loadedDefinition, error) {
	all, err := d.loadAll(ctx, key, version, version)
	if err == nil && len(all) == 0 {
		err = noVersion(key, version)
	}
	if err != nil {
		return nil, err
	}
	return all[version], nil
}

// loadAll reads the versions from one to another, those that exist.
func (d Definitions) loadAll(ctx context.Context, key string, from, to int64) (map[int64]*loadedDefinition, error) {
	keys := make([]store.Key, 0, 2*(to-from+1))
	for v := from; v <= to; v++ {
		keys = append(keys, versionKey(kindDefinition, key, v), versionKey(kindSecret, key, v))
	}
	found, err := d.service.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	all := make(map[int64]*loadedDefinition, len(found)/2)
	for i := 0; i < len(found); i += 2 {
		if found[i].Version == 0 {
			continue
		}
		var stored storedDefinition
		var l loadedDefinition
		err := json.Unmarshal(found[i].Body, &stored)
		if err == nil && found[i+1].Version != 0 {
			err = json.Unmarshal(found[i+1].Body, &l.secrets)
		}
		if err != nil {
			return nil, fmt.Errorf("decode %s: %w", found[i].Key, err)
		}
		l.made, l.text = stored.Made, stored.Definition
		all[from+int64(i/2)] = &l
	}
	return all, nil
}

// shown returns a version without its secrets.
func (l *loadedDefinition) shown(version int64, created Stamp) (Record[Definition], error) {
	def, err := unseal(l.text, nil)
	if err != nil {
		return Record[Definition]{}, err
	}
	return Record[Definition]{Version: version, Value: *def, Created: created, Updated: l.made}, nil
}

func noVersion(key string, version int64) error {
	return fmt.Errorf("version %d of workflow %q: %w", version, short(key), penstock.ErrNotFound)
}
