package workflow

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/panics"
	"github.com/penstock-go/penstock/store/outbox"
)

// sender returns what sends to a hook: the one that is kept, or a new one.
func (h *Hooks) sender(hook Hook) (outbox.Notifier, error) {
	to := sentTo{kind: hook.Kind, address: hook.Address, token: hook.Token}
	if h.config.Senders[hook.Kind] != nil { // it may look at everything
		to.control = string(hook.Control)
	}
	h.mu.Lock()
	sender := h.senders[to]
	full := len(h.senders) >= maxSenders
	h.mu.Unlock()
	if sender != nil {
		return sender, nil
	}
	sender, err := h.newSender(hook)
	if err != nil {
		return nil, err
	}
	if full {
		_ = h.Close() // it never fails
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.senders[to] = sender
	return sender, nil
}

func (h *Hooks) newSender(hook Hook) (outbox.Notifier, error) {
	if own := h.config.Senders[hook.Kind]; own != nil {
		return hostSender(own, hook)
	}
	robot := outbox.RobotConfig{URL: hook.Address, AllowPrivate: h.config.AllowPrivate, AllowHTTP: h.config.AllowHTTP,
		Timeout: h.config.Timeout, TLS: h.config.TLS, Now: h.config.Now}
	switch hook.Kind {
	case NotifyWeCom:
		return made(outbox.NewWeCom(robot))
	case NotifyDingTalk:
		return made(outbox.NewDingTalk(robot))
	case NotifyFeishu:
		return made(outbox.NewFeishu(robot))
	case NotifyWebhook:
		secrets, err := h.secrets(hook.Token)
		if err != nil {
			return nil, err
		}
		return made(outbox.NewWebhook(outbox.WebhookConfig{URL: hook.Address, Secrets: secrets, AllowPrivate: h.config.AllowPrivate,
			AllowHTTP: h.config.AllowHTTP, Timeout: h.config.Timeout, TLS: h.config.TLS, Now: h.config.Now}))
	default:
		return nil, penstock.Invalid("webhook_type", "nothing sends to %q here", short(string(hook.Kind)))
	}
}

// hostSender returns what the host sends to a hook by.
func hostSender(own func(Hook) (outbox.Notifier, error), hook Hook) (sender outbox.Notifier, err error) {
	err = panics.Try(func() (err error) {
		sender, err = own(hook)
		return err
	})
	if _, panicked := errors.AsType[*panics.Error](err); panicked {
		return nil, errors.New("making a sender panicked") // with what may be a secret
	}
	if err == nil && sender == nil {
		err = errors.New("there is no sender")
	}
	return sender, err
}

// made keeps a sender that was not made from looking like one that was.
func made[T outbox.Notifier](sender T, err error) (outbox.Notifier, error) {
	if err != nil {
		return nil, err
	}
	return sender, nil
}

// secrets returns what signs messages to a webhook with a token.
func (h *Hooks) secrets(token string) ([][]byte, error) {
	encoded, standard := strings.CutPrefix(token, "whsec_")
	switch {
	case token == "":
		return h.config.Secrets, nil
	case !standard:
		return [][]byte{[]byte(token)}, nil
	}
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil { // the error would tell of it
		return nil, penstock.Invalid("token", "must be base64 behind whsec_")
	}
	return [][]byte{secret}, nil
}
