package zadig

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// A configured is the configuration of a kind of approval: what is known of it, and beside that
// whatever else was sent, which is kept.
type configured[T any] struct {
	known T
	sent  json.RawMessage // without decisions
}

// UnmarshalJSON reads it. Decisions that are sent are passed over: they are made, not sent.
func (c *configured[T]) UnmarshalJSON(text []byte) error {
	var zero T
	c.known = zero
	if err := json.Unmarshal(text, &c.known); err != nil { // as it was sent, for the path of the fault
		return err
	}
	tree, err := decodeTree(text)
	if err != nil {
		return err
	}
	if c.sent, err = json.Marshal(undecided(tree)); err != nil {
		return err
	}
	c.known = zero
	return json.Unmarshal(c.sent, &c.known)
}

// MarshalJSON writes what is known over what was sent.
func (c configured[T]) MarshalJSON() ([]byte, error) {
	known, err := json.Marshal(c.known)
	if err != nil || len(c.sent) == 0 {
		return known, err
	}
	over, err := decodeTree(known)
	if err != nil {
		return nil, err
	}
	under, err := decodeTree(c.sent)
	if err != nil {
		return nil, err
	}
	return json.Marshal(overlay(over, undecided(under)))
}

// OpenAPI returns the schema: that of what is known.
func (c configured[T]) OpenAPI(of func(any) any) any { return of(c.known) }

// decodeTree reads JSON with its numbers as they are.
func decodeTree(text []byte) (tree any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&tree)
	return tree, err
}

// decisions are the members that tell what became of an approval.
var decisions = []string{"status", "reject_or_approve", "comment", "operation_time", "instance_code", "instance_id", "approval_instance",
	"approval_node_details", "flat_approve_users"}

// decides reports whether a member tells of a decision, in whatever letters: encoding/json reads them all.
func decides(name string) bool {
	return slices.ContainsFunc(decisions, func(d string) bool { return strings.EqualFold(d, name) })
}

// undecided drops decisions.
func undecided(tree any) any {
	switch v := tree.(type) {
	case map[string]any:
		for name, value := range v {
			if decides(name) {
				delete(v, name)
				continue
			}
			v[name] = undecided(value)
		}
	case []any:
		for i := range v {
			v[i] = undecided(v[i])
		}
	}
	return tree
}

// overlay adds to what is known the members that are not.
func overlay(known, sent any) any {
	switch k := known.(type) {
	case map[string]any:
		s, _ := sent.(map[string]any)
		for name, value := range s {
			if have, ok := k[name]; ok {
				k[name] = overlay(have, value)
			} else {
				k[name] = value
			}
		}
	case []any:
		s, _ := sent.([]any)
		for i := range k {
			if i < len(s) {
				k[i] = overlay(k[i], s[i])
			}
		}
	}
	return known
}
