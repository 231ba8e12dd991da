package dingtalk

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // what DingTalk signs with
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/internal/platform"
)

const (
	maxEvent = 256 << 10       // bytes of a body
	fresh    = 5 * time.Minute // that an event may be away from our clock
)

// Callback returns what DingTalk's event subscription is to be pointed at. It calls
// news with each instance that something happened to, and only that: what, the next
// poll tells. The same event is rung once, unless news returned an error; it is answered with 503
// then, so that DingTalk sends it again. A [penstock.ErrNotFound] is no error: DingTalk
// tells of every instance of the organization's processes.
//
// An event that is not signed with [Config.CallbackToken], older or newer than 5 minutes,
// not meant for the app, or of another organization than [Config.CorpID] is refused
// with 403, and nothing happens.
func (p *Provider) Callback(news func(ctx context.Context, instance string) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "only POST", http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
		if err != nil {
			status := http.StatusBadRequest
			if _, large := errors.AsType[*http.MaxBytesError](err); large {
				status = http.StatusRequestEntityTooLarge
			}
			http.Error(w, "the body cannot be read", status)
			return
		}
		now := p.cfg.Now()
		e, err := p.hear(r.URL.Query(), body, now)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		if e.Instance != "" && !p.heard.Has(e.signature, now) {
			if err := news(r.Context(), e.Instance); err != nil && !errors.Is(err, penstock.ErrNotFound) {
				http.Error(w, "not now", http.StatusServiceUnavailable)
				return
			}
			p.heard.Add(e.signature, now, now.Add(2*fresh))
		}
		p.thank(w, e.receiver, now)
	})
}

// An event is what DingTalk says that happened.
type event struct {
	Type     string `json:"EventType"`
	Corp     string `json:"CorpId"`            // older events say corpId
	Instance string `json:"processInstanceId"` // of those that are not about instances: empty

	signature string
	receiver  string // whom it was sealed for: the app, or the organization
}

// The errors of events. They tell senders nothing.
var (
	errSignature = errors.New("not signed by DingTalk")
	errStale     = errors.New("not of this time")
	errReceiver  = errors.New("not meant for this receiver")
	errEvent     = errors.New("not an event")
)

// hear opens an event, and returns one without an instance if it is about something else.
func (p *Provider) hear(q url.Values, body []byte, now time.Time) (e event, err error) {
	var envelope struct {
		Encrypt string `json:"encrypt"`
	}
	if p.key == nil {
		return e, errReceiver
	}
	if platform.Decode(body, &envelope) != nil {
		return e, errEvent
	}
	stamp := first(q, "timestamp", "timeStamp")
	signature := first(q, "msg_signature", "signature")
	if want := p.sign(stamp, q.Get("nonce"), envelope.Encrypt); !hmac.Equal([]byte(want), []byte(signature)) {
		return e, errSignature
	}
	ms, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.UnixMilli(ms).Sub(now).Abs() > fresh {
		return e, errStale
	}
	text, receiver, err := p.open(envelope.Encrypt)
	if err != nil {
		return e, err
	}
	if platform.Decode(text, &e) != nil {
		return event{}, errEvent
	}
	if p.cfg.CorpID != "" && e.Corp != "" && e.Corp != p.cfg.CorpID {
		return event{}, errReceiver
	}
	e.signature, e.receiver = signature, receiver
	switch e.Type {
	case "bpms_instance_change", "bpms_task_change":
		if e.Instance == "" || len(e.Instance) > approval.MaxText {
			return event{}, errEvent
		}
	default: // check_url, and whatever else the app subscribed to
		e.Instance = ""
	}
	return e, nil
}

func first(q url.Values, names ...string) string {
	for _, name := range names {
		if v := q.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// sign returns the signature of an envelope.
func (p *Provider) sign(stamp, nonce, sealed string) string {
	parts := []string{p.cfg.CallbackToken, stamp, nonce, sealed}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// A text is sealed behind 16 random bytes and its length, and before its receiver.
const (
	noise  = 16
	prefix = noise + 4
)

// open returns the text in an envelope that is meant for this app, or for the
// organization.
func (p *Provider) open(sealed string) (text []byte, receiver string, err error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, "", errEvent
	}
	if text, err = platform.Open(p.key, p.key[:16], raw); err != nil || len(text) < prefix {
		return nil, "", errEvent
	}
	size := int64(binary.BigEndian.Uint32(text[noise:]))
	if text = text[prefix:]; size > int64(len(text)) {
		return nil, "", errEvent
	}
	switch receiver = string(text[size:]); {
	case receiver == p.cfg.AppKey, p.cfg.CorpID != "" && receiver == p.cfg.CorpID:
		return text[:size], receiver, nil
	default:
		return nil, "", errReceiver
	}
}

// seal is the counterpart of open.
func (p *Provider) seal(text, receiver string) (string, error) {
	plain := make([]byte, prefix, prefix+len(text)+len(receiver))
	_, _ = rand.Read(plain[:noise]) // it never fails
	binary.BigEndian.PutUint32(plain[noise:], uint32(len(text)))
	plain = append(append(plain, text...), receiver...)
	sealed, err := platform.Seal(p.key, p.key[:16], plain, 32)
	return base64.StdEncoding.EncodeToString(sealed), err
}

// thank answers an event, in the only way that DingTalk takes for one.
func (p *Provider) thank(w http.ResponseWriter, receiver string, now time.Time) {
	sealed, err := p.seal("success", receiver)
	if err != nil {
		http.Error(w, "cannot answer", http.StatusInternalServerError)
		return
	}
	stamp, nonce := strconv.FormatInt(now.UnixMilli(), 10), rand.Text()[:16]
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{ // who hung up hears it no more
		"msg_signature": p.sign(stamp, nonce, sealed), "timeStamp": stamp, "nonce": nonce, "encrypt": sealed,
	})
}
