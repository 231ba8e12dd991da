package workflow

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/outbox"
)

// HooksConfig says how [Hooks] send. The zero one is fine.
type HooksConfig struct {
	// Senders make Notifiers of kinds that the library cannot reach, as msteams and the
	// apps of Feishu, or in place of its own. An error of one is stored and shown, and must hold no
	// secret; it is no use to try again then. A Notifier with a Close is closed when it is let go.
	Senders map[NotifyKind]func(Hook) (outbox.Notifier, error)

	// Secrets sign the messages to webhooks whose control has no token, as in
	// [outbox.WebhookConfig]; default: none, and such a message is not sent. A token is the secret
	// itself; one that begins with whsec_, what the base64 behind it stands for.
	Secrets [][]byte

	AllowPrivate bool             // as in [outbox.WebhookConfig]: who edits definitions could reach into the network of the host
	AllowHTTP    bool             // as in [outbox.WebhookConfig]
	Timeout      time.Duration    // for one message; default: 10 s
	TLS          *tls.Config      // default: that of the system
	Now          func() time.Time // default: time.Now
}

// A Hook is where a control sends, with variables filled in. It prints no secret.
type Hook struct {
	Kind    NotifyKind
	Address string          // may be secret
	Token   string          // secret
	Control json.RawMessage // one of the notify_ctls, as it is in the definition
}

// String tells the kind.
func (h Hook) String() string { return fmt.Sprintf("hook of kind %s", h.Kind) }

// Format writes what String returns, whatever the verb.
func (h Hook) Format(f fmt.State, _ rune) { fmt.Fprint(f, h.String()) }

// Hooks are the [outbox.Notifier] of [HookChannel]: they look the address of a message
// up in its version of the definition and send it there, by a [outbox.Robot] or [outbox.Webhook]. They
// are safe for concurrent use.
//
// An address or token may hold variables of the run, which are filled in then; one
// whose value is a secret of the run counts as not known. A control that is gone, or that nothing can be sent
// to, is a Permanent error, which tells why and never the address.
type Hooks struct {
	service *Service
	config  HooksConfig

	mu      sync.Mutex
	senders map[sentTo]outbox.Notifier
}

// A sentTo is what tells senders apart.
type sentTo struct {
	kind                    NotifyKind
	address, token, control string
}

// maxSenders bounds how many are kept; then all are made anew.
const maxSenders = 1_000

// Hooks returns Hooks of the service's definitions. What is wrong with cfg is an
// ErrInvalid.
func (s *Service) Hooks(cfg HooksConfig) (*Hooks, error) {
	var c Checker
	for i, secret := range cfg.Secrets {
		if len(secret) < outbox.MinSecret {
			c.Fault(fmt.Sprintf("secrets[%d]", i), "must be of at least %d bytes", outbox.MinSecret)
		}
	}
	if cfg.Timeout < 0 {
		c.Fault("timeout", "must not be negative")
	}
	for kind, sender := range cfg.Senders {
		if sender == nil {
			c.Fault(fmt.Sprintf("senders[%s]", kind), "must not be nil")
		}
	}
	if err := c.Faults(); err != nil {
		return nil, err
	}
	return &Hooks{service: s, config: cfg, senders: make(map[sentTo]outbox.Notifier)}, nil
}

// Notify implements [outbox.Notifier].
func (h *Hooks) Notify(ctx context.Context, m outbox.Message) error {
	hook, err := h.hook(ctx, &m)
	if err != nil {
		return err
	}
	sender, err := h.sender(hook)
	if err != nil {
		return outbox.Permanent(fmt.Errorf("%s: %w", hook, err))
	}
	return sender.Notify(ctx, m)
}

// Close ends the connections that are kept for the next message. The Hooks can still be
// used. It never fails.
func (h *Hooks) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, sender := range h.senders {
		if c, ok := sender.(interface{ Close() error }); ok {
			_ = c.Close() // nothing to be done about it
		}
	}
	clear(h.senders)
	return nil
}

// hook looks up where a message goes.
func (h *Hooks) hook(ctx context.Context, m *outbox.Message) (Hook, error) {
	at, ok := parseHookPlace(m.To)
	if !ok {
		return Hook{}, outbox.Permanent(fmt.Errorf("%q is no place of a control", short(m.To)))
	}
	d, _, err := h.service.definition(ctx, at.workflow, at.version)
	if err != nil {
		return Hook{}, gone(err)
	}
	for c := range d.controls() {
		if c.path != at.path {
			continue
		}
		n, err := ParseNotifyControl(c.text)
		if err != nil {
			return Hook{}, outbox.Permanent(err)
		}
		return h.filled(ctx, Hook{Kind: n.Kind, Address: n.Address, Token: n.Token, Control: c.text}, m.Subject.ID)
	}
	return Hook{}, outbox.Permanent(fmt.Errorf("%s: %w", m.To, penstock.ErrNotFound))
}

// gone makes an ErrNotFound permanent.
func gone(err error) error {
	if errors.Is(err, penstock.ErrNotFound) {
		return outbox.Permanent(err)
	}
	return err
}

// filled returns a hook with its variables filled in.
func (h *Hooks) filled(ctx context.Context, hook Hook, run string) (Hook, error) {
	if !strings.Contains(hook.Address+hook.Token, braces) {
		return hook, nil
	}
	st, err := h.service.confirmedRun(ctx, run)
	if err != nil {
		return Hook{}, gone(err)
	}
	scope := openVariables{st.run.variables(), st.run.masker()}
	var faults [2]error
	hook.Address, faults[0] = Expand(hook.Address, scope)
	hook.Token, faults[1] = Expand(hook.Token, scope)
	if err := errors.Join(faults[:]...); err != nil {
		return Hook{}, outbox.Permanent(fmt.Errorf("%s: %w", hook, err))
	}
	return hook, nil
}

// openVariables are those of a run whose values are no secrets.
type openVariables struct {
	*RunVariables
	masker *Masker
}

// Lookup implements [Scope].
func (v openVariables) Lookup(name string) (string, bool) {
	if param, ok := strings.CutPrefix(name, "workflow.params."); ok {
		for i := range v.Params {
			if v.Params[i].Name == param && v.Params[i].IsSecret() {
				return "", false
			}
		}
	}
	value, known := v.RunVariables.Lookup(name)
	return value, known && v.masker.Mask(value) == value
}
