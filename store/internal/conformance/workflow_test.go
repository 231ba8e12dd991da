package conformance_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/internal/runtest"
	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/enginetest"
)

// What a Service and its engine do does not depend on the store.
func TestWorkflowsOnSQLite(t *testing.T) {
	t.Parallel()
	runtest.Run(t, inVirtualTimeOnSQLite)
}

func TestWorkflowsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	runtest.Run(t, inVirtualTimeOnPostgres(t))
}

func TestEngineOnSQLite(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.Config{Virtual: true, New: newLocal, Store: inVirtualTimeOnSQLite})
}

func TestEngineOnPostgreSQL(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.Config{Virtual: true, New: newLocal, Store: inVirtualTimeOnPostgres(t)})
}

func newLocal(s *workflow.Service, executors map[string]workflow.Executor) enginetest.Driver {
	l := workflow.NewLocal(s, executors)
	l.TTL = 3 * time.Second
	return l
}
