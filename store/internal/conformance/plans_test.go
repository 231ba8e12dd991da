package conformance_test

import (
	"testing"

	"github.com/penstock-go/penstock/internal/servicetest"
)

// What a Service and a Runner do does not depend on the store. Every test has its own.
func TestPlansOnSQLite(t *testing.T) {
	t.Parallel()
	servicetest.Run(t, inVirtualTimeOnSQLite)
}

func TestPlansOnPostgreSQL(t *testing.T) {
	t.Parallel()
	servicetest.Run(t, inVirtualTimeOnPostgres(t))
}
