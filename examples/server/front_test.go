package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const (
	onePlan  = `{"name": "Shop 2.4", "folder": "DEFAULT", "planned_time": {"duration": "P3D"}}`
	plansAt  = "/api/data/v1/plans"
	zadigAt  = "/openapi/release_plan/v1?pageNum=1&pageSize=20"
	adminAt  = "/api/admin/projects/default/features"
	clientAt = "/api/client/features"
)

// one matches one of the commands that a server prints.
var one = regexp.MustCompile(`(?m)^  curl (.*)$`)

// words are what a shell makes of a line: words, some in single quotes.
var words = regexp.MustCompile(`'[^']*'|\S+`)

// What the server says to try works as it is printed.
func TestWelcomeWorks(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	lines := one.FindAllStringSubmatch(s.out.String(), -1)
	if len(lines) != 3 {
		t.Fatalf("%d commands: %s", len(lines), s.out)
	}
	for _, line := range lines {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		args := words.FindAllString(line[1], -1)
		for i := 0; i < len(args); i++ {
			value := func() string { i++; return strings.Trim(args[i], "'") }
			switch args[i] {
			case "-H":
				name, is, _ := strings.Cut(value(), ": ")
				r.Header.Set(name, is)
			case "-d":
				r.Method, r.Body = http.MethodPost, io.NopCloser(strings.NewReader(value()))
			default:
				if r.URL, err = r.URL.Parse(strings.Trim(args[i], "'")); err != nil {
					t.Fatal(err)
				}
			}
		}
		if status, _, body := send(t, r); status < 200 || status > 299 {
			t.Errorf("%s: %d %s", line[0], status, body)
		}
	}
}

// Nobody answers without a token that is known, and nothing is told of it.
func TestTokensAreNeeded(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, path := range []string{plansAt, zadigAt, adminAt, clientAt} {
		for _, token := range []string{"", "Bearer", s.token + "x", s.token[1:], strings.ToLower(s.token), "*:production." + s.token[1:], "admin"} {
			status, _, body := s.ask(t, token, http.MethodGet, path, "")
			if status != http.StatusUnauthorized || strings.Contains(body, "admin:") || token != "" && len(token) > 6 && strings.Contains(body, token) {
				t.Errorf("%s with %q: %d %s", path, token, status, body)
			}
		}
	}
	if status, _, _ := s.ask(t, s.token, http.MethodGet, clientAt, ""); status != http.StatusUnauthorized {
		t.Errorf("a person's token is one of an SDK: %d", status)
	}
	if status, _, _ := s.ask(t, "*:production."+s.token, http.MethodGet, plansAt, ""); status != http.StatusUnauthorized {
		t.Errorf("an SDK's token is one of a person: %d", status)
	}
	if strings.Contains(s.log.String(), s.token) {
		t.Error("the token is in the log")
	}
}

func TestHealthReadinessMetrics(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for path, says := range map[string]string{"/healthz": "ok\n", "/readyz": "ok\n"} {
		if got := s.expect(t, http.StatusOK, http.MethodGet, path, ""); got != says {
			t.Errorf("%s says %q", path, got)
		}
		if status, header, _ := s.ask(t, "", http.MethodPost, path, "{}"); status != http.StatusMethodNotAllowed || header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d", path, status)
		}
		if status, _, body := s.ask(t, "", http.MethodHead, path, ""); status != http.StatusOK || body != "" {
			t.Errorf("HEAD %s: %d %q", path, status, body)
		}
	}
	for i := range 30 { // what others make up is in no label
		r, err := http.NewRequestWithContext(t.Context(), fmt.Sprint("MADEUP", i), fmt.Sprint(s.at, plansAt, "/madeup", i), nil)
		if err != nil {
			t.Fatal(err)
		}
		send(t, r)
		s.ask(t, "", http.MethodGet, fmt.Sprintf("/madeup%d/x", i), "")
	}
	s.expect(t, http.StatusOK, http.MethodGet, plansAt, "")
	metrics := s.expect(t, http.StatusOK, http.MethodGet, "/metrics", "")
	if strings.Contains(strings.ToLower(metrics), "madeup") {
		t.Error("a label has a value that somebody made up")
	}
	for _, name := range []string{`penstock_http_requests_total{method="GET",route="none",status="404"} 30`, `method="other"`, `{method="GET",route="/api/data/v1/plans",status="200"} 1`, "penstock_http_requests_in_flight 0", "process_resident_memory_bytes", "go_goroutines", "go_sql_open_connections"} {
		if !strings.Contains(metrics, name) {
			t.Errorf("%s is not there:\n%s", name, metrics)
		}
	}
}

