package releaseplan

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A SealKey is a key with which the entries of audit trails are sealed from a time on.
type SealKey struct {
	From time.Time // of the entries; that of the first key may be zero
	Key  []byte    // secret; at least 16 bytes
}

// Format writes the time and not the key, whatever the verb.
func (k SealKey) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "from %s", k.From.Format(time.RFC3339)) }

// HMAC returns a function for [Config.Seal] that seals entries with HMAC-SHA-256. To go over to
// another key, add it with the time from which on it holds, a little in the future, on every process,
// and keep those before it: each entry is sealed by the key that held at the
// time that it tells, so that whole trails stay proven. An entry that is followed by
// one under a new key can no longer be forged with the old one.
//
// No key, a key of less than 16 bytes, and keys that are not in the order of From are an ErrInvalid. The
// keys are copied.
func HMAC(keys ...SealKey) (func(event []byte) []byte, error) {
	var v validator
	if len(keys) == 0 {
		v.fault("keys", "must not be empty")
	}
	own := slices.Clone(keys)
	for i := range own {
		own[i].Key = slices.Clone(own[i].Key)
		if len(own[i].Key) < 16 {
			v.fault(fmt.Sprintf("keys[%d].key", i), "must be at least 16 bytes")
		}
		if i > 0 && !own[i].From.After(own[i-1].From) {
			v.fault(fmt.Sprintf("keys[%d].from", i), "must be after that of the key before")
		}
	}
	if err := errors.Join(v.faults...); err != nil {
		return nil, err
	}
	return func(event []byte) []byte {
		key := own[0].Key
		if len(own) > 1 {
			if h, ok := readHead(event); ok {
				for _, k := range own[1:] {
					if !h.Change.At.Before(k.From) {
						key = k.Key
					}
				}
			}
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(event)
		return mac.Sum(nil)
	}, nil
}
