package executor

import (
	"errors"

	"github.com/penstock-go/penstock/workflow"
)

// Config is what the executors need. Of HTTP everything has a default.
type Config struct {
	Shell ShellConfig // without a Dir there are no freestyle jobs
	SQL   SQLConfig   // without databases there are no sql jobs
	HTTP  HTTPConfig
}

// Executors returns the executors by the type of the jobs that they carry out:
// freestyle, sql and http. The map is the caller's. What is wrong with the Config is an
// ErrInvalid.
func Executors(c Config) (map[string]workflow.Executor, error) {
	var (
		all    = make(map[string]workflow.Executor)
		faults []error
	)
	if c.Shell.Dir != "" {
		s, err := NewShell(c.Shell)
		all["freestyle"], faults = s, append(faults, err)
	}
	if len(c.SQL.Databases) > 0 {
		s, err := NewSQL(c.SQL)
		all["sql"], faults = s, append(faults, err)
	}
	h, err := NewHTTP(c.HTTP)
	all["http"], faults = h, append(faults, err)
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return all, nil
}
