package dingtalk_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval/dingtalk"
)

const (
	appKey    = "ding-app"
	appSecret = "the-app-secret"
	paths     = "/v1.0/workflow/"
	tokens    = "/v1.0/oauth2/accessToken"
	instances = paths + "processInstances"
	terminate = paths + "processInstances/terminate"
	queries   = paths + "processes/instanceIds/query"
)

// A fake is DingTalk, as far as approvals go: tokens that expire, instances whose
// nodes are asked one after another, and whatever goes wrong on the way.
type fake struct {
	mu     sync.Mutex
	now    func() time.Time
	tokens map[string]time.Time // until when each is good
	issued int
	all    []*opened
	calls  map[string]int
	wrong  map[string][]fault // what goes wrong with the next calls of a path
	strict bool               // instances are not revoked in their first 15 seconds
	hidden map[string]bool    // instances that lists do not show
}

// An opened instance, as DingTalk tells of it. Times are to the minute, as there.
type opened struct {
	ID         string           `json:"-"`
	Process    string           `json:"-"`
	Opened     time.Time        `json:"-"`
	Steps      []asking         `json:"-"`
	Originator string           `json:"originatorUserId"`
	Status     string           `json:"status"`
	Result     string           `json:"result"`
	Action     string           `json:"bizAction"`
	Tasks      []*asked         `json:"tasks"`
	Records    []done           `json:"operationRecords"`
	Form       []dingtalk.Field `json:"formComponentValues"`
	at         int              // the node that is asked
}

type asking struct {
	ActionType string   `json:"actionType"`
	UserIDs    []string `json:"userIds"`
}

type asked struct {
	TaskID   int    `json:"taskId"`
	UserID   string `json:"userId"`
	Status   string `json:"status"`
	Result   string `json:"result"`
	Activity string `json:"activityId"`
}

type done struct {
	UserID string `json:"userId"`
	Date   string `json:"date"`
	Type   string `json:"type"`
	Result string `json:"result"`
	Remark string `json:"remark,omitempty"`
}

func newFake() *fake {
	return &fake{now: time.Now, tokens: map[string]time.Time{}, calls: map[string]int{}, wrong: map[string][]fault{}, hidden: map[string]bool{}}
}

// listen serves the fake on 127.0.0.1.
func (f *fake) listen(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

// RoundTrip serves the fake without a network, so that time is the bubble's.
func (f *fake) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if recover() != nil {
			resp, err = nil, io.ErrUnexpectedEOF
		}
	}()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// goesWrong lets the next calls of a path fail, one by one.
func (f *fake) goesWrong(path string, with ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wrong[path] = append(f.wrong[path], with...)
}

func (f *fake) count(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[path]
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	name := r.Method + " " + r.URL.Path
	f.calls[name]++
	var with fault
	if queue := f.wrong[name]; len(queue) > 0 {
		with, f.wrong[name] = queue[0], queue[1:]
	}
	f.mu.Unlock()
	serve := func(w http.ResponseWriter) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.serve(w, r)
	}
	if with == nil {
		serve(w)
		return
	}
	with(w, r, serve)
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == tokens {
		f.token(w, r)
		return
	}
	token := r.Header.Get("x-acs-dingtalk-access-token")
	if until, ok := f.tokens[token]; !ok || !f.now().Before(until) {
		says(w, http.StatusBadRequest, "InvalidAuthentication", "不合法的access_token "+token)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST " + instances:
		f.open(w, r)
	case "GET " + instances:
		if o := f.find(r.URL.Query().Get("processInstanceId")); o != nil {
			tell(w, map[string]any{"result": o, "success": "true"})
			return
		}
		says(w, http.StatusBadRequest, "processInstanceNotExist", "审批实例不存在")
	case "POST " + terminate:
		f.terminate(w, r)
	case "POST " + queries:
		f.list(w, r)
	default:
		says(w, http.StatusNotFound, "InvalidAction.NotFound", r.URL.Path)
	}
}

func (f *fake) token(w http.ResponseWriter, r *http.Request) {
	var asks struct{ AppKey, AppSecret string }
	if json.NewDecoder(r.Body).Decode(&asks) != nil || asks.AppKey != appKey || asks.AppSecret != appSecret {
		says(w, http.StatusBadRequest, "invalidClientIdOrSecret", "无效的clientId或者clientSecret "+asks.AppSecret)
		return
	}
	f.issued++
	token := fmt.Sprintf("secret-token-%d", f.issued)
	f.tokens[token] = f.now().Add(2 * time.Hour)
	tell(w, map[string]any{"accessToken": token, "expireIn": 7200})
}

func (f *fake) open(w http.ResponseWriter, r *http.Request) {
	var asks struct {
		OriginatorUserID    string
		ProcessCode         string
		Approvers           []asking
		FormComponentValues []dingtalk.Field
	}
	if json.NewDecoder(r.Body).Decode(&asks) != nil || asks.OriginatorUserID == "" || len(asks.Approvers) == 0 || len(asks.FormComponentValues) == 0 {
		says(w, http.StatusBadRequest, "processInstanceInvalidParameter", "审批实例参数错误")
		return
	}
	if asks.ProcessCode != "PROC-1" {
		says(w, http.StatusBadRequest, "processCodeError", "获取审批模板失败或者模板已被删除")
		return
	}
	o := &opened{
		ID: fmt.Sprintf("instance-%d", len(f.all)+1), Process: asks.ProcessCode, Opened: f.now(), Originator: asks.OriginatorUserID,
		Steps: asks.Approvers, Status: "RUNNING", Action: "NONE", Form: asks.FormComponentValues, at: -1,
	}
	o.record(f.now(), o.Originator, "START_PROCESS_INSTANCE", "NONE", "")
	o.advance(f.now())
	f.all = append(f.all, o)
	tell(w, map[string]any{"instanceId": o.ID})
}

