package postgres_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
)

var (
	_ store.Store = (*postgres.Store)(nil)
	_ store.Waker = (*postgres.Store)(nil)
)

// What needs a driver is tested in store/internal/conformance.

func TestNewReportsEveryFault(t *testing.T) {
	_, err := postgres.New(t.Context(), nil, &postgres.Options{Schema: "Plans", Prefix: "no good", Poll: time.Microsecond})
	var at []string
	for _, fault := range penstock.Faults(err) {
		at = append(at, fault.Field)
	}
	if diff := cmp.Diff([]string{"schema", "prefix", "db", "poll"}, at); diff != "" {
		t.Errorf("faults of %v (-want +got):\n%s", err, diff)
	}
	if _, err := postgres.New(t.Context(), nil, nil); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("New without a database = %v", err)
	}
	if _, err := postgres.Tx(nil, &postgres.Options{Schema: "Plans"}); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("Tx = %v", err)
	}
}

func TestMigrationsAreNumbered(t *testing.T) {
	names, err := fs.Glob(postgres.Migrations(), "*.sql")
	if err != nil || len(names) == 0 || !strings.HasPrefix(names[0], "0001_") {
		t.Errorf("migrations %v, %v", names, err)
	}
}
