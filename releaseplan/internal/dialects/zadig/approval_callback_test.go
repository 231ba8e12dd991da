package zadig_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/lark"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/store/memory"
)

const larkAt, larkKey = "/api/callback/approval/lark", "the-encrypt-key"

// An office is as much of Lark as one approval takes.
type office struct {
	mu     sync.Mutex
	uuid   string // of the one instance
	status string
	polls  int
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	say := func(data any) {
		_ = json.NewEncoder(w).Encode(map[string]any{"code": 0, "data": data, "tenant_access_token": "t-1", "expire": 7200})
	}
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/internal"):
		say(nil)
	case strings.Contains(path, "/approvals/"):
		say(map[string]any{"status": "ACTIVE", "node_list": []any{
			map[string]any{"node_id": "n-1", "node_type": "OR", "need_approver": true, "approver_chosen_multi": true}}})
	case r.Method == http.MethodPost:
		var in struct {
			UUID string `json:"uuid"`
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		o.uuid, o.status = in.UUID, "PENDING"
		say(map[string]any{"instance_code": "I-1"})
	default:
		o.polls++
		task := map[string]any{"id": "t1", "open_id": "u-bob", "node_id": "n-1", "type": "OR", "status": o.status, "start_time": "1790000000000"}
		if o.status != "PENDING" {
			task["end_time"] = "1790000001000"
		}
		say(map[string]any{"instance_code": "I-1", "approval_code": "DEF-1", "uuid": o.uuid, "status": o.status, "open_id": "u-admin", "task_list": []any{task}})
	}
}

func (o *office) decide(status string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.status = status
}

func (o *office) polled() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.polls
}

// larkEvent is an event as Lark sends it: encrypted and signed with a key.
func larkEvent(t *testing.T, url, key, app, instance string, sent time.Time) *http.Request {
	t.Helper()
	text := []byte(`{"type":"event_callback","event":{"app_id":"` + app + `","type":"approval_instance","instance_code":"` + instance + `","status":"APPROVED"}}`)
	pad := aes.BlockSize - len(text)%aes.BlockSize
	text = append(text, bytes.Repeat([]byte{byte(pad)}, pad)...)
	sum, iv := sha256.Sum256([]byte(key)), []byte("0123456789abcdef")
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
	body := `{"encrypt":"` + base64.StdEncoding.EncodeToString(append(iv, text...)) + `"}`
	stamp := strconv.FormatInt(sent.Unix(), 10)
	signature := sha256.Sum256([]byte(stamp + "n0nce" + key + body))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+larkAt, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Lark-Request-Timestamp", stamp)
	r.Header.Set("X-Lark-Request-Nonce", "n0nce")
	r.Header.Set("X-Lark-Signature", hex.EncodeToString(signature[:]))
	return r
}

// greedy reads whatever it is sent.
func greedy(w http.ResponseWriter, r *http.Request) {
	if n, err := io.Copy(io.Discard, r.Body); err != nil {
		http.Error(w, strconv.FormatInt(n, 10), http.StatusRequestEntityTooLarge)
	}
}

// A release waits for its approval in an office, whose callback the dialect serves. No Runner polls: it would
// be a day later.
type release struct {
	*office
	t     *testing.T
	url   string
	plans *releaseplan.Service
	id    string
}

func atTheOffice(t *testing.T) *release {
	t.Helper()
	o := &office{}
	there := httptest.NewServer(o)
	t.Cleanup(there.Close)
	provider, err := lark.New(lark.Config{AppID: "cli_1", AppSecret: "s", BaseURL: there.URL, EncryptKey: larkKey, Every: 24 * time.Hour,
		Definitions: []lark.Definition{{Code: "DEF-1", Nodes: []lark.Node{{Key: "n-1", Need: approval.Any}}}}, HTTP: there.Client()})
	if err != nil {
		t.Fatal(err)
	}
	r := &release{office: o, t: t}
	r.plans = releaseplan.New(releaseplan.Config{Store: memory.New(), Providers: map[approval.Kind]approval.Provider{approval.Lark: provider}})
	news := func(ctx context.Context, instance string) error {
		return r.plans.PollApproval(ctx, approval.Lark, instance)
	}
	h := zadig.Handler(zadig.Config{Plans: r.plans, Who: func(*http.Request) (penstock.Actor, error) { return penstock.Actor{}, errors.New("nobody") },
		Callbacks: map[approval.Kind]http.Handler{approval.Lark: provider.Callback(news), "greedy": http.HandlerFunc(greedy)}})
	here := httptest.NewServer(h)
	t.Cleanup(here.Close)
	r.url = here.URL

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- releaseplan.NewRunner(r.plans, nil).Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	admin := deskPeople()["admin"]
	p, err := r.plans.Create(ctx, releaseplan.Content{Name: "Checkout 2.4",
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "cart", Kind: releaseplan.Manual}}}},
		Approval: &approval.Policy{Enabled: true, Kind: approval.Lark,
			Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("u-bob")}}}}}, admin)
	if err != nil {
		t.Fatal(err)
	}
	r.id = p.ID()
	for _, a := range []releaseplan.Action{releaseplan.Finalize, releaseplan.RequestApproval} {
		if _, err := r.plans.Do(ctx, r.id, releaseplan.Command{Action: a}, admin); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range r.plans.Follow(ctx, r.id, admin) { // until the office knows of it
		if err != nil {
			t.Fatal(err)
		}
		if q := r.plan().Status().Request; q != nil && q.Instance() != "" {
			break
		}
	}
	return r
}

