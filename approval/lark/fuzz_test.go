package lark_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/lark"
)

// wire answers without a network.
type wire func(*http.Request) string

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(w(r))), Request: r}, nil
}

// Whatever Lark answers, what Poll returns is an error or an answer that the request takes; and
// it is approved only if Lark says so and somebody in every node did.
func FuzzPoll(f *testing.F) {
	for _, status := range []string{"PENDING", "APPROVED", "REJECTED", "CANCELED", "DELETED", "?"} {
		f.Add(told(status, goodTask+","+goodCat, ""))
		f.Add(told(status, goodTask, `,"timeline":[{"type":"PASS","task_id":"1","comment":"ok"}]`))
		f.Add(told(status, "", `,"reverted":true`))
	}
	f.Add(`{"code":99991663}`)
	f.Add(`{"code":1390003}`)
	body := ""
	cfg := config(lark.Feishu)
	cfg.HTTP = &http.Client{Transport: wire(func(r *http.Request) string {
		if strings.HasSuffix(r.URL.Path, "/internal") {
			return `{"code":0,"tenant_access_token":"t","expire":7200}`
		}
		return body
	})}
	r := requestOf(f, "r1", twoNodes())
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "99991400") {
			return // it would wait
		}
		body = text
		answer, err := providerOf(t, cfg).Poll(t.Context(), "I-1")
		if err != nil {
			if answer.Outcome != "" || answer.Votes != nil {
				t.Errorf("%+v besides %v", answer, err)
			}
			return
		}
		next, err := r.Answer(answer, at(1))
		if err != nil {
			t.Fatalf("the request does not take it: %v", err)
		}
		if next.State() != approval.Approved {
			return
		}
		if !strings.Contains(strings.ToLower(text), `status`) || !strings.Contains(text, "APPROVED") && !strings.Contains(text, `\u`) {
			t.Error("approved, although nobody says so")
		}
		said := make([]int, 2)
		for _, v := range answer.Votes {
			said[v.Node]++
			if v.Decision != approval.Approve {
				t.Errorf("approved in spite of %+v", v)
			}
		}
		if said[0] == 0 || said[1] == 0 {
			t.Errorf("approved by %v", said)
		}
	})
}

// Whatever comes in unsigned, nothing is told.
func FuzzCallback(f *testing.F) {
	sealed := envelope(f, encryptKey, changed)
	good := signed(f, encryptKey, sealed, today)
	f.Add(sealed, good.Header.Get("X-Lark-Request-Timestamp"), "n0nce", good.Header.Get("X-Lark-Signature"), changed)
	f.Add(`{"encrypt":"AAAA"}`, "1", "", "", hello)
	f.Add(`{}`, "", "", "", newer)
	now := today
	f.Fuzz(func(t *testing.T, body, stamp, nonce, signature, event string) {
		rung := 0
		cfg := config(lark.Feishu)
		cfg.Now = func() time.Time { return now }
		h := providerOf(t, cfg).Callback(func(_ context.Context, instance string) error {
			if rung++; instance == "" {
				t.Error("told of no instance")
			}
			return nil
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header["X-Lark-Request-Timestamp"] = []string{stamp}
		r.Header["X-Lark-Request-Nonce"] = []string{nonce}
		r.Header["X-Lark-Signature"] = []string{signature}
		w := ring(h, r)
		if rung > 0 && (body != sealed || signature != good.Header.Get("X-Lark-Signature")) {
			t.Errorf("told of %q", body)
		}
		if rung > 0 && w.Code != http.StatusOK {
			t.Errorf("status %d", w.Code)
		}
		rung = 0 // signed, whatever it says
		if w := ring(h, signed(t, encryptKey, envelope(t, encryptKey, event), today)); rung > 0 && w.Code != http.StatusOK || w.Code >= 500 {
			t.Errorf("status %d", w.Code)
		}
	})
}
