package check

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A Description is an OpenAPI description that answers are held against.
type Description struct {
	doc      map[string]any
	compiler *jsonschema.Compiler
	paths    []pathItem

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
	seen    map[string]bool // operationId and status
}

type pathItem struct {
	template string
	pattern  *regexp.Regexp
	fixed    int // characters that are not parameters: the more, the closer
	methods  map[string]any
}

const location = "file:///openapi.json"

// Describe reads a description.
func Describe(t testing.TB, text []byte) *Description {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("the description: %v", err)
	}
	d := &Description{doc: doc.(map[string]any), compiler: jsonschema.NewCompiler(), schemas: make(map[string]*jsonschema.Schema), seen: make(map[string]bool)}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(location, doc); err != nil {
		t.Fatalf("the description: %v", err)
	}
	param := regexp.MustCompile(`\\\{[a-zA-Z_]+\\\}`)
	for template, item := range d.doc["paths"].(map[string]any) {
		pattern := "^" + param.ReplaceAllString(regexp.QuoteMeta(template), `[^/]+`) + "$"
		d.paths = append(d.paths, pathItem{template, regexp.MustCompile(pattern), len(param.ReplaceAllString(regexp.QuoteMeta(template), "")), item.(map[string]any)})
	}
	return d
}

// find returns the operation that a request is for.
func (d *Description) find(r *http.Request) (template string, operation map[string]any) {
	var best *pathItem
	for i := range d.paths {
		if p := &d.paths[i]; p.pattern.MatchString(r.URL.EscapedPath()) && (best == nil || p.fixed > best.fixed) {
			best = p
		}
	}
	if best == nil {
		return "", nil
	}
	op, _ := best.methods[strings.ToLower(r.Method)].(map[string]any)
	return best.template, op
}

// Check says what the description does not say of an answer. Of what is no operation it says nothing.
func (d *Description) Check(r *http.Request, got *http.Response, body []byte) error {
	template, op := d.find(r)
	if op == nil {
		return nil
	}
	status := strconv.Itoa(got.StatusCode)
	response, ok := op["responses"].(map[string]any)[status].(map[string]any)
	if !ok {
		return fmt.Errorf("status %s is not documented", status)
	}
	d.mu.Lock()
	d.seen[op["operationId"].(string)+" "+status] = true
	d.mu.Unlock()
	content, ok := response["content"].(map[string]any)
	if !ok {
		if len(body) > 0 {
			return fmt.Errorf("there is a body of %d bytes, and none is documented", len(body))
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("content type %q: %w", got.Header.Get("Content-Type"), err)
	}
	if _, ok := content[media]; !ok {
		return fmt.Errorf("content type %s is not documented", media)
	}
	if media != "application/json" {
		return nil
	}
	schema, err := d.schema("paths", template, strings.ToLower(r.Method), "responses", status, "content", media, "schema")
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	switch {
	case err != nil && schema.Types != nil && slices.Equal(schema.Types.ToStrings(), []string{"string"}):
		return nil // a plain text that is labelled JSON: one of the documents has that
	case err != nil:
		return err
	}
	return schema.Validate(v)
}

// schema compiles the schema at a place.
func (d *Description) schema(place ...string) (*jsonschema.Schema, error) {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D")
	var b strings.Builder
	for _, p := range place {
		b.WriteString("/" + escape.Replace(p))
	}
	pointer := b.String()
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, ok := d.schemas[pointer]; ok {
		return s, nil
	}
	s, err := d.compiler.Compile(location + "#" + pointer)
	if err != nil {
		return nil, err
	}
	d.schemas[pointer] = s
	return s, nil
}

// Seen reports whether an operation has answered with a status.
func (s *Server) Seen(operation string, status int) bool {
	s.doc.mu.Lock()
	defer s.doc.mu.Unlock()
	return s.doc.seen[operation+" "+strconv.Itoa(status)]
}
