package workflow

import (
	"errors"

	"github.com/penstock-go/penstock/internal/panics"
)

// A specPanicError says that a type of jobs, which may be the host's, has panicked. What it
// said may hold secrets.
type specPanicError struct{ err error }

func (e *specPanicError) Error() string { return "the spec of a job cannot be read: its type panicked" }

func (e *specPanicError) Unwrap() error { return e.err }

// newGraph expands the jobs of a definition that was validated. What is wrong with
// the inputs is an ErrInvalid that tells every fault.
func newGraph(d *Definition, types *Types, inputs []JobInput, params []Param) (g *graph, err error) {
	err = panics.Try(func() (err error) {
		g, err = expandGraph(d, types, inputs, params)
		return err
	})
	if _, ok := errors.AsType[*panics.Error](err); ok {
		return nil, &specPanicError{err}
	}
	return g, err
}
