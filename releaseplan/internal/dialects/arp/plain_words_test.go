package arp_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestImportSpeaksPlainly: what is wrong with a document is not told in words of Go.
func TestImportSpeaksPlainly(t *testing.T) {
	f := newFixture(t)
	for _, doc := range []string{`{"nobody":1}`, `[]`, `{"format":7}`, `{"content":{"name":7}}`, `{"status":{"created":{"at":"yesterday"}}}`} {
		a := f.post("/plans/import", doc).Want(http.StatusBadRequest)
		if said := string(a.Body); !strings.Contains(said, "is no exported plan") || strings.Contains(said, "json:") || strings.Contains(said, "Go ") || strings.Contains(said, "releaseplan.") {
			t.Errorf("%s: %s", doc, said)
		}
	}
}

// TestNoVariablesAreNoChange: a list without any value is refused, whatever the rights and the state.
func TestNoVariablesAreNoChange(t *testing.T) {
	f := newFixture(t)
	p := f.plan1908()
	f.untouched(func() {
		if a := f.post(at(p, "/variables"), `[]`).Want(http.StatusBadRequest); number(a.Get("code")) != 134541 {
			t.Errorf("%s", a.Body)
		}
	})
}
