package executor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

func loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func newHTTP(t *testing.T, c executor.HTTPConfig) *executor.HTTP {
	t.Helper()
	if c.Allow == nil {
		c.Allow = loopback()
	}
	h, err := executor.NewHTTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// target answers with what a request asks for.
func target(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		var code int
		fmt.Sscan(r.PathValue("code"), &code)
		w.WriteHeader(code)
		fmt.Fprintf(w, "this is %d", code)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s %s %s", r.Method, r.Host, r.Header.Get("X-Key"), r.Header.Get("Idempotency-Key"), r.Header.Get("User-Agent"), body)
	})
	mux.HandleFunc("/bytes/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		fmt.Fprint(w, strings.Repeat("é", n/2)+strings.Repeat("x", n%2)+"end")
	})
	mux.HandleFunc("/lines", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "one\ntwo\n") })
	mux.HandleFunc("/secret/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		fmt.Fprint(w, strings.Repeat("x", n)+secret)
	})
	mux.HandleFunc("/binary", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("a\xff\x00b")) })
	mux.HandleFunc("/to/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		to := fmt.Sprintf("/to/%d", n-1)
		if n <= 1 {
			to = "/echo"
		}
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "hush")
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/stuck", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "begun")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

const secret = "hunter2-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ" // more than 64 bytes

