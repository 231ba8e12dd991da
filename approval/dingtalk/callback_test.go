package dingtalk_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval/dingtalk"
)

const (
	callbackToken = "token-of-events"
	callbackKey   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	corp          = "ding-corp"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func hearing(t testing.TB) *dingtalk.Provider {
	t.Helper()
	cfg := config("https://dingtalk.test")
	cfg.CallbackToken, cfg.CallbackKey, cfg.CorpID = callbackToken, callbackKey, corp
	cfg.Now = func() time.Time { return noon }
	return provider(t, cfg)
}

// A letter is an event as DingTalk sends it, written without the package that reads it.
type letter struct {
	text, receiver, token, key string
	at                         time.Time
	padding                    int
	longer                     uint32    // than the text is
	names                      [2]string // of the signature and the time
}

func event(text string) letter {
	return letter{text: text, receiver: appKey, token: callbackToken, key: callbackKey, at: noon, padding: 32, names: [2]string{"msg_signature", "timestamp"}}
}

const finished = `{"EventType":"bpms_instance_change","EventTime":1777896000000,"CorpId":"ding-corp","type":"finish","result":"agree","processInstanceId":"instance-1"}`

func (l letter) sealed() string {
	key, _ := base64.StdEncoding.DecodeString(l.key + "=")
	plain := append([]byte("0123456789abcdef"), binary.BigEndian.AppendUint32(nil, uint32(len(l.text))+l.longer)...)
	plain = append(append(plain, l.text...), l.receiver...)
	pad := l.padding - len(plain)%l.padding
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, _ := aes.NewCipher(key)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

func signature(token, at, nonce, sealed string) string {
	parts := []string{token, at, nonce, sealed}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func (l letter) request(ctx context.Context) *http.Request {
	sealed, at := l.sealed(), strconv.FormatInt(l.at.UnixMilli(), 10)
	q := url.Values{l.names[0]: {signature(l.token, at, "n1", sealed)}, l.names[1]: {at}, "nonce": {"n1"}}
	body, _ := json.Marshal(map[string]string{"encrypt": sealed})
	return httptest.NewRequestWithContext(ctx, http.MethodPost, "/?"+q.Encode(), bytes.NewReader(body))
}

// thanks reads the answer that DingTalk wants: "success", sealed and signed.
func thanks(t *testing.T, w *httptest.ResponseRecorder) (text, receiver string) {
	t.Helper()
	var told struct {
		Signature string `json:"msg_signature"`
		At        string `json:"timeStamp"`
		Nonce     string `json:"nonce"`
		Encrypt   string `json:"encrypt"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	if told.Signature != signature(callbackToken, told.At, told.Nonce, told.Encrypt) {
		t.Error("the answer is not signed")
	}
	key, _ := base64.StdEncoding.DecodeString(callbackKey + "=")
	plain, err := base64.StdEncoding.DecodeString(told.Encrypt)
	if err != nil || len(plain)%32 != 0 {
		t.Fatal(len(plain), err)
	}
	block, _ := aes.NewCipher(key)
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(plain, plain)
	plain = plain[:len(plain)-int(plain[len(plain)-1])]
	size := binary.BigEndian.Uint32(plain[16:])
	return string(plain[20 : 20+size]), string(plain[20+size:])
}

// ring sends requests and returns which instances were rung.
func ring(t *testing.T, p *dingtalk.Provider, requests ...*http.Request) (rung []string, last *httptest.ResponseRecorder) {
	t.Helper()
	bell := p.Callback(func(_ context.Context, instance string) error {
		rung = append(rung, instance)
		return nil
	})
	for _, r := range requests {
		last = httptest.NewRecorder()
		bell.ServeHTTP(last, r)
	}
	return rung, last
}

func TestEventRings(t *testing.T) {
	t.Parallel()
	with := func(change func(*letter)) letter {
		l := event(finished)
		change(&l)
		return l
	}
	tests := []struct {
		rule   string
		letter letter
		rung   []string
	}{
		{"of an instance", event(finished), []string{"instance-1"}},
		{"of a task", event(strings.Replace(finished, "instance_change", "task_change", 1)), []string{"instance-1"}},
		{"that is older", with(func(l *letter) { l.names = [2]string{"signature", "timeStamp"} }), []string{"instance-1"}},
		{"with smaller blocks", with(func(l *letter) { l.padding = 16 }), []string{"instance-1"}},
		{"for the organization", with(func(l *letter) { l.receiver = corp }), []string{"instance-1"}},
		{"a bit late", with(func(l *letter) { l.at = noon.Add(-4 * time.Minute) }), []string{"instance-1"}},
		{"that names no organization", with(func(l *letter) { l.text = strings.Replace(l.text, corp, "", 1) }), []string{"instance-1"}},
		{"to check the URL", event(`{"EventType":"check_url"}`), nil},
		{"of something else", event(`{"EventType":"user_add_org","processInstanceId":"x","CorpId":"ding-corp"}`), nil},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			t.Parallel()
			rung, w := ring(t, hearing(t), test.letter.request(t.Context()))
			if !slices.Equal(rung, test.rung) || w.Code != http.StatusOK {
				t.Fatalf("rung %q, %d %s", rung, w.Code, w.Body)
			}
			if text, receiver := thanks(t, w); text != "success" || receiver != test.letter.receiver {
				t.Errorf("answered %q for %q", text, receiver)
			}
		})
	}
}

func TestEventThatIsNotOursIsRefusedAndRingsNothing(t *testing.T) {
	t.Parallel()
	with := func(change func(*letter)) *http.Request {
		l := event(finished)
		change(&l)
		return l.request(t.Context())
	}
	query := func(name, value string) *http.Request {
		r := event(finished).request(t.Context())
		q := r.URL.Query()
		q.Set(name, value)
		r.URL.RawQuery = q.Encode()
		return r
	}
	body := func(text string) *http.Request {
		r := event(finished).request(t.Context())
		r.Body = io.NopCloser(strings.NewReader(text))
		return r
	}
	signed := func(sealed string) *http.Request { // what is sealed is nonsense, but DingTalk's
		at := strconv.FormatInt(noon.UnixMilli(), 10)
		q := url.Values{"msg_signature": {signature(callbackToken, at, "n", sealed)}, "timestamp": {at}, "nonce": {"n"}}
		text, _ := json.Marshal(map[string]string{"encrypt": sealed})
		return httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?"+q.Encode(), bytes.NewReader(text))
	}
	get := event(finished).request(t.Context())
	get.Method = http.MethodGet
	tests := map[string]struct {
		request *http.Request
		status  int
	}{
		"another token":        {with(func(l *letter) { l.token = "guessed" }), 403},
		"another key":          {with(func(l *letter) { l.key = "A" + callbackKey[1:] }), 403},
		"another app":          {with(func(l *letter) { l.receiver = "ding-other" }), 403},
		"no receiver":          {with(func(l *letter) { l.receiver = "" }), 403},
		"another organization": {with(func(l *letter) { l.text = strings.Replace(l.text, corp, "ding-evil", 1) }), 403},
		"stale":                {with(func(l *letter) { l.at = noon.Add(-6 * time.Minute) }), 403},
		"of the future":        {with(func(l *letter) { l.at = noon.Add(6 * time.Minute) }), 403},
		"no instance":          {with(func(l *letter) { l.text = strings.Replace(l.text, "instance-1", "", 1) }), 403},
		"a false length":       {with(func(l *letter) { l.longer = 1000 }), 403},
		"another length":       {with(func(l *letter) { l.longer = 1 }), 403},
		"no JSON":              {with(func(l *letter) { l.text = "agree" }), 403},
		"no signature":         {query("msg_signature", ""), 403},
		"a wrong signature":    {query("msg_signature", strings.Repeat("0", 40)), 403},
		"another time":         {query("timestamp", strconv.FormatInt(noon.Add(time.Second).UnixMilli(), 10)), 403},
		"another nonce":        {query("nonce", "n2"), 403},
		"an empty body":        {body(""), 403},
		"another body":         {body(`{"encrypt":"AAAA"}`), 403},
		"sealed nonsense":      {signed("AAAA"), 403},
		"sealed nothing":       {signed(""), 403},
		"no base64":            {signed("!"), 403},
		"a block of nonsense":  {signed(base64.StdEncoding.EncodeToString(make([]byte, 32))), 403},
		"a huge body":          {body(strings.Repeat("x", 1<<20)), 413},
		"GET":                  {get, 405},
	}
	for rule, test := range tests {
		rung, w := ring(t, hearing(t), test.request)
		if len(rung) != 0 || w.Code != test.status {
			t.Errorf("%s: rung %q, %d", rule, rung, w.Code)
		}
		if s := w.Body.String(); strings.Contains(s, callbackToken) || strings.Contains(s, callbackKey) {
			t.Errorf("%s: %s", rule, s)
		}
	}
	unsigned := with(func(l *letter) { l.token = "" })
	cfg := config("https://dingtalk.test")
	cfg.Now = func() time.Time { return noon }
	if rung, w := ring(t, provider(t, cfg), unsigned); len(rung) != 0 || w.Code != 403 {
		t.Errorf("without a key: rung %q, %d", rung, w.Code)
	}
}

func TestEventRingsOnceUnlessItWasNotHeard(t *testing.T) {
	t.Parallel()
	p := hearing(t)
	if rung, w := ring(t, p, event(finished).request(t.Context()), event(finished).request(t.Context())); len(rung) != 1 || w.Code != http.StatusOK {
		t.Errorf("rung %q, %d", rung, w.Code)
	}
	failing, n := errors.New("the store is away"), 0
	bell := hearing(t).Callback(func(context.Context, string) error { n++; return failing })
	for want, err := range map[int]error{http.StatusServiceUnavailable: failing} {
		w := httptest.NewRecorder()
		bell.ServeHTTP(w, event(finished).request(t.Context()))
		if w.Code != want || strings.Contains(w.Body.String(), err.Error()) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	failing = nil
	w := httptest.NewRecorder()
	bell.ServeHTTP(w, event(finished).request(t.Context()))
	if w.Code != http.StatusOK || n != 2 {
		t.Errorf("%d, rung %d times", w.Code, n)
	}
}

// FuzzCallback sends anything: behind a wrong signature nothing rings, behind the right
// one only what is sealed for us.
func FuzzCallback(f *testing.F) {
	p := hearing(f)
	f.Add(finished, appKey, "msg_signature", "timestamp", `{"encrypt":"AAAA"}`, int64(0))
	f.Add(`{"EventType":"check_url"}`, corp, "signature", "timeStamp", `{}`, int64(1000))
	f.Add(`{`, "", "x", "y", ``, int64(-1))
	f.Fuzz(func(t *testing.T, text, receiver, a, b, body string, late int64) {
		var rung []string
		bell := p.Callback(func(_ context.Context, instance string) error {
			rung = append(rung, instance)
			return errors.New("again") // so that nothing is remembered
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?"+url.Values{a: {text}, b: {receiver}}.Encode(), strings.NewReader(body))
		w := httptest.NewRecorder()
		bell.ServeHTTP(w, r)
		if len(rung) != 0 || w.Code == http.StatusOK {
			t.Fatalf("unsigned: rung %q, %d", rung, w.Code)
		}
		l := event(text)
		l.receiver, l.at = receiver, noon.Add(time.Duration(late%(20*60))*time.Second)
		w = httptest.NewRecorder()
		bell.ServeHTTP(w, l.request(t.Context()))
		// A text and a receiver are told apart by the length of the text alone.
		if ours := receiver == appKey || receiver == corp; len(rung) != 0 && (!ours || l.at.Sub(noon).Abs() > 5*time.Minute) {
			t.Fatalf("rung %q for %q", rung, receiver)
		}
	})
}
