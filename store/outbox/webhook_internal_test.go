package outbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC)
	for _, test := range []struct {
		status int
		value  string
		want   time.Duration // 0: as the sender pleases
	}{
		{429, "", 0},
		{429, "30", 30 * time.Second},
		{503, "30", 30 * time.Second},
		{503, "0", 0},
		{503, "-5", 0},
		{503, "soon", 0},
		{503, "1.5", 0},
		{503, "86400", time.Hour},
		{503, "18446744073709551615", time.Hour},
		{503, "99999999999999999999", 0},
		{429, now.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{429, now.Add(-90 * time.Second).Format(http.TimeFormat), 0},
		{429, now.AddDate(300, 0, 0).Format(http.TimeFormat), time.Hour},
		{500, "30", 0},
	} {
		err := judge(test.status, http.Header{"Retry-After": {test.value}}, now)
		got := time.Duration(0)
		if later, ok := errors.AsType[*retryError](err); ok {
			got = later.after
		}
		if err == nil || got != test.want {
			t.Errorf("%d with Retry-After %q: %v, %v; want %v", test.status, test.value, err, got, test.want)
		}
	}
}

func TestRobotsThatSpokeTooOftenAreSilentForAMinute(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		make   func(RobotConfig) (*Robot, error)
		url    string
		answer string
		codes  []int
	}{
		{NewWeCom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", `{"errcode":%d}`, []int{45009, 45033}},
		{NewDingTalk, "https://oapi.dingtalk.com/robot/send?access_token=k", `{"errcode":%d}`, []int{130101, 410100, 660026}},
		{NewFeishu, "https://open.feishu.cn/open-apis/bot/v2/hook/k", `{"code":%d}`, []int{9499, 11232, 11233}},
	} {
		r, err := test.make(RobotConfig{URL: test.url})
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range test.codes {
			err := r.judge(&http.Response{
				StatusCode: http.StatusOK,
				Body:       io.NopCloser(strings.NewReader(fmt.Sprintf(test.answer, code))),
			}, time.Time{})
			if later, ok := errors.AsType[*retryError](err); !ok || later.after != time.Minute {
				t.Errorf("%s %d: %v", r.name, code, err)
			}
		}
	}
}

func TestRedirectsKeepThePort(t *testing.T) {
	t.Parallel()
	s := &sender{redirects: true}
	for _, test := range []struct {
		from, to string
		want     bool
	}{
		{"https://a.example/x", "https://a.example:443/y", true},
		{"https://a.example:8443/x", "/y", true},
		{"http://a.example/x", "http://A.example:80/y", true},
		{"http://a.example/x", "https://a.example/y", true},
		{"http://a.example:80/x", "https://a.example:443/y", true},
		{"https://a.example/x", "https://a.example:8443/y", false},
		{"https://a.example:8443/x", "https://a.example/y", false},
		{"http://a.example/x", "http://a.example:443/y", false},
		{"http://a.example/x", "https://a.example:8443/y", false},
		{"http://a.example:8080/x", "https://a.example/y", false},
		{"https://a.example:80/x", "https://a.example/y", false},
	} {
		from, err := url.Parse(test.from)
		if err != nil {
			t.Fatal(err)
		}
		resp := &http.Response{StatusCode: http.StatusTemporaryRedirect, Header: http.Header{"Location": {test.to}}}
		to, err := s.redirect(from, resp, 0)
		if (err == nil) != test.want || (to != nil) != test.want {
			t.Errorf("from %s to %s: %v, %v", test.from, test.to, to, err)
		}
	}
}
