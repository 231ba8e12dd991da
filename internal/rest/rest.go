// Package rest is what the REST dialects of plans and workflows share: operations in one
// table, which is also what their OpenAPI description is made of; requests that are read
// within limits; answers; and failures, which each dialect writes in its own words.
package rest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/panics"
)

// An Operation is one method of one path, and what carries it out. S is what the operations
// of a dialect work on.
type Operation[S any] struct {
	openapi.Operation
	Handle func(S, *Call) error
	Open   bool           // nobody has to say who they are
	As     penstock.Actor // who asks if it is Open

	// Keyed operations honour the header [KeyHeader]: all their commits have keys from [Call.Key].
	// Others refuse it, but for those that only read.
	Keyed bool
}

// Options say how a dialect reads and fails.
type Options struct {
	// Who says who asks. An error is an [ErrUnauthorized].
	Who func(*http.Request) (penstock.Actor, error)

	// Fail writes a failure. Nothing was written before.
	Fail func(c *Call, err error)

	// Replies are kept of requests with a key. Without it none is honoured.
	Replies *idempotency.Replies

	MaxBody  int64        // bytes of a request; default: 1 MiB
	Unknown  bool         // members of the query that are not known are passed over, not refused
	Log      *slog.Logger // of failures that are not the caller's; default: none
	Describe []byte       // the OpenAPI description
	At       string       // the path that the description is served at; empty: none
}

// Kinds of failure that are of HTTP alone.
var (
	ErrUnauthorized = errors.New("nobody known asks")
	ErrNoRoute      = errors.New("there is nothing here")
	ErrMethod       = errors.New("the method is not allowed here")
	ErrTooLarge     = errors.New("the body is too large")
	ErrMediaType    = errors.New("the body is of a type that is not read")
)

const defaultBody = 1 << 20

