package workflow

import (
	"encoding/json"
	"slices"
	"strings"
)

// PluginSpec is the spec of a plugin: it runs an image with inputs. In its args
// and envs $(inputs.NAME) stands for an input.
type PluginSpec struct {
	Plugin     Plugin        `json:"plugin"`
	Advanced   *AdvancedSpec `json:"advanced_setting,omitempty"`
	Properties *AdvancedSpec `json:"properties,omitempty"`
	Rest
}

// A Plugin is an image that was made for workflows.
type Plugin struct {
	Name        string        `json:"name"`
	Official    bool          `json:"is_offical,omitempty"` //nolint:misspell // so it is written
	Category    string        `json:"category,omitempty"`
	Description string        `json:"description,omitempty"`
	RepoURL     string        `json:"repo_url,omitempty"`
	Version     string        `json:"version,omitempty"`
	Image       string        `json:"image"`
	Args        []string      `json:"args,omitempty"`
	Cmds        []string      `json:"cmds,omitempty"`
	Envs        []PluginEnv   `json:"envs,omitempty"`
	Inputs      []PluginInput `json:"inputs,omitempty"`
	Outputs     []Output      `json:"outputs,omitempty"`
	Rest
}

// A PluginEnv is an environment variable of a plugin.
type PluginEnv struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Rest
}

// A PluginInput is what a plugin has to be told.
type PluginInput struct {
	Param
	Rest
}

const maxWords = 1_000 // args and cmds of one plugin

// Check reports what is wrong with the spec.
func (s *PluginSpec) Check(c *Checker) {
	p, at := &s.Plugin, c.At("plugin")
	at.Name("name", p.Name)
	at.Required("image", p.Image, MaxValue)
	at.Short("category", p.Category)
	at.Text("description", p.Description, MaxDescription)
	at.Text("repo_url", p.RepoURL, MaxValue)
	at.Short("version", p.Version)
	at.checkOutputs(p.Outputs)
	if at.Count("inputs", len(p.Inputs), maxKeyVals) {
		seen := make(map[string]bool, len(p.Inputs))
		for i := range p.Inputs {
			p.Inputs[i].check(at.At("inputs[%d]", i), seen)
		}
	}
	words := func(field string, all []string) {
		if at.Count(field, len(all), maxWords) {
			for i, w := range all {
				s.checkRefs(at.At("%s[%d]", field, i), "", w)
			}
		}
	}
	words("args", p.Args)
	words("cmds", p.Cmds)
	if at.Count("envs", len(p.Envs), maxKeyVals) {
		for i, e := range p.Envs {
			in := at.At("envs[%d]", i)
			in.Name("name", e.Name)
			s.checkRefs(in, "value", e.Value)
		}
	}
	s.Advanced.check(c.At("advanced_setting"))
	s.Properties.check(c.At("properties"))
}

// checkRefs reports a text that is too long, or names an input that is not there.
func (s *PluginSpec) checkRefs(c *Checker, field, text string) {
	c.Text(field, text, MaxValue)
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "$(inputs.")
		if !found {
			return
		}
		name, behind, closed := strings.Cut(after, ")")
		if closed && s.input(name) < 0 {
			c.Fault(field, "there is no input %q", short(name))
		}
		rest = behind
	}
}

func (s *PluginSpec) input(name string) int {
	return slices.IndexFunc(s.Plugin.Inputs, func(p PluginInput) bool { return p.Name == name })
}

// Outputs returns the names of the outputs.
func (s *PluginSpec) Outputs() []string { return outputNames(nil, s.Plugin.Outputs) }

// Timeout returns the minutes that the job may take.
func (s *PluginSpec) Timeout() int { return timeoutOf(s.Advanced, s.Properties) }

// pluginInput is what a start gives to a plugin.
type pluginInput struct {
	Keys []KeyInput `json:"kv"`
}

// TakeInputs takes {kv: [{key, value}]}, where the keys are names of inputs.
func (s *PluginSpec) TakeInputs(parameters json.RawMessage) error {
	var in pluginInput
	if err := DecodeInput(parameters, &in); err != nil {
		return err
	}
	var c Checker
	inputs := slices.Clone(s.Plugin.Inputs)
	seen := make(map[string]bool, len(in.Keys))
	for i, given := range in.Keys {
		at, j := c.At("kv[%d]", i), s.input(given.Key)
		switch {
		case j < 0:
			at.Fault("key", "%q is not an input of the plugin", short(given.Key))
			continue
		case seen[given.Key]:
			at.Fault("key", "%q is given twice", short(given.Key))
		}
		seen[given.Key] = true
		a := Argument{Name: given.Key, Value: given.Value}
		inputs[j].Param = inputs[j].take(at, &a)
	}
	if err := c.Faults(); err != nil {
		return err
	}
	s.Plugin.Inputs = inputs
	return nil
}

// Expand returns the one run, once every required input has a value.
func (s *PluginSpec) Expand(Upstream) ([]Piece, error) {
	var c Checker
	v := make(map[string]string, len(s.Plugin.Inputs))
	for i, p := range s.Plugin.Inputs {
		if p.missing() {
			c.At("plugin.inputs[%d]", i).Fault("value", "input %s is required", short(p.Name))
		}
		v[p.Name] = p.Text()
	}
	return alone(&c, s, v)
}

func (s *PluginSpec) storageUses() map[string]*StorageUse {
	return settingStorages(s.Advanced, s.Properties)
}
