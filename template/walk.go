package template

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/releaseplan"
)

// A visitor is shown every text of a content with its path. What its functions
// return takes the place of the text.
type visitor struct {
	text     func(path, s string) string
	exact    func(path, s string) any // a text inside a JSON document: what it becomes
	key      func(path, key string)   // of a map, or of an object in a document
	variable func(path string, v *releaseplan.Variable) string
}

// content visits all texts, also those of fields that are yet to come.
func (v *visitor) content(c *releaseplan.Content) {
	variables := c.Variables
	c.Variables = nil // their values have rules of their own
	v.value("", reflect.ValueOf(c))
	c.Variables = variables
	for i := range variables {
		x, path := &variables[i], fmt.Sprintf("variables[%d]", i)
		x.Name = v.text(path+".name", x.Name)
		x.Value = v.variable(path+".value", x)
	}
}

func (v *visitor) value(path string, x reflect.Value) {
	switch x.Kind() {
	case reflect.Pointer:
		if !x.IsNil() {
			v.value(path, x.Elem())
		}
	case reflect.String:
		x.SetString(v.text(path, x.String()))
	case reflect.Struct:
		for i := range x.NumField() {
			if f := x.Type().Field(i); f.IsExported() {
				v.value(under(path, jsonName(f)), x.Field(i))
			}
		}
	case reflect.Slice:
		if raw, ok := reflect.TypeAssert[json.RawMessage](x); ok {
			x.SetBytes(v.document(path, raw))
			return
		}
		for i := range x.Len() {
			v.value(fmt.Sprintf("%s[%d]", path, i), x.Index(i))
		}
	case reflect.Map:
		v.members(path, x)
	default:
	}
}

// members visits a map in the order of its keys.
func (v *visitor) members(path string, x reflect.Value) {
	keys := x.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		at := keyed(path, key.String())
		v.key(at, key.String())
		member := reflect.New(x.Type().Elem()).Elem()
		member.Set(x.MapIndex(key))
		v.value(at, member)
		x.SetMapIndex(key, member)
	}
}

// document visits the texts of a JSON document. One in which nothing changes stays
// byte for byte as it is, and so does what is no JSON.
func (v *visitor) document(path string, raw json.RawMessage) json.RawMessage {
	if !strings.Contains(string(raw), "{{") && !strings.Contains(string(raw), `\u007`) {
		return raw
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var tree any
	if !json.Valid(raw) || d.Decode(&tree) != nil {
		return raw
	}
	changed := false
	tree = v.node(path, tree, &changed)
	if !changed {
		return raw
	}
	doc, err := plainJSON(tree)
	if err != nil {
		return raw // cannot be: it was made of JSON
	}
	return doc
}

func (v *visitor) node(path string, x any, changed *bool) any {
	switch x := x.(type) {
	case string:
		now := v.exact(path, x)
		if s, ok := now.(string); !ok || s != x {
			*changed = true
		}
		return now
	case []any:
		for i := range x {
			x[i] = v.node(fmt.Sprintf("%s[%d]", path, i), x[i], changed)
		}
	case map[string]any:
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			at := keyed(path, k)
			v.key(at, k)
			x[k] = v.node(at, x[k], changed)
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
