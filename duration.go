package penstock

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/sosodev/duration"
)

// A Duration is an ISO 8601 duration such as P21D or PT1H30M. Years and months
// have no fixed length: they are kept apart and added as calendar dates. The
// zero Duration is no duration.
type Duration struct {
	Months int           // of years and months; 0 or more
	Days   int           // of weeks and days; 0 or more
	Time   time.Duration // hours and less; 0 or more, in whole microseconds
}

// MaxDuration is the longest duration that [ParseDuration] takes, in days. Here a
// month counts as 31 days, so the longest in whole years is P98Y.
const MaxDuration = 36_600

// FromTime returns d as a Duration: whole days first, since days are the largest
// unit that Penstock writes. A negative d counts as none.
func FromTime(d time.Duration) Duration {
	if d <= 0 {
		return Duration{}
	}
	const day = 24 * time.Hour
	return Duration{Days: int(d / day), Time: (d % day).Truncate(time.Microsecond)}
}

// iso is the grammar: at least one part, and at least one behind a T.
var iso = regexp.MustCompile(`^P(?:\d{1,6}W|(?:\d{1,6}Y)?(?:\d{1,6}M)?(?:\d{1,6}D)?(?:T(?:\d{1,9}H)?(?:\d{1,9}M)?(?:\d{1,9}(?:\.\d{1,9})?S)?)?)$`)

// ParseDuration reads an ISO 8601 duration. It refuses what is not one, such as
// P, PT and P1DT, signs, fractions of anything but seconds, and what is longer
// than [MaxDuration]; the error is an [ErrInvalid].
func ParseDuration(s string) (Duration, error) {
	if !iso.MatchString(s) || s == "P" || s[len(s)-1] == 'T' {
		return Duration{}, Invalid("", "%q is not an ISO 8601 duration such as P3D or PT1H30M", truncate(s))
	}
	p, err := duration.Parse(s)
	if err != nil {
		return Duration{}, Invalid("", "%q is not an ISO 8601 duration: %v", truncate(s), err)
	}
	seconds := p.Hours*3600 + p.Minutes*60 + p.Seconds
	if months, days := p.Years*12+p.Months, p.Weeks*7+p.Days+seconds/86_400; months*31+days > MaxDuration {
		return Duration{}, Invalid("", "%q is longer than %d days", s, MaxDuration)
	}
	return Duration{
		Months: int(p.Years*12 + p.Months),
		Days:   int(p.Weeks*7 + p.Days),
		Time: time.Duration(p.Hours)*time.Hour + time.Duration(p.Minutes)*time.Minute +
			time.Duration(math.Round(p.Seconds*1e6))*time.Microsecond,
	}, nil
}

// IsZero reports whether d is no duration.
func (d Duration) IsZero() bool { return d == Duration{} }

// AddTo returns the instant d after t.
func (d Duration) AddTo(t time.Time) time.Time {
	return t.AddDate(0, d.Months, d.Days).Add(d.Time)
}

// String returns the ISO 8601 form, with days as the largest unit unless there
// are months: P1291DT12H32M54S. Whole days of hours become days. No duration is
// PT0S.
func (d Duration) String() string {
	if d.IsZero() {
		return "PT0S"
	}
	rest := FromTime(d.Time)
	seconds := (rest.Time % time.Minute).Seconds()
	return (&duration.Duration{
		Years: float64(d.Months / 12), Months: float64(d.Months % 12), Days: float64(d.Days + rest.Days),
		Hours: float64(rest.Time / time.Hour), Minutes: float64(rest.Time % time.Hour / time.Minute), Seconds: seconds,
	}).String()
}

// MarshalText returns the ISO 8601 form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO 8601 form.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}

// truncate keeps what a stranger wrote short enough to repeat in an error.
func truncate(s string) string {
	if len(s) <= 40 {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(s[:40], ""), len(s))
}