// The log tells of a request, and nothing secret; a client can give it an id.
func TestLog(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "-log", "debug")
	id := uuid.NewString()
	for given, echoed := range map[string]bool{id: true, `x" "admin": "true`: false, "": false, "1234": false} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.at+zadigAt+"&token=hunter2", strings.NewReader(`{"name": "hunter2"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer hunter2-hunter2-hunter2")
		if given != "" {
			r.Header.Set("X-Request-Id", given)
		}
		_, header, _ := send(t, r)
		got := header.Get("X-Request-Id")
		if _, err := uuid.Parse(got); err != nil || (got == given) != echoed {
			t.Errorf("%q became %q", given, got)
		}
		s.log.await(t, `"request":"`+got+`"`)
	}
	long := "/" + strings.Repeat("ä", 4000)
	s.ask(t, "", http.MethodGet, long, "")
	s.log.await(t, `ä…`)
	text := s.log.String()
	if strings.Contains(text, "hunter2") {
		t.Errorf("a secret is in the log:\n%s", text)
	}
	for line := range strings.Lines(text) {
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

// No path is answered with words or a redirect that are of no dialect.
func TestOddPaths(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, path := range []string{"/", "//healthz", "/healthz/", "/x/../healthz", plansAt + "/", "//api/data/v1/plans", "/api/admin/../data/v1/plans", "/api/data/v1/plans/%2e%2e/plans", "/api", "/openapi"} {
		status, header, body := s.ask(t, s.token, http.MethodGet, path, "")
		if status != http.StatusNotFound || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for _, path := range []string{"/api/data/v1/openapi.json", "/openapi/openapi.json", "/api/admin/openapi.json"} {
		if text := s.expect(t, http.StatusOK, http.MethodGet, path, ""); !strings.Contains(text, `"3.1`) {
			t.Errorf("%s: %.80s", path, text)
		}
	}
}

func TestLargeBodies(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	large := `{"name": "` + strings.Repeat("x", 9<<20) + `"}`
	for _, path := range []string{plansAt, zadigAt, adminAt} {
		status, _, body := s.ask(t, s.token, http.MethodPost, path, large)
		if status != http.StatusRequestEntityTooLarge || !strings.Contains(strings.ToLower(body), "large") {
			t.Errorf("%s: %d %.200s", path, status, body)
		}
	}
}

// dial opens a connection and writes to it.
func (s *served) dial(t *testing.T, text string) net.Conn {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.at, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// begun is a request without the end of its body.
func (s *served) begun() string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", plansAt, s.token, len(onePlan), onePlan[:9])
}

// Who sends too slowly is not waited for.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	const soon = 300 * time.Millisecond
	s := start(t, func(o *options) { o.times.header, o.times.read, o.times.idle = soon, soon, soon })
	for name, text := range map[string]string{
		"nothing":        "",
		"half a header":  "GET " + plansAt + " HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"half a body":    s.begun(),
		"idle afterward": "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			answer, err := io.ReadAll(s.dial(t, text))
			if took := time.Since(begin); err != nil || took < soon/2 || took > 20*soon {
				t.Errorf("cut off after %v, %v", took, err)
			}
			if line, _, _ := strings.Cut(string(answer), "\r\n"); strings.Contains(line, " 5") {
				t.Error(line)
			}
		})
	}
}

// One request too many is told to come again; what looks after the server still answers.
func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "-requests", "1")
	c := s.dial(t, s.begun())
	s.await(t, "penstock_http_requests_in_flight 1")
	for _, path := range []string{plansAt, zadigAt, adminAt, clientAt} {
		if status, header, _ := s.ask(t, s.token, http.MethodGet, path, ""); status != http.StatusServiceUnavailable || header.Get("Retry-After") != "1" {
			t.Errorf("%s: %d", path, status)
		}
	}
	s.expect(t, http.StatusOK, http.MethodGet, "/readyz", "")
	_, _ = io.WriteString(c, onePlan[9:])
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatal(answer, err)
	}
	_ = answer.Body.Close()
	s.await(t, "penstock_http_requests_in_flight 0")
	s.expect(t, http.StatusOK, http.MethodGet, plansAt, "")
}

// await waits until the metrics say something.
func (s *served) await(t *testing.T, text string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(patience); !strings.Contains(s.expect(t, http.StatusOK, http.MethodGet, "/metrics", ""), text+"\n"); {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("the metrics do not say %s", text)
		}
	}
}

// A request that takes too long on this side is answered so.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *options) { o.times.answer = time.Nanosecond })
	for _, path := range []string{plansAt, zadigAt, adminAt} {
		if status, _, body := s.ask(t, s.token, http.MethodGet, path, ""); status != http.StatusServiceUnavailable || strings.Contains(body, "context") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}
