package zadig

import (
	"slices"
	"testing"

	"github.com/penstock-go/penstock/internal/openapitest"
	"github.com/penstock-go/penstock/internal/rest"
)

func TestOpenAPI(t *testing.T) {
	openapitest.Current(t, "openapi.json", info, rest.Operations(slices.Concat(plansOperations(), workflowsOperations())))
}
