package lark_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

func TestTokensThatExpire(t *testing.T) {
	o, p, _, code := created(t)
	poll(t, p, code)
	if n := o.count("token"); n != 1 {
		t.Errorf("%d tokens for three calls, want one", n)
	}
	o.expire()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { poll(t, p, code) })
	}
	wg.Wait()
	if n := o.count("token"); n < 2 || n > 9 {
		t.Errorf("%d tokens", n)
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	o, p, _, code := created(t)
	for _, refused := range []int{99991661, 99991663, 99991664, 99991668, 99991671} {
		o.fail(broken(http.StatusOK, refused))
		poll(t, p, code)
		o.fail(broken(http.StatusOK, refused), broken(http.StatusOK, refused))
		_, err := p.Poll(t.Context(), code)
		secretless(t, err)
	}
}

func TestWrongSecret(t *testing.T) {
	o := newOffice(t)
	cfg := config(o.server.URL)
	cfg.AppSecret = "another-secret"
	_, err := providerOf(t, cfg).Create(t.Context(), requestOf(t, "r1", twoNodes()))
	secretless(t, err)
}

func TestLimitsAreWaitedFor(t *testing.T) {
	o, p, _, code := created(t)
	for _, limit := range []fault{
		broken(http.StatusTooManyRequests, 99991400, "x-ogw-ratelimit-reset", "1"),
		broken(http.StatusBadRequest, 99991400, "Retry-After", "1"),
	} {
		o.fail(limit)
		began := time.Now()
		poll(t, p, code)
		if waited := time.Since(began); waited < time.Second {
			t.Errorf("waited %v", waited)
		}
	}
	o.fail(broken(http.StatusTooManyRequests, 99991400, "x-ogw-ratelimit-reset", "20"))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := p.Poll(ctx, code); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the end of the context: %v", err)
	}
}

