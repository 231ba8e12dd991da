package zadig_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/penstock-go/penstock/releaseplan/zadig"
)

// A row is an error of an operation, documented or not, and what shows it.
type row struct {
	operation string // operationId
	fault     string // what is wrong
	show      func(t *testing.T)
}

// table has every error that the documents tell of, by operation. Each file of tests adds its rows.
func table() []row {
	return slices.Concat(planRows(), definitionRows(), viewRows(), ticketRows(), taskRows(), logRows())
}

func TestErrors(t *testing.T) {
	for _, r := range table() {
		t.Run(r.operation+"/"+r.fault, r.show)
	}
}

// TestEveryOperationIsInTheTable keeps the table whole: an operation that nobody has shown an error
// of is not tested.
func TestEveryOperationIsInTheTable(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(zadig.OpenAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]bool)
	for _, r := range table() {
		rows[r.operation] = true
	}
	known := make(map[string]bool)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if known[op.ID] = true; !rows[op.ID] {
				t.Errorf("%s %s (%s) has no row", method, path, op.ID)
			}
		}
	}
	for id := range rows {
		if !known[id] {
			t.Errorf("there is no operation %s", id)
		}
	}
	if len(known) == 0 {
		t.Error("nothing is described")
	}
}
