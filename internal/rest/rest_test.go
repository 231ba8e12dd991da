package rest_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
)

// thing is what the operations of these tests read.
type thing struct {
	Name  string             `json:"name"`
	Parts []part             `json:"parts"`
	Note  rest.Field[string] `json:"note"`
}

type part struct {
	Count int `json:"count"`
}

// server serves one thing at /things, and fails as asked at /fail/{how}.
func server(t *testing.T, o rest.Options) *httptest.Server {
	t.Helper()
	failures := map[string]error{
		"not-found": penstock.ErrNotFound, "exists": penstock.ErrExists, "conflict": penstock.ErrConflict, "invalid": penstock.Invalid("a", "b"),
		"forbidden": &penstock.ForbiddenError{}, "refused": &penstock.RefusedError{}, "inside": errors.New("the disk is s3cr3t"),
	}
	all := []rest.Operation[string]{
		{Operation: openapi.Operation{Method: "POST", Path: "/things", ID: "create"}, Handle: func(by string, c *rest.Call) error {
			var in thing
			if err := c.Read(&in, false, false); err != nil {
				return err
			}
			return c.JSON(http.StatusCreated, fmt.Sprint(by, " ", c.Actor.ID, " ", in.Name, " ", len(in.Parts), " ", in.Note))
		}},
		{Operation: openapi.Operation{Method: "GET", Path: "/things", ID: "list", Query: []openapi.Param{
			{Name: "n", Type: openapi.Integer}, {Name: "deep", Type: openapi.Boolean}, {Name: "order", Enum: []string{"up", "down"}}, {Name: "must", Required: true}}},
			Handle: func(_ string, c *rest.Call) error {
				return c.Text(http.StatusOK, "text/plain", fmt.Sprint(c.Int("n", 7), " ", c.Bool("deep"), " ", c.Query("order"), " ", c.Has("n")))
			}},
		{Operation: openapi.Operation{Method: "GET", Path: "/fail/{how}", ID: "fail"}, Handle: func(_ string, c *rest.Call) error {
			switch how := c.Path("how"); how {
			case "panic":
				panic("s3cr3t")
			case "late":
				_ = c.Text(http.StatusOK, "text/plain", "it began")
				return errors.New("and went wrong")
			default:
				return failures[how]
			}
		}},
		{Operation: openapi.Operation{Method: "GET", Path: "/open", ID: "open"}, Open: true, Handle: func(_ string, c *rest.Call) error { return c.Empty(http.StatusNoContent) }},
	}
	o.Fail = func(c *rest.Call, err error) {
		_ = c.JSON(rest.Status(err), map[string]any{"error": err.Error(), "faults": len(penstock.Faults(err))})
	}
	if o.Who == nil {
		o.Who = func(r *http.Request) (penstock.Actor, error) {
			if r.Header.Get("Authorization") != "token" {
				return penstock.Actor{}, errors.New("s3cr3t reasons")
			}
			return penstock.Actor{ID: "ann"}, nil
		}
	}
	o.Describe, o.At = []byte(`{"openapi":"3.1.0"}`), "/openapi.json"
	s := httptest.NewServer(rest.Handler("it", all, o))
	t.Cleanup(s.Close)
	return s
}

// answer is what came back, but for its text.
type answer struct {
	StatusCode int
	Header     http.Header
}

// send returns nil, and the error, if no whole answer came.
func send(t *testing.T, s *httptest.Server, method, path, body string, headers ...string) (*answer, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "token")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := *s.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	got, err := client.Do(r)
	if err != nil {
		return nil, err.Error()
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		return nil, err.Error()
	}
	return &answer{got.StatusCode, got.Header}, strings.TrimSpace(string(text))
}

