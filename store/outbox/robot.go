package outbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/penstock-go/penstock"
)

// A RobotConfig says which robot of a chat group speaks.
type RobotConfig struct {
	// URL of the robot, as the chat system shows it, or that of a private deployment of the same
	// system. The key in it is secret; it is in no error.
	URL string

	// Secret signs the messages of a robot of DingTalk or Feishu that asks for it;
	// empty if it does not. A robot of WeCom has none.
	Secret string

	AllowPrivate bool // as in [WebhookConfig]
	AllowHTTP    bool // as in [WebhookConfig]

	Timeout time.Duration    // for one message, from dialing to the answer; default: 10 s
	TLS     *tls.Config      // default: that of the system
	Now     func() time.Time // default: time.Now
}

// A Robot is a [Notifier] that speaks in a group of a chat system: [NewWeCom],
// [NewDingTalk], [NewFeishu]. It is safe for concurrent use.
//
// It says the title and the text of a message. What would be a link, an image, a mention or a tag
// there is broken up, so that nothing looks like what it is not; other markup is left as it is, and
// WeCom and DingTalk show it: **bold**, # headings. What is too long for the system is
// cut, and ends in "…".
//
// These systems answer 200 to what they refuse, with a code in the body: that
// is an error. The codes that say that a robot is gone, or that a message will never be
// taken, are [Permanent]; those that say that it spoke too often ask for a minute. None of
// them knows ids of messages: one that is sent again is seen twice.
//
// Addresses, redirects and sizes are treated as a [Webhook] does.
type Robot struct {
	dialect
	send   *sender
	target *url.URL
	secret string
	now    func() time.Time
}

// A dialect is how one chat system wants to be spoken to.
type dialect struct {
	name  string
	check func(target *url.URL, secret string) []error
	body  func(m Message, secret string, now time.Time) ([]byte, error)
	sign  func(target *url.URL, secret string, now time.Time) *url.URL // nil: not in the URL
	code  func(answer []byte) (code int, ok bool)                      // of an answer; 0 is success
	codes map[int]verdict
}

// A verdict is what a code of a chat system means.
type verdict struct {
	why  string
	fate fate
}

type fate int

const (
	again fate = iota // people can put it right, or it passes
	later             // too often
	never             // it will be the same every time
)

// tooOften is how long a robot that spoke too often is silent: the limits are per minute.
const tooOften = time.Minute

func newRobot(d dialect, cfg *RobotConfig) (*Robot, error) {
	common := WebhookConfig{URL: cfg.URL, AllowPrivate: cfg.AllowPrivate, AllowHTTP: cfg.AllowHTTP, Timeout: cfg.Timeout, TLS: cfg.TLS}
	target, faults := common.check()
	if len(faults) == 0 {
		faults = d.check(target, cfg.Secret)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	return &Robot{dialect: d, send: newSender(&common), target: target, secret: cfg.Secret, now: now}, nil
}

// Notify implements [Notifier].
func (r *Robot) Notify(ctx context.Context, m Message) error {
	now := r.now()
	body, err := r.body(m, r.secret, now)
	if err != nil {
		return Permanent(fmt.Errorf("%s: message %s cannot be written as JSON", r.name, m.ID))
	}
	target := r.target
	if r.sign != nil && r.secret != "" {
		target = r.sign(target, r.secret, now)
	}
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "User-Agent": {userAgent}}
	return r.send.post(ctx, target, header, body, func(resp *http.Response) error {
		return r.judge(resp, now)
	})
}

// Close ends the connections that are kept for the next message. The Robot can
// still be used. It never fails.
func (r *Robot) Close() error {
	r.send.close()
	return nil
}

// judge goes by the code in an answer, and by its status where there is none.
func (r *Robot) judge(resp *http.Response, now time.Time) error {
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	code, ok := 0, false
	if err == nil {
		code, ok = r.code(answer)
	}
	if !ok || code == 0 {
		if err := judge(resp.StatusCode, resp.Header, now); err != nil {
			return err
		}
	}
	if !ok {
		return fmt.Errorf("%s: the answer holds no code", r.name)
	}
	if code == 0 {
		return nil
	}
	means := r.codes[code]
	failure := fmt.Errorf("%s: code %d", r.name, code)
	if means.why != "" {
		failure = fmt.Errorf("%w: %s", failure, means.why)
	}
	switch means.fate {
	case never:
		return Permanent(failure)
	case later:
		return RetryAfter(failure, tooOften)
	default:
		return failure
	}
}

func keyIn(param string) func(*url.URL, string) []error {
	return func(target *url.URL, _ string) []error {
		if target.Query().Get(param) == "" {
			return []error{penstock.Invalid("url", "must hold the robot's %s", param)}
		}
		return nil
	}
}
