package workflow

import (
	"errors"
	"fmt"
	"strings"
)

// Runs reports whether a job runs, and why, without telling a value. Fields and
// values of the rules are filled in from scope; what it does not know is an
// ErrInvalid that names the rule: rules[0].field. A nil policy, and one without
// rules, lets the job run; a verb or type that is not known never keeps it from it.
func (p *ExecutePolicy) Runs(scope Scope) (runs bool, why string, err error) {
	if p == nil || len(p.Rules) == 0 {
		return true, "always", nil
	}
	f := filler{notations: []notation{inBraces(scope)}}
	matched := 0
	for i, r := range p.Rules {
		field := f.fill(func() string { return fmt.Sprintf("rules[%d].field", i) }, r.Field)
		value := f.fill(func() string { return fmt.Sprintf("rules[%d].value", i) }, r.Value)
		if r.Verb.holds(field, value) {
			matched++
		}
	}
	if len(f.faults) > 0 {
		return false, "", errors.Join(f.faults...)
	}
	match, all := matched == len(p.Rules), "all"
	if p.Match == MatchAny {
		match, all = matched > 0, "any"
	}
	runs = true
	switch p.Type {
	case SkipIf:
		runs = !match
	case ExecuteIf:
		runs = match
	}
	rules := make([]string, len(p.Rules))
	for i, r := range p.Rules {
		rules[i] = r.String()
	}
	return runs, fmt.Sprintf("%s if %s of: %s (%d of %d match)", p.Type, all, strings.Join(rules, "; "), matched, len(p.Rules)), nil
}

// String returns the rule as it is written, with its variables.
func (r Rule) String() string { return short(r.Field) + " " + string(r.Verb) + " " + short(r.Value) }

// holds reports whether a verb is true of two texts.
func (v Verb) holds(field, value string) bool {
	switch v {
	case Equals:
		return field == value
	case NotEquals:
		return field != value
	case Contains:
		return strings.Contains(field, value)
	case NotContains:
		return !strings.Contains(field, value)
	case BeginsWith:
		return strings.HasPrefix(field, value)
	case NotBeginsWith:
		return !strings.HasPrefix(field, value)
	case EndsWith:
		return strings.HasSuffix(field, value)
	case NotEndsWith:
		return !strings.HasSuffix(field, value)
	default:
		return false
	}
}
