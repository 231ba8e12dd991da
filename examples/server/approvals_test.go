package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// written writes a file that nobody else reads.
func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// An office is as much of Lark as one approval takes: bob has said yes.
type office struct {
	mu    sync.Mutex
	polls int
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	say := func(data any) {
		_ = json.NewEncoder(w).Encode(map[string]any{"code": 0, "data": data, "tenant_access_token": "t", "expire": 7200})
	}
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/internal"):
		say(nil)
	case strings.Contains(path, "/approvals/"):
		say(map[string]any{"status": "ACTIVE", "node_list": []any{map[string]any{"node_id": "n", "node_type": "OR", "need_approver": true, "approver_chosen_multi": true}}})
	case r.Method == http.MethodPost:
		say(map[string]any{"instance_code": "I-1"})
	default:
		o.mu.Lock()
		o.polls++
		o.mu.Unlock()
		say(map[string]any{"instance_code": "I-1", "approval_code": "D", "status": "APPROVED", "open_id": "ann", "task_list": []any{map[string]any{
			"id": "t", "open_id": "bob", "node_id": "n", "type": "OR", "status": "APPROVED", "start_time": "1790000000000", "end_time": "1790000001000"}}})
	}
}

// ring sends an event as Lark does, and returns the status of the answer.
func ring(t *testing.T, url, key string) int {
	t.Helper()
	text := []byte(`{"type":"event_callback","event":{"app_id":"cli_1","type":"approval_instance","instance_code":"I-1"}}`)
	pad := aes.BlockSize - len(text)%aes.BlockSize
	text = append(text, bytes.Repeat([]byte{byte(pad)}, pad)...)
	sum, iv := sha256.Sum256([]byte(key)), []byte("0123456789abcdef")
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
	body := `{"encrypt":"` + base64.StdEncoding.EncodeToString(append(iv, text...)) + `"}`
	stamp, nonce := strconv.FormatInt(time.Now().Unix(), 10), rand.Text()
	signature := sha256.Sum256([]byte(stamp + nonce + key + body))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/callback/approval/lark", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"X-Lark-Request-Timestamp": {stamp}, "X-Lark-Request-Nonce": {nonce}, "X-Lark-Signature": {hex.EncodeToString(signature[:])}}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return errorless(t, answer)
}

func errorless(t *testing.T, answer *http.Response) int {
	t.Helper()
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	return answer.StatusCode
}

// A plan whose approval is given in Lark goes on as soon as Lark rings: it is polled once a day only.
func TestApprovalsAreGivenElsewhere(t *testing.T) {
	t.Parallel()
	o := &office{}
	there := httptest.NewServer(o)
	t.Cleanup(there.Close)
	approvals := written(t, fmt.Sprintf(`{"lark": {"app_id": "cli_1", "app_secret": "s", "encrypt_key": "k", "base_url": %q, "every": "24h",
		"definitions": [{"app": "", "code": "D", "nodes": [{"key": "n", "need": "any"}]}]}}`, there.URL))
	args := []string{"-db", filepath.Join(t.TempDir(), "penstock.db"), "-tokens", written(t, crew), "-approvals", approvals}
	options, _ := parse(args, t.Output())
	h, err := open(t.Context(), options, crewed(t), newLog(t.Output(), 0))
	if err != nil {
		t.Fatal(err)
	}
	p := planned(t, h, releaseplan.Content{Approval: &approval.Policy{Enabled: true, Kind: approval.Lark,
		Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("bob")}}}}}, releaseplan.Finalize, releaseplan.RequestApproval)
	if err := h.close(); err != nil {
		t.Fatal(err)
	}

	s := start(t, nil, args...)
	if status := ring(t, s.at, "another key"); status != http.StatusUnauthorized {
		t.Errorf("a forged event is answered with %d", status)
	}
	deadline := time.Now().Add(patience)
	for {
		if status := ring(t, s.at, "k"); status != http.StatusOK { // until the server has asked for the approval, nothing comes of it
			t.Fatalf("an event is answered with %d", status)
		}
		_, _, text := s.ask(t, "ann-token-0000000", http.MethodGet, "/api/aslan/release_plan/v1/"+p.ID(), "")
		if !strings.Contains(text, `"status":"wait_for_approval"`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it waits: %s", text)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.polls != 1 {
		t.Errorf("it was asked for %d times", o.polls)
	}
}

// planned files a plan of ann's and lets her act on it.
func planned(t *testing.T, h *host, c releaseplan.Content, actions ...releaseplan.Action) *releaseplan.Plan {
	t.Helper()
	c.Name, c.Folder, c.Owner = "Shop 2.4", penstock.Folder{Name: "DEFAULT"}, penstock.UserParty("ann")
	c.Phases = []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{{Name: "t", Kind: releaseplan.Manual}}}}
	p, err := h.plans.Create(t.Context(), c, penstock.Actor{ID: "ann"})
	for _, a := range actions {
		if err == nil {
			p, err = h.plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: a}, penstock.Actor{ID: "ann"})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A file of approvals or calendars that is wrong says where, and shows no secret.
func TestFilesOfApprovalsAndCalendars(t *testing.T) {
	t.Parallel()
	log := newLog(t.Output(), 0)
	for name, test := range map[string]struct{ approvals, calendars, says string }{
		"no JSON":               {"hunter2", "", "not the JSON"},
		"an unknown member":     {`{"lark": {"app": "hunter2"}}`, "", `unknown field "app"`},
		"two files":             {`{} {"x": "hunter2"}`, "", "something behind"},
		"too large":             {strings.Repeat(" ", maxFile) + "{}", "", "larger than"},
		"Lark without nodes":    {`{"lark": {"app_id": "a", "app_secret": "hunter2", "definitions": [{"code": "D"}]}}`, "", "lark: definitions[0].nodes"},
		"polled too often":      {`{"lark_intl": {"app_id": "a", "app_secret": "hunter2", "every": "1ms"}}`, "", "lark_intl: every"},
		"DingTalk without keys": {`{"dingtalk": {"app_secret": "hunter2"}}`, "", "dingtalk: AppKey"},
		"a zone":                {"", `{"calendars": [{"name": "x", "zone": "Mars"}]}`, "calendars[0].zone"},
		"no iCalendar file":     {"", `{"calendars": [{"name": "x", "file": "none.ics"}]}`, "none.ics: no such file"},
		"an unknown calendar":   {"", `{"freezes": []}`, `unknown field "freezes"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var err error
			if test.approvals != "" {
				_, err = openDesks(written(t, test.approvals), log)
			} else {
				_, err = openCalendars(written(t, test.calendars))
			}
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("it said %v", err)
			}
		})
	}
	if all, err := openDesks(written(t, `{"dingtalk": {"app_key": "k", "app_secret": "s", "process_code": "P", "every": "5m"},
		"lark_intl": {"app_id": "a", "app_secret": "s", "definitions": [{"code": "D", "nodes": [{"key": "n", "need": "all"}]}]}}`), log); err != nil || len(all.providers()) != 2 || approval.Every(all[approval.DingTalk]) != 5*time.Minute {
		t.Errorf("%v, %v", all, err)
	}
	for _, file := range []string{"", "none"} {
		all, err := openDesks(file, log)
		set, also := openCalendars(file)
		if (err == nil) != (file == "") || (also == nil) != (file == "") || all != nil || set != nil {
			t.Errorf("%q: %v, %v", file, err, also)
		}
	}
}
