package dingtalk_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
)

// A fault is what happens to one call: serve carries it out as it should be.
type fault func(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter))

func says(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "message": message, "requestid": "R-1"})
}

func tell(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// times is a fault that happens n times.
func times(n int, with fault) []fault { return slices.Repeat([]fault{with}, n) }

func answering(status int, code, message string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
		says(w, status, code, message)
	}
}

func saying(text string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
		_, _ = io.WriteString(w, text)
	}
}

// lost carries the call out and tells nobody.
func lost(_ http.ResponseWriter, _ *http.Request, serve func(http.ResponseWriter)) {
	serve(httptest.NewRecorder())
	panic(http.ErrAbortHandler)
}

// broken hangs up in the middle of the answer.
func broken(w http.ResponseWriter, _ *http.Request, serve func(http.ResponseWriter)) {
	told := httptest.NewRecorder()
	serve(told)
	w.Header().Set("Content-Length", fmt.Sprint(told.Body.Len()))
	_, _ = io.WriteString(w, told.Body.String()[:told.Body.Len()/2])
	if flusher, ok := w.(http.Flusher); ok {
		flusher.Flush()
	}
	panic(http.ErrAbortHandler)
}

// mute never answers.
func mute(_ http.ResponseWriter, r *http.Request, _ func(http.ResponseWriter)) {
	_, _ = io.Copy(io.Discard, r.Body) // only then the server notices who hangs up
	<-r.Context().Done()
}

func huge(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
	_, _ = io.WriteString(w, `{"result": {"status": "`+strings.Repeat("x", 2<<20)+`"}}`)
}
