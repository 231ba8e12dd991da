package workflow

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// HTTPSpec is the spec of a http: it sends one request and looks at the answer.
// Its outputs are STATUS, the number, and BODY, as far as the executor keeps it.
type HTTPSpec struct {
	Method      string            `json:"method,omitempty"` // empty: GET
	URL         string            `json:"url"`              // http or https
	Headers     map[string]string `json:"headers,omitempty"`
	Body        string            `json:"body,omitempty"`
	Expect      HTTPExpect        `json:"expect,omitzero"`
	TimeoutMins int               `json:"timeout,omitempty"` // minutes; 0 means 1
	Rest
}

// HTTPExpect says which answers are good.
type HTTPExpect struct {
	Status   []int  `json:"status,omitempty"`   // none: 200 to 299
	Contains string `json:"contains,omitempty"` // in the body
	Rest
}

const (
	maxHeaders         = 100
	defaultHTTPTimeout = 1 // minutes
)

// Check reports what is wrong with the spec.
func (s *HTTPSpec) Check(c *Checker) {
	c.OneOf("method", s.Method, "", http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions)
	c.Required("url", s.URL, MaxValue)
	if s.URL != "" && !hasVariable(s.URL) {
		u, err := url.Parse(s.URL)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			c.Fault("url", "must be an http or https URL") // it may hold a secret
		case u.User != nil:
			c.Fault("url", "must not hold a password: use a header")
		}
	}
	if c.Count("headers", len(s.Headers), maxHeaders) {
		for _, name := range sortedKeys(s.Headers) {
			if !token(name) {
				c.Fault("headers", "%q is not the name of a header", short(name))
			}
			c.Text("headers."+short(name), s.Headers[name], MaxValue)
			if strings.ContainsAny(s.Headers[name], "\r\n\x00") {
				c.Fault("headers."+short(name), "must be one line")
			}
		}
	}
	c.Text("body", s.Body, MaxSpec)
	if (s.Method == "" || s.Method == http.MethodGet || s.Method == http.MethodHead) && s.Body != "" {
		c.Fault("body", "goes with a method that sends one only")
	}
	for i, status := range s.Expect.Status {
		at := c.At("expect.status[%d]", i)
		at.Range("", status, 100, 599)
		if slices.Contains(s.Expect.Status[:i], status) {
			at.Fault("", "is there already")
		}
	}
	c.Text("expect.contains", s.Expect.Contains, MaxValue)
	c.Range("timeout", s.TimeoutMins, 0, MaxTimeout)
}

// token reports whether s is a name of RFC 9110.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// Outputs returns the names of the outputs.
func (s *HTTPSpec) Outputs() []string { return []string{"STATUS", "BODY"} }

// Timeout returns the minutes that the job may take.
func (s *HTTPSpec) Timeout() int {
	if s.TimeoutMins == 0 {
		return defaultHTTPTimeout
	}
	return s.TimeoutMins
}

// Accepts reports whether an answer is a good one by its status.
func (e HTTPExpect) Accepts(status int) bool {
	if len(e.Status) == 0 {
		return status >= 200 && status <= 299
	}
	return slices.Contains(e.Status, status)
}
