package rollout

import (
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// The limits of a Service besides those of what is stored.
const (
	MaxEnvironments = 50
	MaxDefinitions  = 100     // of custom strategies
	MaxParameters   = 30      // of a custom strategy
	MaxRecordBytes  = 4 << 20 // of a record as JSON
)

// Limits are how many records of each kind there may be. 0 means the default;
// all but Features are at most 1,000. Records that are beyond a limit that was lowered stay, and can be
// updated.
type Limits struct {
	Segments     int // default: MaxSegments
	Features     int // default: MaxFeatures; archived ones count
	Environments int // default: MaxEnvironments
	Strategies   int // default: MaxDefinitions
}

func (l Limits) withDefaults(store bool) (Limits, error) {
	var v validator
	if !store {
		v.fault("store", "must be set")
	}
	v.bound("limits.segments", &l.Segments, MaxSegments, mostReferred)
	v.bound("limits.features", &l.Features, MaxFeatures, 1<<30)
	v.bound("limits.environments", &l.Environments, MaxEnvironments, mostReferred)
	v.bound("limits.strategies", &l.Strategies, MaxDefinitions, mostReferred)
	return l, errors.Join(v.faults...)
}

// mostReferred is how many others a feature can be found by.
const mostReferred = store.MaxValues

func (v *validator) bound(path string, n *int, normal, most int) {
	if *n < 0 || *n > most {
		v.fault(path, "must be from 0 to %d", most)
	}
	if *n == 0 {
		*n = normal
	}
}

// A LimitError says that there are as many records of a kind as there may be. It
// is a penstock.ErrRefused.
type LimitError struct {
	Kind  string // one of the kinds: [KindSegment] and its neighbours
	Limit int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("cannot create another %s: at most %d", e.Kind, e.Limit)
}

// Is reports whether target is penstock.ErrRefused.
func (e *LimitError) Is(target error) bool { return target == penstock.ErrRefused }
