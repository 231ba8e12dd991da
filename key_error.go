package penstock

import (
	"fmt"
	"strings"
	"unicode"
)

// MaxKey is how many bytes an idempotency key can have.
const MaxKey = 128

// A KeyReusedError says that an idempotency key was used before, for something
// else. It is an [ErrExists].
type KeyReusedError struct {
	Key string // what was asked with it is not told
}

func (e *KeyReusedError) Error() string {
	return fmt.Sprintf("the idempotency key %q was used for something else: %v", e.Key, ErrExists)
}

// Is reports whether target is ErrExists.
func (e *KeyReusedError) Is(target error) bool { return target == ErrExists }

// CheckKey returns an ErrInvalid at field unless key can be an idempotency key:
// from 1 to [MaxKey] bytes of UTF-8 that are not all blank, without control characters.
func CheckKey(field, key string) error {
	switch {
	case len(key) > MaxKey:
		return Invalid(field, "is longer than %d bytes", MaxKey)
	case strings.TrimSpace(key) == "":
		return Invalid(field, "must not be blank")
	case strings.ToValidUTF8(key, "") != key || strings.ContainsFunc(key, unicode.IsControl):
		return Invalid(field, "must be text without control characters")
	}
	return nil
}
