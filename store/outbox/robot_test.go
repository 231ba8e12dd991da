package outbox_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/outbox"
)

// robots are the systems, and where and how each is spoken to.
var robots = map[string]struct {
	make   func(outbox.RobotConfig) (*outbox.Robot, error)
	path   string
	secret string
	ok     string
	limit  int // of the body, in bytes
}{
	"wecom":    {outbox.NewWeCom, "/cgi-bin/webhook/send?key=hush", "", `{"errcode":0,"errmsg":"ok"}`, 4096 + 60},
	"dingtalk": {outbox.NewDingTalk, "/robot/send?access_token=hush", "SEC-dingtalk-secret", `{"errcode":0,"errmsg":"ok"}`, 20_000},
	"feishu":   {outbox.NewFeishu, "/open-apis/bot/v2/hook/hush", "SEC-feishu-secret", `{"code":0,"msg":"success","data":{}}`, 20_000},
}

func newRobot(t testing.TB, system, base string) *outbox.Robot {
	t.Helper()
	r, err := robots[system].make(outbox.RobotConfig{
		URL: base + robots[system].path, Secret: robots[system].secret, AllowPrivate: true, AllowHTTP: true,
		Timeout: 10 * time.Second, Now: func() time.Time { return moment },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestRobotsSpeakTheirSystem(t *testing.T) {
	t.Parallel()
	queries := map[string]url.Values{
		"wecom":    {"key": {"hush"}},
		"dingtalk": {"access_token": {"hush"}, "timestamp": {"1790000000000"}, "sign": {"VUYO0JYFLL6aQz7630d+taEZMAX5kFG5M4/u7kIuer4="}},
		"feishu":   {},
	}
	for system := range robots {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(rw http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				golden, err := os.ReadFile("testdata/robot_" + system + ".json")
				if err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(indented(t, golden), indented(t, body)); diff != "" {
					t.Errorf("body (-golden +got):\n%s", diff)
				}
				if diff := cmp.Diff(queries[system], r.URL.Query()); diff != "" {
					t.Errorf("query (-want +got):\n%s", diff)
				}
				path, _, _ := strings.Cut(robots[system].path, "?")
				if r.Method != http.MethodPost || r.URL.Path != path || r.Header.Get("Content-Type") != "application/json; charset=utf-8" {
					t.Errorf("%s %s %s", r.Method, r.URL.Path, r.Header)
				}
				_, _ = io.WriteString(rw, robots[system].ok)
			})
			m := message()
			m.Text += "\n[pay](https://evil.example.com) <@all> ![x][y]\a\n\n[y]: https://evil.example.com"
			if err := newRobot(t, system, s.URL).Notify(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRobotsAnswers(t *testing.T) {
	t.Parallel()
	const ok, again, never = "ok", "again", "never"
	for _, test := range []struct {
		system string
		status int
		answer string
		want   string
		text   string
	}{
		{"wecom", 200, `{"errcode":0,"errmsg":"ok"}`, ok, ""},
		{"wecom", 200, `{"errcode":"0"}`, ok, ""},
		{"wecom", 200, `{"errcode":-1}`, again, "code -1: the system is busy"},
		{"wecom", 200, `{"errcode":45009}`, again, "code 45009: too many messages"},
		{"wecom", 200, `{"errcode":93000,"errmsg":"hush"}`, never, "code 93000: there is no robot"},
		{"wecom", 400, `{"errcode":93000}`, never, "code 93000"},
		{"wecom", 200, `{"errcode":77777,"errmsg":"hush"}`, again, "wecom: code 77777"},
		{"wecom", 200, `{"errcode":null}`, again, "holds no code"},
		{"wecom", 200, `{"errcode":"hush"}`, again, "holds no code"},
		{"wecom", 200, `{}`, again, "holds no code"},
		{"wecom", 200, ``, again, "holds no code"},
		{"wecom", 200, `<html>hush</html>`, again, "holds no code"},
		{"wecom", 200, `{"errcode":0,"x":"` + strings.Repeat("a", 70_000) + `"}`, again, "holds no code"},
		{"wecom", 500, `{"errcode":0}`, again, "answered 500"},
		{"wecom", 502, `hush`, again, "answered 502"},
		{"wecom", 410, ``, never, "answered 410"},
		{"wecom", 307, ``, again, "answered 307"},
		{"dingtalk", 200, `{"errcode":0,"errmsg":"ok"}`, ok, ""},
		{"dingtalk", 200, `{"errcode":310000,"errmsg":"hush"}`, again, "the signature, a keyword or"},
		{"dingtalk", 200, `{"errcode":"310000"}`, again, "code 310000"},
		{"dingtalk", 200, `{"errcode":400101}`, never, "no robot with this token"},
		{"dingtalk", 200, `{"errcode":410100}`, again, "too many messages"},
		{"feishu", 200, `{"code":0,"msg":"success","data":{}}`, ok, ""},
		{"feishu", 200, `{"StatusCode":0,"StatusMessage":"success"}`, ok, ""},
		{"feishu", 200, `{"Extra":null,"StatusCode":0,"code":19024}`, again, "a keyword is missing"},
		{"feishu", 200, `{"code":19001}`, never, "no robot with this key"},
		{"feishu", 400, `{"code":19021}`, again, "the signature was refused"},
		{"feishu", 200, `{"code":11232}`, again, "too many messages"},
	} {
		t.Run(fmt.Sprintf("%s %d %.30s", test.system, test.status, test.answer), func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Location", "/hush")
				rw.WriteHeader(test.status)
				_, _ = io.WriteString(rw, test.answer)
			})
			err := newRobot(t, test.system, s.URL).Notify(t.Context(), message())
			got := ok
			if outbox.IsPermanent(err) {
				got = never
			} else if err != nil {
				got = again
			}
			if got != test.want {
				t.Errorf("got %s (%v), want %s", got, err, test.want)
			}
			if err != nil && (!strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), "hush")) {
				t.Errorf("got %v, want %q", err, test.text)
			}
		})
	}
}

