package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/version", http.StatusOK, "hello 1.2.3\n"},
		{"GET", "/healthz", http.StatusOK, "ok\n"},
		{"POST", "/version", http.StatusMethodNotAllowed, "Method Not Allowed\n"},
		{"GET", "/", http.StatusNotFound, "404 page not found\n"},
	} {
		w := httptest.NewRecorder()
		handler("1.2.3").ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), test.method, test.path, http.NoBody))
		if w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("%s %s: %d %q", test.method, test.path, w.Code, w.Body)
		}
	}
}

func TestServesUntilWhoeverStartedItIsGone(t *testing.T) {
	t.Parallel()
	ctx, end := context.WithCancel(t.Context())
	stdin, starter := io.Pipe()
	go endWith(stdin, end)
	out, w := io.Pipe()
	ended := make(chan error)
	go func() { ended <- serve(ctx, "1.2.3", w) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/version", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); string(body) != "hello 1.2.3\n" {
		t.Errorf("it says %q, %v", body, err)
	}
	if err := starter.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
