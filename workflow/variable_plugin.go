package workflow

import "encoding/json"

// ExpandPlugin is [ExpandSpec] for the spec of a plugin: in its arguments,
// commands and environment $(inputs.X) stands for the input X besides. An input
// may itself hold variables of scope; what comes out of these is data, as
// everywhere. An input that the plugin does not have is an ErrInvalid.
func ExpandPlugin(spec json.RawMessage, scope Scope) (json.RawMessage, error) {
	plain := []notation{inBraces(scope)}
	both := []notation{plain[0], {open: "$(inputs.", close: ")", strict: true, scope: pluginInputs(spec, scope)}}
	return expandJSON(spec, func(at jsonPath) []notation {
		if takesInputs(at) {
			return both
		}
		return plain
	})
}

// takesInputs reports whether inputs are filled in there.
func takesInputs(at jsonPath) bool {
	if len(at) < 2 || !at[0].is("plugin") {
		return false
	}
	return at[1].is("args") || at[1].is("cmds") || at[1].is("envs") && at[len(at)-1].is("value")
}

// pluginInputs returns the values of the inputs of a plugin that can be filled in.
func pluginInputs(spec json.RawMessage, scope Scope) MapScope {
	var s struct {
		Plugin struct {
			Inputs []Param `json:"inputs"`
		} `json:"plugin"`
	}
	_ = json.Unmarshal(spec, &s) // a spec that cannot be read has no inputs; that it is none is said elsewhere
	values := make(MapScope, len(s.Plugin.Inputs))
	for _, in := range s.Plugin.Inputs {
		if value, err := Expand(in.Text(), scope); err == nil {
			values[in.Name] = value
		}
	}
	return values
}
