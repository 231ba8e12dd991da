package workflow

import (
	"testing"

	"github.com/penstock-go/penstock/store/memory"
)

// Whoever deletes a run sweeps too, perhaps while a Local lets executors forget: they do so once.
func TestWhatIsForgottenIsNotForgottenAgain(t *testing.T) {
	t.Parallel()
	db := memory.New()
	s, err := New(Config{Store: db})
	if err != nil {
		t.Fatal(err)
	}
	op, err := remnant{Changes: 1, Logs: true, Shared: true}.op("run", 0)
	if err == nil {
		_, err = db.Commit(t.Context(), op)
	}
	if err != nil {
		t.Fatal(err)
	}
	times := 0
	forget := func(run string) error {
		if times++; times > 1 {
			return nil
		}
		return s.sweepRemnant(t.Context(), run, false, nil) // by who deleted it
	}
	for range 2 {
		if err := s.sweepRemnants(t.Context(), false, forget); err != nil {
			t.Fatal(err)
		}
	}
	if times != 1 {
		t.Errorf("it was forgotten %d times", times)
	}
	if records, err := db.Get(t.Context(), remnantKey("run")); err != nil || records[0].Version != 0 {
		t.Errorf("what is left: %s, %v", records[0].Body, err)
	}
}
