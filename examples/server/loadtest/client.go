package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A client uses a server, for one goroutine.
type client struct {
	*world
	n   int // which one it is
	url string
}

// An answer is what a server said. The status 0 is that nobody knows what it did.
type answer struct {
	status int
	body   []byte
	header http.Header
}

// ok reports whether the request was done.
func (a answer) ok() bool {
	return a.status >= 200 && a.status < 300 || a.status == http.StatusNotModified
}

// into reads the body.
func (a answer) into(v any) error { return json.Unmarshal(a.body, v) }

// patience is how long an answer may take.
const patience = time.Minute

// busy is how often a request is sent again to which the server says 503, come again.
const busy = 20

// ask sends a request and counts it. What is neither done nor a conflict is a fault.
func (c *client) ask(ctx context.Context, kind, method, path, body string) answer {
	for range busy {
		a := c.once(ctx, kind, method, path, body, c.token, "")
		if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "" {
			rest(ctx, a.header.Get("Retry-After"))
			continue
		}
		c.judge(kind, method, path, a)
		return a
	}
	c.fault("%s: %s %s: busy %d times", kind, method, path, busy)
	return answer{}
}

// conflicts is how often a request is sent again that others were faster than.
const conflicts = 20

// insist posts something, again and again while there is a conflict.
func (c *client) insist(ctx context.Context, kind, path, body string) (a answer) {
	for range conflicts {
		if a = c.ask(ctx, kind, http.MethodPost, path, body); a.status != http.StatusConflict {
			return a
		}
	}
	return a
}

// judge notes answers that there must not be.
func (c *client) judge(kind, method, path string, a answer) {
	if a.ok() || a.status == http.StatusConflict {
		return
	}
	c.fault("%s: %s %s: %d %.300s", kind, method, path, a.status, a.body)
}

// once sends a request.
func (c *client) once(ctx context.Context, kind, method, path, body, token, tag string) answer {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var send io.Reader
	if body != "" {
		send = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, send)
	if err != nil {
		return answer{body: []byte(err.Error())}
	}
	r.Header.Set("Authorization", token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	begin := time.Now()
	got, err := c.http.Do(r)
	if err != nil {
		c.answered(kind, 0, time.Since(begin))
		return answer{body: []byte(err.Error())}
	}
	var text bytes.Buffer
	_, err = text.ReadFrom(got.Body)
	_ = got.Body.Close()
	if c.answered(kind, got.StatusCode, time.Since(begin)); err != nil {
		return answer{body: []byte(err.Error())}
	}
	return answer{got.StatusCode, text.Bytes(), got.Header}
}

// rest waits for as many seconds as a server says.
func rest(ctx context.Context, seconds string) {
	n, err := strconv.Atoi(seconds)
	if err != nil || n < 0 {
		n = 1
	}
	wait(ctx, time.Duration(n)*time.Second)
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
