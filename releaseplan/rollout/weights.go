package rollout

import (
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
)

// NormalizeWeights returns the variants with weights that sum up to [TotalWeight],
// sorted by name as people do (_ 1 a A b B): fixed ones keep theirs, variable ones share the rest evenly, and
// the first of them in the given order take what does not divide. An empty list
// stays empty. The error is an ErrInvalid: a weight type that is unknown, a fixed
// weight out of range or a sum above the total, or no variable variant to take
// the rest. The given variants do not change; payloads are shared.
func NormalizeWeights(variants []Variant) ([]Variant, error) {
	if len(variants) == 0 {
		return variants, nil
	}
	rest, variable, err := checkWeights(variants)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(variants)
	share, more := rest/variable, rest%variable
	for i := range all {
		if all[i].WeightType == WeightFix {
			continue
		}
		all[i].Weight = share
		if more > 0 {
			all[i].Weight++
			more--
		}
	}
	slices.SortStableFunc(all, func(a, b Variant) int { return compareNames(a.Name, b.Name) })
	return all, nil
}

// checkWeights returns what the fixed variants leave, and to how many.
func checkWeights(variants []Variant) (rest, variable int, err error) {
	var faults []error
	unknown := false
	rest = TotalWeight
	for i := range variants {
		v := &variants[i]
		switch v.WeightType {
		case WeightVariable:
			variable++
		case WeightFix:
			if v.Weight < 0 || v.Weight > TotalWeight {
				faults = append(faults, penstock.Invalid(fmt.Sprintf("[%d].weight", i), "%d is not in 0..%d", v.Weight, TotalWeight))
				continue
			}
			rest -= v.Weight
		default:
			unknown = true
			faults = append(faults, penstock.Invalid(fmt.Sprintf("[%d].weightType", i), "%q is not %s or %s", clip(string(v.WeightType)), WeightVariable, WeightFix))
		}
	}
	if rest < 0 {
		faults = append(faults, penstock.Invalid("", "fixed weights sum up to %d: at most %d", TotalWeight-rest, TotalWeight))
	}
	if variable == 0 && !unknown {
		faults = append(faults, penstock.Invalid("", "one variant at least must be %s", WeightVariable))
	}
	return rest, variable, errors.Join(faults...)
}
