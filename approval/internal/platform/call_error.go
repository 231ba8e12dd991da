package platform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/internal/excerpt"
)

// A CallError is an answer that says no.
type CallError struct {
	Action  string // what was asked for
	Status  int    // of HTTP
	Code    string // the platform's; may be empty
	Message string // its words: at most 200 characters on one line, without secrets
}

func (f *CallError) Error() string {
	text := fmt.Sprintf("%s: HTTP %d", f.Action, f.Status)
	if f.Code != "" {
		text += ", code " + f.Code
	}
	if f.Message != "" {
		text += ": " + f.Message
	}
	return text
}

// CodeOf returns the platform's code in a CallError of err's tree, or "".
func CodeOf(err error) string {
	if f, ok := errors.AsType[*CallError](err); ok {
		return f.Code
	}
	return ""
}

// quote returns what a platform said in a form that may be told.
func (a *API) quote(message, token string) string {
	for _, secret := range append([]string{token}, a.Secrets...) {
		if secret != "" {
			message = strings.ReplaceAll(message, secret, "…")
		}
	}
	return excerpt.Line(strings.ToValidUTF8(message, "\uFFFD"), 200)
}

// Decode reads text, one JSON value, into what into points to. Its error quotes nothing.
func Decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	err := d.Decode(into)
	if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("not the JSON that was expected, at %s (byte %d)", mistyped.Field, mistyped.Offset)
	}
	if err != nil {
		return fmt.Errorf("not the JSON that was expected, at byte %d", d.InputOffset())
	}
	if rest := bytes.TrimSpace(text[d.InputOffset():]); len(rest) > 0 {
		return errors.New("more than one JSON value")
	}
	return nil
}

func decode(action string, text []byte, into any) error {
	if into == nil {
		return nil
	}
	if err := Decode(text, into); err != nil {
		return fmt.Errorf("%s: the answer: %w", action, err)
	}
	return nil
}

// After returns how long a reply asks to wait: the first of the named headers that
// holds a number of seconds, rounded up. It is at most a day; 0 means that the reply does not say.
func (r Reply) After(names ...string) time.Duration {
	for _, name := range names {
		if s, err := strconv.ParseFloat(strings.TrimSpace(r.Header.Get(name)), 64); err == nil && s >= 0 {
			return time.Duration(min(math.Ceil(s), 24*60*60)) * time.Second
		}
	}
	return 0
}

// OK reports whether the status is a success.
func (r Reply) OK() bool { return r.Status >= http.StatusOK && r.Status < http.StatusMultipleChoices }
