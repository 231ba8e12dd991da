package outbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

var (
	secretA = []byte("the first secret of this test")
	secretB = []byte("another secret of this test")
	moment  = time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC)
)

func message() outbox.Message {
	return outbox.Message{
		ID: "01K5NT-3", Channel: "hook", To: "ann", Subject: store.Key{Kind: "plan", ID: "01K5NT"}, Seq: 3, Position: 41,
		Event: "started", At: moment.Add(-time.Minute), Title: "Shop 2.4: started",
		Text: "by Ann <ann@example.com>\nin production", Data: json.RawMessage(`{"state":"running"}`), Attempt: 1,
	}
}

// local is a configuration that reaches a server of the test.
func local(url string) outbox.WebhookConfig {
	return outbox.WebhookConfig{
		URL: url, Secrets: [][]byte{secretA}, AllowPrivate: true, AllowHTTP: true,
		Timeout: 10 * time.Second, Now: func() time.Time { return moment },
	}
}

func newWebhook(t testing.TB, cfg outbox.WebhookConfig) *outbox.Webhook {
	t.Helper()
	w, err := outbox.NewWebhook(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestWebhookSaysWhatHappened(t *testing.T) {
	t.Parallel()
	var (
		header http.Header
		body   []byte
		method string
	)
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		method, header = r.Method, r.Header
		body, _ = io.ReadAll(r.Body)
	})
	cfg := local(s.URL + "/hook")
	cfg.Secrets = [][]byte{secretA, secretB}
	cfg.Header = http.Header{"Authorization": {"Bearer x"}}
	if err := newWebhook(t, cfg).Notify(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/webhook.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(indented(t, golden), indented(t, body)); diff != "" {
		t.Errorf("body (-golden +got):\n%s", diff)
	}
	got := map[string]string{"method": method}
	for _, name := range []string{"Content-Type", "User-Agent", "Authorization", "Webhook-Id", "Webhook-Timestamp"} {
		got[name] = header.Get(name)
	}
	want := map[string]string{
		"method": "POST", "Content-Type": "application/json", "User-Agent": "penstock", "Authorization": "Bearer x",
		"Webhook-Id": "01K5NT-3", "Webhook-Timestamp": "1790000000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	for _, secret := range [][]byte{secretA, secretB} { // while receivers change over, either will do
		if err := outbox.Verify(header, body, moment, 0, secret); err != nil {
			t.Error(err)
		}
	}
	if _, ok := header["Idempotency-Key"]; ok {
		t.Error("Idempotency-Key was sent")
	}
}

// indented writes JSON so that a difference can be read.
func indented(t *testing.T, doc []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	out, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestWebhookIDCanStandInAHeader(t *testing.T) {
	t.Parallel()
	var got string
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := outbox.Verify(r.Header, body, moment, 0, secretA); err != nil {
			t.Error(err)
		}
		got = r.Header.Get("Webhook-Id")
	})
	w := newWebhook(t, local(s.URL))
	for id, want := range map[string]string{
		"plan/1.2-3":   "plan/1.2-3",
		"é":            "%C3%A9",
		"%C3%A9":       "%25C3%25A9",
		"a b\r\nX-Y:z": "a%20b%0D%0AX-Y:z",
	} {
		m := message()
		m.ID = id
		if err := w.Notify(t.Context(), m); err != nil || got != want {
			t.Errorf("id %q: header %q, want %q (%v)", id, got, want, err)
		}
	}
}

func TestWebhookDataMustBeJSON(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	m := message()
	m.Data = json.RawMessage(`{"half`)
	if err := newWebhook(t, local(s.URL)).Notify(t.Context(), m); !outbox.IsPermanent(err) {
		t.Errorf("got %v, want a permanent error", err)
	}
}

func TestWebhookAnswers(t *testing.T) {
	t.Parallel()
	const ok, again, never = "ok", "again", "never"
	for status, want := range map[int]string{
		200: ok, 201: ok, 202: ok, 204: ok, 299: ok,
		300: again, 301: again, 302: again, 303: again, 304: again, 307: again, 308: again,
		400: again, 401: again, 403: again, 404: again, 405: again, 408: again, 409: again, 425: again, 429: again,
		410: never, 413: never, 414: never, 415: never, 422: never, 501: never,
		500: again, 502: again, 503: again, 504: again, 599: again, 999: again,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/hook" {
					t.Error("redirected")
				}
				rw.Header().Set("Location", "/elsewhere")
				rw.WriteHeader(status)
			})
			err := newWebhook(t, local(s.URL+"/hook")).Notify(t.Context(), message())
			got := ok
			if outbox.IsPermanent(err) {
				got = never
			} else if err != nil {
				got = again
			}
			if got != want {
				t.Errorf("got %s (%v), want %s", got, err, want)
			}
			if err != nil && !strings.Contains(err.Error(), fmt.Sprint("answered ", status)) {
				t.Errorf("%v does not say %d", err, status)
			}
		})
	}
}

