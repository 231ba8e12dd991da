package outbox_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/outbox"
)

// signed returns the example that the Standard Webhooks project publishes.
func signed(t testing.TB) (header http.Header, body []byte, at time.Time, secret []byte) {
	t.Helper()
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	header = http.Header{}
	header.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	header.Set("webhook-timestamp", "1614265330")
	header.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	return header, []byte(`{"test": 2432232314}`), time.Unix(1614265330, 0), secret
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	set := func(name, value string) func(http.Header) {
		return func(h http.Header) { h.Set(name, value) }
	}
	for _, test := range []struct {
		name   string
		change func(http.Header)
		body   string
		later  time.Duration
		want   string // in the error; empty: verified
	}{
		{"as it was sent", nil, "", 0, ""},
		{"as late as can be", nil, "", 5 * time.Minute, ""},
		{"as early as can be", nil, "", -5 * time.Minute, ""},
		{"too late", nil, "", 5*time.Minute + time.Second, "too far from now"},
		{"too early", nil, "", -5*time.Minute - time.Second, "too far from now"},
		{"another body", nil, `{"test": 2432232315}`, 0, "does not match"},
		{"another id", set("webhook-id", "msg_2"), "", 0, "does not match"},
		{"another time", set("webhook-timestamp", "1614265331"), "", 0, "does not match"},
		{"the same time in other words", set("webhook-timestamp", "+1614265330"), "", 0, "does not match"},
		{"no time", set("webhook-timestamp", "soon"), "", 0, "no number"},
		{"a time that overflows", set("webhook-timestamp", "9223372036854775807"), "", 0, "too far from now"},
		{"no id", func(h http.Header) { h.Del("webhook-id") }, "", 0, "lacks a header"},
		{"no timestamp", func(h http.Header) { h.Del("webhook-timestamp") }, "", 0, "lacks a header"},
		{"no signature", func(h http.Header) { h.Del("webhook-signature") }, "", 0, "lacks a header"},
		{"one of several", set("webhook-signature", "v1a,xx v1,AAAA "+good+" v2,y"), "", 0, ""},
		{"none of several", set("webhook-signature", "v1,AAAA v1,BBBB"), "", 0, "does not match"},
		{"another version", set("webhook-signature", strings.Replace(good, "v1", "v2", 1)), "", 0, "does not match"},
		{"no version", set("webhook-signature", good[3:]), "", 0, "does not match"},
		{"empty", set("webhook-signature", "v1,"), "", 0, "does not match"},
		{"cut", set("webhook-signature", good[:len(good)-4]), "", 0, "does not match"},
		{"no base64", set("webhook-signature", "v1,%%%%"), "", 0, "does not match"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			header, body, at, secret := signed(t)
			if test.change != nil {
				test.change(header)
			}
			if test.body != "" {
				body = []byte(test.body)
			}
			err := outbox.Verify(header, body, at.Add(test.later), 0, secretA, secret)
			if test.want == "" && err != nil {
				t.Errorf("got %v", err)
			}
			if test.want != "" && (!errors.Is(err, outbox.ErrSignature) || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestVerifyTolerance(t *testing.T) {
	t.Parallel()
	header, body, at, secret := signed(t)
	if err := outbox.Verify(header, body, at.Add(2*time.Second), time.Second, secret); !errors.Is(err, outbox.ErrSignature) {
		t.Errorf("got %v", err)
	}
	if err := outbox.Verify(header, body, at.Add(time.Hour), time.Hour, secret); err != nil {
		t.Error(err)
	}
}

func TestVerifyNeedsSecrets(t *testing.T) {
	t.Parallel()
	header, body, at, secret := signed(t)
	for name, err := range map[string]error{
		"none":               outbox.Verify(header, body, at, 0),
		"an empty one":       outbox.Verify(header, body, at, 0, secret, nil),
		"a short one":        outbox.Verify(header, body, at, 0, secret[:23]),
		"negative tolerance": outbox.Verify(header, body, at, -1, secret),
	} {
		if !errors.Is(err, penstock.ErrInvalid) || errors.Is(err, outbox.ErrSignature) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
