package workflow

import (
	"encoding/json"

	"github.com/penstock-go/penstock"
)

// MaxRunSpecs bounds the bytes of the specs that all jobs of a run expand to together.
const MaxRunSpecs = 16 << 20

// An expansion is the specs of the pieces of a job while they are made. Each has all
// that the pieces have in common, so that a small definition could fill the memory.
type expansion struct{ bytes int }

// encode returns the spec of a piece, or a fault if they have become too much.
func (e *expansion) encode(piece Spec) (json.RawMessage, error) {
	text, err := EncodeSpec(piece)
	if err != nil {
		return nil, err
	}
	return text, e.add(len(text))
}

func (e *expansion) add(bytes int) error {
	if e.bytes += bytes; e.bytes > MaxRunSpecs {
		return penstock.Invalid("", "expands to more than %d bytes", MaxRunSpecs)
	}
	return nil
}
