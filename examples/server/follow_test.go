package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// follow begins to follow the log of the job of a script, and returns when its first line is there.
func (s *served) follow(t *testing.T) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.at+"/openapi/logs/sse/v4/workflow/patient/1/wait/10", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", s.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	lines := bufio.NewReader(answer.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%d %q, %v", answer.StatusCode, line, err)
		}
		if strings.Contains(line, "here") {
			return lines
		}
	}
}

// A log is followed for as long as its job goes on, whatever the usual time of an answer, and takes
// no place from other requests.
func TestLogsAreFollowed(t *testing.T) {
	t.Parallel()
	const soon = 400 * time.Millisecond
	j := begin(t)
	s := start(t, func(o *options) {
		o.times.read, o.times.answer, o.times.write = soon, soon, soon
	}, "-db", j.db, "-shell", filepath.Join(j.dir, "jobs"), "-requests", "1")
	j.await(t, "begun", 1)
	lines := s.follow(t)
	if status, header, _ := s.ask(t, s.token, http.MethodGet, "/openapi/logs/sse/v4/workflow/patient/1/wait/10", ""); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
		t.Errorf("one follower too many: %d", status)
	}
	later := time.NewTimer(3 * soon)
	defer later.Stop()
	<-later.C
	s.expect(t, http.StatusOK, http.MethodGet, plansAt, "")
	j.open(t)
	if rest, err := io.ReadAll(lines); err != nil || !strings.Contains(string(rest), "there") {
		t.Errorf("%q, %v", rest, err)
	}
	s.await(t, "penstock_http_requests_in_flight 0")
}

// Who follows a log does not keep the server from ending, and its job ends well.
func TestFollowersAreLetGo(t *testing.T) {
	t.Parallel()
	j := begin(t)
	s := start(t, nil, "-db", j.db, "-shell", filepath.Join(j.dir, "jobs"), "-drain", "1m")
	j.await(t, "begun", 1)
	lines := s.follow(t)
	s.stop()
	if rest, err := io.ReadAll(lines); strings.Contains(string(rest), "there") {
		t.Errorf("%q, %v", rest, err)
	}
	j.open(t)
	s.ends(t, 0)
	j.ended(t, 1)
}
