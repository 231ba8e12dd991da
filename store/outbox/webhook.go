package outbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// A WebhookConfig says where a [Webhook] sends, and what it may.
type WebhookConfig struct {
	// URL of the receiver: https, and with AllowHTTP also http. Its path and query
	// may be secret; they are in no error. It holds no user information.
	URL string

	// Secrets sign every message, each of them: give the new one and the old one while
	// receivers change over. At least one, each of at least [MinSecret] bytes. They are
	// raw: of a secret that is written as whsec_…, what the base64 behind it stands for.
	Secrets [][]byte

	// Header goes with every message: an Authorization, say.
	Header http.Header

	AllowPrivate bool // send to addresses that are not of the public internet too; see [Webhook]
	AllowHTTP    bool // send without TLS too

	// AllowRedirects follows the answers 307 and 308, three at most, on the same host and port, or there
	// from http to https at their usual ports. Other redirects would lose the message, or tell
	// it and Header to somebody else; they are failures.
	AllowRedirects bool

	Timeout time.Duration    // for one message, from dialing to the answer; default: 10 s
	TLS     *tls.Config      // default: that of the system
	Now     func() time.Time // default: time.Now
}

// A Webhook is a [Notifier] that posts messages as JSON, signed as the Standard
// Webhooks specification has it; [Verify] is its counterpart. It is safe for
// concurrent use.
//
// The header webhook-id is the same at every attempt: receivers recognise by it what they
// have already. One that is no visible ASCII is percent-encoded there.
//
// Any answer of 2xx is a success, whatever its body. Answers that say that this message
// will never be taken (410, 413, 414, 415, 422, 501) are [Permanent]; Retry-After is
// honoured up to an hour with 429 and 503; anything else is worth another attempt.
//
// A Webhook connects to public addresses only, unless AllowPrivate is set, whatever
// names resolve to: who may choose the URL cannot reach into the network that
// the process runs in. It uses no proxy, and reads at most 64 KiB of an answer.
type Webhook struct {
	send    *sender
	target  *url.URL
	secrets [][]byte
	header  http.Header
	now     func() time.Time
}

// MinSecret is the least number of bytes of a secret that signs messages.
const MinSecret = 24

// NewWebhook returns a Webhook. An error is an [penstock.InvalidError] for each
// fault; it holds neither the URL nor a secret. The slices and maps of cfg remain the caller's.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	target, faults := cfg.check()
	if len(cfg.Secrets) == 0 {
		faults = append(faults, penstock.Invalid("secrets", "must not be empty"))
	}
	faults = append(faults, checkSecrets(cfg.Secrets)...)
	for name, values := range cfg.Header {
		faults = append(faults, checkHeader(name, values)...)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	w := &Webhook{send: newSender(&cfg), target: target, header: make(http.Header), now: cfg.Now}
	for name, values := range cfg.Header {
		w.header[http.CanonicalHeaderKey(name)] = append([]string(nil), values...)
	}
	if w.header.Get("User-Agent") == "" {
		w.header.Set("User-Agent", userAgent)
	}
	w.header.Set("Content-Type", "application/json")
	for _, s := range cfg.Secrets {
		w.secrets = append(w.secrets, bytes.Clone(s))
	}
	if w.now == nil {
		w.now = time.Now
	}
	return w, nil
}

const userAgent = "penstock"

// Notify implements [Notifier].
func (w *Webhook) Notify(ctx context.Context, m Message) error {
	body, err := json.Marshal(payload(m))
	if err != nil {
		return Permanent(fmt.Errorf("message %s: its data is no JSON", m.ID))
	}
	var (
		now    = w.now()
		id     = headerID(m.ID)
		stamp  = strconv.FormatInt(now.Unix(), 10)
		header = w.header.Clone()
	)
	header[headerKeyID] = []string{id}
	header[headerKeyTimestamp] = []string{stamp}
	header[headerKeySignature] = []string{signatures(w.secrets, id, stamp, body)}
	header["Idempotency-Key"] = nil // not sent: it lets a connection that had gone stale be replaced at once
	return w.send.post(ctx, w.target, header, body, func(resp *http.Response) error {
		return judge(resp.StatusCode, resp.Header, now)
	})
}

// Close ends the connections that are kept for the next message. The Webhook can
// still be used. It never fails.
func (w *Webhook) Close() error {
	w.send.close()
	return nil
}

// A webhookPayload is the body of a message.
type webhookPayload struct {
	ID       string          `json:"id"`
	Event    string          `json:"event"`
	To       string          `json:"to,omitempty"` // whom it is meant for, where the route says
	Subject  webhookSubject  `json:"subject"`
	Seq      int64           `json:"seq"`
	Position int64           `json:"position"`
	At       time.Time       `json:"at"`
	Title    string          `json:"title"`
	Text     string          `json:"text,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
}

type webhookSubject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

func payload(m Message) webhookPayload {
	return webhookPayload{
		ID: m.ID, Event: m.Event, To: m.To, Subject: webhookSubject{m.Subject.Kind, m.Subject.ID}, Seq: m.Seq,
		Position: m.Position, At: m.At.UTC(), Title: m.Title, Text: m.Text, Data: m.Data,
	}
}

// headerID writes an id so that it can stand in a header; different ids stay different.
func headerID(id string) string {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' || id[i] == '%' {
			return strings.ReplaceAll(url.PathEscape(id), "+", "%2B")
		}
	}
	return id
}
