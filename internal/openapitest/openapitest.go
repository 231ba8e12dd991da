// Package openapitest holds an OpenAPI description that is kept in a file, and served, against the
// operations that it describes.
package openapitest

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/internal/openapi"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// Current fails the test unless the file describes the operations as they are. With -update it
// writes the file: what changes in it then changes for clients.
func Current(t *testing.T, file string, info openapi.Info, operations []openapi.Operation) {
	t.Helper()
	want, err := openapi.Describe(info, operations)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil { //nolint:gosec // it is read by everybody
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), string(want)); diff != "" {
		t.Errorf("%s does not describe the operations (go test -run OpenAPI -update writes it anew): -file +operations:\n%s", file, diff)
	}
}
