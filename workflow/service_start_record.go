package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/penstock-go/penstock/store"
)

// A secretStart is what is secret of a Start.
type secretStart struct {
	Params []Argument `json:"parameters,omitempty"`
	Inputs []JobInput `json:"inputs,omitempty"`

	Host map[string]string `json:"host,omitempty"` // but for what is public
}

// A storedStart is a Start as it is stored, with what the JSON of a caller cannot give.
type storedStart struct {
	Start
	Origin *Origin `json:"origin,omitempty"`
}

// startOps returns the ops that store what a run was started with, and how many bytes
// they write.
func startOps(r *Run) (ops []store.Op, bytes int, err error) {
	shown, secret := storedStart{*r.start, r.start.Origin}, secretStart{}
	shown.Params, shown.Inputs, shown.Host = nil, nil, nil
	for _, a := range r.start.Params {
		if p := r.graph.def.Param(a.Name); p != nil && p.IsSecret() {
			secret.Params = append(secret.Params, a)
		} else {
			shown.Params = append(shown.Params, a)
		}
	}
	for _, in := range r.start.Inputs {
		if r.holdsSecret(&in) {
			secret.Inputs = append(secret.Inputs, in)
		} else {
			shown.Inputs = append(shown.Inputs, in)
		}
	}
	shown.Host, secret.Host = splitHost(r.start)
	add := func(key store.Key, v any) {
		body, e := json.Marshal(v)
		switch {
		case e != nil:
			err = fmt.Errorf("encode %s: %w", key, e)
		case string(body) != "{}":
			ops = append(ops, store.Op{Record: store.Record{Key: key, Body: body}})
			bytes += len(body)
		}
	}
	add(runStartKey(r.id), &shown)
	add(runSecretKey(r.id), &secret)
	return ops, bytes, err
}

// splitHost returns what the host says that may be shown, and the rest.
func splitHost(s *Start) (shown, hidden map[string]string) {
	shown, hidden = make(map[string]string), make(map[string]string)
	for name, value := range s.Host {
		if slices.Contains(s.Public, name) {
			shown[name] = value
		} else {
			hidden[name] = value
		}
	}
	return shown, hidden
}

// holdsSecret reports whether an input of the run gives a secret to its job.
func (r *Run) holdsSecret(in *JobInput) bool {
	if len(in.Parameters) == 0 {
		return false
	}
	if len(SpecSecrets(in.Parameters)) > 0 {
		return true
	}
	for i := range r.graph.nodes {
		if n := &r.graph.nodes[i]; n.job.Name == in.Job && len(SpecSecrets(n.spec)) > 0 {
			return true
		}
	}
	return false
}

// decodeStart reads what startOps wrote; either may be empty.
func decodeStart(shown, secret []byte) (*Start, error) {
	start, hidden := new(storedStart), secretStart{}
	if len(shown) > 0 {
		if err := json.Unmarshal(shown, start); err != nil {
			return nil, err
		}
	}
	if len(secret) > 0 {
		if err := json.Unmarshal(secret, &hidden); err != nil {
			return nil, err
		}
	}
	start.Params = append(start.Params, hidden.Params...)
	start.Inputs = append(start.Inputs, hidden.Inputs...)
	if len(hidden.Host) > 0 {
		maps.Copy(hidden.Host, start.Host)
		start.Host = hidden.Host
	}
	start.Start.Origin = start.Origin
	return &start.Start, nil
}
