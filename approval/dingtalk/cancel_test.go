package dingtalk_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

func TestCancelRevokes(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	id := create(t, p, request(t, "r1", node(approval.All, "ann")))
	for range 2 {
		if err := p.Cancel(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if o := f.the(id); o.Status != "TERMINATED" {
			t.Errorf("it is %s", o.Status)
		}
	}
}

func TestCancelOfWhatIsClosedIsNoError(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	id := create(t, p, request(t, "r1", node(approval.All, "ann")))
	f.agree(id, "ding-ann", "")
	for _, id := range []string{id, "gone"} {
		if err := p.Cancel(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	f.goesWrong("POST "+terminate, answering(http.StatusBadRequest, "internalError", "already"))
	if err := p.Cancel(t.Context(), id); err != nil {
		t.Errorf("told by another code: %v", err)
	}
}

func TestCancelThatWasNotIsAnError(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	id := create(t, p, request(t, "r1", node(approval.All, "ann")))
	for rule, with := range map[string]fault{
		"no permission":   answering(http.StatusForbidden, "Forbidden.AccessDenied.AccessTokenPermissionDenied", ""),
		"not switched on": answering(http.StatusBadRequest, "internalError", "您没有任务处理的权限"),
		"says no":         saying(`{"result": false, "success": true}`),
		"no success":      saying(`{"result": true, "success": false}`),
		"says nothing":    saying(`{}`),
		"garbage":         saying(`<html>`),
		"unknown status": func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
			f.goesWrong("GET "+instances, saying(`{"result": {"status": "FROZEN"}}`))
			says(w, http.StatusBadRequest, "aflowProcessInstStatusException", "")
		},
	} {
		f.goesWrong("POST "+terminate, with)
		if err := p.Cancel(t.Context(), id); err == nil || errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if err := p.Cancel(t.Context(), ""); !errors.Is(err, penstock.ErrInvalid) {
		t.Error(err)
	}
	if o := f.the(id); o.Status != "RUNNING" {
		t.Errorf("it is %s", o.Status)
	}
}

func TestCancelWhoseAnswerIsLostLooksWhatCameOfIt(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]fault{"lost": lost, "broken": broken, "late": after(answering(http.StatusInternalServerError, "systemError", ""))} {
		f, p := served(t)
		id := create(t, p, request(t, "r1", node(approval.All, "ann")))
		f.goesWrong("POST "+terminate, with)
		if err := p.Cancel(t.Context(), id); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := f.count("POST " + terminate); n != 1 {
			t.Errorf("%s: revoked %d times", name, n)
		}
	}
}

func TestCancelWaitsUntilAYoungInstanceMayBeRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, p := wired(t)
		f.strict = true
		id := create(t, p, request(t, "r1", node(approval.All, "ann")))
		start := time.Now()
		if err := p.Cancel(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 15*time.Second || took > 20*time.Second {
			t.Errorf("after %s", took)
		}
		if o := f.the(id); o.Status != "TERMINATED" {
			t.Errorf("it is %s", o.Status)
		}

		id = create(t, p, request(t, "r2", node(approval.All, "ann")))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := p.Cancel(ctx, id); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with its context: %v", err)
		}

		f.does(id, func(o *opened, now time.Time) { o.Opened = now.Add(time.Hour) })
		start = time.Now()
		if err := p.Cancel(t.Context(), id); err == nil || time.Since(start) > 25*time.Second {
			t.Errorf("it never may: %v after %s", err, time.Since(start))
		}
	})
}
