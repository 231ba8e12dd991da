package lark_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval/internal/platform"
	"github.com/penstock-go/penstock/approval/lark"
)

const (
	encryptKey        = "the-encrypt-key"
	verificationToken = "the-verification-token"
)

var today = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// envelope encrypts an event as Lark does.
func envelope(t testing.TB, key, event string) string {
	t.Helper()
	sum, iv := sha256.Sum256([]byte(key)), []byte("0123456789abcdef")
	sealed, err := platform.Seal(sum[:], iv, []byte(event), 16)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{"encrypt": base64.StdEncoding.EncodeToString(append(iv, sealed...))})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// signed is a request as Lark sends it.
func signed(t testing.TB, key, body string, sent time.Time) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/lark", strings.NewReader(body))
	stamp, nonce := strconv.FormatInt(sent.Unix(), 10), "n0nce"
	sum := sha256.Sum256([]byte(stamp + nonce + key + body))
	r.Header.Set("X-Lark-Request-Timestamp", stamp)
	r.Header.Set("X-Lark-Request-Nonce", nonce)
	r.Header.Set("X-Lark-Signature", hex.EncodeToString(sum[:]))
	return r
}

const (
	changed = `{"uuid":"e1","token":"the-verification-token","type":"event_callback","event":{"app_id":"cli_penstock","type":"approval_instance",` +
		`"approval_code":"DEF","instance_code":"I-1","status":"REVERTED","operate_time":1790000000000}}`
	newer = `{"schema":"2.0","header":{"event_id":"e2","event_type":"approval_task","token":"the-verification-token","app_id":"cli_penstock"},` +
		`"event":{"instance_code":"I-2"}}`
	hello = `{"challenge":"c-1","token":"the-verification-token","type":"url_verification"}`
)

// bell is a Provider and what its callback told.
func bell(t testing.TB, cfg lark.Config, now *time.Time, err error) (http.Handler, *[]string) {
	t.Helper()
	var rung []string
	cfg.Now = func() time.Time { return *now }
	return providerOf(t, cfg).Callback(func(_ context.Context, instance string) error {
		rung = append(rung, instance)
		return err
	}), &rung
}

