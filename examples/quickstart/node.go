package main

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/penstock-go/penstock"
)

// placeOf returns where n begins in the file. A member begins at its value if that
// is on the line of the key, and else at the key.
func placeOf(n ast.Node) *token.Position {
	if m, ok := n.(*ast.MappingValueNode); ok {
		key := m.Key.GetToken().Position
		switch m.Value.(type) {
		case *ast.NullNode, *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode:
			return key
		}
		if value := placeOf(m.Value); value.Line == key.Line {
			return value
		}
		return key
	}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return m.Values[0].Key.GetToken().Position
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position
	}
	return &token.Position{Line: 1, Column: 1}
}

// membersOf returns the members of a mapping.
func membersOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	default:
		return nil, false
	}
}

// textOf returns a scalar as it is written: 2.10 stays "2.10".
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	default:
		return "", false
	}
}

// fieldsOf returns the fields of a struct by the names in their json tags.
func fieldsOf(v reflect.Value, path string) map[string]target {
	fields := make(map[string]target, v.NumField())
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields[name] = target{v.Field(i), join(path, name)}
		}
	}
	return fields
}

// partyOf reads the short form of a party: ann, user:ann, group:sre.
func partyOf(text string) penstock.Party {
	if id, ok := strings.CutPrefix(text, "group:"); ok {
		return penstock.GroupParty(id)
	}
	return penstock.UserParty(strings.TrimPrefix(text, "user:"))
}

func join(path, member string) string {
	if path == "" {
		return member
	}
	return path + "." + member
}