func TestWebhookRedirects(t *testing.T) {
	t.Parallel()
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the other host was asked") })
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	for _, test := range []struct {
		name     string
		status   int
		location string
		want     string // in the error; empty: it arrives
	}{
		{"307 is followed", 307, "/there", ""},
		{"308 is followed", 308, "/there", ""},
		{"302 would lose the body", 302, "/there", "answered 302"},
		{"no location", 307, "", "redirected to nowhere"},
		{"no URL", 307, "http://[", "redirected to nowhere"},
		{"in a circle", 307, "/hook", "redirected more than 3 times"},
		{"to another host", 307, elsewhere, "redirected to another host"},
		{"to another port", 307, other.URL, "redirected to another port"},
		{"to another scheme", 308, "ftp://127.0.0.1/", "redirected away from TLS"},
		{"with user information", 308, "//a:b@127.0.0.1/there", "redirected with user information"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			arrived := false
			s := serve(t, func(rw http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if err := outbox.Verify(r.Header, body, moment, 0, secretA); err != nil || r.Method != http.MethodPost {
					t.Errorf("%s: %v", r.Method, err)
				}
				if arrived = r.URL.Path == "/there"; arrived {
					return
				}
				if test.location != "" {
					rw.Header().Set("Location", test.location)
				}
				rw.WriteHeader(test.status)
			})
			cfg := local(s.URL + "/hook")
			cfg.AllowRedirects = true
			err := newWebhook(t, cfg).Notify(t.Context(), message())
			switch {
			case test.want == "" && (err != nil || !arrived):
				t.Errorf("got %v, want it to arrive", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || arrived):
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestWebhookIsNotRedirectedAwayFromTLS(t *testing.T) {
	t.Parallel()
	plain := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent in the clear") })
	s := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusTemporaryRedirect))
	t.Cleanup(s.Close)
	cfg := local(s.URL)
	cfg.AllowRedirects, cfg.TLS = true, trust(s)
	err := newWebhook(t, cfg).Notify(t.Context(), message())
	if err == nil || !strings.Contains(err.Error(), "redirected away from TLS") {
		t.Errorf("got %v", err)
	}
}

func TestWebhookConfig(t *testing.T) {
	t.Parallel()
	good := [][]byte{secretA}
	for _, test := range []struct {
		name string
		cfg  outbox.WebhookConfig
		want []string // fields
	}{
		{"nothing is set", outbox.WebhookConfig{}, []string{"url", "secrets"}},
		{"no URL", outbox.WebhookConfig{URL: "https://hooks.example.com/%zz?key=hush", Secrets: good}, []string{"url"}},
		{"relative", outbox.WebhookConfig{URL: "/hush", Secrets: good}, []string{"url"}},
		{"no host", outbox.WebhookConfig{URL: "https://:443/hush", Secrets: good}, []string{"url"}},
		{"opaque", outbox.WebhookConfig{URL: "https:hush", Secrets: good}, []string{"url"}},
		{"another scheme", outbox.WebhookConfig{URL: "file://host/hush", Secrets: good, AllowHTTP: true}, []string{"url"}},
		{"no TLS", outbox.WebhookConfig{URL: "http://hooks.example.com/hush", Secrets: good, AllowPrivate: true}, []string{"url"}},
		{"user information", outbox.WebhookConfig{URL: "https://ann:hush@hooks.example.com/", Secrets: good}, []string{"url"}},
		{"a fragment", outbox.WebhookConfig{URL: "https://hooks.example.com/#hush", Secrets: good}, []string{"url"}},
		{"no such port", outbox.WebhookConfig{URL: "https://hooks.example.com:99999/hush", Secrets: good}, []string{"url"}},
		{"half a port", outbox.WebhookConfig{URL: "https://hooks.example.com:/hush", Secrets: good}, []string{"url"}},
		{"a private address", outbox.WebhookConfig{URL: "https://10.0.0.1/hush", Secrets: good}, []string{"url"}},
		{"a private IPv6 address", outbox.WebhookConfig{URL: "https://[fe80::1%25eth0]:1/hush", Secrets: good}, []string{"url"}},
		{"short secrets", outbox.WebhookConfig{URL: "https://hooks.example.com/", Secrets: [][]byte{[]byte("hush"), secretA, nil}}, []string{"secrets[0]", "secrets[2]"}},
		{"a negative timeout", outbox.WebhookConfig{URL: "https://hooks.example.com/", Secrets: good, Timeout: -1}, []string{"timeout"}},
		{"our header", outbox.WebhookConfig{URL: "https://hooks.example.com/", Secrets: good, Header: http.Header{"webhook-id": {"hush"}}}, []string{`header["webhook-id"]`}},
		{"no header", outbox.WebhookConfig{URL: "https://hooks.example.com/", Secrets: good, Header: http.Header{"a b": {"hush"}}}, []string{`header["a b"]`}},
		{"an empty header", outbox.WebhookConfig{URL: "https://hooks.example.com/", Secrets: good, Header: http.Header{"": {"hush"}}}, []string{`header[""]`}},
		{"two lines", outbox.WebhookConfig{URL: "https://hooks.example.com/", Secrets: good, Header: http.Header{"X-A": {"hush\r\nX-B: c"}}}, []string{`header["X-A"]`}},
		{"good", outbox.WebhookConfig{URL: "https://hooks.example.com/hush", Secrets: good}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, err := outbox.NewWebhook(test.cfg)
			var got []string
			for _, f := range penstock.Faults(err) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if err != nil && (strings.Contains(err.Error(), "hush") || w != nil || !errors.Is(err, penstock.ErrInvalid)) {
				t.Errorf("got %v, %v", w, err)
			}
		})
	}
}

func TestWebhookKeepsItsOwnConfig(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := outbox.Verify(r.Header, body, moment, 0, secretA); err != nil || r.Header.Get("X-A") != "1" {
			t.Error(err, r.Header)
		}
	})
	cfg := local(s.URL)
	cfg.Secrets = [][]byte{append([]byte(nil), secretA...)}
	cfg.Header = http.Header{"X-A": {"1"}}
	w := newWebhook(t, cfg)
	cfg.Secrets[0][0], cfg.Header["X-A"][0] = 0, "2"
	if err := w.Notify(t.Context(), message()); err != nil {
		t.Error(err)
	}
}
