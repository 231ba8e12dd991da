package main

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// A decoder fills Go values from YAML, by the names in their json tags, and
// collects every fault with its place. It also notes where each value was, so that
// faults that are found later can be told with their line.
type decoder struct {
	faults []fault
	places map[string]*token.Position
	specs  map[string]ast.Node // what became raw JSON
}

// A target is where the value of one member goes, and the path of that in the content.
type target struct {
	value reflect.Value
	path  string
}

func (d *decoder) fault(at *token.Position, path, format string, args ...any) {
	d.faults = append(d.faults, fault{line: at.Line, column: at.Column, path: path, why: fmt.Sprintf(format, args...)})
}

// decode fills v from n. A null leaves v as it is.
func (d *decoder) decode(n ast.Node, v reflect.Value, path string) {
	if _, known := d.places[path]; !known {
		d.places[path] = placeOf(n)
	}
	switch n.(type) {
	case *ast.NullNode:
		return
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.fault(placeOf(n), path, "anchors, aliases and tags are not understood here")
		return
	}
	text, isText := textOf(n)
	switch into := v.Addr().Interface().(type) {
	case *json.RawMessage:
		d.specs[path] = n
		*into = d.raw(n, path)
		return
	case *penstock.Party: // "ann", or "group:sre"
		if isText {
			*into = partyOf(text)
			return
		}
	case *approval.Policy:
		d.policy(n, into, path)
		return
	case encoding.TextUnmarshaler:
		if !isText {
			d.fault(placeOf(n), path, "must be a text")
		} else if err := into.UnmarshalText([]byte(text)); err != nil {
			d.fault(placeOf(n), path, "%v", err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(n, v.Elem(), path)
	case reflect.Struct:
		d.object(n, fieldsOf(v, path), path)
	case reflect.Map:
		d.table(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.String:
		if !isText {
			d.fault(placeOf(n), path, "must be a text")
		}
		v.SetString(text)
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.fault(placeOf(n), path, "must be true or false")
			return
		}
		v.SetBool(b.Value)
	case reflect.Int, reflect.Int64:
		d.integer(n, v, path)
	default:
		d.fault(placeOf(n), path, "cannot be set")
	}
}

// object fills fields from the members of n and returns which there were.
func (d *decoder) object(n ast.Node, fields map[string]target, path string) map[string]bool {
	members, ok := membersOf(n)
	if !ok {
		d.fault(placeOf(n), path, "must have members: %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		return nil
	}
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		key := m.Key.GetToken()
		field, known := fields[key.Value]
		switch at := join(path, key.Value); {
		case !known:
			d.fault(key.Position, at, "is not known here; known are %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		case seen[key.Value]:
			d.fault(key.Position, at, "is there already")
		default:
			d.places[field.path] = placeOf(m)
			d.decode(m.Value, field.value, field.path)
		}
		seen[key.Value] = true
	}
	return seen
}

// policy reads an approval policy, or its short form: need and approvers.
func (d *decoder) policy(n ast.Node, into *approval.Policy, path string) {
	var node approval.Node
	short := path + ".nodes[0]"
	fields := fieldsOf(reflect.ValueOf(into).Elem(), path)
	fields["need"] = target{reflect.ValueOf(&node.K).Elem(), short + ".k"}
	fields["approvers"] = target{reflect.ValueOf(&node.Approvers).Elem(), short + ".approvers"}
	seen := d.object(n, fields, path)
	if !seen["need"] && !seen["approvers"] {
		return
	}
	if seen["nodes"] {
		d.fault(placeOf(n), path, "has either nodes or need and approvers")
	}
	node.Need = approval.KOf
	if !seen["need"] {
		node.Need = approval.All
	}
	if !seen["enabled"] {
		into.Enabled = true
	}
	if into.Kind == "" {
		into.Kind = approval.Native
	}
	into.Nodes = []approval.Node{node}
}

func (d *decoder) table(n ast.Node, v reflect.Value, path string) {
	members, ok := membersOf(n)
	if !ok {
		d.fault(placeOf(n), path, "must have members")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, m := range members {
		key := m.Key.GetToken()
		k := reflect.ValueOf(key.Value).Convert(v.Type().Key())
		if v.MapIndex(k).IsValid() {
			d.fault(key.Position, join(path, key.Value), "is there already")
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		d.decode(m.Value, value, join(path, key.Value))
		v.SetMapIndex(k, value)
	}
}

func (d *decoder) list(n ast.Node, v reflect.Value, path string) {
	items, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fault(placeOf(n), path, "must be a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items.Values), len(items.Values)))
	for i, item := range items.Values {
		d.decode(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

func (d *decoder) integer(n ast.Node, v reflect.Value, path string) {
	number, ok := n.(*ast.IntegerNode)
	if !ok {
		d.fault(placeOf(n), path, "must be a whole number")
		return
	}
	switch i := number.Value.(type) {
	case int64:
		v.SetInt(i)
	case uint64:
		if i > 1<<62 {
			d.fault(placeOf(n), path, "is too large")
			return
		}
		v.SetInt(int64(i))
	}
}

// raw returns n as JSON.
func (d *decoder) raw(n ast.Node, path string) json.RawMessage {
	doc, err := json.Marshal(d.plain(n, path))
	if err != nil {
		d.fault(placeOf(n), path, "cannot be written as JSON: %v", err)
	}
	return doc
}

// plain returns n as encoding/json would decode it.
func (d *decoder) plain(n ast.Node, path string) any {
	switch n := n.(type) {
	case *ast.NullNode:
		return nil
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode:
		return n.Value
	case *ast.FloatNode:
		return n.Value
	case *ast.SequenceNode:
		items := make([]any, len(n.Values))
		for i, item := range n.Values {
			items[i] = d.plain(item, fmt.Sprintf("%s[%d]", path, i))
		}
		return items
	}
	if members, ok := membersOf(n); ok {
		object := make(map[string]any, len(members))
		for _, m := range members {
			key := m.Key.GetToken().Value
			object[key] = d.plain(m.Value, join(path, key))
		}
		return object
	}
	text, ok := textOf(n)
	if !ok {
		d.fault(placeOf(n), path, "cannot be understood here")
	}
	return text
}
