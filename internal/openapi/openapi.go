// Package openapi writes the OpenAPI 3.1 description of an HTTP API from the operations that it
// has and the Go types that it reads and writes.
//
// What a type has in JSON is what its schema says, no more and no less: a member without
// omitempty or omitzero is required, and members that are not there are not allowed. Tags say
// the rest:
//
//	doc:"…"        the description of a member
//	enum:"a,b"     the values that it can have
//	format:"…"     date-time, uuid and the like
//	open:"true"    on a member: it is any JSON; on _ struct{}: there can be other members
//	need:"true"    on a member of what is read: it is required, though it can be left out in Go
package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An Operation is one method of one path.
type Operation struct {
	Method  string
	Path    string // as patterns of net/http have it: /plans/{id}
	ID      string // unique in the API
	Summary string
	Tag     string
	Query   []Param
	Header  []Param
	Body    any      // the zero value of what is read, as JSON; nil: nothing is
	Bare    bool     // the body can be left out
	Types   []string // of the body; default: application/json
	Answers []Answer
	Fails   []int // the statuses of failures beside those that every operation has
}

// A Param is a member of the query, or a header.
type Param struct {
	Name     string
	About    string
	Type     ParamType
	Required bool
	Enum     []string
}

// A ParamType is what a Param holds.
type ParamType string

// The types.
const (
	String  ParamType = "string"
	Integer ParamType = "integer"
	Boolean ParamType = "boolean"
)

// An Answer is one that an operation gives when it succeeds.
type Answer struct {
	Status int
	Body   any    // the zero value of what is written as JSON; nil: nothing is, or a text
	Type   string // default: application/json if there is a Body, and otherwise no content
}

// An Info is what a description says of the API as a whole.
type Info struct {
	Title, Version, About string
	Server                string // the path below which all are; default: /
	Security              string // how requests are authenticated: the name of the header
	Failure               any    // the zero value of the body of a failure
	Fails                 []int  // the statuses of failures that every operation has
	NoContent             []int  // those of them that have no body, or one of another form
}

type object = map[string]any

// Describe returns the description as indented JSON, always the same for the same operations.
func Describe(info Info, operations []Operation) ([]byte, error) {
	s := &schemas{named: make(object), types: make(map[string]reflect.Type)}
	paths := make(object)
	seen := make(map[string]bool)
	for _, op := range operations {
		if seen[op.ID] || op.ID == "" {
			return nil, fmt.Errorf("operation %q of %s %s is not unique", op.ID, op.Method, op.Path)
		}
		seen[op.ID] = true
		item, ok := paths[op.Path].(object)
		if !ok {
			item = make(object)
			paths[op.Path] = item
		}
		described, err := s.operation(info, op)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op.ID, err)
		}
		item[strings.ToLower(op.Method)] = described
	}
	server := info.Server
	if server == "" {
		server = "/"
	}
	doc := object{
		"openapi":    "3.1.0",
		"info":       object{"title": info.Title, "version": info.Version, "description": info.About},
		"servers":    []any{object{"url": server}},
		"paths":      paths,
		"components": object{"schemas": s.named, "securitySchemes": object{"token": object{"type": "apiKey", "in": "header", "name": info.Security}}},
		"security":   []any{object{"token": []any{}}},
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	return append(text, '\n'), err
}

var pathParam = regexp.MustCompile(`\{([a-zA-Z_]+)(\.\.\.)?\}`)

func (s *schemas) operation(info Info, op Operation) (object, error) {
	var params []any
	for _, m := range pathParam.FindAllStringSubmatch(op.Path, -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range op.Query {
		params = append(params, p.describe("query"))
	}
	for _, p := range op.Header {
		params = append(params, p.describe("header"))
	}
	responses := make(object)
	for _, a := range op.Answers {
		described, err := s.answer(a)
		if err != nil {
			return nil, err
		}
		status := strconv.Itoa(a.Status)
		if other, ok := responses[status].(object); ok {
			described = eitherOf(other, described)
		}
		responses[status] = described
	}
	for _, status := range slices.Concat(info.Fails, op.Fails) {
		key := strconv.Itoa(status)
		if _, ok := responses[key]; ok {
			continue
		}
		a := Answer{Status: status, Body: info.Failure}
		if slices.Contains(info.NoContent, status) {
			a.Body = nil
		}
		described, err := s.answer(a)
		if err != nil {
			return nil, err
		}
		responses[key] = described
	}
	out := object{"operationId": op.ID, "summary": op.Summary, "responses": responses}
	if op.Tag != "" {
		out["tags"] = []any{op.Tag}
	}
	if len(params) > 0 {
		out["parameters"] = params
	}
	if op.Body != nil {
		schema, err := s.of(op.Body)
		if err != nil {
			return nil, err
		}
		content := make(object)
		for _, t := range op.types() {
			content[t] = object{"schema": schema}
		}
		out["requestBody"] = object{"required": !op.Bare, "content": content}
	}
	return out, nil
}

// eitherOf is an answer that has the media types of two with the same status.
func eitherOf(a, b object) object {
	content := make(object)
	for _, described := range []object{a, b} {
		of, _ := described["content"].(object) // none: it has no body
		maps.Copy(content, of)
	}
	out := maps.Clone(a)
	out["content"] = content
	return out
}

func (op Operation) types() []string {
	if len(op.Types) == 0 {
		return []string{"application/json"}
	}
	return op.Types
}

func (p Param) describe(in string) object {
	schema := object{"type": string(p.Type)}
	if p.Type == "" {
		schema["type"] = string(String)
	}
	if len(p.Enum) > 0 {
		schema["enum"] = p.Enum
	}
	out := object{"name": p.Name, "in": in, "schema": schema}
	if p.About != "" {
		out["description"] = p.About
	}
	if p.Required {
		out["required"] = true
	}
	return out
}

func (s *schemas) answer(a Answer) (object, error) {
	out := object{"description": http.StatusText(a.Status)}
	switch {
	case a.Body != nil:
		schema, err := s.of(a.Body)
		if err != nil {
			return nil, err
		}
		kind := a.Type
		if kind == "" {
			kind = "application/json"
		}
		out["content"] = object{kind: object{"schema": schema}}
	case a.Type != "":
		out["content"] = object{a.Type: object{"schema": object{"type": "string"}}}
	}
	return out, nil
}