// Wherever a body is cut, no part of a secret is in what is left.
func TestSecretsInBodies(t *testing.T) {
	t.Parallel()
	s := target(t)
	for _, test := range []struct {
		name  string
		limit int64
		least int // bytes before the secret
	}{
		{"as much as is read", 1000, 900},
		{"as much as is an output", 0, workflow.MaxValue - 100},
		{"all of it", 0, 0},
	} {
		h := newHTTP(t, executor.HTTPConfig{MaxBody: test.limit})
		for before := test.least; before < test.least+110; before += 3 {
			job, log := execution(t, "http", fmt.Sprintf(`{"url":%q,"expect":{"contains":"xx"}}`, fmt.Sprintf("%s/secret/%d", s.URL, before+2)))
			job.Masker = workflow.NewMasker(secret)
			outputs, err := h.Execute(t.Context(), job)
			if err != nil {
				t.Fatal(err)
			}
			rest := strings.TrimLeft(outputs["BODY"], "x")
			if !slices.Contains([]string{"", "*", "**", "***"}, rest) || !strings.HasSuffix(log.String(), "x"+rest+"\n") {
				t.Fatalf("%s: behind %d bytes: %q and %q", test.name, before+2, rest, log.String()[max(0, len(log.String())-40):])
			}
		}
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	s := target(t)
	host := strings.TrimPrefix(s.URL, "http://")
	other := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	long := strings.Repeat("é", workflow.MaxValue/2)
	for _, test := range []struct {
		name, path, more string
		c                executor.HTTPConfig
		status, body     string
		log              string // empty: the status and the body
		err              string
	}{
		{name: "a GET", path: "/echo", status: "200", body: "GET " + host + "  attempt-1 penstock "},
		{name: "a POST", path: "/echo", more: `,"method":"POST","body":"text","headers":{"X-Key":"k","Idempotency-Key":"own","Host":"shop","user-agent":"me"}`, status: "200", body: "POST shop k own me text"},
		{name: "a HEAD", path: "/echo", more: `,"method":"HEAD"`, log: "HEAD " + host + ": status 200\n", status: "200"},
		{name: "204 is good", path: "/status/204", status: "204", log: "GET " + host + ": status 204\n"},
		{name: "a body of whole lines", path: "/lines", status: "200", body: "one\ntwo\n", log: "GET " + host + ": status 200\none\ntwo\n"},
		{name: "404 is not", path: "/status/404", status: "404", body: "this is 404", err: "status 404 is not expected"},
		{name: "300 is not", path: "/status/300", status: "300", body: "this is 300", err: "status 300 is not expected"},
		{name: "404 when it is expected", path: "/status/404", more: `,"expect":{"status":[200,404]}`, status: "404", body: "this is 404"},
		{name: "200 when another is expected", path: "/status/200", more: `,"expect":{"status":[201]}`, status: "200", body: "this is 200", err: "status 200 is not expected"},
		{name: "a text that is there", path: "/status/200", more: `,"expect":{"contains":"is 2"}`, status: "200", body: "this is 200"},
		{name: "a text that is not", path: "/status/200", more: `,"expect":{"contains":"hush"}`, status: "200", body: "this is 200", err: "the body does not contain what is expected"},
		{name: "no text", path: "/binary", status: "200", body: "a\uFFFD\x00b"},
		{name: "a long body", path: fmt.Sprintf("/bytes/%d", workflow.MaxValue+2), more: `,"expect":{"contains":"end"}`, status: "200", body: long},
		{name: "a body that is cut through a rune", path: fmt.Sprintf("/bytes/%d", workflow.MaxValue*2+1), c: executor.HTTPConfig{MaxBody: workflow.MaxValue - 1}, status: "200",
			body: strings.TrimSuffix(long, "é"), log: fmt.Sprintf("GET %s: status 200\nonly the first %d bytes of the body are read\n%s\n", host, workflow.MaxValue-1, strings.TrimSuffix(long, "é"))},
		{name: "a body that is too long", path: "/bytes/10", c: executor.HTTPConfig{MaxBody: 4}, more: `,"expect":{"contains":"end"}`, status: "200", body: "éé", err: "the body does not contain what is expected",
			log: "GET " + host + ": status 200\nonly the first 4 bytes of the body are read\néé\n"},
		{name: "a body that breaks off", path: "/short", status: "200", err: "the answer broke off", log: "GET " + host + ": status 200\n"},
		{name: "redirects", path: "/to/3", more: `,"method":"POST","body":"text","headers":{"X-Key":"k"}`, status: "200", body: "POST " + host + " k attempt-1 penstock text"},
		{name: "too many redirects", path: "/to/4", log: "-", err: "redirected too often"},
		{name: "as many as the host allows", path: "/to/5", c: executor.HTTPConfig{MaxRedirects: 5}, status: "200", body: "GET " + host + "  attempt-1 penstock "},
		{name: "none, if the host wants none", path: "/to/1", c: executor.HTTPConfig{MaxRedirects: -1}, status: "307", body: "<a href=\"/echo\">Temporary Redirect</a>.\n\n", err: "status 307 is not expected"},
		{name: "none, if one is expected", path: "/to/1", more: `,"expect":{"status":[307]}`, status: "307", body: "<a href=\"/echo\">Temporary Redirect</a>.\n\n"},
		{name: "a redirect to another host", path: "/away?to=" + other, log: "-", err: "redirected to another host"},
		{name: "a redirect to another port", path: "/away?to=http://127.0.0.1:1/hush", log: "-", err: "redirected to another port"},
		{name: "a redirect to another scheme", path: "/away?to=gopher://" + host, log: "-", err: "no well-formed answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			job, log := execution(t, "http", fmt.Sprintf(`{"url":%q%s}`, s.URL+test.path, test.more))
			outputs, err := newHTTP(t, test.c).Execute(t.Context(), job)
			if test.err != "" && (err == nil || err.Error() != host+": "+test.err) || test.err == "" && err != nil {
				t.Errorf("got error %v, want %q", err, test.err)
			}
			want := map[string]string{"STATUS": test.status, "BODY": test.body}
			switch {
			case test.status == "":
				want = nil
			case test.err == "the answer broke off":
				delete(want, "BODY")
			}
			if !maps.Equal(outputs, want) {
				t.Errorf("outputs: %.300s", cmp.Diff(want, outputs))
			}
			wantLog := test.log
			switch {
			case wantLog == "-":
				wantLog = ""
			case wantLog == "":
				method := "GET"
				if strings.Contains(test.more, "POST") {
					method = "POST"
				}
				wantLog = fmt.Sprintf("%s %s: status %s\n%s\n", method, host, test.status, strings.TrimSuffix(test.body, "\n"))
			}
			if diff := cmp.Diff(wantLog, log.String()); diff != "" {
				t.Errorf("log: %.300s", diff)
			}
		})
	}
}

func TestRequestsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	s := target(t)
	for _, path := range []string{"/slow", "/stuck"} {
		for _, cause := range []error{workflow.ErrCanceled, workflow.ErrTimeout} {
			job, _ := execution(t, "http", fmt.Sprintf(`{"url":%q}`, s.URL+path+"?token=hush"))
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(20*time.Millisecond, func() { cancel(cause) })
			r := get(t, start(ctx, newHTTP(t, executor.HTTPConfig{}), job))
			if !errors.Is(r.err, cause) || strings.Contains(r.err.Error(), "hush") {
				t.Errorf("%s: got %v", path, r.err)
			}
		}
	}
}

