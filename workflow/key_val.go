package workflow

// A KeyVal is a variable of a job: what its steps see as an environment variable.
type KeyVal struct {
	Key         string      `json:"key"`
	Value       string      `json:"value"`
	Type        ParamType   `json:"type,omitempty"` // empty: string
	Options     []string    `json:"choice_option,omitempty"`
	Chosen      []string    `json:"choice_value,omitempty"`
	Secret      bool        `json:"is_credential,omitempty"`
	Description string      `json:"description,omitempty"`
	Source      ParamSource `json:"source,omitempty"`
	Rest
}