func (r *release) plan() *releaseplan.Plan {
	r.t.Helper()
	p, err := r.plans.Get(r.t.Context(), r.id, deskPeople()["admin"])
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

func (r *release) send(request *http.Request) (status int, body string) {
	r.t.Helper()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// A plan goes on as soon as the system rings in which it was approved.
func TestApprovalPlatformRings(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[string]releaseplan.State{"APPROVED": releaseplan.Approved, "REJECTED": releaseplan.Denied, "PENDING": releaseplan.AwaitingApproval} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			r := atTheOffice(t)
			r.decide(outcome)
			event := larkEvent(t, r.url, larkKey, "cli_1", "I-1", time.Now())
			again := event.Clone(t.Context())
			again.Body, _ = event.GetBody()
			if status, body := r.send(event); status != http.StatusOK || body != "{}\n" {
				t.Errorf("%d %s", status, body)
			}
			if p := r.plan(); p.State() != want || r.polled() != 1 {
				t.Errorf("it is %s, and was asked for %d times", p.State(), r.polled())
			}
			if status, _ := r.send(again); status != http.StatusOK || r.polled() != 1 {
				t.Errorf("the same event again: %d, asked for %d times", status, r.polled())
			}
		})
	}
}

// An event that the system did not send, or that is of nothing here, changes nothing and asks nobody.
func TestApprovalPlatformIsForged(t *testing.T) {
	t.Parallel()
	r := atTheOffice(t)
	before := r.plan().Status().Changes
	r.decide("APPROVED")
	good := func() *http.Request { return larkEvent(t, r.url, larkKey, "cli_1", "I-1", time.Now()) }
	to := func(method, path, body string) *http.Request {
		request, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header = good().Header
		return request
	}
	header := func(name, value string) *http.Request {
		request := good()
		request.Header.Set(name, value)
		return request
	}
	for rule, tt := range map[string]struct {
		request *http.Request
		status  int
	}{
		"another key":              {larkEvent(t, r.url, "another", "cli_1", "I-1", time.Now()), 401},
		"another signature":        {header("X-Lark-Signature", strings.Repeat("0", 64)), 401},
		"no signature":             {header("X-Lark-Signature", ""), 401},
		"another time":             {header("X-Lark-Request-Timestamp", "1790000000"), 401},
		"an old one":               {larkEvent(t, r.url, larkKey, "cli_1", "I-1", time.Now().Add(-time.Hour)), 401},
		"for another app":          {larkEvent(t, r.url, larkKey, "cli_2", "I-1", time.Now()), 401},
		"of an unknown instance":   {larkEvent(t, r.url, larkKey, "cli_1", "I-2", time.Now()), 200},
		"plain":                    {to("POST", larkAt, `{"event":{"type":"approval_instance","instance_code":"I-1","status":"APPROVED"}}`), 401},
		"nothing":                  {to("POST", larkAt, ""), 401},
		"more than an event holds": {to("POST", larkAt, strings.Repeat("x", 1<<21)), 413},
		"more than any event":      {to("POST", "/api/callback/approval/greedy", strings.Repeat("x", 1<<20+1)), 413},
		"as much as any event":     {to("POST", "/api/callback/approval/greedy", strings.Repeat("x", 1<<20)), 200},
		"of a kind without one":    {to("POST", "/api/callback/approval/dingtalk", "{}"), 404},
		"of no kind":               {to("POST", "/api/callback/approval/", "{}"), 404},
		"another method":           {to("GET", larkAt, ""), 405},
	} {
		t.Run(rule, func(t *testing.T) {
			status, body := r.send(tt.request)
			if status != tt.status {
				t.Errorf("%d %s", status, body)
			}
			if p := r.plan(); p.Status().Changes != before || p.State() != releaseplan.AwaitingApproval || r.polled() != 0 {
				t.Errorf("it is %s, and was asked for %d times", p.State(), r.polled())
			}
		})
	}
}
