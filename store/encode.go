package store

import (
	"fmt"
	"strconv"
	"time"

	"github.com/penstock-go/penstock"
)

// Int writes n as 16 hexadecimal digits whose order as bytes is the order of
// the numbers, negative ones included.
func Int(n int64) string {
	const digits = "0123456789abcdef"
	var b [16]byte
	u := uint64(n) ^ 1<<63
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = digits[u&15]
		u >>= 4
	}
	return string(b[:])
}

// ParseInt reads what [Int] wrote. Anything else is a penstock.ErrInvalid.
func ParseInt(s string) (int64, error) {
	u, err := strconv.ParseUint(s, 16, 64)
	if n := int64(u ^ 1<<63); err == nil && Int(n) == s {
		return n, nil
	}
	return 0, fmt.Errorf("read an encoded number: %w", penstock.Invalid("", "%.40q is none", s))
}

// Time writes t, to the microsecond, as 16 digits whose order as bytes is the
// order of time. It is good for years from -290,000 to 290,000.
func Time(t time.Time) string { return Int(t.UnixMicro()) }

// ParseTime reads what [Time] wrote, as UTC. Anything else is a penstock.ErrInvalid.
func ParseTime(s string) (time.Time, error) {
	n, err := ParseInt(s)
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMicro(n).UTC(), nil
}
