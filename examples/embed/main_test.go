package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A printed takes lines: a log writes each with one call.
type printed chan string

func (p printed) Write(line []byte) (int, error) {
	p <- string(line)
	return len(line), nil
}

// A served is the program under way.
type served struct {
	at   string // its URL
	out  printed
	stop context.CancelFunc
	code chan int
}

// start runs the program on a database.
func start(t *testing.T, db string) *served {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &served{out: make(printed, 100), stop: stop, code: make(chan int, 1)}
	go func() { s.code <- run(ctx, []string{"-db", db, "-listen", "127.0.0.1:0"}, s.out, io.Discard) }()
	line := s.await(t, "listening on ")
	s.at, _, _ = strings.Cut(strings.TrimPrefix(line, "listening on "), ";")
	return s
}

// await returns the next line with a text in it.
func (s *served) await(t *testing.T, text string) string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line := <-s.out:
			if strings.Contains(line, text) {
				return line
			}
		case <-timeout:
			t.Fatalf("%q was not printed", text)
		}
	}
}

// ends stops the program and checks its exit status.
func (s *served) ends(t *testing.T) {
	t.Helper()
	s.stop()
	s.await(t, "ending")
	if code := <-s.code; code != 0 {
		t.Errorf("exit status %d", code)
	}
}

// ask sends a request of ann and returns the answer, in which only the expected
// status may be.
func (s *served) ask(t *testing.T, want int, method, path, body string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.at+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-User", "ann")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var got map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != want {
		t.Fatalf("%s %s %s = %d %v, want %d", method, path, body, answer.StatusCode, got, want)
	}
	return got
}

func TestReleaseIsFiledAndCarriedOut(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "releases.db")
	s := start(t, db)
	filed := s.ask(t, http.StatusCreated, "POST", "/releases", `{"service": "shop", "name": "2.4"}`)
	id := fmt.Sprint(filed["id"])
	want := map[string]any{"id": id, "service": "shop", "name": "2.4", "filed_by": "ann", "state": "draft",
		"tasks": map[string]any{"deploy": "pending", "smoke test": "pending"}}
	if diff := cmp.Diff(want, filed); diff != "" {
		t.Errorf("filed (-want +got):\n%s", diff)
	}
	s.await(t, "filed: shop 2.4 by ann, with the plan "+id)
	s.ask(t, http.StatusOK, "POST", "/releases/"+id+"/execute", "")
	s.await(t, "deploy: shop 2.4")
	s.await(t, "smoke test: shop 2.4")
	s.ends(t)

	again := start(t, db)
	shown := again.ask(t, http.StatusOK, "GET", "/releases/"+id, "")
	if shown["state"] != "completed" || shown["service"] != "shop" {
		t.Errorf("after a restart: %v", shown)
	}
	again.ends(t)
}

// count returns how many rows and plans there are.
func count(t *testing.T, db string) (rows, plans int) {
	t.Helper()
	d, err := openDesk(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if err := d.db.QueryRowContext(t.Context(), "SELECT count(*) FROM releases").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	list, err := d.plans.List(t.Context(), releaseplan.Filter{}, penstock.Actor{ID: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return rows, list.Total
}

func TestRowAndPlanAreFiledTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "releases.db")
	s := start(t, db)
	s.ask(t, http.StatusCreated, "POST", "/releases", `{"service": "shop", "name": "2.4"}`)
	for name, test := range map[string]struct {
		body string
		want int
		says string
	}{
		"the row is refused":  {`{"service": "shop", "name": "2.4"}`, http.StatusConflict, "release 2.4 of shop already exists"},
		"the plan is refused": {`{"service": "shop", "name": ""}`, http.StatusUnprocessableEntity, "name: must not be empty"},
	} {
		got := s.ask(t, test.want, "POST", "/releases", test.body)
		if got["error"] != test.says {
			t.Errorf("%s: %v", name, got)
		}
		if rows, plans := count(t, db); rows != 1 || plans != 1 {
			t.Errorf("%s: %d rows and %d plans are there", name, rows, plans)
		}
	}
	s.ask(t, http.StatusCreated, "POST", "/releases", `{"service": "shop", "name": "2.5"}`)
	if rows, plans := count(t, db); rows != 2 || plans != 2 {
		t.Errorf("%d rows and %d plans are there, want 2", rows, plans)
	}
	s.ends(t)
}

func TestReleaseIsDeletedWithItsPlan(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "releases.db")
	s := start(t, db)
	filed := s.ask(t, http.StatusCreated, "POST", "/releases", `{"service": "shop", "name": "2.4"}`)
	path := "/releases/" + fmt.Sprint(filed["id"])
	if diff := cmp.Diff(filed, s.ask(t, http.StatusOK, "DELETE", path, "")); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
	if rows, plans := count(t, db); rows != 0 || plans != 0 {
		t.Errorf("%d rows and %d plans are left", rows, plans)
	}
	s.ask(t, http.StatusNotFound, "GET", path, "")
	s.ask(t, http.StatusCreated, "POST", "/releases", `{"service": "shop", "name": "2.4"}`)
	s.ends(t)
}

