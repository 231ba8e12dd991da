package workflow

import (
	"time"

	"github.com/penstock-go/penstock"
)

// WaitSpec is the spec of a wait: the job passes when the time has come. It has
// either For or Until.
type WaitSpec struct {
	For   penstock.Duration `json:"for,omitzero"`   // from the start of the job; at most a year
	Until time.Time         `json:"until,omitzero"` // if it has passed, the job passes at once
	Rest
}

const maxWait = 366 * 24 * time.Hour

// Check reports what is wrong with the spec.
func (s *WaitSpec) Check(c *Checker) {
	if s.For.IsZero() == s.Until.IsZero() {
		c.Fault("", "needs either for or until")
	}
	if year := s.Until.UTC().Year(); !s.Until.IsZero() && (year < 1 || year > 9999) {
		c.Fault("until", "must be a time in the years 1 to 9999")
	}
	from := time.Unix(0, 0).UTC()
	if s.For.AddTo(from).Sub(from) > maxWait {
		c.Fault("for", "must be at most a year")
	}
}

// until returns when a wait that starts at a time is over.
func (s *WaitSpec) until(start time.Time) time.Time {
	if !s.Until.IsZero() {
		return s.Until
	}
	return s.For.AddTo(start)
}

// Outputs returns nothing: a wait has none.
func (s *WaitSpec) Outputs() []string { return nil }