// Handler returns what serves the operations on server.
func Handler[S any](server S, operations []Operation[S], o Options) http.Handler {
	if o.MaxBody <= 0 {
		o.MaxBody = defaultBody
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	mux := http.NewServeMux()
	byPath := make(map[string]methods[S])
	for _, op := range operations {
		if byPath[op.Path] == nil {
			byPath[op.Path] = make(methods[S])
		}
		byPath[op.Path][op.Method] = op
	}
	for pattern, all := range byPath {
		mux.Handle(pattern, serve(server, all, &o))
	}
	none := serve(server, methods[S]{}, &o)
	mux.Handle("/", none)
	if o.At != "" {
		mux.HandleFunc("GET "+o.At, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(o.Describe)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; p == "" || path.Clean(p) != p { // a mux would redirect, in words of its own
			none.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// methods are the operations of one path.
type methods[S any] map[string]Operation[S]

// find returns the operation of a method. What can be got has a head.
func (m methods[S]) find(method string) (Operation[S], bool) {
	op, ok := m[method]
	if !ok && method == http.MethodHead {
		op, ok = m[http.MethodGet]
	}
	return op, ok
}

// allow lists the methods.
func (m methods[S]) allow() string {
	names := []string{http.MethodOptions}
	for name := range m {
		if names = append(names, name); name == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func serve[S any](server S, all methods[S], o *Options) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		seen := &writer{ResponseWriter: w}
		c := &Call{W: seen, R: r, w: seen, o: o}
		err := panics.Try(func() error { //nolint:contextcheck // the key is taken with that of the request
			op, ok := all.find(r.Method)
			switch {
			case len(all) == 0:
				return ErrNoRoute
			case !ok && r.Method == http.MethodOptions:
				c.W.Header().Set("Allow", all.allow())
				c.W.WriteHeader(http.StatusNoContent)
				return nil
			case !ok:
				c.W.Header().Set("Allow", all.allow())
				return ErrMethod
			}
			if err := c.begin(op.Operation, op.Open, op.As); err != nil {
				return err
			}
			if reply, err := c.takeKey(op.Keyed); reply != nil || err != nil {
				if err == nil {
					c.write(reply)
				}
				return err
			}
			if err := op.Handle(server, c); err != nil || c.once == nil {
				return err
			}
			c.finish()
			return nil
		})
		c.end(err) //nolint:contextcheck // it logs under that of the request
	}
}

// begin finds out who asks, and reads the query.
func (c *Call) begin(op openapi.Operation, open bool, as penstock.Actor) (err error) {
	own := *c.R // net/http asks for no body that is refused, if its own request is left alone
	c.R = &own
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, c.o.MaxBody)
	if c.Operation, c.Actor = op, as; !open {
		if c.o.Who == nil {
			return ErrUnauthorized
		}
		if c.Actor, err = c.o.Who(c.R); err != nil {
			return &unauthorizedError{err}
		}
	}
	return c.readQuery(op.Query)
}

// unauthorizedError is why nobody known asks.
type unauthorizedError struct{ err error }

func (e *unauthorizedError) Error() string        { return ErrUnauthorized.Error() }
func (e *unauthorizedError) Is(target error) bool { return target == ErrUnauthorized }
func (e *unauthorizedError) Unwrap() error        { return e.err }

// end tells the failure, unless an answer was begun.
func (c *Call) end(err error) {
	c.W = c.w // what was held back was no success
	var panicked *panics.Error
	switch {
	case err == nil:
		return
	case errors.As(err, &panicked) && panicked.Value == http.ErrAbortHandler: //nolint:errorlint // it is a value, not an error of ours
		panic(http.ErrAbortHandler) //nolint:forbidigo // so net/http wants it
	case errors.As(err, &panicked):
		c.o.Log.ErrorContext(c.R.Context(), "a request panicked", "method", c.R.Method, "path", c.R.URL.Path, "panic", panicked.Value, "stack", string(panicked.Stack))
	case Status(err) >= http.StatusInternalServerError && c.R.Context().Err() == nil:
		c.o.Log.ErrorContext(c.R.Context(), "a request failed", "method", c.R.Method, "path", c.R.URL.Path, "error", err)
	}
	if c.w.begun {
		panic(http.ErrAbortHandler) //nolint:forbidigo // what was begun cannot be ended well: the client must notice
	}
	if Status(err) == http.StatusUnauthorized {
		c.W.Header().Set("WWW-Authenticate", "Bearer")
	}
	if c.R.Header.Get("Expect") == "" { // who waits to be asked for the body need not send it
		_, _ = io.CopyN(io.Discard, c.R.Body, 64<<10) // a client that is still sending can then read the answer
	}
	if c.o.Fail != nil {
		c.o.Fail(c, err)
		return
	}
	http.Error(c.W, http.StatusText(Status(err)), Status(err))
}

// Status is the usual status of a failure: 500 for what is not the caller's.
func Status(err error) int {
	if KeyReused(err) {
		return http.StatusUnprocessableEntity
	}
	for _, row := range []struct {
		kind   error
		status int
	}{
		{ErrUnauthorized, http.StatusUnauthorized}, {ErrNoRoute, http.StatusNotFound}, {ErrMethod, http.StatusMethodNotAllowed},
		{ErrTooLarge, http.StatusRequestEntityTooLarge}, {ErrMediaType, http.StatusUnsupportedMediaType},
		{penstock.ErrForbidden, http.StatusForbidden}, {penstock.ErrNotFound, http.StatusNotFound},
		{penstock.ErrExists, http.StatusConflict}, {penstock.ErrConflict, http.StatusConflict},
		{penstock.ErrRefused, http.StatusConflict}, {penstock.ErrInvalid, http.StatusBadRequest},
		{context.DeadlineExceeded, http.StatusServiceUnavailable}, {context.Canceled, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, row.kind) {
			return row.status
		}
	}
	return http.StatusInternalServerError
}

// A writer knows whether an answer was begun.
type writer struct {
	http.ResponseWriter
	begun bool
}

func (w *writer) WriteHeader(status int) {
	w.begun = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(b)
}

// Unwrap is for [http.ResponseController].
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Operations returns the descriptions of operations, for [openapi.Describe].
func Operations[S any](all []Operation[S]) []openapi.Operation {
	out := make([]openapi.Operation, len(all))
	for i, op := range all {
		out[i] = op.Operation
		if op.Keyed {
			out[i].Header = append(slices.Clip(out[i].Header), keyParam)
			out[i].Fails = append(slices.Clip(out[i].Fails), http.StatusUnprocessableEntity)
		}
	}
	return out
}
