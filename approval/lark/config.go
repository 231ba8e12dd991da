package lark

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// The addresses of the API.
const (
	Feishu        = "https://open.feishu.cn"     // for [approval.Lark]
	International = "https://open.larksuite.com" // for [approval.LarkIntl]
)

// An IDType says by which id Lark's API names people.
type IDType string

// The types. An open id is another one for each app; reading user ids takes a right of
// its own (contact:user.employee_id:readonly).
const (
	OpenID IDType = "open_id"
	UserID IDType = "user_id"
)

// Accounts translates between the people of plans and their accounts in Lark. Both ways
// agree: an id that a party has there stands for that party. Implementations are safe for
// concurrent use.
type Accounts interface {
	// Account returns the id of a user in Lark, of [Config.IDType].
	Account(ctx context.Context, user penstock.Party) (id string, err error)

	// User returns whose id it is.
	User(ctx context.Context, id string) (penstock.Party, error)
}

// A Config says how to reach Lark, and which definitions there are for what.
type Config struct {
	AppID, AppSecret string // of the app

	// Definitions are selected by [approval.Policy.App]; at least one.
	Definitions []Definition

	// BaseURL is where the API is: [Feishu], [International], or what stands in front of
	// them. It is https, or http on the machine itself. Default: Feishu.
	BaseURL string

	IDType   IDType   // default: OpenID
	Accounts Accounts // default: the ids of parties are those of their accounts

	// Initiator is in whose name to ask if a policy does not say; zero: whoever opens
	// the request. Nobody else can withdraw the instance there.
	Initiator penstock.Party

	// Handover accepts an approval for which approvers of an instance were exchanged in
	// Lark: by handing a task on, or adding or removing somebody. It lets people approve
	// whom the policy does not name; they are in the votes. Otherwise such an
	// instance is an error once it is approved.
	Handover bool

	// EncryptKey and VerificationToken are those of the app's event subscription.
	// [Provider.Callback] takes nothing without the key; an empty token is not compared.
	EncryptKey, VerificationToken string

	// Every is how long an instance is left alone between two polls; 1 s to 24 h. With
	// a callback minutes will do. Default: [approval.DefaultEvery].
	Every time.Duration

	HTTP *http.Client     // default: http.DefaultClient; redirects are not followed
	Now  func() time.Time // by which events are fresh; default: time.Now
}

// A Definition is an approval definition in Lark.
type Definition struct {
	App  string // the [approval.Policy.App] that selects it; may be empty
	Code string // the approval code

	// Nodes are those in which the initiator chooses the approvers, in the order in
	// which they are decided. From 1 to [approval.MaxNodes].
	Nodes []Node

	// Form returns what the form shows; nil: nothing. It has no effects, and is
	// safe for concurrent use.
	Form func(*approval.Request) ([]Widget, error)
}

// A Node is a node of a Definition.
type Node struct {
	Key  string        // its node id, or the custom one
	Need approval.Need // how it is set to decide there: approval.All or approval.Any
}

// A Widget is a value in a form.
type Widget struct {
	ID    string `json:"id"`
	Type  string `json:"type"`  // as in the definition: input, textarea, …
	Value any    `json:"value"` // anything that is JSON
}

// Text returns the Widget with id as lines of text.
func Text(id, value string) Widget { return Widget{ID: id, Type: "textarea", Value: value} }

// check returns cfg with its defaults, or all that is wrong with it.
func (cfg Config) check() (Config, error) {
	var faults []error
	fault := func(field, format string, args ...any) {
		faults = append(faults, penstock.Invalid(field, format, args...))
	}
	if cfg.AppID == "" {
		fault("app_id", "must not be empty")
	}
	if cfg.AppSecret == "" {
		fault("app_secret", "must not be empty")
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = Feishu
	}
	if !isBase(cfg.BaseURL) {
		fault("base_url", "must be https, or http on this machine, with nothing after the path")
	}
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	switch cfg.IDType {
	case "":
		cfg.IDType = OpenID
	case OpenID, UserID:
	default:
		fault("id_type", "must be %s or %s", OpenID, UserID)
	}
	if cfg.Accounts == nil {
		cfg.Accounts = same{}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Every != 0 && (cfg.Every < approval.ShortestEvery || cfg.Every > approval.LongestEvery) {
		fault("every", "must be from %s to %s", approval.ShortestEvery, approval.LongestEvery)
	}
	faults = append(faults, checkDefinitions(cfg.Definitions)...)
	return cfg, errors.Join(faults...)
}

func checkDefinitions(definitions []Definition) (faults []error) {
	if len(definitions) == 0 {
		faults = append(faults, penstock.Invalid("definitions", "must not be empty"))
	}
	apps, codes := make(map[string]bool), make(map[string]bool)
	for i, d := range definitions {
		fault := func(field, format string, args ...any) {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("definitions[%d].%s", i, field), format, args...))
		}
		code := strings.ToUpper(d.Code)
		if code == "" || codes[code] {
			fault("code", "must be set, and be another one for each")
		}
		if apps[d.App] {
			fault("app", "must be another one for each")
		}
		apps[d.App], codes[code] = true, true
		if n := len(d.Nodes); n == 0 || n > approval.MaxNodes {
			fault("nodes", "must be from 1 to %d", approval.MaxNodes)
		}
		keys := make(map[string]bool)
		for j, n := range d.Nodes {
			if n.Key == "" || keys[n.Key] {
				fault(fmt.Sprintf("nodes[%d].key", j), "must be set, and be another one for each")
			}
			keys[n.Key] = true
			if n.Need != approval.All && n.Need != approval.Any {
				fault(fmt.Sprintf("nodes[%d].need", j), "must be %s or %s", approval.All, approval.Any)
			}
		}
	}
	return faults
}

// isBase reports whether secrets may be sent there.
func isBase(base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return false
	}
	switch u.Scheme {
	case "https":
		return true
	case "http":
		ip := net.ParseIP(u.Hostname())
		return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	default:
		return false
	}
}

// same takes the ids of parties for those of their accounts.
type same struct{}

func (same) Account(_ context.Context, user penstock.Party) (string, error) { return user.ID, nil }

func (same) User(_ context.Context, id string) (penstock.Party, error) {
	return penstock.UserParty(id), nil
}
