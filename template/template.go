package template

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// A Template is plan content to make plans of. It belongs to who holds it; a
// [Service] takes and gives copies.
type Template struct {
	ID          string `json:"id,omitempty"` // given by the Service
	Name        string `json:"name"`         // 1 to 255 characters; unique among all templates, archived ones too
	Description string `json:"description,omitempty"`
	Project     string `json:"project,omitempty"` // whose it is; empty: everybody's

	Parameters []Parameter         `json:"parameters,omitempty"`
	Content    releaseplan.Content `json:"content"` // a plan without a name gets that of the template
	Bindings   []Binding           `json:"bindings,omitempty"`
	Anchor     time.Time           `json:"anchor,omitzero"` // what the times of the content are relative to; default: its planned start

	Version  int64             `json:"version,omitempty"` // 1, then one more with each effective update
	Created  releaseplan.Stamp `json:"created,omitzero"`
	Updated  releaseplan.Stamp `json:"updated,omitzero"`     // when this version was made
	Archived time.Time         `json:"archived_at,omitzero"` // zero: it is not
}

// A Binding sets a field of the content to the value of a parameter. It is for
// fields that cannot hold a text. If the parameter has no value, the field keeps what the
// template has.
type Binding struct {
	Path      string `json:"path"`      // as in faults of the content: phases[0].tasks[1].timeout
	Parameter string `json:"parameter"` // its name
}

// anchor returns what times are relative to; zero if there is nothing.
func (t *Template) anchor() time.Time {
	if t.Anchor.IsZero() && t.Content.Planned != nil {
		return t.Content.Planned.Start
	}
	return t.Anchor
}

// parameter returns the declaration of a parameter, or nil.
func (t *Template) parameter(name string) *Parameter {
	i := slices.IndexFunc(t.Parameters, func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &t.Parameters[i]
}
