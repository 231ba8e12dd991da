package lark

import (
	"context"
	"crypto/aes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval/internal/platform"
)

// Freshness is how far the time of an event may be from now.
const Freshness = 5 * time.Minute

// Callback returns the handler of the app's event subscription. It tells news of the
// instance whenever one, or a task of one, changed. What an event says of it is not
// believed: news should have the instance polled.
//
// Events are taken only encrypted and signed with the [Config.EncryptKey], fresh by
// [Freshness], and for this app; anything else is refused with 401, and nothing happens.
// An event that comes again is taken, and not told again. If news fails, Lark is
// told to try again later; if it knows no such instance ([penstock.ErrNotFound]), that
// is not an error. Lark waits three seconds for an answer.
//
// The app has to be subscribed to the events approval_instance and approval_task in
// its console, and to the definitions by [Provider.Subscribe].
func (p *Provider) Callback(news func(ctx context.Context, instance string) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, answer := p.hear(w, r, news)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer) // nobody is left to tell
	})
}

// empty is the answer that says nothing.
type empty struct{}

// challenge is the answer that proves that the address is ours.
type challenge struct {
	Challenge string `json:"challenge"`
}

func (p *Provider) hear(w http.ResponseWriter, r *http.Request, news func(context.Context, string) error) (status int, answer any) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, empty{}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, platform.MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return http.StatusRequestEntityTooLarge, empty{}
	}
	if err != nil {
		return http.StatusBadRequest, empty{}
	}
	now, signature := p.cfg.Now(), r.Header.Get("X-Lark-Signature")
	if signature != "" && !p.isSigned(r.Header, body, now) {
		return http.StatusUnauthorized, empty{}
	}
	e, ok := p.open(body)
	switch {
	case !ok:
		return http.StatusUnauthorized, empty{}
	case e.Type == "url_verification": // it may come unsigned, and has no effect
		return http.StatusOK, challenge{e.Challenge}
	case signature == "" || e.app() != p.cfg.AppID:
		return http.StatusUnauthorized, empty{}
	case !e.rings() || p.seen.Has(signature, now):
		return http.StatusOK, empty{}
	}
	if err := news(r.Context(), e.Event.Instance); err != nil && !errors.Is(err, penstock.ErrNotFound) {
		return http.StatusServiceUnavailable, empty{}
	}
	p.seen.Add(signature, now, now.Add(2*Freshness)) // for as long as it would pass
	return http.StatusOK, empty{}
}

// isSigned reports whether a request was signed with the key, not long ago.
func (p *Provider) isSigned(h http.Header, body []byte, now time.Time) bool {
	stamp := h.Get("X-Lark-Request-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return false
	}
	if off := now.Sub(time.Unix(seconds, 0)).Abs(); off > Freshness {
		return false
	}
	sum := sha256.New()
	_, _ = io.WriteString(sum, stamp+h.Get("X-Lark-Request-Nonce")+p.cfg.EncryptKey) // a hash takes everything
	_, _ = sum.Write(body)
	want := hex.EncodeToString(sum.Sum(nil))
	return subtle.ConstantTimeCompare([]byte(want), []byte(h.Get("X-Lark-Signature"))) == 1
}

// An event is what Lark tells, in either of its forms: the newer one has a header.
type event struct {
	Type      string `json:"type"`
	Token     string `json:"token"`
	Challenge string `json:"challenge"`
	Header    struct {
		Type  string `json:"event_type"`
		Token string `json:"token"`
		App   string `json:"app_id"`
	} `json:"header"`
	Event struct {
		Type     string `json:"type"`
		App      string `json:"app_id"`
		Instance string `json:"instance_code"`
	} `json:"event"`
}

func (e *event) app() string {
	if e.Header.App != "" {
		return e.Header.App
	}
	return e.Event.App
}

func (e *event) token() string {
	if e.Header.Token != "" {
		return e.Header.Token
	}
	return e.Token
}

// rings reports whether an event is about an instance.
func (e *event) rings() bool {
	kind := e.Header.Type
	if kind == "" {
		kind = e.Event.Type
	}
	return (kind == "approval_instance" || kind == "approval_task") && isCode(e.Event.Instance)
}

// open decrypts an event and reports whether it is for us.
func (p *Provider) open(body []byte) (*event, bool) {
	var envelope struct {
		Encrypt string `json:"encrypt"`
	}
	if p.cfg.EncryptKey == "" || platform.Decode(body, &envelope) != nil {
		return nil, false
	}
	sealed, err := base64.StdEncoding.DecodeString(envelope.Encrypt)
	if err != nil || len(sealed) < aes.BlockSize {
		return nil, false
	}
	key := sha256.Sum256([]byte(p.cfg.EncryptKey))
	text, err := platform.Open(key[:], sealed[:aes.BlockSize], sealed[aes.BlockSize:])
	if err != nil {
		return nil, false
	}
	e := new(event)
	if platform.Decode(text, e) != nil {
		return nil, false
	}
	want := p.cfg.VerificationToken
	return e, want == "" || subtle.ConstantTimeCompare([]byte(e.token()), []byte(want)) == 1
}
