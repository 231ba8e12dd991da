package dingtalk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/approval"
)

// hostile answers are never an approval, and never panic.
var hostile = []string{
	``, ` `, `null`, `[]`, `"agree"`, `{}`, `{"success":true}`, `{"result":null}`, `{"result":[]}`, `{"result":{}}`,
	`{"result":{"status":"COMPLETED","result":"agree"}}`,
	`{"result":{"status":"COMPLETED","result":"agree"},"success":"false"}`,
	`{"result":{"status":"COMPLETED","result":"agree","formComponentValues":[{"name":"Penstock","value":"r1"}]}}`,
	`{"result":{"status":"COMPLETED","result":"agree"}`,
	`{"result":{"status":"COMPLETED","result":"agree"}} {}`,
	`{"result":{"status":1}}`, `{"result":{"status":"COMPLETED","tasks":{}}}`, `{"result":{"status":"COMPLETED","tasks":[null]}}`,
	`{"code":"InvalidAuthentication"}`, strings.Repeat(`{"result":`, 20_000), strings.Repeat(`[`, 500_000), "\x00\xff",
}

func TestHostileAnswersAreErrors(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	id := create(t, p, request(t, "r1", node(approval.All, "ann")))
	f.agree(id, "ding-ann", "")
	whole, err := json.Marshal(f.the(id))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(slices.Clip(hostile), `{"success": false, "result": `+string(whole)+`}`) {
		f.goesWrong("GET "+instances, saying(text))
		if a, err := p.Poll(t.Context(), id); err == nil {
			t.Errorf("%.80s: %+v", text, a)
		}
	}
}

// Each word that is not known is an error, as long as it matters.
func TestUnknownWordsAreErrors(t *testing.T) {
	t.Parallel()
	good := func(o *opened) {
		o.Status, o.Result = "COMPLETED", "agree"
		o.Tasks = []*asked{{UserID: "ding-ann", Status: "COMPLETED", Result: "AGREE"}}
		o.Records = []done{{UserID: "ding-ann", Date: "2026-05-04T12:00Z", Type: "EXECUTE_TASK_NORMAL", Result: "AGREE"}}
	}
	for rule, change := range map[string]func(o *opened){
		"status":         func(o *opened) { o.Status = "ARCHIVED" },
		"no status":      func(o *opened) { o.Status = "" },
		"lower case":     func(o *opened) { o.Status = "completed" },
		"result":         func(o *opened) { o.Result = "AGREE" },
		"no result":      func(o *opened) { o.Result = "" },
		"task status":    func(o *opened) { o.Tasks[0].Status = "DONE" },
		"task result":    func(o *opened) { o.Tasks[0].Result = "MAYBE" },
		"decision":       func(o *opened) { o.Records[0].Result = "MAYBE" },
		"no date":        func(o *opened) { o.Records[0].Date = "" },
		"date of no day": func(o *opened) { o.Records[0].Date = "yesterday" },
	} {
		f, p := served(t)
		id := create(t, p, request(t, "r1", node(approval.All, "ann")))
		o := f.find(id)
		good(o)
		a, err := p.Poll(t.Context(), id)
		if state, _ := told(a); err != nil || state != approval.Approved {
			t.Fatalf("%+v, %v", a, err)
		}
		change(o)
		if a, err := p.Poll(t.Context(), id); err == nil {
			t.Errorf("%s: %+v", rule, a)
		}
	}
}

func TestDatesOfSeveralKindsAreRead(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	id := create(t, p, request(t, "r1", node(approval.All, "ann")))
	form, err := json.Marshal(f.the(id).Form)
	if err != nil {
		t.Fatal(err)
	}
	for _, date := range []string{`"2026-05-04T12:00Z"`, `"2026-05-04T20:00:00+08:00"`, `"2026-05-04T12:00:00.000Z"`, `1777896000000`} {
		f.goesWrong("GET "+instances, saying(`{"result":{"status":"RUNNING","formComponentValues":`+string(form)+`,
			"tasks":[{"userId":"ding-ann","status":"COMPLETED","result":"AGREE"}],
			"operationRecords":[{"userId":"ding-ann","type":"EXECUTE_TASK_NORMAL","result":"AGREE","date":`+date+`}]}}`))
		a, err := p.Poll(t.Context(), id)
		if err != nil || len(a.Votes) != 1 || a.Votes[0].At.Format("2006-01-02T15:04:05Z07:00") != "2026-05-04T12:00:00Z" {
			t.Errorf("%s: %+v, %v", date, a, err)
		}
	}
}

// FuzzPoll lets DingTalk answer anything in place of an instance: the form with the
// reference stands, the rest is the fuzzer's.
func FuzzPoll(f *testing.F) {
	ding, p := wired(f)
	r := request(f, "r1", node(approval.Any, "ann", "bob"), node(approval.All, "cat", "dan"))
	id, err := p.Create(f.Context(), r)
	if err != nil {
		f.Fatal(err)
	}
	r, err = r.WithInstance(id)
	if err != nil {
		f.Fatal(err)
	}
	form, err := json.Marshal(ding.the(id).Form)
	if err != nil {
		f.Fatal(err)
	}
	whole := func() string {
		for _, user := range []string{"ding-ann", "ding-cat", "ding-dan"} {
			ding.agree(id, user, "fine")
		}
		text, err := json.Marshal(map[string]any{"result": ding.the(id), "success": "true"})
		if err != nil {
			f.Fatal(err)
		}
		return strings.Replace(string(text), string(form), "FORM", 1)
	}()
	for _, text := range append(hostile[:len(hostile)-3:len(hostile)-3], whole, strings.Replace(whole, "COMPLETED", "RUNNING", 1), strings.Replace(whole, "AGREE", "REFUSE", 2)) {
		f.Add(text, http.StatusOK)
	}
	f.Add(`{"code":"processInstanceNotExist","message":"审批实例不存在"}`, http.StatusBadRequest)
	f.Fuzz(func(t *testing.T, text string, status int) {
		if status < 200 || status > 599 || status == http.StatusTooManyRequests || strings.Contains(text, "QpsLimit") || strings.Contains(text, "9") {
			status = http.StatusOK // limits are waited for: not here
		}
		text = strings.Replace(text, "FORM", string(form), 1)
		says := func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(text))
		}
		clear(ding.wrong)
		ding.goesWrong("GET "+instances, times(2, says)...) // it is asked again if it refuses the token
		a, err := p.Poll(t.Context(), id)
		if err != nil {
			if a.Outcome != "" || a.Votes != nil {
				t.Errorf("%+v, %v", a, err)
			}
			return
		}
		if _, err := r.Answer(a, r.OpenedAt()); err != nil && !strings.Contains(err.Error(), "must be a time") {
			t.Errorf("the request does not take it: %v", err)
		}
		if a.Outcome != approval.Approved {
			return
		}
		agreed := map[string]bool{}
		for _, v := range a.Votes {
			agreed[v.Who.ID] = v.Decision == approval.Approve && strings.Contains(text, "ding-"+v.Who.ID)
		}
		if !agreed["ann"] && !agreed["bob"] || !agreed["cat"] || !agreed["dan"] || !strings.Contains(text, "EXECUTE_TASK_NORMAL") {
			t.Errorf("approved by %+v of %s", a.Votes, text)
		}
	})
}