func TestRobotsWithoutWords(t *testing.T) {
	t.Parallel()
	for system := range robots {
		s := serve(t, func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if got := string(body); !strings.Contains(got, "started") || strings.Contains(got, `""`) || system == "feishu" && !strings.Contains(got, "plan/01K5NT") {
				t.Errorf("%s: %s", system, got)
			}
			_, _ = io.WriteString(rw, robots[system].ok)
		})
		m := message()
		m.Title, m.Text = "", ""
		if err := newRobot(t, system, s.URL).Notify(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
}

// The answer counts here: without all of it nobody knows whether the message arrived.
func TestRobotsTakeNoHalfAnswer(t *testing.T) {
	t.Parallel()
	r := newRobot(t, "wecom", raw(t, say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errcode\":0}")))
	if err := r.Notify(t.Context(), message()); err == nil || outbox.IsPermanent(err) {
		t.Errorf("got %v", err)
	}
}

func TestRobotsCutWhatIsTooLong(t *testing.T) {
	t.Parallel()
	for system, robot := range robots {
		for name, text := range map[string]string{
			"wide":    strings.Repeat("水", 10_000),
			"escaped": strings.Repeat("\"\\\n", 10_000),
			"broken":  strings.Repeat("a\xff", 20_000),
			"markup":  strings.Repeat("<", 20_000),
		} {
			t.Run(system+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := serve(t, func(rw http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					// WeCom counts what the JSON stands for.
					if n := len(body); system != "wecom" && (n > robot.limit || n < robot.limit-10) || system == "wecom" && n < 4096 {
						t.Errorf("%d bytes, want about %d", n, robot.limit)
					}
					if !utf8.Valid(body) || !strings.Contains(string(body), "…\"") || name == "wide" && strings.Contains(string(body), `\ufffd`) {
						t.Error("cut in the middle of a character, or without saying so")
					}
					_, _ = io.WriteString(rw, robot.ok)
				})
				m := message()
				m.Title, m.Text = text, text
				if err := newRobot(t, system, s.URL).Notify(t.Context(), m); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestRobotConfig(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		system string
		cfg    outbox.RobotConfig
		want   []string
	}{
		{"wecom", outbox.RobotConfig{}, []string{"url"}},
		{"wecom", outbox.RobotConfig{URL: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?hush"}, []string{"url"}},
		{"wecom", outbox.RobotConfig{URL: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hush", Secret: "hush"}, []string{"secret"}},
		{"wecom", outbox.RobotConfig{URL: "http://10.0.0.1/send?key=hush", Timeout: -1}, []string{"url", "timeout"}},
		{"wecom", outbox.RobotConfig{URL: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hush"}, nil},
		{"dingtalk", outbox.RobotConfig{URL: "https://oapi.dingtalk.com/robot/send?key=hush"}, []string{"url"}},
		{"dingtalk", outbox.RobotConfig{URL: "https://oapi.dingtalk.com/robot/send?access_token=hush", Secret: "hush"}, nil},
		{"feishu", outbox.RobotConfig{URL: "https://open.feishu.cn/open-apis/bot/v2/hook/"}, []string{"url"}},
		{"feishu", outbox.RobotConfig{URL: "https://open.feishu.cn/hush"}, []string{"url"}},
		{"feishu", outbox.RobotConfig{URL: "https://open.feishu.cn/open-apis/bot/v2/hook/hush"}, nil},
	} {
		r, err := robots[test.system].make(test.cfg)
		var got []string
		for _, f := range penstock.Faults(err) {
			got = append(got, f.Field)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %v (-want +got):\n%s", test.system, test.cfg, diff)
		}
		if err != nil && (r != nil || !errors.Is(err, penstock.ErrInvalid) || strings.Contains(err.Error(), "hush")) {
			t.Errorf("got %v, %v", r, err)
		}
	}
}
