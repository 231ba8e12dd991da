package rest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
)

// TestFaultsAreRenamed: faults are told by the names that the caller knows; what else goes wrong is
// not lost.
func TestFaultsAreRenamed(t *testing.T) {
	t.Parallel()
	two := errors.Join(penstock.Invalid("kind", "is odd: 100%%"), fmt.Errorf("at last: %w", penstock.Invalid("", "is empty")))
	for name, row := range map[string]struct {
		got  error
		want string
	}{
		"each fault":         {rest.Renamed(two, strings.ToUpper), "KIND: is odd: 100%\nis empty"},
		"below a path":       {rest.Under("part", two), "part.kind: is odd: 100%\npart: is empty"},
		"below no path":      {rest.Under("", two), "kind: is odd: 100%\nis empty"},
		"an element":         {rest.Under("part", penstock.Invalid("[7].kind", "is odd")), "part[7].kind: is odd"},
		"what has no faults": {rest.Under("part", penstock.ErrInvalid), penstock.ErrInvalid.Error()},
		"what is refused":    {rest.Under("part", errors.Join(penstock.Invalid("kind", "is odd"), penstock.ErrRefused)), "kind: is odd\n" + penstock.ErrRefused.Error()},
	} {
		if row.got.Error() != row.want {
			t.Errorf("%s: got %q, want %q", name, row.got, row.want)
		}
	}
	if err := rest.Under("part", nil); err != nil {
		t.Errorf("nothing is %v", err)
	}
}
