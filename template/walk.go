package template

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/internal/fault"
	"github.com/penstock-go/penstock/releaseplan"
)

// A visitor is shown every text of a content with its path. What its functions
// return takes the place of the text.
type visitor struct {
	text     func(at *place, s string) string
	exact    func(at *place, s string) any // a text inside a JSON document: what it becomes
	key      func(at *place, key string)   // of a map, or of an object in a document
	variable func(at *place, v *releaseplan.Variable) string
}

// content visits all texts, also those of fields that are yet to come.
func (v *visitor) content(c *releaseplan.Content) {
	variables := c.Variables
	c.Variables = nil // their values have rules of their own
	v.value(nil, reflect.ValueOf(c))
	c.Variables = variables
	for i := range variables {
		x, at := &variables[i], (*place)(nil).field("variables").element(i)
		x.Name = v.text(at.field("name"), x.Name)
		x.Value = v.variable(at.field("value"), x)
	}
}

func (v *visitor) value(at *place, x reflect.Value) {
	switch x.Kind() {
	case reflect.Pointer:
		if !x.IsNil() {
			v.value(at, x.Elem())
		}
	case reflect.String:
		x.SetString(v.text(at, x.String()))
	case reflect.Struct:
		for i := range x.NumField() {
			if f := x.Type().Field(i); f.IsExported() {
				v.value(at.field(jsonName(f)), x.Field(i))
			}
		}
	case reflect.Slice:
		if raw, ok := reflect.TypeAssert[json.RawMessage](x); ok {
			x.SetBytes(v.document(at, raw))
			return
		}
		for i := range x.Len() {
			v.value(at.element(i), x.Index(i))
		}
	case reflect.Map:
		v.members(at, x)
	default:
	}
}

// members visits a map in the order of its keys.
func (v *visitor) members(at *place, x reflect.Value) {
	for _, key := range sortedKeys(x) {
		at := at.member(key.String())
		v.key(at, key.String())
		member := reflect.New(x.Type().Elem()).Elem()
		member.Set(x.MapIndex(key))
		v.value(at, member)
		x.SetMapIndex(key, member)
	}
}

func sortedKeys(x reflect.Value) []reflect.Value {
	keys := x.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

// document visits the texts of a JSON document. One in which nothing changes stays
// byte for byte as it is, and so does what is no JSON or more than a plan can have.
func (v *visitor) document(at *place, raw json.RawMessage) json.RawMessage {
	if !strings.Contains(string(raw), "{{") && !strings.Contains(string(raw), `\u007`) {
		return raw
	}
	if len(raw) > releaseplan.MaxSpec || fault.Depth(raw) > maxDepth {
		return raw
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var tree any
	if !json.Valid(raw) || d.Decode(&tree) != nil {
		return raw
	}
	changed := false
	tree = v.node(at, tree, &changed)
	if !changed {
		return raw
	}
	doc, err := plainJSON(tree)
	if err != nil {
		return raw // cannot be: it was made of JSON
	}
	return doc
}

func (v *visitor) node(at *place, x any, changed *bool) any {
	switch x := x.(type) {
	case string:
		now := v.exact(at, x)
		if s, ok := now.(string); !ok || s != x {
			*changed = true
		}
		return now
	case []any:
		for i := range x {
			part := at.element(i)
			part.deep = true
			x[i] = v.node(part, x[i], changed)
		}
	case map[string]any:
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			part := at.member(k)
			part.deep = at.deep || at.key
			v.key(part, k)
			x[k] = v.node(part, x[k], changed)
		}
	}
	return x
}

// jsonName returns the name of a field in JSON.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		return f.Name
	}
	return name
}

// copyContent returns a deep copy.
func copyContent(c *releaseplan.Content) (releaseplan.Content, error) {
	var to releaseplan.Content
	raw, err := json.Marshal(c)
	if err == nil {
		err = json.Unmarshal(raw, &to)
	}
	return to, err
}
