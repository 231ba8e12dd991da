package unleash

import (
	"slices"
	"testing"

	"github.com/penstock-go/penstock/internal/openapitest"
	"github.com/penstock-go/penstock/internal/rest"
)

// TestOpenAPI: what is served describes the operations that there are.
func TestOpenAPI(t *testing.T) {
	openapitest.Current(t, "openapi.json", info, rest.Operations(slices.Concat(adminOperations(), clientOperations())))
}
