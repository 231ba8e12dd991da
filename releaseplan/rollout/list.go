package rollout

import "encoding/json"

// A List is a slice that JSON writes as [] if there is nothing in it, and not as
// null, which some readers of the client API do not take. Any slice can be
// assigned to it, and it to any slice.
type List[T any] []T

// MarshalJSON writes an array.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(l))
}
