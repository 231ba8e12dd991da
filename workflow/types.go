package workflow

import (
	"encoding/json"
	"errors"

	"github.com/penstock-go/penstock"
)

// A JobType is one type of job.
type JobType struct {
	// Name is what a [Job] has as its type: a small letter, and then at most 63
	// small letters, digits and hyphens.
	Name string

	// New returns a pointer to a new, empty spec, into which the spec of a job is
	// read as JSON.
	New func() Spec
}

// A Spec is what a job of one type has to be told: a pointer to a struct with
// JSON tags. Where it embeds [Rest] it keeps members that it does not know.
//
// A spec can also be an [Expander], an [InputTaker], a [Follower], an
// [OutputLister], a [Timer] and a [Referrer].
type Spec interface {
	// Check reports everything that is wrong with the spec. Texts may hold variables.
	Check(c *Checker)
}

// An Expander is a spec of which one job makes several job runs.
type Expander interface {
	Spec
	// Expand returns the job runs in their order, at least one. What it cannot
	// expand is an ErrInvalid. The spec is unchanged.
	Expand(from Upstream) ([]Piece, error)
}

// Upstream is the job that a job follows; zero if it follows none.
type Upstream struct {
	Job    string  // its name
	Pieces []Piece // what it expands to
}

// A Piece is one of the job runs that a job expands to.
type Piece struct {
	// Suffix tells the pieces of a job apart: service.module, or the name of a test,
	// scanning or target. It is empty if the job is one run.
	Suffix string

	Spec     json.RawMessage // of this run alone
	Services []ServiceModule // what it works on; what a job that follows takes

	// Values are what other jobs can refer to before it has run, by name:
	// SERVICE_NAME in {{.job.build.svc.mod.SERVICE_NAME}}. They are data.
	Values map[string]string
}

// An InputTaker is a spec that takes parameters when a run starts.
type InputTaker interface {
	Spec
	// TakeInputs puts parameters, a JSON object, into the spec. What it does not
	// take is an ErrInvalid, every fault with its path; the spec is unchanged then.
	TakeInputs(parameters json.RawMessage) error
}

// A Follower is a spec that can take what it works on from a job before it.
type Follower interface {
	Spec
	// FromJob names that job; empty if there is none.
	FromJob() string
	// Fits returns nil if a job with the spec from can be followed, and otherwise
	// why not.
	Fits(from Spec) error
}

// An OutputLister is a spec whose job has outputs: {{.job.NAME.output.X}}.
type OutputLister interface {
	Spec
	// Outputs returns their names, each once.
	Outputs() []string
}

// A Timer is a spec that says how long its job may run.
type Timer interface {
	Spec
	// Timeout returns the minutes that an attempt may take, from when a process takes it up; 0
	// means any time.
	Timeout() int
}

// Types are the types of jobs that a host knows. They are immutable, and safe
// for concurrent use. A nil *Types has the built-in ones.
type Types struct{ byName map[string]JobType }

// NewTypes returns the built-in types and those of the host. A custom type
// without a function New, with a name that is taken, or with one that is no name
// is an ErrInvalid.
func NewTypes(custom ...JobType) (*Types, error) {
	t := &Types{(*Types)(nil).all()}
	var faults []error
	for _, c := range custom {
		_, taken := t.byName[c.Name]
		switch {
		case !typeName.MatchString(c.Name):
			faults = append(faults, penstock.Invalid("", "job type %q is not a small letter and then at most 63 small letters, digits and hyphens", short(c.Name)))
		case taken:
			faults = append(faults, penstock.Invalid("", "job type %s is there already", c.Name))
		case c.New == nil:
			faults = append(faults, penstock.Invalid("", "job type %s has no function New", c.Name))
		default:
			t.byName[c.Name] = c
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return t, nil
}

// builtin returns the types that every host has.
func builtin() []JobType {
	return []JobType{
		{"zadig-build", func() Spec { return new(BuildSpec) }},
		{"zadig-deploy", func() Spec { return new(DeploySpec) }},
		{"custom-deploy", func() Spec { return new(CustomDeploySpec) }},
		{"freestyle", func() Spec { return new(FreestyleSpec) }},
		{"zadig-test", func() Spec { return new(TestSpec) }},
		{"zadig-scanning", func() Spec { return new(ScanningSpec) }},
		{"sql", func() Spec { return new(SQLSpec) }},
		{"plugin", func() Spec { return new(PluginSpec) }},
		{"zadig-distribute-image", func() Spec { return new(DistributeSpec) }},
		{"tapd", func() Spec { return new(TapdSpec) }},
		{"approval", func() Spec { return new(ApprovalSpec) }},
		{"wait", func() Spec { return new(WaitSpec) }},
		{"http", func() Spec { return new(HTTPSpec) }},
	}
}

// all returns the types by name. It is t's own, unless t is nil.
func (t *Types) all() map[string]JobType {
	if t != nil {
		return t.byName
	}
	types := make(map[string]JobType)
	for _, b := range builtin() {
		types[b.Name] = b
	}
	return types
}

// Names returns the names of the types, sorted.
func (t *Types) Names() []string { return sortedKeys(t.all()) }

// Has reports whether there is a type with that name.
func (t *Types) Has(name string) bool {
	_, ok := t.all()[name]
	return ok
}

// Decode reads the spec of a job. A type that is not known and a spec that is
// not one of its type are ErrInvalid; their paths begin at the job: type,
// spec.timeout. It does not check the spec.
func (t *Types) Decode(j *Job) (Spec, error) {
	known, ok := t.all()[j.Type]
	if !ok {
		return nil, penstock.Invalid("type", "job type not supported: %q", short(j.Type))
	}
	spec := known.New()
	if spec == nil {
		return nil, penstock.Invalid("type", "job type %s makes no spec", j.Type)
	}
	text := j.Spec
	if len(text) == 0 {
		text = json.RawMessage("{}")
	}
	if err := decodeOpen(text, spec); err != nil {
		return nil, decodeFault("spec", text, spec, err)
	}
	return spec, nil
}

// EncodeSpec writes a spec as the spec of a [Job], with everything that it was
// read with.
func EncodeSpec(s Spec) (json.RawMessage, error) {
	text, err := encodeOpen(s)
	if err != nil {
		return nil, penstock.Invalid("spec", "cannot be written: %v", err)
	}
	return text, nil
}
