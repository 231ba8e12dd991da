package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/outbox"
)

// What a listener is to hear is sent to the webhook, signed, once for each who is to hear it.
func TestListenersAreTold(t *testing.T) {
	key := []byte("a key of more than 24 bytes")
	t.Setenv(hookSecret, "whsec_"+base64.StdEncoding.EncodeToString(key))
	type told struct {
		To, Title string
		err       error
	}
	heard := make(chan told, 100)
	there := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var one told
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = outbox.Verify(r.Header, body, time.Now(), 0, key)
		}
		if err == nil {
			err = json.Unmarshal(body, &one)
		}
		one.err = err
		heard <- one
	}))
	t.Cleanup(there.Close)
	args := []string{"-db", filepath.Join(t.TempDir(), "penstock.db"), "-tokens", written(t, crew), "-webhook", there.URL}
	o, _ := parse(args, t.Output())
	h, err := open(t.Context(), o, crewed(t), newLog(t.Output(), 0))
	if err != nil {
		t.Fatal(err)
	}
	planned(t, h, releaseplan.Content{Listeners: []releaseplan.Listener{{Event: releaseplan.EventStarted, Recipients: []penstock.Party{{Type: penstock.Group, ID: "sre"}}}}},
		releaseplan.Finalize, releaseplan.Execute)
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	s := start(t, nil, args...)
	to := make(map[string]bool)
	for len(to) < 2 {
		select {
		case one := <-heard:
			if one.err != nil || !strings.Contains(one.Title, "Shop 2.4") {
				t.Errorf("%+v", one)
			}
			to[one.To] = true
		case <-time.After(patience):
			t.Fatalf("only %v were told", to)
		}
	}
	if !to["ann"] || !to["bob"] {
		t.Errorf("%v were told", to)
	}
	s.stop()
	s.ends(t, 0)
}

// Without a good key nothing is sent to anybody, and the key is not shown.
func TestWebhookNeedsAKey(t *testing.T) {
	for _, key := range []string{"", "hunter2", "whsec_aHVudGVyMg=="} {
		t.Setenv(hookSecret, key)
		p, err := openPost("http://127.0.0.1:1/hunter2", nil, penstock.Trust{}, time.Second, nil)
		if p != nil || err == nil || !strings.Contains(err.Error(), hookSecret) || key != "" && strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v", key, err)
		}
	}
}
