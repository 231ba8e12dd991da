package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/examples/internal/postgrestest"
)

// Two servers that begin at once on one empty database are one service.
func TestTwoServersOverOneDatabase(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "penstock.db") },
		"postgres": func(t *testing.T) string { return postgrestest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := db(t)
			var both [2]*served
			var wg sync.WaitGroup
			for i := range both {
				wg.Go(func() { both[i], _ = launch(t, "-db", at) })
			}
			wg.Wait()
			var made sync.WaitGroup
			for i := range 20 {
				made.Go(func() {
					if status, _, text := both[i%2].ask(t, both[i%2].token, http.MethodPost, plansAt, strings.Replace(onePlan, "2.4", "2."+string(rune('a'+i)), 1)); status != http.StatusCreated {
						t.Errorf("%d %s", status, text)
					}
				})
			}
			made.Wait()
			for _, s := range both {
				if text := s.expect(t, http.StatusOK, http.MethodGet, plansAt+"?max_results=1", ""); !strings.Contains(text, `"total":20`) {
					t.Errorf("one has seen %s", text)
				}
				s.stop()
				s.ends(t, 0)
			}
		})
	}
}
