package outbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/store/outbox"
)

// A name tells nothing: what counts is the address that is dialed.
func TestPrivateAddressesAreRefusedWhenDialed(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("connected") })
	url := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	cfg := local(url + "/hush")
	cfg.AllowPrivate = false
	robot, err := outbox.NewWeCom(outbox.RobotConfig{URL: url + "?key=hush", AllowHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []outbox.Notifier{newWebhook(t, cfg), robot} {
		err := n.Notify(t.Context(), message())
		if err == nil || !strings.Contains(err.Error(), "is not public") || strings.Contains(err.Error(), "hush") {
			t.Errorf("%T: got %v", n, err)
		}
	}
}

func TestNoProxyIsAsked(t *testing.T) {
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	cfg := local("http://nowhere.invalid/")
	if err := newWebhook(t, cfg).Notify(t.Context(), message()); err == nil {
		t.Error("got no error")
	}
}