// Whatever goes wrong on the way, the call can be made again, and opens nothing twice.
func TestAnswersThatAreLost(t *testing.T) {
	for rule, f := range map[string]fault{
		"lost": lost, "never heard": dead, "half": half, "a server error": broken(http.StatusInternalServerError, 1395001),
		"a gateway":      {before: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) }},
		"no permission":  broken(http.StatusForbidden, 99991672),
		"not JSON":       {after: func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }},
		"nothing":        {after: func(w http.ResponseWriter) {}},
		"no code at all": {after: func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"code":0}`)) }},
		"a redirect": {before: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.invalid/", http.StatusTemporaryRedirect)
		}},
	} {
		t.Run(rule, func(t *testing.T) {
			o := newOffice(t)
			p := providerOf(t, config(o.server.URL))
			r := requestOf(t, "r1", twoNodes())
			o.fail(fault{}, f) // reading the definition goes well
			_, err := p.Create(t.Context(), r)
			secretless(t, err)
			if errors.Is(err, penstock.ErrInvalid) || errors.Is(err, penstock.ErrNotFound) || errors.Is(err, penstock.ErrRefused) {
				t.Errorf("an error of a kind: %v", err)
			}
			code, err := p.Create(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if open := o.open(); len(open) != 1 || open[0] != code {
				t.Errorf("%v are open, and %q is told", open, code)
			}

			o.fail(f)
			_, err = p.Poll(t.Context(), code)
			secretless(t, err)
			poll(t, p, code)

			o.fail(fault{}, f)
			if err := p.Cancel(t.Context(), code); err != nil {
				secretless(t, err)
			}
			if err := p.Cancel(t.Context(), code); err != nil || o.status(code) != "CANCELED" {
				t.Errorf("canceled again: %v, %s", err, o.status(code))
			}
		})
	}
}

func TestUUIDOfAnotherInstance(t *testing.T) {
	for rule, edit := range map[string]func(*form){
		"of another definition": func(f *form) { f.Definition = oneAny },
		"without a code":        func(f *form) { f.Code = "" },
	} {
		o, p, r, code := created(t)
		o.change(code, edit)
		if got, err := p.Create(t.Context(), r); err == nil {
			t.Errorf("%s: took %q", rule, got)
		}
	}
	o, p, r, _ := created(t)
	o.fail(fault{}, fault{}, broken(http.StatusBadRequest, 1390003))
	if _, err := p.Create(t.Context(), r); err == nil || errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("an instance that cannot be read yet: %v", err)
	}
}

func TestSlowOffice(t *testing.T) {
	o, p, _, code := created(t)
	release := make(chan struct{})
	o.fail(fault{before: func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}})
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Poll(ctx, code); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}

func TestStrangersAndPermissions(t *testing.T) {
	o := newOffice(t)
	o.strangers["max"] = true
	_, err := providerOf(t, config(o.server.URL)).Create(t.Context(), requestOf(t, "r1", twoNodes()))
	if err == nil || !strings.Contains(err.Error(), "1390004") {
		t.Errorf("who is not known there: %v", err)
	}
}

const (
	goodTask = `{"id":"1","open_id":"ann","status":"APPROVED","node_id":"n-2","custom_node_id":"lead","type":"OR","start_time":"1790000000000","end_time":"1790000001000"}`
	goodCat  = `{"id":"2","open_id":"cat","status":"APPROVED","node_id":"n-3","type":"AND","start_time":1790000001000,"end_time":1790000002000}`
)

// told is an answer about I-1 with tasks.
func told(status, tasks, more string) string {
	return `{"code":0,"data":{"instance_code":"I-1","approval_code":"def-any-all","status":"` + status + `","task_list":[` + tasks + `]` + more + `}}`
}

// Whatever is not whole, known and consistent is an error, and nothing is approved.
func TestAnswersThatCannotBeBelieved(t *testing.T) {
	o, p, _, code := created(t)
	o.fail(raw(told("APPROVED", goodTask+","+goodCat, "")))
	if got := poll(t, p, code); got.Outcome != approval.Approved || len(got.Votes) != 2 {
		t.Fatalf("what can be believed is %+v", got)
	}
	swap := strings.NewReplacer
	for rule, body := range map[string]string{
		"an unknown status":           told("DONE", goodTask+","+goodCat, ""),
		"no status":                   told("", goodTask+","+goodCat, ""),
		"the status in other letters": told("approved", goodTask+","+goodCat, ""),
		"another instance":            swap("I-1", "I-2").Replace(told("APPROVED", goodTask+","+goodCat, "")),
		"another definition":          swap("def-any-all", "DEF-X").Replace(told("APPROVED", goodTask+","+goodCat, "")),
		"no instance":                 `{"code":0,"data":null}`,
		"no data":                     `{"code":0}`,
		"no code":                     swap(`"code":0,`, ``).Replace(told("APPROVED", goodTask+","+goodCat, "")),
		"a code that is null":         swap(`"code":0,`, `"code":null,`).Replace(told("APPROVED", goodTask+","+goodCat, "")),
		"another code":                swap(`"code":0,`, `"code":7,`).Replace(told("APPROVED", goodTask+","+goodCat, "")),
		"two values":                  told("APPROVED", goodTask+","+goodCat, "") + `{}`,
		"too long":                    told("APPROVED", goodTask+","+goodCat, `,"form":"`+strings.Repeat("x", 1<<20)+`"`),
		"no tasks":                    told("APPROVED", "", ""),
		"a node without approval":     told("APPROVED", goodTask, ""),
		"a pending task":              told("APPROVED", goodTask+","+goodCat+","+swap("cat", "dan", "APPROVED", "PENDING").Replace(goodCat), ""),
		"a rejected task":             told("APPROVED", goodTask+","+goodCat+","+swap("cat", "dan", "APPROVED", "REJECTED").Replace(goodCat), ""),
		"not everybody":               told("APPROVED", goodTask+","+goodCat+","+swap("cat", "dan", "APPROVED", "DONE").Replace(goodCat), ""),
		"a later task of the same":    told("APPROVED", goodTask+","+goodCat+","+swap("APPROVED", "PENDING", "1790000001000", "1790000005000").Replace(goodCat), ""),
		"it passed by itself":         told("APPROVED", goodTask+","+swap("AND", "AUTO_PASS", `"cat"`, `""`).Replace(goodCat), ""),
		"one of all passed by itself": told("APPROVED", goodTask+","+goodCat+","+swap("AND", "AUTO_PASS", `"cat"`, `""`).Replace(goodCat), ""),
		"a task that was handed on":   told("APPROVED", goodTask+","+goodCat+","+swap("cat", "dan", "APPROVED", "TRANSFERRED").Replace(goodCat), ""),
		"approvers were added":        told("APPROVED", goodTask+","+goodCat, `,"timeline":[{"type":"ADD_APPROVER_AFTER"}]`),
		"approvers were removed":      told("APPROVED", goodTask+","+goodCat, `,"timeline":[{"type":"DELETE_APPROVER"}]`),
		"any instead of all":          told("APPROVED", goodTask+","+swap("AND", "OR").Replace(goodCat), ""),
		"an unknown task status":      told("PENDING", swap("APPROVED", "PASSED").Replace(goodTask), ""),
		"an unknown task type":        told("PENDING", swap(`"OR"`, `"MAJORITY"`).Replace(goodTask), ""),
		"a vote of nobody":            told("PENDING", swap(`"ann"`, `""`).Replace(goodTask), ""),
		"a vote at no time":           told("PENDING", swap(`"end_time":"1790000001000"`, `"end_time":"0"`).Replace(goodTask), ""),
		"a vote before time":          told("PENDING", swap(`"end_time":"1790000001000"`, `"end_time":"-1"`).Replace(goodTask), ""),
		"a vote after time":           told("PENDING", swap(`"end_time":"1790000001000"`, `"end_time":"9999999999999999"`).Replace(goodTask), ""),
		"a time that is a word":       told("PENDING", swap(`"end_time":"1790000001000"`, `"end_time":"soon"`).Replace(goodTask), ""),
		"tasks that are no list":      `{"code":0,"data":{"instance_code":"I-1","approval_code":"def-any-all","status":"PENDING","task_list":{}}}`,
	} {
		t.Run(rule, func(t *testing.T) {
			o.fail(raw(body))
			got, err := p.Poll(t.Context(), code)
			secretless(t, err)
			if got.Outcome != "" || errors.Is(err, penstock.ErrNotFound) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestHandover(t *testing.T) {
	o := newOffice(t)
	cfg := config(o.server.URL)
	cfg.Handover = true
	p := providerOf(t, cfg)
	code, err := p.Create(t.Context(), requestOf(t, "r1", twoNodes()))
	if err != nil {
		t.Fatal(err)
	}
	handed := strings.NewReplacer("cat", "dan", "APPROVED", "TRANSFERRED").Replace(goodCat)
	o.fail(raw(told("APPROVED", goodTask+","+goodCat+","+handed, `,"timeline":[{"type":"TRANSFER"}]`)))
	if got := poll(t, p, code); got.Outcome != approval.Approved || len(got.Votes) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestNodesOfOthersAreLarksOwn(t *testing.T) {
	o, p, _, code := created(t)
	mine := strings.NewReplacer("n-2", "start", `"lead"`, `""`).Replace(goodTask)
	o.fail(raw(told("PENDING", mine, "")))
	if got := poll(t, p, code); got.Votes != nil || got.Outcome != approval.Pending {
		t.Errorf("%+v", got)
	}
}

func TestNodeThatIsAskedAgain(t *testing.T) {
	o, p, _, code := created(t)
	again := strings.NewReplacer("1790000000000", "1790000003000", "1790000001000", "1790000004000").Replace(goodTask)
	o.fail(raw(told("PENDING", again+","+goodTask, ""))) // in whatever order
	if got := poll(t, p, code); len(got.Votes) != 1 || got.Votes[0].At != at(4) {
		t.Errorf("%+v, want the last vote of ann", got)
	}
}
