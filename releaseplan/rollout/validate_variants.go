package rollout

import "fmt"

func (v *validator) variants(path string, all []Variant, overrides bool) {
	if len(all) == 0 || !v.most(path, len(all), MaxVariants) {
		return
	}
	_, _, err := checkWeights(all)
	v.faults = nest(v.faults, path, err)
	seen := make(map[string]bool, len(all))
	for i := range all {
		x, at := &all[i], fmt.Sprintf("%s[%d]", path, i)
		v.name(at+".name", x.Name)
		v.unique(at+".name", seen[x.Name], x.Name)
		seen[x.Name] = true
		if x.WeightType == WeightVariable && (x.Weight < 0 || x.Weight > TotalWeight) {
			v.fault(at+".weight", "%d is not in 0..%d", x.Weight, TotalWeight)
		}
		v.short(at+".stickiness", x.Stickiness)
		v.payload(at+".payload", x.Payload)
		v.overrides(at+".overrides", x.Overrides, overrides)
	}
}

func (v *validator) payload(path string, p *Payload) {
	if p == nil {
		return
	}
	v.bytes(path+".value", p.Value, MaxPayloadBytes)
	if err := p.check(); err != nil {
		v.fault(path, "%v", err)
	}
}

func (v *validator) overrides(path string, all []Override, allowed bool) {
	if len(all) > 0 && !allowed {
		v.fault(path, "belong to a feature's variants, not to a strategy's")
	}
	if !v.most(path, len(all), MaxOverrides) {
		return
	}
	for i := range all {
		at := fmt.Sprintf("%s[%d]", path, i)
		v.given(at+".contextName", all[i].ContextName)
		if len(all[i].Values) == 0 {
			v.fault(at+".values", "must not be empty")
		}
		v.values(at+".values", all[i].Values, MaxValues)
	}
}