func TestAddressesThatRequestsReach(t *testing.T) {
	t.Parallel()
	s := target(t)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	private := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, test := range []struct {
		name, host string
		allow      []netip.Prefix
		want       string
	}{
		{"allowed", "127.0.0.1", loopback(), ""},
		{"allowed by name", "localhost", loopback(), ""},
		{"not allowed", "127.0.0.1", private, "the address 127.0.0.1 is not public, and the host does not allow it"},
		{"not allowed, as IPv6", "[::ffff:127.0.0.1]", private, "is not public"},
		{"allowed, as IPv6", "[::ffff:127.0.0.1]", loopback(), ""},
		{"not allowed by name", "localhost", private, "is not public"},
		{"another one of the host", "127.0.0.2", []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, "the address 127.0.0.2 is not public"},
		{"metadata of a cloud", "169.254.169.254", private, "the address 169.254.169.254 is not public"},
	} {
		t.Run(test.name, func(t *testing.T) {
			job, log := execution(t, "http", fmt.Sprintf(`{"url":"http://%s/echo?token=hush","headers":{"X-Key":"hush"}}`, net.JoinHostPort(strings.Trim(test.host, "[]"), port)))
			_, err := newHTTP(t, executor.HTTPConfig{Allow: test.allow}).Execute(t.Context(), job)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hush") || log.String() != "") {
				t.Errorf("got %v and %q", err, log)
			}
		})
	}
}

func TestNoProxyIsAsked(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	job, _ := execution(t, "http", `{"url":"http://nowhere.invalid/"}`)
	if _, err := newHTTP(t, executor.HTTPConfig{}).Execute(t.Context(), job); err == nil {
		t.Error("got no error")
	}
}

func TestRequestsOverTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://"+r.Host+"/", http.StatusFound)
		}
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	trusted := &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12}
	for _, test := range []struct {
		name, url string
		tls       *tls.Config
		want      string
	}{
		{"trusted", s.URL, trusted, ""},
		{"not trusted", s.URL, nil, "its certificate cannot be trusted"},
		{"a redirect away from it", s.URL + "/away", trusted, "redirected away from TLS"},
		{"a server without it", strings.Replace(target(t).URL, "http:", "https:", 1), trusted, "answers without TLS"},
		{"a server of something else", "https://" + nonsense(t), trusted, "answers without TLS"},
		{"one that hangs up", "http://" + hangUp(t) + "/hush", nil, "the connection was closed before an answer"},
		{"one that talks nonsense", "http://" + nonsense(t) + "/hush", nil, "no well-formed answer"},
		{"none", "http://127.0.0.1:1/hush", nil, "dial tcp 127.0.0.1:1: connect: connection refused"},
	} {
		job, _ := execution(t, "http", fmt.Sprintf(`{"url":%q}`, test.url))
		_, err := newHTTP(t, executor.HTTPConfig{TLS: test.tls}).Execute(t.Context(), job)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasSuffix(err.Error(), ": "+test.want)) {
			t.Errorf("%s: got %v", test.name, err)
		}
	}
}

func hangUp(t *testing.T) string { return serveRaw(t, "") }

func nonsense(t *testing.T) string { return serveRaw(t, "hush\r\n\r\n") }

// serveRaw answers every connection with the same bytes.
func serveRaw(t *testing.T, answer string) string {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, answer)
			conn.Close()
		}
	}()
	return l.Addr().String()
}

func TestRequestsThatAreNone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ spec, want string }{
		"no URL":               {`{}`, "spec.url: must not be empty"},
		"another scheme":       {`{"url":"file:///etc/hush"}`, "spec.url: must be an http or https URL"},
		"no URL at all":        {`{"url":"http://%zz{{.hush}}"}`, "spec.url: must be an http or https URL"},
		"a password":           {`{"url":"http://me:hush@a/?{{.x"}`, "spec.url: must not hold a password: use a header"},
		"a header of 2 lines":  {`{"url":"http://a/","headers":{"X":"a\r\nhush"}}`, "spec.headers.X: must be one line"},
		"another kind of spec": {`"hush"`, "spec: is not that of a job of type http"},
	} {
		job, _ := execution(t, "http", test.spec)
		_, err := newHTTP(t, executor.HTTPConfig{}).Execute(t.Context(), job)
		if !errors.Is(err, penstock.ErrInvalid) || err.Error() != test.want {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestHTTPConfig(t *testing.T) {
	t.Parallel()
	for field, c := range map[string]executor.HTTPConfig{
		"http.allow[1]": {Allow: []netip.Prefix{netip.MustParsePrefix("::/0"), {}}},
		"http.max_body": {MaxBody: -1},
	} {
		_, err := executor.NewHTTP(c)
		if faults := penstock.Faults(err); len(faults) != 1 || faults[0].Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}
