package main

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// A post tells a webhook what the listeners of plans and workflows are to hear: one message for
// each of them.
type post struct {
	dispatcher *outbox.Dispatcher
	hook       *outbox.Webhook
}

const (
	hookChannel = "hook"
	hookSecret  = "PENSTOCK_WEBHOOK_SECRET"
)

// openPost returns nil without a URL. The secret is never shown.
func openPost(url string, s store.Store, d penstock.Directory, lease time.Duration, log *slog.Logger) (*post, error) {
	if url == "" {
		return nil, nil
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv(hookSecret), "whsec_"))
	if err != nil || len(secret) < outbox.MinSecret {
		return nil, errors.New(hookSecret + " must be whsec_ and the base64 of at least 24 bytes, which sign what -webhook is sent")
	}
	hook, err := outbox.NewWebhook(outbox.WebhookConfig{URL: url, Secrets: [][]byte{secret}, AllowPrivate: true, AllowHTTP: true}) // it is the operator's own
	if err != nil {
		return nil, err
	}
	dispatcher, err := outbox.New(outbox.Config{
		Store:     s,
		Name:      "server",
		Route:     outbox.ToRecipients(d, func(user penstock.PartyInfo) (channel, to string) { return hookChannel, user.ID }),
		Notifiers: map[string]outbox.Notifier{hookChannel: hook},
		TTL:       lease, Log: log,
	})
	if err != nil {
		return nil, errors.Join(err, hook.Close())
	}
	return &post{dispatcher, hook}, nil
}

// register says from where on events are delivered: not those of before the webhook was there.
func (p *post) register(ctx context.Context) error {
	if p == nil {
		return nil
	}
	return p.dispatcher.Register(ctx)
}

// run delivers until ctx ends.
func (p *post) run(ctx context.Context) error {
	if p == nil {
		<-ctx.Done()
		return nil
	}
	return p.dispatcher.Run(ctx)
}

func (p *post) close() error {
	if p == nil {
		return nil
	}
	return p.hook.Close()
}
