package rollout_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
)

// faults compares every fault in err, in order.
func faults(t *testing.T, err error, want ...string) {
	t.Helper()
	var got []string
	for _, f := range penstock.Faults(err) {
		got = append(got, f.Error())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if len(want) > 0 && !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("%v is not an ErrInvalid", err)
	}
}
