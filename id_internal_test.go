package penstock

import (
	"bytes"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
)

// The random part of a ULID can be at its end by chance: then time goes on.
func TestIDsGoOnWhenTheMillisecondIsFull(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	ids := NewIDs(func() time.Time { return now })
	// The greatest random part, a step of one and more, and so on.
	entropy := append(bytes.Repeat([]byte{0xff}, 10), 1, 1, 1, 1)
	ids.entropy = ulid.Monotonic(bytes.NewReader(bytes.Repeat(entropy, 20)), 0)

	last := ids.New()
	for range 10 {
		id := ids.New()
		if id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
	parsed, err := ulid.ParseStrict(last)
	if want := uint64(now.UnixMilli()) + 10; err != nil || parsed.Time() != want {
		t.Errorf("the last is of %d and %v, want %d: each filled its millisecond", parsed.Time(), err, want)
	}
}
