package workflow

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/penstock-go/penstock/internal/fault"
)

// checkObject checks that text is one JSON object of bounded size and depth
// that means the same to every reader.
func (c *Checker) checkObject(field string, text json.RawMessage, limit int) {
	c.told(field, fault.Object(text, limit, maxDepth))
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

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
