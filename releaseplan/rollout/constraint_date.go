package rollout

import (
	"time"

	"github.com/penstock-go/penstock"
)

// A date compares instants. It is the one test that is also asked about a
// missing value, if the field is the current time: that is now.
type date struct {
	is   relation
	than time.Time
	now  func() time.Time
}

func (d *date) match(value string) bool {
	if value == "" {
		return d.is.holds(d.now().Compare(d.than))
	}
	t, ok := parseDate(value)
	return ok && d.is.holds(t.Compare(d.than))
}

func newDate(is relation, value string, now func() time.Time) (test, error) {
	than, ok := parseDate(value)
	if !ok {
		return never, penstock.Invalid("value", "%q is not a date as RFC 3339 writes it", clip(value))
	}
	return &date{is: is, than: than, now: now}, nil
}

// parseDate takes what RFC 3339 allows and nothing else, but for leap seconds,
// which [time.Time] cannot express. Unlike time.Parse it never allocates.
func parseDate(s string) (t time.Time, ok bool) {
	const shape = "0000-00-00T00:00:00"
	if len(s) <= len(shape) {
		return t, false
	}
	for i := range len(shape) {
		switch c := s[i]; shape[i] {
		case '0':
			ok = '0' <= c && c <= '9'
		case 'T':
			ok = c == 'T' || c == 't'
		default:
			ok = c == shape[i]
		}
		if !ok {
			return t, false
		}
	}
	nanos, rest, ok := cutFraction(s[len(shape):])
	if !ok {
		return t, false
	}
	offset, ok := parseOffset(rest)
	if !ok {
		return t, false
	}
	month, day := time.Month(two(s[5:])), two(s[8:])
	hour, minute, second := two(s[11:]), two(s[14:]), two(s[17:])
	t = time.Date(two(s)*100+two(s[2:]), month, day, hour, minute, second, nanos, time.UTC)
	ok = t.Month() == month && t.Day() == day && hour < 24 && minute < 60 && second < 60
	return t.Add(-offset), ok
}

// two returns the number that s begins with, of two digits.
func two(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

// cutFraction cuts a point and digits off; those beyond nanoseconds do not count.
func cutFraction(s string) (nanos int, rest string, ok bool) {
	if s[0] != '.' {
		return 0, s, true
	}
	n := digits(s[1:])
	for i := 1; i <= 9; i++ {
		nanos *= 10
		if i <= n {
			nanos += int(s[i] - '0')
		}
	}
	return nanos, s[1+n:], n > 0
}

// parseOffset takes Z, or hours and minutes with a sign.
func parseOffset(s string) (time.Duration, bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) != len("+00:00") || s[0] != '+' && s[0] != '-' || digits(s[1:]) != 2 || s[3] != ':' || digits(s[4:]) != 2 {
		return 0, false
	}
	hours, minutes := two(s[1:]), two(s[4:])
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, hours < 24 && minutes < 60
}
