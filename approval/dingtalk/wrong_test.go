package dingtalk_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/dingtalk"
)

func TestTokenIsFetchedOnceAndAnewWhenItExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, p := wired(t)
		id := create(t, p, request(t, "r1", node(approval.All, "ann")))
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := p.Poll(t.Context(), id); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if f.issued != 1 {
			t.Errorf("%d tokens", f.issued)
		}
		<-time.After(3 * time.Hour)
		if _, err := p.Poll(t.Context(), id); err != nil || f.issued != 2 {
			t.Errorf("%d tokens, %v", f.issued, err)
		}
		clear(f.tokens) // revoked
		if _, err := p.Poll(t.Context(), id); err != nil || f.issued != 3 {
			t.Errorf("%d tokens, %v", f.issued, err)
		}
	})
}

func TestTokenThatIsRefusedTwiceIsAnError(t *testing.T) {
	t.Parallel()
	for _, answer := range []fault{
		answering(http.StatusUnauthorized, "", ""), answering(http.StatusBadRequest, "InvalidAuthentication", ""), saidByNumber,
	} {
		f, p := served(t)
		id := create(t, p, request(t, "r1", node(approval.All, "ann")))
		f.goesWrong("GET "+instances, answer)
		if _, err := p.Poll(t.Context(), id); err != nil || f.issued != 2 {
			t.Errorf("once: %v, %d tokens", err, f.issued)
		}
		f.goesWrong("GET "+instances, times(2, answer)...)
		if _, err := p.Poll(t.Context(), id); err == nil || f.issued != 3 {
			t.Errorf("twice: %v, %d tokens", err, f.issued)
		}
	}
}

func saidByNumber(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte(`{"code": 40014, "message": "invalid token"}`))
}

func TestNoErrorTellsASecret(t *testing.T) {
	t.Parallel()
	f := newFake()
	cfg := config(f.listen(t))
	p := provider(t, cfg)
	id := create(t, p, request(t, "r1", node(approval.All, "ann")))
	secrets := func(w http.ResponseWriter, r *http.Request, _ func(http.ResponseWriter)) {
		says(w, http.StatusBadRequest, "secret-token-1", "you sent "+r.Header.Get("x-acs-dingtalk-access-token")+" and "+appSecret)
	}
	f.goesWrong("GET "+instances, secrets)
	var errs []error
	_, err := p.Poll(t.Context(), id)
	errs = append(errs, err)
	f.goesWrong("GET "+instances, answering(http.StatusBadRequest, strings.Repeat("long ", 5000), strings.Repeat("words ", 5000)))
	if _, err := p.Poll(t.Context(), id); err == nil || len(err.Error()) > 400 {
		t.Errorf("%.1000v", err)
	}
	f.goesWrong("POST "+terminate, secrets)
	errs = append(errs, p.Cancel(t.Context(), id))
	cfg.AppKey = "another"
	_, err = provider(t, cfg).Poll(t.Context(), id) // the fake quotes the secret
	errs = append(errs, err)
	for _, err := range errs {
		if err == nil {
			t.Error("no error")
		} else if s := err.Error(); strings.Contains(s, appSecret) || strings.Contains(s, "you sent secret-token") {
			t.Error(s)
		}
	}
}