func TestRequests(t *testing.T) {
	t.Parallel()
	s := server(t, rest.Options{MaxBody: 300})
	deep := strings.Repeat("[", 70) + strings.Repeat("]", 70)
	for _, row := range []struct {
		rule, method, path, body string
		status                   int
		want                     string
	}{
		{"what is there", "POST", "/things", `{"name":"x","parts":[{"count":1}]}`, 201, `"it ann x 1 { false false}"`},
		{"a member that is null", "POST", "/things", `{"note":null}`, 201, `"it ann  0 { true true}"`},
		{"a member that is set", "POST", "/things", `{"note":"a"}`, 201, `"it ann  0 {a true false}"`},
		{"an empty body", "POST", "/things", ``, 400, `{"error":"the body must be JSON, and is empty","faults":1}`},
		{"no JSON", "POST", "/things", `{"name"`, 400, `{"error":"the body must be JSON","faults":1}`},
		{"something behind it", "POST", "/things", `{} {}`, 400, `{"error":"the body must be JSON","faults":1}`},
		{"no UTF-8", "POST", "/things", "{\"name\":\"\xff\"}", 400, `{"error":"the body must be UTF-8","faults":1}`},
		{"too deep", "POST", "/things", `{"name":` + deep + `}`, 400, `{"error":"the body is nested more than 64 deep","faults":1}`},
		{"a list that is too deep", "POST", "/things", deep, 400, `{"error":"the body is nested more than 65 deep","faults":1}`},
		{"another type", "POST", "/things", `{"parts":[{"count":"1"}]}`, 400, `{"error":"parts.count: must be a whole number, not string","faults":1}`},
		{"every member that is not known", "POST", "/things", `{"nam":1,"parts":[{"cnt":1}]}`, 400, "{\"error\":\"parts[0].cnt: is not known\\nnam: is not known\",\"faults\":2}"},
		{"too large", "POST", "/things", `{"name":"` + strings.Repeat("x", 400) + `"}`, 413, `{"error":"the body is too large","faults":0}`},
		{"the query", "GET", "/things?n=5&deep=true&order=up&must=1", "", 200, "5 true up true"},
		{"its defaults", "GET", "/things?must=1&n=", "", 200, "7 false  false"},
		{"every fault of it", "GET", "/things?n=x&deep=1&order=left&what=1", "", 400, "{\"error\":\"deep must be true or false\\nn must be an integer\\norder must be one of up, down\\nwhat is not known\\nmust is required\",\"faults\":5}"},
		{"twice the same", "GET", "/things?must=1&n=1&n=2", "", 400, `{"error":"n is there more than once","faults":1}`},
		{"a query that cannot be read", "GET", "/things?%zz", "", 400, `{"error":"query cannot be read","faults":1}`},
		{"nothing there", "GET", "/nothing", "", 404, `{"error":"there is nothing here","faults":0}`},
		{"a path that is not clean", "GET", "/x/../things", "", 404, `{"error":"there is nothing here","faults":0}`},
		{"a path with two slashes", "GET", "//things", "", 404, `{"error":"there is nothing here","faults":0}`},
		{"a slash at the end", "GET", "/things/", "", 404, `{"error":"there is nothing here","faults":0}`},
		{"another method", "DELETE", "/things", "", 405, `{"error":"the method is not allowed here","faults":0}`},
		{"what can be done", "OPTIONS", "/things", "", 204, ``},
		{"a head", "HEAD", "/things?must=1", "", 200, ``},
		{"the description", "GET", "/openapi.json", "", 200, `{"openapi":"3.1.0"}`},
		{"not found", "GET", "/fail/not-found", "", 404, `{"error":"not found","faults":0}`},
		{"exists", "GET", "/fail/exists", "", 409, `{"error":"already exists","faults":0}`},
		{"conflict", "GET", "/fail/conflict", "", 409, `{"error":"changed by someone else","faults":0}`},
		{"invalid", "GET", "/fail/invalid", "", 400, `{"error":"a: b","faults":1}`},
		{"forbidden", "GET", "/fail/forbidden", "", 403, ``},
		{"refused", "GET", "/fail/refused", "", 409, ``},
		{"a failure inside", "GET", "/fail/inside", "", 500, ``},
	} {
		got, text := send(t, s, row.method, row.path, row.body, "Content-Type", "application/json")
		if got == nil || got.StatusCode != row.status || row.want != "" && cmp.Diff(row.want, text) != "" {
			t.Errorf("%s: %v %s\nwant %d %s", row.rule, got, text, row.status, row.want)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	s := server(t, rest.Options{})
	for kind, status := range map[string]int{
		"": 201, "application/json": 201, "application/json; charset=utf-8": 201, "application/merge-patch+json": 201,
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "application/yaml": 415, "?": 415,
	} {
		if got, text := send(t, s, "POST", "/things", `{}`, "Content-Type", kind); got.StatusCode != status {
			t.Errorf("%q: %d %s", kind, got.StatusCode, text)
		}
	}
	if got, _ := send(t, s, "POST", "/things", `{}`, "Content-Encoding", "gzip"); got.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("gzip: %d", got.StatusCode)
	}
}

func TestWhoAsks(t *testing.T) {
	t.Parallel()
	s := server(t, rest.Options{})
	for token, status := range map[string]int{"token": 200, "": 401, "other": 401} {
		got, text := send(t, s, "GET", "/things?must=1", "", "Authorization", token)
		if got.StatusCode != status || strings.Contains(text, "s3cr3t") || (got.Header.Get("WWW-Authenticate") == "Bearer") != (status == http.StatusUnauthorized) {
			t.Errorf("%q: %d %s", token, got.StatusCode, text)
		}
	}
	if got, _ := send(t, s, "GET", "/open", "", "Authorization", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("what is open: %d", got.StatusCode)
	}
	if got, _ := send(t, s, "PUT", "/things", ""); got.StatusCode != http.StatusMethodNotAllowed || got.Header.Get("Allow") != "GET, HEAD, OPTIONS, POST" {
		t.Errorf("what is allowed: %v", got.Header)
	}
}

// A panic is told to the log, and to nobody else; an answer that was begun is broken off.
func TestPanicsAndLateFailures(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s := server(t, rest.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if got, text := send(t, s, "GET", "/fail/panic", ""); got.StatusCode != http.StatusInternalServerError {
		t.Errorf("a panic: %d %s", got.StatusCode, text)
	}
	if got, text := send(t, s, "GET", "/fail/late", ""); got != nil {
		t.Errorf("an answer that went wrong: %d %s", got.StatusCode, text)
	}
	s.Close()
	if !strings.Contains(log.String(), "a request panicked") || !strings.Contains(log.String(), "and went wrong") {
		t.Errorf("the log: %s", log.String())
	}
}
