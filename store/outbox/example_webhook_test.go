package outbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// A webhook, and a receiver that trusts nobody and sees each message once.
func ExampleWebhook() {
	secret := []byte("at least twenty-four random bytes")

	seen := make(map[string]bool) // a table of its database
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "too long", http.StatusRequestEntityTooLarge)
			return
		}
		if err := outbox.Verify(r.Header, body, time.Now(), outbox.DefaultTolerance, secret); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		id := r.Header.Get("webhook-id")
		if seen[id] {
			fmt.Println(id, "again")
			return
		}
		seen[id] = true
		var m struct{ Event, Title string }
		if err := json.Unmarshal(body, &m); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Println(id, m.Event, m.Title)
	}))
	defer receiver.Close()

	hook, err := outbox.NewWebhook(outbox.WebhookConfig{
		URL:     receiver.URL,
		Secrets: [][]byte{secret},

		AllowPrivate: true, // the receiver of this example is on this machine
		AllowHTTP:    true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer hook.Close()

	m := outbox.Message{ID: "m-1", Subject: store.Key{Kind: "plan", ID: "p-1"}, Event: "started", Title: "Shop 2.4 started"}
	for range 2 {
		if err := hook.Notify(context.Background(), m); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// m-1 started Shop 2.4 started
	// m-1 again
}

// What the caller got wrong is told fault by fault, without what is secret.
func ExampleNewWebhook_faults() {
	_, err := outbox.NewWebhook(outbox.WebhookConfig{
		URL:     "http://169.254.169.254/latest/meta-data",
		Secrets: [][]byte{[]byte("too short")},
	})
	fmt.Println(err)
	// Output:
	// url: must be an https URL unless http is allowed
	// secrets[0]: must be of at least 24 bytes
}

// A receiver does this before anything else. While the sender changes over to another
// secret, it accepts both.
func ExampleVerify() {
	old, current := []byte("the secret of last year …"), []byte("the secret of this year …")
	body := []byte(`{"id":"m-1","event":"started"}`)
	header := http.Header{}
	header.Set("webhook-id", "m-1")
	header.Set("webhook-timestamp", "1790000000")
	header.Set("webhook-signature", "v1,2aC1l1cngWvbUsq789CZCXZZqk64Tzlta2fLBa8V+1g=")
	at := time.Unix(1790000000, 0)

	fmt.Println(outbox.Verify(header, body, at.Add(time.Minute), outbox.DefaultTolerance, old, current))
	fmt.Println(outbox.Verify(header, body, at.Add(time.Hour), outbox.DefaultTolerance, old, current))
	fmt.Println(outbox.Verify(header, body[1:], at, outbox.DefaultTolerance, old, current))
	// Output:
	// <nil>
	// webhook not verified: its timestamp is too far from now
	// webhook not verified: its signature does not match
}
