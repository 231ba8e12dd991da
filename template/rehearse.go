package template

import (
	"encoding/json"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
	"github.com/penstock-go/penstock/releaseplan"
)

// rehearse makes the content with two sets of samples and tells what is wrong with it both
// times in the same way, but for what real values may make right.
func (t *Template) rehearse(v *validator, u *uses) {
	first := t.rehearsal(0)
	if len(first) == 0 {
		return
	}
	again := make(map[penstock.InvalidError]bool)
	for _, f := range t.rehearsal(1) {
		again[*f] = true
	}
	for _, f := range first {
		if again[*f] && !u.excuses(f.Field) {
			v.fault(fault.Under("content", f.Field), "%s", f.Why)
		}
	}
}

// rehearsal returns the faults of the content made with one of the sets of samples.
func (t *Template) rehearsal(set int) []*penstock.InvalidError {
	values, samples := make(map[string]value, len(t.Parameters)), make(map[string][]json.RawMessage, len(t.Parameters))
	for i := range t.Parameters {
		p := &t.Parameters[i]
		samples[p.Name] = p.samples(set, i)
		x, why := p.read(samples[p.Name][0])
		if why != "" { // of a pattern: any text will do
			x = textValue(improbable(set, i))
		}
		values[p.Name] = x
	}
	plain := *t
	plain.Name, plain.Bindings = "x", nil
	if plain.anchor().IsZero() {
		plain.Anchor = time.Unix(0, 0) // told elsewhere
	}
	a := Arguments{Start: plain.anchor()}
	if t.Content.Target == nil {
		a.Target = &releaseplan.Target{Feature: "x", Environment: "x"}
	}
	var unused validator
	c, err := plain.fill(values, a)
	t.binds(&unused, &c, func(p *Parameter) []json.RawMessage { return samples[p.Name] })
	return append(penstock.Faults(err), penstock.Faults(c.Validate())...)
}
