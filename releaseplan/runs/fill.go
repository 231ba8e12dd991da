package runs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/workflow"
)

// sets are values of the plan's variables, told apart to see what a text is made with.
type sets []map[string]string

const (
	blank  = iota // secrets are empty
	marked        // secrets are something else
	actual        // as they are
)

// mark stands for a secret of which nothing is known.
const mark = "*"

// maxFilled bounds all texts of a spec, in bytes, after their variables were filled in.
const maxFilled = 1 << 20

// A filled spec is one with its variables filled in.
type filled struct {
	text    []byte   // as JSON
	secrets []string // parameters whose values are made with secrets; sorted
	digest  []byte   // JSON that tells what was filled in, digests in the place of secrets
}

// fill returns a spec with its variables filled in. What is not well-formed, an
// unknown variable, and a secret where it would be shown are an ErrInvalid each, with the
// path; none tells a value.
func fill(spec []byte, values sets) (*filled, error) {
	f := filler{values: values, secrets: make(map[string]bool)}
	var tree any
	d := json.NewDecoder(bytes.NewReader(spec))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, penstock.Invalid("", "must be JSON: %v", err)
	}
	text, digest := f.walk("", "", tree)
	if f.size > maxFilled {
		f.check.Fault("", "has more than %d bytes when its variables are filled in", maxFilled)
	}
	if err := f.check.Faults(); err != nil {
		return nil, err
	}
	out := &filled{secrets: slices.Sorted(maps.Keys(f.secrets))}
	var err error
	if out.text, err = json.Marshal(text); err != nil {
		return nil, err
	}
	out.digest, err = json.Marshal(digest)
	return out, err
}

type filler struct {
	values  sets
	check   workflow.Checker
	secrets map[string]bool
	size    int
}

// walk fills in a part of the spec at a path, which belongs to a parameter or to none. It
// returns it as it is, and with marks in the place of secrets.
func (f *filler) walk(path, param string, v any) (text, digest any) {
	switch v := v.(type) {
	case string:
		return f.text(path, param, v)
	case []any:
		a, b := make([]any, len(v)), make([]any, len(v))
		for i, e := range v {
			a[i], b[i] = f.walk(fmt.Sprintf("%s[%d]", path, i), param, e)
		}
		return a, b
	case map[string]any:
		a, b := make(map[string]any, len(v)), make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			at, of := short(name), param
			if path != "" {
				at = path + "." + at
			}
			if path == "parameters" {
				of = name
			}
			a[name], b[name] = f.walk(at, of, v[name])
		}
		return a, b
	default:
		return v, v
	}
}

// text fills in one text.
func (f *filler) text(path, param, s string) (text, digest string) {
	if f.size > maxFilled {
		return "", ""
	}
	all := make([]string, len(f.values))
	for i, values := range f.values {
		var err error
		if all[i], err = releaseplan.Expand(s, values); err != nil {
			for _, fault := range penstock.Faults(err) {
				f.check.Fault(path, "%s", fault.Why)
			}
			return "", ""
		}
	}
	f.size += len(all[len(all)-1])
	if all[blank] != all[marked] {
		if param == "" {
			f.check.Fault(path, "holds a secret variable, which only a secret parameter takes")
		}
		f.secrets[param] = true
	}
	return all[len(all)-1], all[marked]
}
