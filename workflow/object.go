package workflow

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/penstock-go/penstock/internal/canonical"
)

// checkObject checks that text is one JSON object of bounded size and depth
// that means the same to every reader.
func (c *Checker) checkObject(field string, text json.RawMessage, limit int) {
	switch body := bytes.TrimSpace(text); {
	case len(text) > limit:
		c.Fault(field, "%d bytes are too many: at most %d", len(text), limit)
	case len(body) == 0 || body[0] != '{' || !json.Valid(body):
		c.Fault(field, "must be a JSON object")
	case depth(body) > maxDepth:
		c.Fault(field, "is nested more than %d deep", maxDepth)
	default:
		if _, err := canonical.Transform(body); err != nil {
			c.Fault(field, "does not mean the same to every reader: %v", err)
		}
	}
}

// checkObjects checks what is kept as it is.
func (c *Checker) checkObjects(field string, all []json.RawMessage, limit int) {
	if !c.Count(field, len(all), limit) {
		return
	}
	for i, text := range all {
		c.At("%s[%d]", field, i).checkObject("", text, maxVerbatim)
	}
}

// depth returns how deep valid JSON is nested.
func depth(doc []byte) (deepest int) {
	level, quoted := 0, false
	for i := 0; i < len(doc); i++ {
		switch b := doc[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			level++
			deepest = max(deepest, level)
		case b == '}' || b == ']':
			level--
		}
	}
	return deepest
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
