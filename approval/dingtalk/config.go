package dingtalk

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/internal/platform"
	"github.com/penstock-go/penstock/internal/lru"
)

// Config is what a Provider needs to know. AppKey and AppSecret are required.
type Config struct {
	AppKey    string // Client ID of an internal app
	AppSecret string // its secret: it is told to nobody but DingTalk

	// ProcessCode is the process of policies that name none themselves, by their App.
	ProcessCode string

	// Reference names the text component of the form that carries the reference.
	// Default: Penstock.
	Reference string

	// SealKey seals references. Those sealed with another key are not believed, so keep
	// it when the secret changes. Default: AppSecret.
	SealKey string

	// Description names the component for [approval.Policy.Description]. Default: it is not sent.
	Description string

	// Fields returns what else the form is filled with. Default: nothing. It is called by
	// several goroutines at a time.
	Fields func(r *approval.Request) []Field

	// DeptID is the department of those in whose name requests are opened; -1 is the root.
	// Default: it is not sent, and DingTalk takes their main one.
	DeptID int64

	// UserID returns the DingTalk user id of a person. Votes come back under the id of the
	// party. Default: the id of the party. It is called by several goroutines at a time.
	UserID func(ctx context.Context, p penstock.Party) (string, error)

	// CallbackToken and CallbackKey are those of the app's event subscription, for
	// [Provider.Callback]; the key has 43 characters. Default: events are refused.
	CallbackToken string
	CallbackKey   string

	// CorpID is the organization of which events are heard. Default: any that has the key.
	CorpID string

	// Every is how long an instance is left alone between two polls; 1 s to 24 h. DingTalk's
	// free edition allows 5,000 calls a month, which a single request that is polled every 3 s
	// uses up in four hours; with a callback 5 min will do. Default: [approval.DefaultEvery].
	Every time.Duration

	BaseURL string           // https, or http on the machine itself; default: https://api.dingtalk.com
	HTTP    *http.Client     // default: http.DefaultClient; redirects are not followed
	Now     func() time.Time // default: time.Now
}

// A Field is one component of a form: its label, and its value as DingTalk writes it.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Provider asks for approvals in DingTalk. It is safe for concurrent use; make one
// with [New].
type Provider struct {
	cfg   Config
	key   []byte // of callbacks; nil: they are refused
	api   *platform.API
	borne *lru.Cache[string, string] // which request an instance is of, by its id; "": of none
	heard platform.Seen              // events, by their signature
}

var (
	_ approval.Provider = (*Provider)(nil)
	_ approval.Checker  = (*Provider)(nil)
	_ approval.Pacer    = (*Provider)(nil)
)

const (
	defaultURL       = "https://api.dingtalk.com"
	defaultReference = "Penstock"
	borneBytes       = 256 << 10
)

// New returns a Provider. What is wrong with cfg is a [*penstock.InvalidError] with its
// field, all of them joined. It calls nobody.
func New(cfg Config) (*Provider, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = defaultURL
	}
	if cfg.Reference == "" {
		cfg.Reference = defaultReference
	}
	if cfg.SealKey == "" {
		cfg.SealKey = cfg.AppSecret
	}
	if cfg.UserID == nil {
		cfg.UserID = func(_ context.Context, p penstock.Party) (string, error) { return p.ID, nil }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	key, err := cfg.check()
	if err != nil {
		return nil, err
	}
	p := &Provider{cfg: cfg, key: key, borne: lru.New[string, string](borneBytes)}
	p.api = p.connect()
	return p, nil
}

// check returns the key of callbacks, or all that is wrong with cfg.
func (cfg *Config) check() (key []byte, err error) {
	var faults []error
	fault := func(field, why string) { faults = append(faults, penstock.Invalid(field, "%s", why)) }
	if cfg.AppKey == "" {
		fault("AppKey", "must not be empty")
	}
	if cfg.AppSecret == "" {
		fault("AppSecret", "must not be empty")
	}
	if cfg.Reference == cfg.Description {
		fault("Description", "must be another component than Reference")
	}
	if u, err := url.Parse(cfg.BaseURL); err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !local(u.Hostname())) {
		fault("BaseURL", "must be an https URL, or http on the machine itself, without user, query and fragment")
	}
	if cfg.Every != 0 && (cfg.Every < approval.ShortestEvery || cfg.Every > approval.LongestEvery) {
		fault("Every", "must be from "+approval.ShortestEvery.String()+" to "+approval.LongestEvery.String())
	}
	if (cfg.CallbackToken == "") != (cfg.CallbackKey == "") {
		fault("CallbackKey", "must be set together with CallbackToken")
	}
	if cfg.CallbackKey != "" {
		if key, err = base64.StdEncoding.DecodeString(cfg.CallbackKey + "="); err != nil || len(key) != 32 {
			fault("CallbackKey", "must be 43 characters of base64")
		}
	}
	return key, errors.Join(faults...)
}

// local reports whether a host is the machine itself: nobody else hears secrets there.
func local(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }
