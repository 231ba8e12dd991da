package workflow

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// Params returns the parameters of the run with their values, for people: secrets are
// [Masked], those of other texts included. It is the caller's own.
func (r *Run) Params() []Param {
	all, m := slices.Clone(r.params), r.masker()
	for i := range all {
		p := Param(all[i].shown())
		p.Value, p.Default, p.Chosen = m.Mask(p.Value), m.Mask(p.Default), slices.Clone(p.Chosen)
		for j := range p.Chosen {
			p.Chosen[j] = m.Mask(p.Chosen[j])
		}
		p.Options = slices.Clone(p.Options)
		all[i] = p
	}
	return all
}

// Specs returns the spec of each job of the run by its key, for people: secrets are [Masked],
// and variables filled in, unless the spec has one that is not known yet. They may share memory with the
// run, and are not to be changed.
func (r *Run) Specs() map[string]json.RawMessage {
	scope := r.variables()
	specs := make([]json.RawMessage, len(r.graph.nodes))
	var secrets []string
	for i := range r.graph.nodes {
		n := &r.graph.nodes[i]
		specs[i] = n.spec
		if filled, err := n.filled(scope); err == nil {
			specs[i] = filled
		}
		secrets = append(secrets, specSecrets(specs[i])...)
	}
	m := r.maskerWith(secrets)
	shown := make(map[string]json.RawMessage, len(specs))
	for i, spec := range specs {
		shown[r.graph.nodes[i].key] = shownSpec(m, spec)
	}
	return shown
}

// shownSpec returns a spec without secrets: where one stands, however short it is, and wherever
// it is repeated.
func shownSpec(m *Masker, spec json.RawMessage) json.RawMessage {
	if len(specSecrets(spec)) > 0 {
		var err error
		if spec, err = replaceSecrets(spec, func(string, string) string { return Masked }); err != nil {
			return json.RawMessage(`"` + Masked + `"`)
		}
	}
	return maskJSON(m, spec)
}

// A StageGate is what stands before the jobs of a stage.
type StageGate struct {
	Approval approval.Policy // who must approve; the zero one asks nobody
	Manual   ManualExec      // who may execute it by hand, if it is enabled
}

// Gate returns what stands before the jobs of a stage. One that is not of this run is an
// ErrNotFound.
func (r *Run) Gate(stage string) (StageGate, error) {
	i := r.graph.stage(stage)
	if i < 0 {
		return StageGate{}, fmt.Errorf("stage %q of run %s: %w", short(stage), r.id, penstock.ErrNotFound)
	}
	var g StageGate
	if policy := r.graph.stages[i].Approval; policy != nil {
		g.Approval = policy.Clone()
	}
	if manual := r.graph.stages[i].Manual; manual != nil {
		g.Manual = *manual
		g.Manual.Users = slices.Clone(manual.Users)
	}
	return g, nil
}
