package outbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/penstock-go/penstock/store/outbox/internal/distrust"
)

const (
	defaultTimeout = 10 * time.Second
	maxRedirects   = 3
	maxAnswer      = 64 << 10    // bytes that are read of an answer's header, and of its body
	drainTime      = time.Second // for reading on only to use the connection again
)

// A sender posts to receivers that it does not trust.
type sender struct {
	transport *http.Transport
	timeout   time.Duration
	redirects bool
}

func newSender(c *WebhookConfig) *sender {
	dialer := &net.Dialer{}
	if !c.AllowPrivate {
		dialer.ControlContext = dialPublic
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	return &sender{
		// A proxy would resolve names where the guard does not see it: there is none.
		transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        c.TLS.Clone(),
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // nothing that grows while it is read
			MaxResponseHeaderBytes: maxAnswer,
			MaxIdleConnsPerHost:    64,
			IdleConnTimeout:        30 * time.Second,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: timeout, PingTimeout: timeout}, // finds out that a shared connection is dead
		},
		timeout:   timeout,
		redirects: c.AllowRedirects,
	}
}

// post sends body to target and gives the answer to judge, whose verdict it returns. All of
// it takes no longer than the timeout.
func (s *sender) post(ctx context.Context, target *url.URL, header http.Header, body []byte, judge func(*http.Response) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for hop := 0; ; hop++ {
		resp, err := s.roundTrip(ctx, target, header, body) //nolint:bodyclose // drain closes it
		if err != nil {
			return strip(ctx, target, err)
		}
		next, err := s.redirect(target, resp, hop)
		if next == nil && err == nil {
			err = judge(resp)
		}
		drain(resp.Body, cancel, next != nil)
		if err != nil {
			return fmt.Errorf("%s: %w", target.Host, err)
		}
		if next == nil {
			return nil
		}
		target = next
	}
}

// roundTrip does without an [http.Client]: what that returns holds URLs, and it
// turns a redirected POST into a GET.
func (s *sender) roundTrip(ctx context.Context, target *url.URL, header http.Header, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = header
	return s.transport.RoundTrip(req)
}

// redirect returns where an answer sends the message; nil if it does not, or if nobody asked to
// follow. The host and its port stay the same, for the message and its headers are meant for those, and so
// does TLS; only from http to https the ports change as they usually do.
func (s *sender) redirect(from *url.URL, resp *http.Response, hop int) (*url.URL, error) {
	if !s.redirects || resp.StatusCode != http.StatusTemporaryRedirect && resp.StatusCode != http.StatusPermanentRedirect {
		return nil, nil
	}
	to, err := from.Parse(resp.Header.Get("Location"))
	switch {
	case hop == maxRedirects:
		return nil, fmt.Errorf("redirected more than %d times", maxRedirects)
	case err != nil || resp.Header.Get("Location") == "":
		return nil, errors.New("redirected to nowhere")
	case !strings.EqualFold(to.Hostname(), from.Hostname()):
		return nil, errors.New("redirected to another host")
	case to.Scheme != "https" && (to.Scheme != "http" || from.Scheme != "http"):
		return nil, errors.New("redirected away from TLS")
	case to.User != nil:
		return nil, errors.New("redirected with user information")
	case portOf(to) != portOf(from) && (portOf(from) != "80" || to.Scheme == from.Scheme || portOf(to) != "443"):
		return nil, errors.New("redirected to another port")
	}
	return to, nil
}

// portOf returns the port of a URL of http or https.
func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// drain reads the rest of a body, so that the connection can be used again, unless
// that costs more than a new connection.
func drain(body io.ReadCloser, cancel context.CancelFunc, more bool) {
	if !more { // else the context is still needed
		defer time.AfterFunc(drainTime, cancel).Stop()
		_, _ = io.CopyN(io.Discard, body, maxAnswer)
	}
	_ = body.Close() // closes the connection too if there is more
}

// strip says what went wrong in words that hold nothing of the URL but its host, and nothing
// that the receiver wrote.
func strip(ctx context.Context, target *url.URL, err error) error {
	var (
		private *privateError
		dns     *net.DNSError
		op      *net.OpError
		cert    *tls.CertificateVerificationError
		timeout net.Error
		record  tls.RecordHeaderError
	)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: no answer in time: %w", target.Host, ctx.Err())
	case errors.As(err, &private):
		return fmt.Errorf("%s: %w", target.Host, private)
	case errors.As(err, &dns):
		return fmt.Errorf("%s: %w", target.Host, dns)
	case errors.As(err, &cert):
		return fmt.Errorf("%s: %w", target.Host, &distrust.Error{Err: cert})
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%s: no answer in time", target.Host)
	case errors.As(err, &op):
		return fmt.Errorf("%s: %w", target.Host, op)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: the connection was closed before an answer", target.Host)
	case errors.As(err, &record):
		return fmt.Errorf("%s: answers without TLS", target.Host)
	default:
		return fmt.Errorf("%s: no well-formed answer", target.Host)
	}
}

// close ends the connections that wait to be used again.
func (s *sender) close() { s.transport.CloseIdleConnections() }
