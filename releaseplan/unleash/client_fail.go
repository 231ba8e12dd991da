package unleash

import "github.com/penstock-go/penstock/internal/rest"

// A clientFailure is the body of an answer to an SDK that nobody knows.
type clientFailure struct {
	Message string `json:"message"`
}

// clientUnknown is the message of one.
const clientUnknown = "You must send a valid client token in the authorization header."

// A clientError is why an SDK is not known.
type clientError struct{ err error }

func (e *clientError) Error() string        { return clientUnknown }
func (e *clientError) Is(target error) bool { return target == rest.ErrUnauthorized }
func (e *clientError) Unwrap() error        { return e.err }
