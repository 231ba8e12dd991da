package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/internal/platform"
)

const (
	tokenPath     = "/v1.0/oauth2/accessToken"
	instancesPath = "/v1.0/workflow/processInstances"
	terminatePath = "/v1.0/workflow/processInstances/terminate"
	queryPath     = "/v1.0/workflow/processes/instanceIds/query"
)

// The codes that an answer is told by. Those that are numbers are of the older API, which
// gateways may still answer with.
var (
	tokenCodes = []string{"InvalidAuthentication", "InvalidAccessToken", "40001", "40014", "42001"}
	slowCodes  = []string{"autoflowLikeTriggerRateLimited", "90002", "90006", "90018"}
	goneCodes  = []string{"processInstanceNotExist", "aflowProcessInstNotExist", "processInstanceIdError", "820004"}
)

const (
	statusCode = "aflowProcessInstStatusException" // too young to be revoked, or closed already
	noFormCode = "processFormDataIsNull"
)

// connect returns the way to DingTalk.
func (p *Provider) connect() *platform.API {
	api := &platform.API{
		HTTP:      p.cfg.HTTP,
		Authorize: func(h http.Header, token string) { h.Set("x-acs-dingtalk-access-token", token) },
		Judge:     judge,
		Secrets:   []string{p.cfg.AppSecret, p.cfg.SealKey},
	}
	api.Token = &platform.Token{Fetch: func(ctx context.Context) (string, time.Duration, error) {
		var got struct {
			AccessToken string `json:"accessToken"`
			ExpireIn    int64  `json:"expireIn"` // seconds
		}
		err := api.Call(ctx, platform.Call{
			Action: "dingtalk: get a token", Method: http.MethodPost, URL: p.cfg.BaseURL + tokenPath, Anonymous: true,
			Body: map[string]string{"appKey": p.cfg.AppKey, "appSecret": p.cfg.AppSecret},
		}, &got)
		return got.AccessToken, time.Duration(min(got.ExpireIn, 24*60*60)) * time.Second, err
	}}
	return api
}

// post sends body to a path and decodes the answer.
func (p *Provider) post(ctx context.Context, action, path string, body, into any) error {
	return gone(p.api.Call(ctx, platform.Call{
		Action: "dingtalk: " + action, Method: http.MethodPost, URL: p.cfg.BaseURL + path, Body: body,
	}, into))
}

// read returns an instance.
func (p *Provider) read(ctx context.Context, id string) (*instance, error) {
	if id == "" || len(id) > approval.MaxText {
		return nil, penstock.Invalid("instance", "must have from 1 to %d bytes", approval.MaxText)
	}
	var got struct {
		Result  *instance `json:"result"`
		Success said      `json:"success"`
	}
	err := gone(p.api.Call(ctx, platform.Call{
		Action: "dingtalk: read an instance", Method: http.MethodGet,
		URL: p.cfg.BaseURL + instancesPath + "?" + url.Values{"processInstanceId": {id}}.Encode(),
	}, &got))
	switch {
	case err != nil:
		return nil, err
	case got.Success == no || got.Result == nil:
		return nil, errors.New("dingtalk: read an instance: the answer holds none")
	}
	return got.Result, nil
}

// gone makes an ErrNotFound of an answer that tells of an instance that is not known.
func gone(err error) error {
	if slices.Contains(goneCodes, platform.CodeOf(err)) {
		return fmt.Errorf("%w: %w", err, penstock.ErrNotFound)
	}
	return err
}

// judge says what an answer means.
func judge(r platform.Reply) platform.Verdict {
	if r.OK() {
		return platform.Verdict{Outcome: platform.Taken}
	}
	var told struct {
		Code    json.RawMessage `json:"code"`
		Message string          `json:"message"`
	}
	_ = platform.Decode(r.Body, &told) // what is no JSON says nothing
	v := platform.Verdict{Outcome: platform.Failed, Code: codeOf(told.Code), Message: told.Message}
	switch {
	case r.Status == http.StatusUnauthorized || slices.Contains(tokenCodes, v.Code):
		v.Outcome = platform.Refused
	case r.Status == http.StatusTooManyRequests || strings.Contains(v.Code, "QpsLimit") || slices.Contains(slowCodes, v.Code):
		v.Outcome, v.After = platform.Throttled, r.After("Retry-After")
	}
	return v
}

// codeOf returns a code that is written as a string or a number, and none that is no code.
func codeOf(raw json.RawMessage) string {
	code := strings.Trim(string(raw), `"`)
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
	}
	if len(code) > 100 || strings.ContainsFunc(code, func(r rune) bool { return !plain(r) }) {
		return ""
	}
	return code
}

// said is a yes or no that may be written as a string, or not at all.
type said int

const (
	unsaid said = iota
	yes
	no
)

func (s *said) UnmarshalJSON(text []byte) error {
	switch strings.Trim(string(text), `"`) {
	case "true":
		*s = yes
	case "null", "":
		*s = unsaid
	default:
		*s = no
	}
	return nil
}
