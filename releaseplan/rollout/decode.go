package rollout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// Parameters are those of a strategy. All values are texts: from JSON, numbers
// and booleans are taken as their text and null as empty.
type Parameters map[string]string

// UnmarshalJSON takes numbers and booleans as their text and null as empty.
func (p *Parameters) UnmarshalJSON(data []byte) error {
	var plain map[string]string
	if json.Unmarshal(data, &plain) == nil { // the usual case
		*p = plain
		return nil
	}
	var in map[string]scalar
	err := json.Unmarshal(data, &in)
	*p = make(Parameters, len(in))
	for name, value := range in {
		(*p)[name] = string(value)
	}
	return err
}

// A FormatVersion is that of a [State]. JSON may write it as 2, 2.0 or "2".
type FormatVersion int

// UnmarshalJSON takes a whole number, also as a text or with a fraction of 0.
func (v *FormatVersion) UnmarshalJSON(data []byte) error { return (*whole)(v).UnmarshalJSON(data) }

// UnmarshalJSON takes numbers and booleans among the values as their text.
func (c *Constraint) UnmarshalJSON(data []byte) error {
	type plain Constraint
	return json.Unmarshal(data, &struct {
		*plain
		Values *texts  `json:"values"`
		Value  *scalar `json:"value"`
	}{(*plain)(c), (*texts)(&c.Values), (*scalar)(&c.Value)})
}

// UnmarshalJSON takes a weight that is a text or has a fraction of 0.
func (v *Variant) UnmarshalJSON(data []byte) error {
	type plain Variant
	return json.Unmarshal(data, &struct {
		*plain
		Weight *whole `json:"weight"`
	}{(*plain)(v), (*whole)(&v.Weight)})
}

// UnmarshalJSON takes a value that is a number or boolean as its text.
func (p *Payload) UnmarshalJSON(data []byte) error {
	type plain Payload
	return json.Unmarshal(data, &struct {
		*plain
		Value *scalar `json:"value"`
	}{(*plain)(p), (*scalar)(&p.Value)})
}

// UnmarshalJSON takes numbers and booleans among the values as their text.
func (o *Override) UnmarshalJSON(data []byte) error {
	type plain Override
	return json.Unmarshal(data, &struct {
		*plain
		Values *texts `json:"values"`
	}{(*plain)(o), (*texts)(&o.Values)})
}

// A scalar is a JSON string, number or boolean as text, or null as nothing.
// Numbers with a fraction or an exponent are written as JavaScript does, so that
// 50.0 is 50; whole ones stay as they are, however long.
type scalar string

func (s *scalar) UnmarshalJSON(data []byte) error {
	switch c := data[0]; {
	case bytes.Equal(data, []byte("null")):
		*s = ""
		return nil
	case c == '"' || c == '{' || c == '[':
		return json.Unmarshal(data, (*string)(s)) // an object or array is an error
	case c == 't' || c == 'f' || !bytes.ContainsAny(data, ".eE"):
		*s = scalar(data)
		return nil
	}
	var x float64
	if err := json.Unmarshal(data, &x); err != nil {
		return err
	}
	text, err := json.Marshal(x)
	*s = scalar(text)
	return err
}

// texts are strings that JSON may write as scalars.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	var plain []string
	if json.Unmarshal(data, &plain) == nil { // the usual case
		*t = plain
		return nil
	}
	var in []scalar
	err := json.Unmarshal(data, &in)
	*t = make(texts, len(in))
	for i, value := range in {
		(*t)[i] = string(value)
	}
	return err
}

// A whole is a number that JSON may write as 50, 50.0 or "50".
type whole int

func (n *whole) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, (*int)(n)) == nil {
		return nil
	}
	var text scalar
	if err := text.UnmarshalJSON(data); err != nil {
		return err
	}
	x, ok := parseNumber(string(text))
	if !ok || x != math.Trunc(x) || math.Abs(x) > 1<<31-1 {
		return fmt.Errorf("%q is not a whole number", clip(string(text)))
	}
	*n = whole(x)
	return nil
}
