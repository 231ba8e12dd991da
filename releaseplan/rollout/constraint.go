package rollout

// An Operator compares a field of the context with a constraint's values.
type Operator string

// The operators. Those of the first group read Values, where one that fits is
// enough; the others read Value.
const (
	In         Operator = "IN"              // equal to a value
	NotIn      Operator = "NOT_IN"          // equal to none; holds if the field is missing
	StartsWith Operator = "STR_STARTS_WITH" // begins with a value; may ignore case
	EndsWith   Operator = "STR_ENDS_WITH"   // ends with a value; may ignore case
	Contains   Operator = "STR_CONTAINS"    // contains a value; may ignore case
	InCIDR     Operator = "IN_CIDR"         // an IP address, equal to a value or in its range

	NumEQ       Operator = "NUM_EQ" // finite decimal numbers: 12 equals 12.0
	NumGT       Operator = "NUM_GT"
	NumGTE      Operator = "NUM_GTE"
	NumLT       Operator = "NUM_LT"
	NumLTE      Operator = "NUM_LTE"
	DateAfter   Operator = "DATE_AFTER"  // RFC 3339, strictly after
	DateBefore  Operator = "DATE_BEFORE" // RFC 3339, strictly before
	SemverEQ    Operator = "SEMVER_EQ"   // Semantic Versioning 2.0, by precedence
	SemverGT    Operator = "SEMVER_GT"
	SemverGTE   Operator = "SEMVER_GTE"
	SemverLT    Operator = "SEMVER_LT"
	SemverLTE   Operator = "SEMVER_LTE"
	MatchRegexp Operator = "REGEX" // RE2 syntax, found anywhere; may ignore case
)

// readsValues reports whether the operator reads Values, not Value.
func (o Operator) readsValues() bool {
	switch o {
	case In, NotIn, StartsWith, EndsWith, Contains, InCIDR:
		return true
	default:
		return false
	}
}

// A Constraint compares one field of the context.
type Constraint struct {
	ContextName     string   `json:"contextName"` // a field of [Context] by its JSON name, else a property
	Operator        Operator `json:"operator"`
	Values          []string `json:"values,omitempty"`
	Value           string   `json:"value,omitempty"`
	Inverted        bool     `json:"inverted,omitempty"` // the opposite holds
	CaseInsensitive bool     `json:"caseInsensitive,omitempty"`
}
