package idempotency

import (
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
)

// maxTries is how often Once goes on when others take the key meanwhile.
const maxTries = 10

// Once makes something with a key: find looks for what was made with it before, which is
// then the answer, and for the slot; file makes it, and puts an answer into the slot.
func Once[T any](find func() (*T, Slot, error), file func(*Slot) (*T, error)) (*T, error) {
	for range maxTries {
		first, slot, err := find()
		if first != nil || err != nil {
			return first, err
		}
		made, err := file(&slot)
		if err == nil || !errors.Is(err, penstock.ErrExists) && !errors.Is(err, penstock.ErrConflict) {
			return made, err
		}
		// The same request, sent at once, may have taken the key, and the name with it.
		first, again, lookErr := find()
		if first != nil || lookErr != nil {
			return first, lookErr
		}
		if again == slot {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the key was taken %d times meanwhile: %w", maxTries, penstock.ErrConflict)
}
