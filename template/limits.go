package template

// The limits on a template besides those of a plan's content. What is larger is
// an ErrInvalid that names the field.
const (
	MaxName          = 255      // characters of a name
	maxNameBytes     = 1_000    // so that stores can index it
	MaxProject       = 100      // characters
	MaxDescription   = 64 << 10 // bytes
	MaxParameters    = 100
	MaxParameterName = 64       // characters
	MaxChoices       = 100      // of one parameter
	MaxPattern       = 1_000    // bytes
	MaxValue         = 64 << 10 // bytes of a value as JSON
	MaxBindings      = 1_000
	MaxPath          = 255     // bytes of a binding's path
	MaxBytes         = 4 << 20 // of the whole template as JSON
	MaxReferences    = 1_000   // segments that milestones name, and custom strategies
	MaxVersions      = 500     // that are kept; older ones go as new ones come
	DefaultLimit     = 1_000   // templates that are not archived
	maxFaults        = 100     // that are told at once
	maxDepth         = 50      // of a JSON document of the content: that of a plan
)
