package sqlite_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/sqlite"
)

var _ store.Waker = (*sqlite.Store)(nil)

// What needs a driver is tested in store/internal/conformance.

func TestNewReportsEveryFault(t *testing.T) {
	_, err := sqlite.New(t.Context(), nil, &sqlite.Options{Prefix: "no good", Synchronous: 7, BusyTimeout: -time.Second, Poll: 2 * time.Hour})
	var at []string
	for _, fault := range penstock.Faults(err) {
		at = append(at, fault.Field)
	}
	if diff := cmp.Diff([]string{"prefix", "db", "synchronous", "busy_timeout", "poll"}, at); diff != "" {
		t.Errorf("faults of %v (-want +got):\n%s", err, diff)
	}
	if _, err := sqlite.New(t.Context(), nil, nil); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("New without a database = %v", err)
	}
	if _, err := sqlite.Tx(nil, &sqlite.Options{Prefix: "no good"}); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("Tx = %v", err)
	}
}

func TestMigrationsAreNumbered(t *testing.T) {
	names, err := fs.Glob(sqlite.Migrations(), "*.sql")
	if err != nil || len(names) == 0 || !strings.HasPrefix(names[0], "0001_") {
		t.Errorf("migrations %v, %v", names, err)
	}
}
