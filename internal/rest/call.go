package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
	"github.com/penstock-go/penstock/internal/openapi"
)

// A Call is one request under way. It is for one goroutine.
type Call struct {
	W         http.ResponseWriter
	R         *http.Request
	Actor     penstock.Actor
	Operation openapi.Operation

	w     *writer
	o     *Options
	query url.Values
	once  *once // nil: the request has no idempotency key
}

// Context ends when the client goes away.
func (c *Call) Context() context.Context { return c.R.Context() }

// Path returns a part of the path.
func (c *Call) Path(name string) string { return c.R.PathValue(name) }

// A ParamError says that a member of the query, or a part of the path, cannot be. It is an
// ErrInvalid.
type ParamError struct{ Name, Value, Why string }

func (e *ParamError) Error() string { return e.Name + " " + e.Why }

// Unwrap returns the fault.
func (e *ParamError) Unwrap() error { return penstock.Invalid(e.Name, "%s", e.Why) }

const maxParam = 4 << 10 // bytes of a member of the query

// readQuery checks the query by what the operation takes.
func (c *Call) readQuery(params []openapi.Param) error {
	query, err := url.ParseQuery(c.R.URL.RawQuery)
	if err != nil {
		return &ParamError{"query", "", "cannot be read"}
	}
	c.query = query
	var faults []error
	for _, name := range sortedKeys(query) {
		at := slices.IndexFunc(params, func(p openapi.Param) bool { return p.Name == name })
		switch {
		case at < 0 && !c.o.Unknown:
			faults = append(faults, &ParamError{name, query.Get(name), "is not known"})
		case at >= 0:
			if why := paramFault(params[at], query[name]); why != "" {
				faults = append(faults, &ParamError{name, query.Get(name), why})
			}
		}
	}
	for _, p := range params {
		if p.Required && query.Get(p.Name) == "" && !query.Has(p.Name) {
			faults = append(faults, &ParamError{p.Name, "", "is required"})
		}
	}
	return Join(faults)
}

func paramFault(p openapi.Param, values []string) string {
	value := values[0]
	switch {
	case len(values) > 1:
		return "is there more than once"
	case len(value) > maxParam:
		return fmt.Sprintf("is longer than %d bytes", maxParam)
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return "must be UTF-8"
	case value == "" && p.Required:
		return "is required"
	case value == "":
		return ""
	case p.Type == openapi.Integer:
		if _, err := strconv.Atoi(value); err != nil {
			return "must be an integer"
		}
	case p.Type == openapi.Boolean:
		if value != "true" && value != "false" {
			return "must be true or false"
		}
	case len(p.Enum) > 0 && !slices.Contains(p.Enum, value):
		return "must be one of " + strings.Join(p.Enum, ", ")
	}
	return ""
}

// Has reports whether the query has a member that is not empty.
func (c *Call) Has(name string) bool { return c.query.Get(name) != "" }

// Query returns a member of the query, empty if it is not there.
func (c *Call) Query(name string) string { return c.query.Get(name) }

// Int returns a member of the query that is an integer, or def if it is not there.
func (c *Call) Int(name string, def int) int {
	n, err := strconv.Atoi(c.query.Get(name))
	if err != nil {
		return def
	}
	return n
}

// Bool reports whether a member of the query is true.
func (c *Call) Bool(name string) bool { return c.query.Get(name) == "true" }

// maxDepth bounds how deep a body is nested.
const maxDepth = 64

// Raw returns the body, which is JSON in UTF-8 that means the same to every reader: no member
// is there twice. Anything else is an ErrInvalid, [ErrTooLarge] or [ErrMediaType]. An empty body is
// one too, unless optional.
func (c *Call) Raw(optional bool) (json.RawMessage, error) {
	if kind := c.R.Header.Get("Content-Type"); kind != "" {
		media, _, err := mime.ParseMediaType(kind)
		if err != nil || !c.reads(media) {
			return nil, ErrMediaType
		}
	}
	if e := c.R.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, ErrMediaType
	}
	body, err := c.readAll()
	if err != nil {
		return nil, err
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0 && optional:
		return nil, nil
	case len(body) == 0:
		return nil, penstock.Invalid("", "the body must be JSON, and is empty")
	case !utf8.Valid(body):
		return nil, penstock.Invalid("", "the body must be UTF-8")
	case !json.Valid(body):
		return nil, penstock.Invalid("", "the body must be JSON")
	}
	if body[0] == '[' { // an object in the way of any other
		wrapped := append(append([]byte(`{"list":`), body...), '}')
		if why := fault.Object(wrapped, len(wrapped), maxDepth+1); why != "" {
			return nil, penstock.Invalid("", "the body %s", why)
		}
		return body, nil
	}
	if why := fault.Object(body, len(body), maxDepth); why != "" {
		return nil, penstock.Invalid("", "the body %s", why)
	}
	return body, nil
}

// readAll reads the body.
func (c *Call) readAll() ([]byte, error) {
	body, err := io.ReadAll(c.R.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, ErrTooLarge
	case err != nil:
		return nil, penstock.Invalid("", "the body ended early")
	}
	return body, nil
}

// reads reports whether a media type is one that the operation reads.
func (c *Call) reads(media string) bool {
	if slices.Contains(c.Operation.Types, media) {
		return true
	}
	return len(c.Operation.Types) == 0 && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// Read reads the body into v, a pointer, as [Call.Raw] does. Members that v does not know are
// passed over if open, and otherwise each a fault. An empty body leaves v as it is if optional.
func (c *Call) Read(v any, open, optional bool) error {
	body, err := c.Raw(optional)
	if err != nil || body == nil {
		return err
	}
	return Decode(body, v, open)
}

// JSON answers with a value.
func (c *Call) JSON(status int, v any) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	c.W.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.W.Header().Set("X-Content-Type-Options", "nosniff")
	c.W.WriteHeader(status)
	_, _ = c.W.Write(body.Bytes()) // the client may be gone
	return nil
}

// Text answers with a text of a media type.
func (c *Call) Text(status int, media, text string) error {
	c.W.Header().Set("Content-Type", media)
	c.W.Header().Set("X-Content-Type-Options", "nosniff")
	c.W.WriteHeader(status)
	_, _ = io.WriteString(c.W, text)
	return nil
}

// Empty answers without a body.
func (c *Call) Empty(status int) error {
	c.W.WriteHeader(status)
	return nil
}

// Log tells of what went wrong on this side.
func (c *Call) Log(what string, err error) {
	c.o.Log.ErrorContext(c.R.Context(), what, "method", c.R.Method, "path", c.R.URL.Path, "error", err)
}
