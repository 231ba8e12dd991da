package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// A load test that notices nothing proves nothing: it is told lies.
func TestLoadtestNotices(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "loadtest")
	if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./loadtest").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	s := start(t, nil, "-log", "warn")
	at, err := url.Parse(s.at)
	if err != nil {
		t.Fatal(err)
	}
	honest := httputil.NewSingleHostReverseProxy(at)
	ends := func(method, suffix string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, suffix) }
	}
	says := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, test := range map[string]struct {
		of   func(*http.Request) bool // which requests
		nth  int64                    // of them
		lie  http.HandlerFunc         // is answered so, and nothing is done
		says string
	}{
		"nothing":           {ends("none", ""), 1, nil, " 0 faults"},
		"an internal error": {ends(http.MethodGet, "/v1"), 9, says(http.StatusInternalServerError, "{}"), ": 500 {}"},
		"no answer":         {ends(http.MethodPatch, ""), 3, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		"busy without end":  {ends(http.MethodGet, "/v1"), 9, says(http.StatusServiceUnavailable, ""), ": 503"},
		"a lost variable": {ends(http.MethodPost, "/variables"), 7, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, _ = io.WriteString(w, `{"variables": `+string(body)+`}`)
		}, "after {known:"},
		"a lost plan":                     {ends(http.MethodPatch, ""), 3, says(http.StatusOK, `{"message": "success"}`), "after {known:"},
		"a lost task":                     {ends(http.MethodPost, "/tasks"), 3, says(http.StatusCreated, `{"id": 987654}`), "FAULT"},
		"a feature left on":               {ends(http.MethodPost, "/off"), 1, says(http.StatusOK, ""), "is served as"},
		"a milestone that is not started": {func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/milestones/") }, 1, says(http.StatusOK, "{}"), "not 100%"},
		"an empty list":                   {ends(http.MethodGet, "/plans"), 2, says(http.StatusOK, `{"data": [], "total": 3}`), "a list of 0 of 3"},
		"no features":                     {ends(http.MethodGet, "/features"), 1, says(http.StatusOK, `{}`), "FAULT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if test.of(r) && n.Add(1) == test.nth {
					test.lie(w, r)
					return
				}
				honest.ServeHTTP(w, r)
			}))
			t.Cleanup(proxy.Close)
			span := "1s"
			if test.lie != nil {
				span = patience.String() // it ends at the lie
			}
			text, err := exec.CommandContext(t.Context(), program, "-url", proxy.URL, "-token", s.token, "-clients", "4", "-for", span, "-fast").CombinedOutput()
			if (err == nil) != (test.lie == nil) || !strings.Contains(string(text), test.says) {
				t.Errorf("%v:\n%s", err, text)
			}
		})
	}
	for _, args := range [][]string{{}, {"-token", "x", "-clients", "0"}, {"-token", "x", "more"}, {"-for", "fast"}} {
		if text, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); exitCode(err) != 2 {
			t.Errorf("%q: %v %s", args, err, text)
		}
	}
	if text, err := exec.CommandContext(t.Context(), program, "-token", "x", "-url", "http://127.0.0.1:1", "-for", "1s").CombinedOutput(); err == nil || !strings.Contains(string(text), "no plan") {
		t.Errorf("nobody serves: %v %s", err, text)
	}
}

func exitCode(err error) int {
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}
