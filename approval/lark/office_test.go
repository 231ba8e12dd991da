package lark_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	appID     = "cli_penstock"
	appSecret = "the-app-secret"
	oneAny    = "DEF-ONE-ANY"
	anyAll    = "DEF-ANY-ALL"
)

// An office is Lark, as far as its API documentation tells: tokens that expire, limits,
// definitions, and instances that people decide.
type office struct {
	server *httptest.Server

	mu          sync.Mutex
	issued      int
	token       string // the one that is valid
	life        int    // of a token, in seconds
	definitions map[string]map[string]any
	instances   map[string]*form // by code
	strangers   map[string]bool  // ids of nobody
	subscribed  map[string]bool  // definitions
	clock       int64            // milliseconds
	calls       map[string]int   // by method and first words of the path
	faults      []fault          // one for each call to come, but those for tokens
}

// A fault is what goes wrong with a call.
type fault struct {
	before func(http.ResponseWriter, *http.Request) // instead of the call
	after  func(http.ResponseWriter)                // the call has its effect, and then this is the answer
}

// A form is an instance in the office.
type form struct {
	Code, Definition, UUID, Status, Initiator, Form string
	Reverted                                        bool
	Steps                                           []*step
	Notes                                           []map[string]any
}

// A step is a node of an instance.
type step struct {
	Key, Custom, Type string
	Sheets            []*sheet
}

// A sheet is a task.
type sheet struct {
	ID, Who, Status, Type string
	Start, End            int64
}

func newOffice(t testing.TB) *office {
	node := func(id, custom, kind string) map[string]any {
		return map[string]any{"name": id, "node_id": id, "custom_node_id": custom, "node_type": kind,
			"need_approver": true, "approver_chosen_multi": true}
	}
	start := map[string]any{"name": "Submit", "node_id": "start", "need_approver": false, "node_type": "AND"}
	o := &office{
		life: 7200, clock: 1_790_000_000_000, instances: make(map[string]*form), calls: make(map[string]int), strangers: make(map[string]bool), subscribed: make(map[string]bool),
		definitions: map[string]map[string]any{
			oneAny: {"status": "ACTIVE", "node_list": []any{start, node("n-1", "", "OR")}},
			anyAll: {"status": "ACTIVE", "node_list": []any{start, node("n-2", "lead", "OR"), node("n-3", "board", "AND")}},
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /open-apis/auth/v3/tenant_access_token/internal", o.issue)
	mux.HandleFunc("GET /open-apis/approval/v4/approvals/{code}", o.known(o.readDefinition))
	mux.HandleFunc("POST /open-apis/approval/v4/approvals/{code}/subscribe", o.known(o.subscribe))
	mux.HandleFunc("POST /open-apis/approval/v4/instances", o.known(o.create))
	mux.HandleFunc("GET /open-apis/approval/v4/instances/{code}", o.known(o.read))
	mux.HandleFunc("POST /open-apis/approval/v4/instances/cancel", o.known(o.cancel))
	o.server = httptest.NewServer(mux)
	t.Cleanup(o.server.Close)
	return o
}

func (o *office) issue(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID     string `json:"app_id"`
		Secret string `json:"app_secret"`
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls["token"]++
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.ID != appID || in.Secret != appSecret {
		reply(w, http.StatusOK, 10014, "app secret "+in.Secret+" invalid", nil)
		return
	}
	o.issued++
	o.token = fmt.Sprintf("t-%d-secret", o.issued)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": 0, "msg": "ok", "tenant_access_token": o.token, "expire": o.life})
}

// known lets a call in that has the token, and breaks it if a fault is due.
func (o *office) known(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		words := strings.Split(strings.TrimPrefix(r.URL.Path, "/open-apis/approval/v4/"), "/")
		if len(words) > 1 && words[1] == "cancel" {
			words[0] = "cancel"
		}
		o.calls[r.Method+" "+words[0]]++
		valid := r.Header.Get("Authorization") == "Bearer "+o.token && o.token != ""
		var f fault
		if valid && len(o.faults) > 0 {
			f, o.faults = o.faults[0], o.faults[1:]
		}
		o.mu.Unlock()
		switch {
		case !valid:
			reply(w, http.StatusBadRequest, 99991663, "Invalid access token: "+r.Header.Get("Authorization"), nil)
		case f.before != nil:
			f.before(w, r)
		case f.after != nil:
			serve(httptest.NewRecorder(), r)
			f.after(w)
		default:
			serve(w, r)
		}
	}
}

func reply(w http.ResponseWriter, status, code int, msg string, data any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "msg": msg, "data": data})
}

// fail lets the calls to come go wrong.
func (o *office) fail(faults ...fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = append(o.faults, faults...)
}

// expire makes the token invalid.
func (o *office) expire() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.token = ""
}

func (o *office) count(call string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls[call]
}

// now is the office's time, a second later each time.
func (o *office) now() int64 {
	o.clock += 1000
	return o.clock
}

// at returns the time of the office after so many of its seconds.
func at(seconds int64) time.Time { return time.UnixMilli(1_790_000_000_000 + seconds*1000).UTC() }

var (
	lost = fault{after: hangUp}
	dead = fault{before: func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }}
	half = fault{after: func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"code":0,"data":{"instance_code":"I-`))
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
	}}
)

// broken answers with an HTTP status and a code of Lark's.
func broken(status, code int, header ...string) fault {
	return fault{before: func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		reply(w, status, code, "sorry "+r.Header.Get("Authorization"), nil)
	}}
}

// raw answers with some body.
func raw(body string) fault {
	return fault{before: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }}
}

func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}
