package workflow

import "strings"

// A Param is a parameter of a workflow. {{.workflow.params.NAME}} stands for its
// value.
type Param struct {
	Name        string      `json:"name"` // letters of any script, digits, _ and -; unique in the definition
	Description string      `json:"description,omitempty"`
	Type        ParamType   `json:"type"`
	Value       string      `json:"value,omitempty"`         // of a string, text, choice or secret
	Repo        *Repository `json:"repo,omitempty"`          // of a repo
	Options     []string    `json:"choice_option,omitempty"` // what a choice or multi-select is chosen from; distinct
	Chosen      []string    `json:"choice_value,omitempty"`  // of a multi-select
	Default     string      `json:"default,omitempty"`       // if there is no value
	Secret      bool        `json:"is_credential,omitempty"` // a string or text that nobody is shown
	Source      ParamSource `json:"source,omitempty"`
	Required    bool        `json:"required,omitempty"` // a run does not start without a value
}

// A ParamType says what a parameter holds.
type ParamType string

// The types of parameters.
const (
	StringParam ParamType = "string"       // one line
	TextParam   ParamType = "text"         // any number of lines
	ChoiceParam ParamType = "choice"       // one of the options
	MultiParam  ParamType = "multi-select" // any of the options
	RepoParam   ParamType = "repo"         // a repository
	SecretParam ParamType = "secret"       // a string that nobody is shown, as a string with is_credential is
)

// A ParamSource says where the value of a parameter comes from. The empty one
// means FromStart.
type ParamSource string

// The sources.
const (
	FromStart     ParamSource = "runtime"   // a start may give it
	FromFixed     ParamSource = "fixed"     // the definition gives it; a start cannot
	FromReference ParamSource = "reference" // variables give it; a start cannot
)

// IsSecret reports whether the value must not be shown.
func (p Param) IsSecret() bool { return p.Secret || p.Type == SecretParam }

// Settable reports whether a start may give the value.
func (p Param) Settable() bool { return p.Source == "" || p.Source == FromStart }

// Text returns the value as the text that a variable stands for: what was chosen
// of a multi-select is joined by commas. A repository has no text.
func (p Param) Text() string {
	switch p.Type {
	case MultiParam:
		return strings.Join(p.Chosen, ",")
	case RepoParam:
		return ""
	default:
		if p.Value != "" {
			return p.Value
		}
		return p.Default
	}
}
