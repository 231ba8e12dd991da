package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"io"
)

// An Executor carries out the jobs of one type. It is the host's, or one of package
// workflow/executor. It is safe for concurrent use.
type Executor interface {
	// Execute does what the job says and returns its outputs, or an error that says
	// why it could not; outputs count in both cases. Its context ends when the run is
	// canceled, when the job runs out of time, when the engine stops, and when it lost its
	// lease: [context.Cause] tells which. The id of the attempt is the idempotency key
	// of the effect: what was begun by an attempt with the same id goes on.
	Execute(ctx context.Context, job Execution) (outputs map[string]string, err error)
}

// ExecutorFunc is a function as an Executor.
type ExecutorFunc func(ctx context.Context, job Execution) (map[string]string, error)

// Execute calls f.
func (f ExecutorFunc) Execute(ctx context.Context, job Execution) (map[string]string, error) {
	return f(ctx, job)
}

// An Execution is one attempt at a job. It belongs to the Executor.
type Execution struct {
	Run      string          // id
	Workflow string          // key
	Project  string          // key
	Number   int64           // of the run
	Job      string          // key
	Name     string          // unique in the run
	Type     string          // of the job
	Attempt  string          // id: the idempotency key
	N        int             // which attempt it is, from 1
	Spec     json.RawMessage // variables filled in, secret ones included: not to be logged
	Storages []ShareStorage  // what the jobs of the run share
	Log      io.Writer       // of the job; secrets are masked in it; never fails, safe for concurrent use
	Masker   *Masker         // of the secrets, for text of which only a part is passed on; may be nil
}

// Causes for which the context of an Executor ends.
var (
	ErrCanceled = errors.New("the run was canceled")
	ErrTimeout  = errors.New("the job ran out of time")
	ErrShutdown = errors.New("the engine stops")
	ErrLost     = errors.New("the job is somebody else's, or may soon be")
)
