package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/internal/openapi"
)

// KeyHeader is the header that makes a request idempotent.
const KeyHeader = "Idempotency-Key"

// keyParam describes it.
var keyParam = openapi.Param{Name: KeyHeader, About: "from 1 to 128 characters, quoted or not: the same request with the same key is carried out once, and answered as the first time"}

// A once is a request with a key.
type once struct {
	key     string
	asked   string // digest of the request
	n       int    // keys that were given to commits
	slot    idempotency.Slot
	about   []idempotency.Concern
	answer  *buffer
	replies *idempotency.Replies
}

// Key returns the idempotency key of the next commit of the request, and what it stands
// for; empty if the request has none. [Call.Committed] goes on to the next.
func (c *Call) Key() (key, stands string) {
	switch {
	case c.once == nil:
		return "", ""
	case c.once.n == 0:
		return c.once.key, c.once.asked
	}
	sum := sha256.Sum256([]byte(c.once.key)) // so that it is not too long
	return fmt.Sprintf("%s/%d", hex.EncodeToString(sum[:]), c.once.n+1), c.once.asked
}

// Committed says that a commit had the key: the next one gets another.
func (c *Call) Committed() {
	if c.once != nil {
		c.once.n++
	}
}

// About says which right the request took, and on what: before it is answered again, the
// Authorizer is asked again.
func (c *Call) About(right penstock.Right, on penstock.Resource) {
	if c.once == nil {
		return
	}
	if of := (idempotency.Concern{Right: right, On: on}); !slices.Contains(c.once.about, of) {
		c.once.about = append(c.once.about, of)
	}
}

// takeKey reads the key of a request, if it has one, and returns the reply to the first
// request with it, if there was one. An operation that cannot honour a key refuses it: who sends
// one relies on it. To read is idempotent without.
func (c *Call) takeKey(honoured bool) (*idempotency.Reply, error) {
	values := c.R.Header.Values(KeyHeader)
	if len(values) == 0 || c.R.Method == http.MethodGet || c.R.Method == http.MethodHead {
		return nil, nil
	}
	if !honoured || c.o.Replies == nil {
		return nil, &ParamError{KeyHeader, "", "is not honoured by this operation"}
	}
	key, err := parseKey(values)
	if err != nil {
		return nil, err
	}
	body, err := c.readAll()
	if err != nil {
		return nil, err
	}
	c.R.Body = io.NopCloser(bytes.NewReader(body))
	c.once = &once{key: key, asked: fingerprint(c.R, body), replies: c.o.Replies}
	slot, reply, err := c.once.replies.Find(c.Context(), key, c.once.asked, c.Actor)
	if reply != nil || err != nil {
		return reply, err
	}
	c.once.slot, c.once.answer = slot, &buffer{header: make(http.Header)}
	c.W = c.once.answer
	return nil, nil
}

// parseKey reads a structured field that is a string, or a key without quotes.
func parseKey(values []string) (string, error) {
	text := strings.Trim(values[0], " \t")
	why := ""
	switch {
	case len(values) > 1:
		why = "is there more than once"
	case strings.HasPrefix(text, `"`):
		text, why = unquote(text)
	case strings.ContainsAny(text, " \t\",;\\"):
		why = "must be a string in quotes, or have no blanks, quotes, commas, semicolons and backslashes"
	}
	if why == "" {
		if fault, ok := errors.AsType[*penstock.InvalidError](penstock.CheckKey(KeyHeader, text)); ok {
			why = fault.Why
		}
	}
	if why != "" {
		return "", &ParamError{KeyHeader, "", why}
	}
	return text, nil
}

// unquote reads a string in quotes, as RFC 9651 has it: printable ASCII, in which a
// backslash stands before a quote or another.
func unquote(text string) (s, why string) {
	const bad = "must be one string in quotes"
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && i == len(text)-1:
			return b.String(), ""
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		case c == '"', c == '\\', c < ' ', c > '~':
			return "", bad
		default:
			b.WriteByte(c)
		}
	}
	return "", bad
}

// fingerprint tells requests apart: by method, path, query and body.
func fingerprint(r *http.Request, body []byte) string {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery} {
		_, _ = fmt.Fprintf(h, "%d %s\n", len(part), part)
	}
	_, _ = h.Write(bytes.TrimSpace(body))
	return hex.EncodeToString(h.Sum(nil))
}

// keepTimeout bounds how long a reply is being kept whose client has gone away.
const keepTimeout = 5 * time.Second

// finish keeps the answer to a request with a key, if it is a success, and writes it. If it cannot be kept,
// the same request will be carried out again, with no second effect.
func (c *Call) finish() {
	o := c.once
	c.W = c.w
	reply := &idempotency.Reply{About: o.about, Status: o.answer.status, Header: o.answer.header, Body: o.answer.body.Bytes()}
	if reply.Status == 0 {
		reply.Status = http.StatusOK
	}
	if reply.Status < http.StatusBadRequest {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), keepTimeout)
		defer cancel()
		faster, err := o.replies.Keep(ctx, o.slot, reply)
		if faster {
			var first *idempotency.Reply
			if _, first, err = o.replies.Find(ctx, o.key, o.asked, c.Actor); first != nil {
				reply = first
			}
		}
		if err != nil {
			c.Log("a reply could not be kept", err)
		}
	}
	c.write(reply)
}

// write writes a reply.
func (c *Call) write(r *idempotency.Reply) {
	maps.Copy(c.W.Header(), r.Header)
	c.W.WriteHeader(r.Status)
	_, _ = c.W.Write(r.Body) // the client may be gone
}

// A buffer holds an answer back until it is kept.
type buffer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (b *buffer) Header() http.Header { return b.header }

func (b *buffer) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

func (b *buffer) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	return b.body.Write(p)
}

// KeyReused reports whether a request failed because its idempotency key was used for another.
func KeyReused(err error) bool {
	var reused *penstock.KeyReusedError
	return errors.As(err, &reused)
}
