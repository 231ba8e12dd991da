package workflow

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Secrets returns the values of the parameters that must not be shown, sorted.
func (r *RunVariables) Secrets() []string {
	var all []string
	for i := range r.Params {
		if p := &r.Params[i]; p.IsSecret() {
			if value, ok := r.Lookup("workflow.params." + p.Name); ok && value != "" {
				all = append(all, value)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// SpecSecrets returns the secrets of a spec whose variables were filled in,
// sorted: of every object that says is_credential the value, the default and what is
// chosen, and every oauth_token. A spec that is no JSON has none.
func SpecSecrets(spec json.RawMessage) []string {
	var doc any
	d := json.NewDecoder(bytes.NewReader(spec))
	d.UseNumber() // one that is too large hides no secret
	if d.Decode(&doc) != nil {
		return nil
	}
	found := make(map[string]bool)
	findSecrets(doc, found)
	delete(found, "")
	return slices.Sorted(maps.Keys(found))
}

func findSecrets(v any, found map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			findSecrets(element, found)
		}
	case map[string]any:
		for _, element := range v {
			findSecrets(element, found)
		}
		addTexts(membersOf(v, "oauth_token"), found)
		if slices.Contains(membersOf(v, "is_credential"), any(true)) || slices.Contains(membersOf(v, "type"), any(string(SecretParam))) {
			addTexts(membersOf(v, "value"), found)
			addTexts(membersOf(v, "default"), found)
			addTexts(membersOf(v, "choice_value"), found)
		}
	}
}

// membersOf returns what an object has under a name, in capitals too, as who reads it
// into a struct does.
func membersOf(object map[string]any, name string) (all []any) {
	for k, v := range object {
		if strings.EqualFold(k, name) {
			all = append(all, v)
		}
	}
	return all
}

// addTexts adds a text, or those of a list.
func addTexts(v any, found map[string]bool) {
	switch v := v.(type) {
	case string:
		found[v] = true
	case []any:
		for _, element := range v {
			addTexts(element, found)
		}
	}
}
