package executor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// HTTPConfig says what requests can reach. The zero HTTPConfig is ready to use.
type HTTPConfig struct {
	// Allow are addresses that requests can reach besides those of the public internet:
	// 10.0.0.0/8 for a private network. It is the address that counts, when it is
	// dialed, not the name.
	Allow []netip.Prefix

	TLS          *tls.Config // nil means the defaults
	MaxRedirects int         // that are followed, within one host; 0 means 3, negative none
	MaxBody      int64       // bytes of an answer that are read, the rest is not looked at; 0 means 1 MiB
}

const (
	defaultRedirects = 3
	defaultMaxBody   = 1 << 20
	maxHeader        = 64 << 10 // bytes of the header of an answer
)

// HTTP carries out http jobs: one request each. It is safe for concurrent use. It asks no
// proxy, which would resolve names where the guard of addresses does not see it.
//
// The output STATUS is the status of the answer, BODY its body as UTF-8: at most
// [workflow.MaxValue] bytes, secrets masked. Both are there also if the answer is not what the spec expects. Every
// request carries the id of the attempt as its Idempotency-Key, unless the spec has one.
//
// Redirects are followed within one host and port, and never from https to http; by any other
// the job fails. One whose status the spec expects is the answer.
type HTTP struct {
	client       *http.Client
	maxRedirects int
	maxBody      int64
}

// NewHTTP returns an executor of http jobs. What is wrong with the config is an ErrInvalid.
func NewHTTP(c HTTPConfig) (*HTTP, error) {
	var faults []error
	for i, p := range c.Allow {
		if !p.IsValid() {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("http.allow[%d]", i), "is no valid prefix"))
		}
	}
	if c.MaxBody < 0 {
		faults = append(faults, penstock.Invalid("http.max_body", "must not be negative"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if c.MaxRedirects == 0 {
		c.MaxRedirects = defaultRedirects
	}
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	guard := addressGuard(append([]netip.Prefix(nil), c.Allow...))
	dialer := &net.Dialer{ControlContext: guard.check}
	return &HTTP{
		client: &http.Client{
			Transport: &http.Transport{
				DialContext:            dialer.DialContext,
				TLSClientConfig:        c.TLS.Clone(),
				ForceAttemptHTTP2:      true,
				DisableCompression:     true, // nothing that grows while it is read
				MaxResponseHeaderBytes: maxHeader,
				MaxIdleConns:           64,
				IdleConnTimeout:        30 * time.Second,
			},
		},
		maxRedirects: c.MaxRedirects,
		maxBody:      c.MaxBody,
	}, nil
}

// do sends a request, and follows redirects unless they are what the spec expects.
func (h *HTTP) do(req *http.Request, expect workflow.HTTPExpect) (*http.Response, error) {
	client := *h.client
	client.CheckRedirect = func(next *http.Request, before []*http.Request) error {
		if h.maxRedirects < 0 || expect.Accepts(next.Response.StatusCode) {
			return http.ErrUseLastResponse
		}
		return checkRedirect(next.URL, req.URL, len(before) > h.maxRedirects)
	}
	return client.Do(req)
}

// checkRedirect returns why a redirect is not followed: what a request carries is meant for
// the host that the spec names.
func checkRedirect(to, first *url.URL, often bool) error {
	switch {
	case often:
		return redirectError("redirected too often")
	case !strings.EqualFold(to.Hostname(), first.Hostname()):
		return redirectError("redirected to another host")
	case to.Port() != first.Port():
		return redirectError("redirected to another port")
	case to.Scheme != "https" && first.Scheme == "https":
		return redirectError("redirected away from TLS")
	default:
		return nil
	}
}

// A redirectError says why a redirect is not followed.
type redirectError string

func (e redirectError) Error() string { return string(e) }

// Execute sends the request of a http job. Errors name the host, and hold nothing else of the
// request or the answer.
func (h *HTTP) Execute(ctx context.Context, job workflow.Execution) (map[string]string, error) {
	var spec workflow.HTTPSpec
	if err := decode(job, &spec); err != nil {
		return nil, err
	}
	ctx, cancel := within(ctx, &spec)
	defer cancel()
	req, err := request(ctx, &spec, job.Attempt)
	if err != nil {
		return nil, err
	}
	host := req.URL.Host
	resp, err := h.do(req, spec.Expect)
	if err != nil {
		return nil, because(ctx, host, plainly(err))
	}
	defer resp.Body.Close()
	fmt.Fprintf(job.Log, "%s %s: status %d\n", req.Method, host, resp.StatusCode)
	outputs := map[string]string{"STATUS": strconv.Itoa(resp.StatusCode)}
	body, err := io.ReadAll(io.LimitReader(resp.Body, h.maxBody+1))
	if err != nil {
		return outputs, because(ctx, host, errors.New("the answer broke off"))
	}
	shown := head(maskedHead(job.Masker, body, h.maxBody), workflow.MaxValue)
	if int64(len(body)) > h.maxBody {
		body = body[:h.maxBody]
		fmt.Fprintf(job.Log, "only the first %d bytes of the body are read\n", h.maxBody)
	}
	outputs["BODY"] = shown
	if shown != "" && !strings.HasSuffix(shown, "\n") {
		shown += "\n"
	}
	_, _ = io.WriteString(job.Log, shown)
	switch {
	case !spec.Expect.Accepts(resp.StatusCode):
		return outputs, fmt.Errorf("%s: status %d is not expected", host, resp.StatusCode)
	case !strings.Contains(string(body), spec.Expect.Contains):
		return outputs, fmt.Errorf("%s: the body does not contain what is expected", host)
	default:
		return outputs, nil
	}
}

// request returns the request of a spec.
func request(ctx context.Context, spec *workflow.HTTPSpec, attempt string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, spec.Method, spec.URL, strings.NewReader(spec.Body))
	if err != nil || req.URL.Scheme != "http" && req.URL.Scheme != "https" || req.URL.Host == "" {
		return nil, penstock.Invalid("spec.url", "must be an http or https URL") // it may hold a secret
	}
	if req.URL.User != nil { // who checked the spec may not have seen it for a variable
		return nil, penstock.Invalid("spec.url", "must not hold a password: use a header")
	}
	req.Header.Set("User-Agent", "penstock")
	if attempt != "" {
		req.Header.Set("Idempotency-Key", attempt)
	}
	for name, value := range spec.Headers {
		req.Header.Set(name, value)
		if strings.EqualFold(name, "Host") {
			req.Host = value
		}
	}
	return req, nil
}

// plainly says why there was no answer, in words that hold nothing of the URL, which the
// errors of package http repeat, and nothing that the receiver wrote.
func plainly(err error) error {
	var (
		address  *addressError
		redirect redirectError
		dns      *net.DNSError
		cert     *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		op       *net.OpError
	)
	switch {
	case errors.As(err, &address):
		return address
	case errors.As(err, &redirect):
		return redirect
	case errors.As(err, &dns):
		return dns
	case errors.As(err, &cert):
		return errors.New("its certificate cannot be trusted")
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return errors.New("answers without TLS")
	case errors.As(err, &op):
		return op
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection was closed before an answer")
	default:
		return errors.New("no well-formed answer")
	}
}

// head returns the beginning of a text as UTF-8 of at most limit bytes.
func head(text []byte, limit int) string {
	s := strings.ToValidUTF8(string(text), "\uFFFD")
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