func ring(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestCallback(t *testing.T) {
	replace := func(from, to string) string { return strings.Replace(changed, from, to, 1) }
	for rule, tt := range map[string]struct {
		request func(t *testing.T) *http.Request
		status  int
		rung    []string
		body    string
	}{
		"an instance changed": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, envelope(t, encryptKey, changed), today)
		}, 200, []string{"I-1"}, "{}\n"},
		"a task, in the newer form": {func(t *testing.T) *http.Request { return signed(t, encryptKey, envelope(t, encryptKey, newer), today) }, 200, []string{"I-2"}, "{}\n"},
		"not old": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, envelope(t, encryptKey, changed), today.Add(-lark.Freshness))
		}, 200, []string{"I-1"}, "{}\n"},
		"the address is ours": {func(t *testing.T) *http.Request { return signed(t, encryptKey, envelope(t, encryptKey, hello), today) }, 200, nil, "{\"challenge\":\"c-1\"}\n"},
		"the address, unsigned": {func(t *testing.T) *http.Request {
			return httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(envelope(t, encryptKey, hello)))
		}, 200, nil, "{\"challenge\":\"c-1\"}\n"},
		"another event": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, envelope(t, encryptKey, replace("approval_instance", "leave_approval")), today)
		}, 200, nil, "{}\n"},
		"no instance": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, envelope(t, encryptKey, replace("I-1", "")), today)
		}, 200, nil, "{}\n"},
		"unsigned": {func(t *testing.T) *http.Request {
			return httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(envelope(t, encryptKey, changed)))
		}, 401, nil, "{}\n"},
		"another key":    {func(t *testing.T) *http.Request { return signed(t, "another", envelope(t, encryptKey, changed), today) }, 401, nil, "{}\n"},
		"another cipher": {func(t *testing.T) *http.Request { return signed(t, encryptKey, envelope(t, "another", changed), today) }, 401, nil, "{}\n"},
		"in the clear":   {func(t *testing.T) *http.Request { return signed(t, encryptKey, changed, today) }, 401, nil, "{}\n"},
		"hello in the clear": {func(t *testing.T) *http.Request {
			return httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(hello))
		}, 401, nil, "{}\n"},
		"another token": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, envelope(t, encryptKey, replace(verificationToken, "x")), today)
		}, 401, nil, "{}\n"},
		"no token": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, envelope(t, encryptKey, replace(verificationToken, "")), today)
		}, 401, nil, "{}\n"},
		"another app": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, envelope(t, encryptKey, replace(appID, "cli_x")), today)
		}, 401, nil, "{}\n"},
		"no app": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, envelope(t, encryptKey, replace(appID, "")), today)
		}, 401, nil, "{}\n"},
		"stale": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, envelope(t, encryptKey, changed), today.Add(-lark.Freshness-time.Second))
		}, 401, nil, "{}\n"},
		"from the future": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, envelope(t, encryptKey, changed), today.Add(lark.Freshness+time.Second))
		}, 401, nil, "{}\n"},
		"a time that is none": {func(t *testing.T) *http.Request {
			r := signed(t, encryptKey, envelope(t, encryptKey, changed), today)
			r.Header.Set("X-Lark-Request-Timestamp", "9223372036854775807")
			return r
		}, 401, nil, "{}\n"},
		"another body": {func(t *testing.T) *http.Request {
			r := signed(t, encryptKey, envelope(t, encryptKey, changed), today)
			r.Body = http.NoBody
			return r
		}, 401, nil, "{}\n"},
		"a body that is too long": {func(t *testing.T) *http.Request {
			return signed(t, encryptKey, strings.Repeat("x", platform.MaxBody+1), today)
		}, 413, nil, "{}\n"},
		"a GET": {func(t *testing.T) *http.Request {
			return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		}, 405, nil, "{}\n"},
	} {
		t.Run(rule, func(t *testing.T) {
			now := today
			h, rung := bell(t, config(lark.Feishu), &now, nil)
			w := ring(h, tt.request(t))
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, tt.status, tt.body)
			}
			if diff := cmp.Diff(tt.rung, *rung); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCallbackWithoutAKeyTakesNothing(t *testing.T) {
	now := today
	cfg := config(lark.Feishu)
	cfg.EncryptKey, cfg.VerificationToken = "", ""
	h, rung := bell(t, cfg, &now, nil)
	if w := ring(h, signed(t, "", envelope(t, "", changed), today)); w.Code != http.StatusUnauthorized || *rung != nil {
		t.Errorf("%d, told %v", w.Code, *rung)
	}
}

func TestEventThatComesAgain(t *testing.T) {
	now := today
	h, rung := bell(t, config(lark.Feishu), &now, nil)
	body := envelope(t, encryptKey, changed)
	for range 3 {
		if w := ring(h, signed(t, encryptKey, body, today)); w.Code != http.StatusOK {
			t.Errorf("status %d", w.Code)
		}
		now = now.Add(lark.Freshness / 3)
	}
	if len(*rung) != 1 {
		t.Errorf("told %d times", len(*rung))
	}
	if ring(h, signed(t, encryptKey, body, now)); len(*rung) != 2 { // Lark says it anew
		t.Errorf("told %d times", len(*rung))
	}
}

func TestNewsThatCannotBeTaken(t *testing.T) {
	now := today
	for _, tt := range []struct {
		err    error
		status int
		times  int
	}{{errors.New("the store is away"), http.StatusServiceUnavailable, 2}, {penstock.ErrNotFound, http.StatusOK, 1}} {
		h, rung := bell(t, config(lark.Feishu), &now, tt.err)
		for range 2 {
			if w := ring(h, signed(t, encryptKey, envelope(t, encryptKey, changed), today)); w.Code != tt.status {
				t.Errorf("%v: status %d", tt.err, w.Code)
			}
		}
		if len(*rung) != tt.times {
			t.Errorf("%v: told %d times, want %d", tt.err, len(*rung), tt.times)
		}
	}
}
