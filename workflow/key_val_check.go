package workflow

import (
	"slices"
	"strings"
)

const maxKeyVals = 500 // of one list

// checkKeyVals reports the faults of variables of a job.
func (c *Checker) checkKeyVals(field string, all []KeyVal) {
	if !c.Count(field, len(all), maxKeyVals) {
		return
	}
	seen := make(map[string]bool, len(all))
	for i := range all {
		at, kv := c.At("%s[%d]", field, i), &all[i]
		at.Name("key", kv.Key)
		if strings.ContainsAny(kv.Key, "= ") {
			at.Fault("key", "must not hold = or spaces")
		}
		if seen[kv.Key] && kv.Key != "" {
			at.Fault("key", "%q is there already", short(kv.Key))
		}
		seen[kv.Key] = true
		at.Text("value", kv.Value, MaxValue)
		at.Text("description", kv.Description, MaxDescription)
		at.Short("type", string(kv.Type)) // hosts have more types than workflows
		at.OneOf("source", string(kv.Source), "", string(FromStart), string(FromFixed), string(FromReference), "other")
		at.checkOptions(kv.Type, kv.Options)
		if kv.Type == ChoiceParam && kv.Value != "" && !hasVariable(kv.Value) && !slices.Contains(kv.Options, kv.Value) {
			at.Fault("value", "must be one of the options")
		}
		at.checkChosen("choice_value", kv.Options, kv.Chosen)
	}
}

// checkOptions reports the faults of what a choice is chosen from.
func (c *Checker) checkOptions(kind ParamType, options []string) {
	if !c.Count("choice_option", len(options), MaxOptions) {
		return
	}
	if (kind == ChoiceParam || kind == MultiParam) && len(options) == 0 {
		c.Fault("choice_option", "must not be empty")
	}
	seen := make(map[string]bool, len(options))
	for i, o := range options {
		at := c.At("choice_option[%d]", i)
		at.Required("", o, MaxValue)
		if seen[o] {
			at.Fault("", "is there already")
		}
		seen[o] = true
	}
}

// checkChosen reports what was chosen that is no option, or twice.
func (c *Checker) checkChosen(field string, options, chosen []string) {
	if !c.Count(field, len(chosen), MaxOptions) {
		return
	}
	seen := make(map[string]bool, len(chosen))
	for i, v := range chosen {
		at := c.At("%s[%d]", field, i)
		switch {
		case !slices.Contains(options, v):
			at.Fault("", "must be one of the options")
		case seen[v]:
			at.Fault("", "is there already")
		}
		seen[v] = true
	}
}
