package rollout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// check says what is wrong with the payload. Only JSON is looked into: it must be
// an object or an array.
func (p *Payload) check() error {
	if p == nil {
		return nil
	}
	switch p.Type {
	case "string", "number", "csv":
		return nil
	case "json":
		text := bytes.TrimLeft([]byte(p.Value), " \t\r\n")
		if !json.Valid(text) || text[0] != '{' && text[0] != '[' {
			return errors.New("the value is not a JSON object or array")
		}
		return nil
	default:
		return fmt.Errorf("type %q is not string, number, json or csv", clip(p.Type))
	}
}