func (f *fake) terminate(w http.ResponseWriter, r *http.Request) {
	var asks struct {
		ProcessInstanceID string
		IsSystem          bool
	}
	_ = json.NewDecoder(r.Body).Decode(&asks)
	switch o := f.find(asks.ProcessInstanceID); {
	case o == nil:
		says(w, http.StatusBadRequest, "aflowProcessInstNotExist", "审批实例不存在")
	case o.Status != "RUNNING":
		says(w, http.StatusBadRequest, "aflowProcessInstStatusException", "审批单已结束")
	case f.strict && f.now().Sub(o.Opened) < 15*time.Second:
		says(w, http.StatusBadRequest, "aflowProcessInstStatusException", "审批发起15秒内不能撤销")
	default:
		o.stop(f.now())
		tell(w, map[string]any{"result": true, "success": true})
	}
}

func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	var q struct {
		ProcessCode                              string
		UserIDs                                  []string
		StartTime, EndTime, NextToken, MaxResult int64
		MaxResults                               int
	}
	if json.NewDecoder(r.Body).Decode(&q) != nil || q.MaxResults < 1 || q.MaxResults > 20 {
		says(w, http.StatusBadRequest, "invalidMaxResults", "分页参数非法")
		return
	}
	end := cmp.Or(q.EndTime, f.now().UnixMilli())
	if end < q.StartTime || end-q.StartTime > (120*24*time.Hour).Milliseconds() {
		says(w, http.StatusBadRequest, "invalidEndTime", "查询时间范围不能超过120天")
		return
	}
	var ids []string
	for _, o := range f.all {
		if at := o.Opened.UnixMilli(); o.Process == q.ProcessCode && slices.Contains(q.UserIDs, o.Originator) && at >= q.StartTime && at <= end && !f.hidden[o.ID] {
			ids = append(ids, o.ID)
		}
	}
	page := map[string]any{}
	from := min(int(q.NextToken), len(ids))
	to := min(from+q.MaxResults, len(ids))
	page["list"] = ids[from:to]
	if to < len(ids) {
		page["nextToken"] = fmt.Sprint(to)
	}
	tell(w, map[string]any{"result": page, "success": true})
}

func (f *fake) find(id string) *opened {
	for _, o := range f.all {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// the returns an instance, to be looked at.
func (f *fake) the(id string) opened {
	f.mu.Lock()
	defer f.mu.Unlock()
	return *f.find(id)
}

// does changes an instance, as people in DingTalk do.
func (f *fake) does(id string, change func(o *opened, now time.Time)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f.find(id), f.now())
}

func (f *fake) agree(id, user, remark string) {
	f.does(id, func(o *opened, now time.Time) { o.decide(now, user, "AGREE", remark) })
}

func (f *fake) refuse(id, user, remark string) {
	f.does(id, func(o *opened, now time.Time) { o.decide(now, user, "REFUSE", remark) })
}

func (o *opened) record(now time.Time, user, kind, result, remark string) {
	o.Records = append(o.Records, done{UserID: user, Date: now.UTC().Format("2006-01-02T15:04Z07:00"), Type: kind, Result: result, Remark: remark})
}

// advance asks the next node, or completes the instance.
func (o *opened) advance(now time.Time) {
	if o.at++; o.at == len(o.Steps) {
		o.Status, o.Result = "COMPLETED", "agree"
		o.record(now, "", "FINISH_PROCESS_INSTANCE", "AGREE", "")
		return
	}
	for _, user := range o.Steps[o.at].UserIDs {
		o.ask(user)
	}
}

func (o *opened) ask(user string) {
	o.Tasks = append(o.Tasks, &asked{TaskID: 100 + len(o.Tasks), UserID: user, Status: "RUNNING", Activity: fmt.Sprint("node-", o.at)})
}

func (o *opened) drop(status string) {
	for _, t := range o.Tasks {
		if t.Status == "RUNNING" {
			t.Status = status
		}
	}
}

func (o *opened) stop(now time.Time) {
	o.Status = "TERMINATED"
	o.drop("TERMINATED")
	o.record(now, "", "TERMINATE_PROCESS_INSTANCE", "NONE", "")
}

func (o *opened) decide(now time.Time, user, result, remark string) {
	o.finish(user, result)
	o.record(now, user, "EXECUTE_TASK_NORMAL", result, remark)
	o.settle(now, result)
}

func (o *opened) finish(user, result string) {
	for _, t := range o.Tasks {
		if t.UserID == user && t.Status == "RUNNING" {
			t.Status, t.Result = "COMPLETED", result
		}
	}
}

func (o *opened) settle(now time.Time, result string) {
	running := slices.ContainsFunc(o.Tasks, func(t *asked) bool { return t.Status == "RUNNING" })
	switch {
	case result == "REFUSE":
		o.drop("CANCELED")
		o.Status, o.Result = "COMPLETED", "refuse"
	case !running || o.Steps[o.at].ActionType == "OR":
		o.drop("CANCELED")
		o.advance(now)
	}
}

// handOver gives a task to somebody else.
func (o *opened) handOver(now time.Time, from, to string) {
	o.finish(from, "REDIRECTED")
	o.record(now, from, "REDIRECT_TASK", "NONE", "")
	o.ask(to)
}
