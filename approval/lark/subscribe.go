package lark

import (
	"context"
	"net/http"
	"net/url"

	"github.com/penstock-go/penstock/approval/internal/platform"
)

// Subscribe has Lark tell the app of events of all definitions. Once is enough for
// good; doing it again does no harm.
func (p *Provider) Subscribe(ctx context.Context) error {
	for _, d := range p.cfg.Definitions {
		err := p.api.Call(ctx, platform.Call{
			Action: "subscribe to definition " + d.Code, Method: http.MethodPost,
			URL: p.url("approval/v4/approvals/" + url.PathEscape(d.Code) + "/subscribe"), Body: struct{}{},
		}, nil)
		if err != nil && !failedBy(err, subscribed) {
			return err
		}
	}
	return nil
}