func TestLimitsAreWaitedFor(t *testing.T) {
	t.Parallel()
	limits := map[string]fault{
		"of the app":    answering(http.StatusForbidden, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", ""),
		"of all":        answering(http.StatusForbidden, "Forbidden.AccessDenied.QpsLimitForApi", ""),
		"of the old":    answering(http.StatusBadRequest, "90018", ""),
		"of HTTP":       answering(http.StatusTooManyRequests, "", ""),
		"of automation": answering(http.StatusBadRequest, "autoflowLikeTriggerRateLimited", ""),
	}
	for name, limit := range limits {
		synctest.Test(t, func(t *testing.T) {
			f, p := wired(t)
			f.goesWrong("POST "+instances, times(2, limit)...)
			start := time.Now()
			id := create(t, p, request(t, "r1", node(approval.All, "ann")))
			if took := time.Since(start); took < 2*time.Second || took > 20*time.Second || len(f.all) != 1 {
				t.Errorf("%s: %s after %s, %d open", name, id, took, len(f.all))
			}
			f.goesWrong("GET "+instances, times(8, limit)...)
			start = time.Now()
			if _, err := p.Poll(t.Context(), id); err == nil || time.Since(start) > time.Minute {
				t.Errorf("%s: %v after %s", name, err, time.Since(start))
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
			defer cancel()
			if _, err := p.Poll(ctx, id); err == nil {
				t.Errorf("%s: not with its context", name)
			}
		})
	}
}

// The calls of a month are not waited for.
func TestQuotaThatIsUsedUpFailsAtOnce(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	f.goesWrong("POST "+queries, answering(http.StatusForbidden, "Forbidden.AccessDenied.ApiCountLimitForOrg", "no more this month"))
	_, err := p.Create(t.Context(), request(t, "r1", node(approval.All, "ann")))
	if err == nil || !strings.Contains(err.Error(), "ApiCountLimitForOrg") || f.count("POST "+queries) != 1 {
		t.Error(err)
	}
}

func TestConnectionThatFailsCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	id := create(t, p, request(t, "r1", node(approval.All, "ann")))
	for rule, with := range map[string]fault{
		"broke off": broken, "is down": answering(http.StatusServiceUnavailable, "ServiceUnavailable", ""),
		"says too much": huge, "sends elsewhere": elsewhere,
	} {
		f.goesWrong("GET "+instances, with)
		if _, err := p.Poll(t.Context(), id); err == nil || errors.Is(err, penstock.ErrNotFound) || errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%s: %v", rule, err)
		}
		if _, err := p.Poll(t.Context(), id); err != nil {
			t.Errorf("after it %s: %v", rule, err)
		}
	}
	if n := f.count("GET /elsewhere"); n != 0 {
		t.Error("a redirect was followed")
	}
}

func elsewhere(w http.ResponseWriter, r *http.Request, _ func(http.ResponseWriter)) {
	http.Redirect(w, r, "/elsewhere", http.StatusFound)
}

func TestSlowAnswerEndsWithItsContextOrItsTime(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	id := create(t, p, request(t, "r1", node(approval.All, "ann")))
	f.goesWrong("GET "+instances, mute)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Poll(ctx, id); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	synctest.Test(t, func(t *testing.T) {
		f, p := wired(t)
		id := create(t, p, request(t, "r1", node(approval.All, "ann")))
		f.goesWrong("GET "+instances, mute)
		start := time.Now()
		if _, err := p.Poll(t.Context(), id); err == nil || time.Since(start) > time.Minute {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestConfigTellsAllItsFaults(t *testing.T) {
	t.Parallel()
	for field, cfg := range map[string]dingtalk.Config{
		"AppKey":      {AppSecret: "s"},
		"AppSecret":   {AppKey: "k"},
		"Description": {AppKey: "k", AppSecret: "s", Description: "Penstock"},
		"BaseURL":     {AppKey: "k", AppSecret: "s", BaseURL: "ftp://x"},
		"CallbackKey": {AppKey: "k", AppSecret: "s", CallbackToken: "t", CallbackKey: "short"},
	} {
		_, err := dingtalk.New(cfg)
		if faults := penstock.Faults(err); len(faults) != 1 || faults[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for url, ok := range map[string]bool{
		"http://api.dingtalk.com": false, "http://127.0.0.1:80": true, "http://localhost": true, "https://gateway/ding/": true, "https://": false, "https://h?a=b": false,
	} {
		if _, err := dingtalk.New(dingtalk.Config{AppKey: "k", AppSecret: "s", BaseURL: url}); (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
	}
	_, err := dingtalk.New(dingtalk.Config{BaseURL: "https://user:pw@host", CallbackKey: "x"})
	if faults := penstock.Faults(err); len(faults) != 5 || strings.Contains(err.Error(), "pw") {
		t.Error(err)
	}
	if _, err := dingtalk.New(dingtalk.Config{AppKey: "k", AppSecret: "s"}); err != nil {
		t.Error(err)
	}
}