func TestErrorsByKind(t *testing.T) {
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "releases.db"))
	id := fmt.Sprint(s.ask(t, http.StatusCreated, "POST", "/releases", `{"service": "shop", "name": "2.4"}`)["id"])
	for _, test := range []struct {
		method, path, body string
		want               int
		says               string
	}{
		{"GET", "/releases/none", "", http.StatusNotFound, "not found"},
		{"POST", "/releases/none/execute", "", http.StatusNotFound, "not found"},
		{"POST", "/releases/" + id + "/pause", "", http.StatusConflict, "cannot pause while draft (can cancel, execute, finalize)"},
		{"POST", "/releases/" + id + "/explode", "", http.StatusUnprocessableEntity, `action: must be one of ["execute" "pause"`},
		{"POST", "/releases/" + id + "/delete", "", http.StatusUnprocessableEntity, "action: must be one of"}, // its row would stay
		{"POST", "/releases/" + id + "/edit", "", http.StatusUnprocessableEntity, "action: must be one of"},
		{"DELETE", "/releases/none", "", http.StatusNotFound, "not found"},
		{"GET", "/releases/%00", "", http.StatusNotFound, "not found"},
		{"POST", "/releases", `{"service": ""}`, http.StatusUnprocessableEntity, "service: must be a text of 1 to 100 characters"},
		{"POST", "/releases", `{"service": "a\u0000b", "name": "2.4"}`, http.StatusUnprocessableEntity, "service: must be a text"},
		{"POST", "/releases", `{"service": "` + strings.Repeat("é", maxService+1) + `", "name": "2.4"}`, http.StatusUnprocessableEntity, "service: must be a text"},
		{"POST", "/releases", `{"server": "shop"}`, http.StatusUnprocessableEntity, "unknown field"},
		{"POST", "/releases", `{"service": "` + strings.Repeat("x", maxBody) + `"}`, http.StatusUnprocessableEntity, "too large"},
	} {
		got := s.ask(t, test.want, test.method, test.path, test.body)
		if text := fmt.Sprint(got["error"]); !strings.Contains(text, test.says) {
			t.Errorf("%s %s: %s, want %q", test.method, test.path, text, test.says)
		}
	}
	s.ends(t)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"help":           {[]string{"-h"}, 0, "-listen ADDRESS"},
		"unknown flag":   {[]string{"-port", "1"}, 2, "-port"},
		"argument":       {[]string{"serve"}, 2, `"serve" is not understood`},
		"directory":      {[]string{"-db", t.TempDir()}, 1, "is not a file"},
		"unknown scheme": {[]string{"-db", "mysql://ann:hunter2@host/db"}, 1, `"mysql" is no scheme`},
		"no server":      {[]string{"-db", "postgres://ann:hunter2@127.0.0.1:1/db"}, 1, "cannot be reached"},
		"port taken":     {[]string{"-db", filepath.Join(t.TempDir(), "r.db"), "-listen", taken.Addr().String()}, 1, "address already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errors bytes.Buffer
			if code := run(t.Context(), test.args, &out, &errors); code != test.code {
				t.Errorf("exit status %d, want %d", code, test.code)
			}
			if text := errors.String(); !strings.Contains(text, test.says) || strings.Contains(text, "hunter2") {
				t.Errorf("it says:\n%s", text)
			}
		})
	}
}
