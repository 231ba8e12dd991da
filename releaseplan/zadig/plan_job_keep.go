package zadig

import (
	"encoding/json"
	"reflect"

	"github.com/penstock-go/penstock/workflow"
)

// keptInput returns the parameters that were sent. What is sent as it was shown is kept as it was stored.
func keptInput(sent planInput, shown []planInput, stored []workflow.JobInput) json.RawMessage {
	for i, s := range shown {
		if s.Job != sent.Job {
			continue
		}
		var trees [3]any
		for k, text := range []json.RawMessage{sent.Parameters.RawMessage, s.Parameters.RawMessage, stored[i].Parameters} {
			var err error
			if trees[k], err = decodeTree(text); err != nil {
				return replaced(asData, sent.Parameters.RawMessage)
			}
		}
		out, err := json.Marshal(kept(trees[0], trees[1], trees[2]))
		if err != nil {
			break
		}
		return out
	}
	return replaced(asData, sent.Parameters.RawMessage)
}

// kept returns what was sent, with what is stored in the place of all that is as it was shown. shown
// and stored have the same form. A value stays with its variable: it is that of no other one.
func kept(sent, shown, stored any) any {
	switch v := sent.(type) {
	case map[string]any:
		was, ok := shown.(map[string]any)
		is, okStored := stored.(map[string]any)
		if !ok || !okStored || hasValue(was) && label(v) != label(was) {
			break
		}
		out := make(map[string]any, len(v))
		for name, e := range v {
			if before, ok := was[name]; ok {
				out[name] = kept(e, before, is[name])
			} else {
				out[name] = replacedTree(asData, e)
			}
		}
		return out
	case []any:
		was, ok := shown.([]any)
		is, okStored := stored.([]any)
		if !ok || !okStored || len(was) != len(is) {
			break
		}
		left := make(map[string][]int) // by label
		for i, e := range was {
			left[label(e)] = append(left[label(e)], i)
		}
		out := make([]any, len(v))
		for i, e := range v {
			key := label(e)
			if at := left[key]; len(at) > 0 {
				left[key], out[i] = at[1:], kept(e, was[at[0]], is[at[0]])
			} else {
				out[i] = replacedTree(asData, e)
			}
		}
		return out
	default:
		if reflect.DeepEqual(sent, shown) {
			return stored
		}
	}
	return replacedTree(asData, sent)
}

// hasValue reports whether something is a variable with a value.
func hasValue(v map[string]any) bool {
	for name := range v {
		if isMember(name, valueMembers) || isMember(name, tokenMembers) {
			return true
		}
	}
	return false
}

// label tells elements of a list apart: by all that they say but for values, and for what is inside them.
func label(tree any) string {
	v, ok := tree.(map[string]any)
	if !ok {
		text, _ := json.Marshal(tree)
		return string(text)
	}
	plain := make(map[string]any, len(v))
	for name, e := range v {
		_, isMap := e.(map[string]any)
		_, isList := e.([]any)
		if !isMap && !isList && !isMember(name, valueMembers) && !isMember(name, tokenMembers) {
			plain[name] = e
		}
	}
	text, _ := json.Marshal(plain)
	return string(text)
}
