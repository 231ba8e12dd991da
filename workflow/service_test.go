package workflow_test

import (
	"testing"

	"github.com/penstock-go/penstock/internal/runtest"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// What a Service and a Local do does not depend on the store: the SQL stores pass
// the same suite, in store/internal/conformance.
func TestService(t *testing.T) {
	runtest.Run(t, func(tb testing.TB) store.Store {
		tb.Helper()
		s := memory.New()
		tb.Cleanup(func() {
			if err := s.Close(); err != nil {
				tb.Errorf("Close: %v", err)
			}
		})
		return s
	})
}
