package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Limits of one call.
const (
	MaxBody     = 1 << 20          // bytes of an answer
	MaxAttempts = 5                // how often a call is sent at most
	MaxWait     = 30 * time.Second // that a call waits at most, in total, for a limit to pass
	Timeout     = 10 * time.Second // for one attempt, from dialing to the last byte
)

// An API calls one platform. Set its fields before the first call; it is safe for
// concurrent use then. All calls wait while the platform asks one of them to.
type API struct {
	HTTP *http.Client // nil: http.DefaultClient. Redirects are never followed: they would tell secrets to others

	// Token is what calls are made with; Authorize puts it into their headers.
	Token     *Token
	Authorize func(h http.Header, token string)

	// Judge says what an answer means.
	Judge func(Reply) Verdict

	Secrets []string // kept out of what the platform is quoted with, as the token is

	mu    sync.Mutex
	until time.Time // nothing is sent before
}

// A Call is one request.
type Call struct {
	Action    string // what it does, for errors: "create an instance"
	Method    string
	URL       string
	Body      any  // sent as JSON; nil: none
	Anonymous bool // without a token, as the call that gets one
}

// A Reply is what the platform answered, whatever its status.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte // at most MaxBody
}

// An Outcome is what a Reply means for the call.
type Outcome int

// The outcomes. The zero value is none: who judges has to decide.
const (
	Taken     Outcome = iota + 1 // done: the answer is decoded
	Refused                      // the token is not valid (any more): once more with another
	Throttled                    // too many calls: once more, later
	Failed                       // an error, told by a CallError
)

// A Verdict is what a Reply means.
type Verdict struct {
	Outcome Outcome
	Code    string        // the platform's code for what went wrong
	Message string        // its words for it
	After   time.Duration // Throttled: how long to wait; 0: it did not say
}

// Call sends c until it was taken, and decodes the answer into what into points to,
// unless that is nil.
//
// An answer that says no is a [*CallError]. A token that is refused is replaced once. Limits
// are waited for, up to MaxWait; what would take longer fails at once, and unsent.
// Anything else that goes wrong, and an answer that cannot be read, is a plain
// error; whether the call had an effect is open then. The end of ctx is its cause.
func (a *API) Call(ctx context.Context, c Call, into any) error {
	var body []byte
	if c.Body != nil {
		var err error
		if body, err = json.Marshal(c.Body); err != nil {
			return fmt.Errorf("%s: the request is no JSON", c.Action)
		}
	}
	var (
		renewed bool
		waited  time.Duration
	)
	for attempt := 1; ; attempt++ {
		if err := a.pause(ctx, c, &waited); err != nil {
			return err
		}
		token, err := a.token(ctx, c)
		if err != nil {
			return err
		}
		reply, err := a.send(ctx, c, body, token)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Action, err)
		}
		v := a.Judge(reply)
		switch v.Outcome {
		case Taken:
			return decode(c.Action, reply.Body, into)
		case Refused:
			if !c.Anonymous && !renewed {
				renewed = true
				a.Token.Drop(token)
				continue
			}
		case Throttled:
			a.hold(attempt, v.After)
			if attempt < MaxAttempts {
				continue
			}
		case Failed:
		default:
			return fmt.Errorf("%s: an answer that means nothing (HTTP %d)", c.Action, reply.Status)
		}
		return &CallError{Action: c.Action, Status: reply.Status, Code: v.Code, Message: a.quote(v.Message, token)}
	}
}

func (a *API) token(ctx context.Context, c Call) (string, error) {
	if c.Anonymous {
		return "", nil
	}
	return a.Token.Get(ctx)
}

// hold keeps everything from being sent for a while.
func (a *API) hold(attempt int, after time.Duration) {
	if after <= 0 {
		after = time.Second << (attempt - 1)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if until := time.Now().Add(after); until.After(a.until) {
		a.until = until
	}
}

// pause waits until something may be sent.
func (a *API) pause(ctx context.Context, c Call, waited *time.Duration) error {
	for {
		a.mu.Lock()
		wait := time.Until(a.until)
		a.mu.Unlock()
		if wait <= 0 {
			return context.Cause(ctx)
		}
		if *waited += wait; *waited > MaxWait {
			return fmt.Errorf("%s: the platform asks to wait for another %s", c.Action, wait.Round(time.Second))
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

func (a *API) send(ctx context.Context, c Call, body []byte, token string) (Reply, error) {
	attempt, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(attempt, c.Method, c.URL, bytes.NewReader(body))
	if err != nil {
		return Reply{}, errors.New("not a URL to send to")
	}
	if body == nil {
		req.Body, req.ContentLength = http.NoBody, 0
	} else {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "penstock")
	if token != "" {
		a.Authorize(req.Header, token)
	}
	resp, err := a.client().Do(req)
	if err != nil {
		return Reply{}, cause(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if err != nil {
		return Reply{}, fmt.Errorf("the answer broke off: %w", cause(ctx, err))
	}
	if len(text) > MaxBody {
		return Reply{}, fmt.Errorf("the answer is larger than %d bytes", MaxBody)
	}
	return Reply{Status: resp.StatusCode, Header: resp.Header, Body: text}, nil
}

func (a *API) client() *http.Client {
	client := a.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// cause returns what err is about, without the URL, whose query may hold a token.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if of, ok := errors.AsType[*url.Error](err); ok {
		return of.Err
	}
	return err
}
