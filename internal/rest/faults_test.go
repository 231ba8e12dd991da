package rest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
)

// TestFaultsAreBounded: a body of many faults does not grow into an answer of many times its size.
func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	var members []string
	for i := range 1000 {
		members = append(members, fmt.Sprintf(`"m%d":1`, i))
	}
	var in thing
	err := rest.Decode([]byte("{"+strings.Join(members, ",")+"}"), &in, false)
	all := penstock.Faults(err)
	if len(all) != rest.MaxFaults+1 || all[0].Field != "m0" || all[rest.MaxFaults].Error() != "there are 900 more faults" {
		t.Errorf("%d faults: %.200v … %v", len(all), err, all[len(all)-1])
	}
	t.Run("and none is none", func(t *testing.T) {
		if err := rest.Join([]error{nil, nil}); err != nil {
			t.Error(err)
		}
	})
	t.Run("what is no fault does not count", func(t *testing.T) {
		faults := make([]error, 500)
		faults[499] = penstock.ErrConflict
		if err := rest.Join(faults); !errors.Is(err, penstock.ErrConflict) || err.Error() != penstock.ErrConflict.Error() {
			t.Error(err)
		}
	})
}

// TestFaultsAreInWords: nobody is told what Go says of a value.
func TestFaultsAreInWords(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"at":"2016-12-31T23:59:60Z"}`, `{"at":"yesterday"}`, `{"at":1}`, `{"at":{}}`, `{"n":"x"}`, `{"n":1e999}`} {
		var in struct {
			At time.Time   `json:"at"`
			N  json.Number `json:"n"`
		}
		err := rest.Decode([]byte(text), &in, false)
		if text == `{"n":1e999}` && err == nil {
			continue // it is a number to whoever wants no other
		}
		if !errors.Is(err, penstock.ErrInvalid) || strings.ContainsAny(err.Error(), `"\`) || strings.Contains(err.Error(), "pars") || strings.Contains(err.Error(), "Time") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
