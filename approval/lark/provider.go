package lark

import (
	"context"
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

// A Provider is an [approval.Provider] whose requests are decided in Lark. It is safe
// for concurrent use. It waits by itself, up to half a minute, when Lark asks for that.
//
// Errors of the network, of Lark, and answers that cannot be believed are plain errors: the
// call can be made again. No error holds a secret.
type Provider struct {
	cfg  Config
	api  *platform.API
	seen platform.Seen // events
}

var (
	_ approval.Provider = (*Provider)(nil)
	_ approval.Checker  = (*Provider)(nil)
	_ approval.Pacer    = (*Provider)(nil)
)

// New returns a Provider. An error is an [penstock.InvalidError] for each fault of cfg;
// it holds no secret. Nothing is sent before the first call.
func New(cfg Config) (*Provider, error) {
	cfg.Definitions = slices.Clone(cfg.Definitions)
	for i := range cfg.Definitions {
		cfg.Definitions[i].Nodes = slices.Clone(cfg.Definitions[i].Nodes)
	}
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	p := &Provider{cfg: cfg}
	p.api = &platform.API{
		HTTP: cfg.HTTP, Judge: judge, Secrets: []string{cfg.AppSecret, cfg.EncryptKey, cfg.VerificationToken},
		Token:     &platform.Token{Fetch: p.token},
		Authorize: func(h http.Header, token string) { h.Set("Authorization", "Bearer "+token) },
	}
	return p, nil
}

// Create implements [approval.Provider]. A request that the selected definition cannot
// express, or people that it cannot ask, are [penstock.ErrInvalid], with paths
// such as policy.nodes[0].need.
func (p *Provider) Create(ctx context.Context, r *approval.Request) (string, error) {
	nodes := r.Nodes()
	d, err := p.fits(r.Policy(), "policy.", func(node int) (least, most int) {
		n := len(nodes[node].Approvers)
		return n, n
	})
	if err != nil {
		return "", err
	}
	body, err := p.application(ctx, d, r)
	if err != nil {
		return "", err
	}
	if err := p.inspect(ctx, d, r); err != nil {
		return "", err
	}
	var created struct {
		Data struct {
			Code string `json:"instance_code"`
		} `json:"data"`
	}
	err = p.api.Call(ctx, platform.Call{
		Action: "create an instance", Method: http.MethodPost, URL: p.url("approval/v4/instances"), Body: body,
	}, &created)
	if failedBy(err, uuidTaken) { // the answer to an earlier call was lost
		return p.lookUp(ctx, d, body.UUID)
	}
	if err != nil {
		return "", err
	}
	if !isCode(created.Data.Code) {
		return "", errors.New("create an instance: the answer holds no code")
	}
	return created.Data.Code, nil
}

// lookUp returns the code of the instance that was created with a uuid.
func (p *Provider) lookUp(ctx context.Context, d *Definition, uuid string) (string, error) {
	i, err := p.fetch(ctx, uuid)
	if errors.Is(err, penstock.ErrNotFound) {
		return "", errors.New("create an instance: it was created before, but cannot be read yet")
	}
	if err != nil {
		return "", err
	}
	if !strings.EqualFold(i.UUID, uuid) || !strings.EqualFold(i.Definition, d.Code) || !isCode(i.Code) {
		return "", errors.New("create an instance: another one has its uuid")
	}
	return i.Code, nil
}

// Every returns [Config.Every], as an [approval.Pacer].
func (p *Provider) Every() time.Duration { return p.cfg.Every }

// Poll implements [approval.Provider].
func (p *Provider) Poll(ctx context.Context, instance string) (approval.Answer, error) {
	i, err := p.read(ctx, instance)
	if err != nil {
		return approval.Answer{}, err
	}
	answer, err := p.answer(ctx, i)
	if err != nil {
		return approval.Answer{}, fmt.Errorf("instance %s: %w", i.Code, err)
	}
	return answer, nil
}

// Cancel implements [approval.Provider]. An instance that is decided stays as it is: Lark
// would take an approval back.
func (p *Provider) Cancel(ctx context.Context, instance string) error {
	i, err := p.pending(ctx, instance)
	if i == nil {
		return err
	}
	err = p.api.Call(ctx, platform.Call{
		Action: "cancel an instance", Method: http.MethodPost,
		URL: p.url("approval/v4/instances/cancel") + "?user_id_type=" + string(p.cfg.IDType),
		Body: map[string]string{
			"approval_code": i.Definition, "instance_code": i.Code, "user_id": i.id(p.cfg.IDType),
		},
	}, nil)
	if err == nil || failedBy(err, noInstance) {
		return nil
	}
	// It may have been decided in between, or canceled although the answer was lost.
	if still, again := p.pending(ctx, instance); still == nil && again == nil {
		return nil
	}
	return err
}

// pending returns an instance if it is there and not closed, and otherwise nil.
func (p *Provider) pending(ctx context.Context, code string) (*instance, error) {
	i, err := p.read(ctx, code)
	if errors.Is(err, penstock.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	outcome, err := i.outcome()
	if err != nil {
		return nil, fmt.Errorf("instance %s: %w", i.Code, err)
	}
	if outcome != approval.Pending {
		return nil, nil
	}
	return i, nil
}

// token gets a token of the app.
func (p *Provider) token(ctx context.Context) (string, time.Duration, error) {
	var got struct {
		Token  string `json:"tenant_access_token"`
		Expire int64  `json:"expire"` // in seconds
	}
	err := p.api.Call(ctx, platform.Call{
		Action: "get a token", Method: http.MethodPost, URL: p.url("auth/v3/tenant_access_token/internal"), Anonymous: true,
		Body: map[string]string{"app_id": p.cfg.AppID, "app_secret": p.cfg.AppSecret},
	}, &got)
	if err != nil {
		return "", 0, err
	}
	if !isCode(got.Token) {
		return "", 0, errors.New("get a token: the answer holds none")
	}
	return got.Token, time.Duration(min(max(got.Expire, 0), 24*60*60)) * time.Second, nil
}

func (p *Provider) url(path string) string { return p.cfg.BaseURL + "/open-apis/" + path }

// isCode reports whether s can be a code or a token of Lark: visible ASCII of a sane length.
func isCode(s string) bool {
	return s != "" && len(s) <= 1024 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// read returns an instance of one of the definitions.
func (p *Provider) read(ctx context.Context, code string) (*instance, error) {
	if !isCode(code) {
		return nil, fmt.Errorf("instance %.64q: %w", code, penstock.ErrNotFound)
	}
	i, err := p.fetch(ctx, code)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(i.Code, code) {
		return nil, fmt.Errorf("read instance %s: the answer is about another one", code)
	}
	return i, nil
}

func (p *Provider) fetch(ctx context.Context, code string) (*instance, error) {
	var got struct {
		Data *instance `json:"data"`
	}
	err := p.api.Call(ctx, platform.Call{
		Action: "read an instance", Method: http.MethodGet,
		URL: p.url("approval/v4/instances/"+url.PathEscape(code)) + "?user_id_type=" + string(p.cfg.IDType),
	}, &got)
	if failedBy(err, noInstance) {
		return nil, fmt.Errorf("instance %s: %w", code, penstock.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	if got.Data == nil {
		return nil, errors.New("read an instance: the answer holds none")
	}
	return got.Data, nil
}
