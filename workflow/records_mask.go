package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// checkMasks finds the masks of secrets that stand where nothing is secret, as when is_credential
// was taken away. There a mask would replace the value, and the secret must not be shown.
func checkMasks(c *Checker, text []byte, secrets map[string]string) error {
	masks := make(map[int]string) // paths, by where they begin
	w := secretWalk{doc: text, tokens: json.NewDecoder(bytes.NewReader(text))}
	w.visit = func(t jsonText) {
		if _, known := secrets[unquote(text[t.start:t.end])]; known {
			masks[t.start] = t.path
		}
	}
	if _, err := w.value(""); err != nil {
		return fmt.Errorf("look for masks: %w", err)
	}
	for _, t := range w.found {
		delete(masks, t.start)
	}
	for _, at := range slices.Sorted(maps.Keys(masks)) {
		c.Fault(masks[at], "is the mask of a secret, and nothing is secret here: give the value")
	}
	return nil
}
