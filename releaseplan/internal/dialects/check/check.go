// Package check is what the tests of the REST dialects share: a real server on the loopback, and a
// client that holds every answer against the OpenAPI description of the dialect.
package check

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A Server serves a dialect.
type Server struct {
	t      testing.TB
	URL    string
	Client *http.Client
	doc    *Description
	token  string // of requests that bring none
}

// Serve starts a server of a handler until the test ends. Requests carry token in the header
// Authorization, unless they bring one. description is that of the dialect.
func Serve(t testing.TB, h http.Handler, description []byte, token string) *Server {
	t.Helper()
	return Describe(t, description).Serve(t, h, token)
}

// Serve is [Serve] with a description that several servers share, which makes them cheap. Whatever one
// of them answers, all have [Server.Seen].
func (d *Description) Serve(t testing.TB, h http.Handler, token string) *Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &Server{t: t, URL: s.URL, Client: s.Client(), doc: d, token: token}
}

// An Answer is what a request came to.
type Answer struct {
	t       testing.TB
	what    string
	request *http.Request
	Status  int
	Header  http.Header
	Body    []byte
}

// Do sends a request and returns the answer, which has to be as the description says. A body that is
// a string or bytes is sent as it is, anything else as JSON. Headers are pairs.
func (s *Server) Do(method, path string, body any, headers ...string) *Answer {
	s.t.Helper()
	var text []byte
	switch b := body.(type) {
	case nil:
	case string:
		text = []byte(b)
	case []byte:
		text = b
	default:
		var err error
		if text, err = json.Marshal(b); err != nil {
			s.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if s.token != "" {
		r.Header.Set("Authorization", s.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := s.Client.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = got.Body.Close() }()
	all, err := io.ReadAll(got.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	a := &Answer{t: s.t, what: method + " " + path, request: r, Status: got.StatusCode, Header: got.Header, Body: all}
	if err := s.doc.Check(r, got, all); err != nil {
		s.t.Errorf("%s answers %d with what the description does not say: %v\n%s", a.what, a.Status, err, all)
	}
	return a
}

// Want fails the test unless the answer has a status and, if there is one, a body: the same JSON,
// with members in any order, numbers and nulls as they are; or the same text.
func (a *Answer) Want(status int, body ...string) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Errorf("%s: status %d, want %d\n%s", a.what, a.Status, status, a.Body)
	}
	if len(body) > 0 {
		if diff := Diff(body[0], string(a.Body)); diff != "" {
			a.t.Errorf("%s: -want +got:\n%s", a.what, diff)
		}
	}
	return a
}

// Into reads the JSON of the answer.
func (a *Answer) Into(v any) *Answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.t.Fatalf("%s: %v\n%s", a.what, err, a.Body)
	}
	return a
}

// Get returns a member of the answer: data.0.name.
func (a *Answer) Get(path string) any {
	a.t.Helper()
	var v any
	a.Into(&v)
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			i := 0
			for _, c := range name {
				i = i*10 + int(c-'0')
			}
			if i >= len(x) {
				a.t.Fatalf("%s: no %s in\n%s", a.what, path, a.Body)
			}
			v = x[i]
		default:
			a.t.Fatalf("%s: no %s in\n%s", a.what, path, a.Body)
		}
	}
	return v
}

// Diff compares two JSON texts: members in any order, numbers digit by digit. Texts that are not
// JSON are compared as they are. It is empty if they are the same.
func Diff(want, got string) string {
	w, wantErr := value(want)
	g, gotErr := value(got)
	if wantErr != nil || gotErr != nil {
		return cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got))
	}
	return cmp.Diff(w, g)
}

func value(text string) (v any, err error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	return v, nil
}
