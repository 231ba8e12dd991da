package outbox_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store/outbox"
)

// trust is a TLS configuration that believes a server of the test.
func trust(s *httptest.Server) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// raw serves every connection by hand, once the request was read. It returns its URL.
func raw(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				answer(conn)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "http://" + l.Addr().String()
}

// say returns an answer that ends the connection.
func say(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// tillClosed reads until the other side has had enough.
func tillClosed(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func TestWebhookServersThatLie(t *testing.T) {
	t.Parallel()
	const status = "HTTP/1.1 200 OK\r\n"
	for _, test := range []struct {
		name   string
		answer func(net.Conn)
		want   string // in the error; empty: the message arrived, as the status says
	}{
		{"half a body", say(status + "Content-Length: 100\r\n\r\nhalf"), ""},
		{"a chunk that is none", say(status + "Transfer-Encoding: chunked\r\n\r\nzz"), ""},
		{"HTTP/1.0", say("HTTP/1.0 200 OK\r\n\r\nok"), ""},
		{"an answer after an interim one", say("HTTP/1.1 102 Processing\r\n\r\n" + status + "\r\n"), ""},
		{"a body that never comes", func(c net.Conn) {
			_, _ = io.WriteString(c, status+"Content-Length: 5\r\n\r\n")
			tillClosed(c)
		}, ""},
		{"a body that grows", func(c net.Conn) {
			_, _ = io.WriteString(c, status+"Content-Encoding: gzip\r\n\r\n")
			z := gzip.NewWriter(c)
			for range 100 {
				if _, err := z.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, ""},
		{"no HTTP", say("hush hush\r\n\r\n"), "no well-formed answer"},
		{"a status that is none", say("HTTP/1.1 hush\r\n\r\n"), "no well-formed answer"},
		{"a header that is none", say(status + "hush\r\n\r\n"), "no well-formed answer"},
		{"two lengths", say(status + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nhush"), "no well-formed answer"},
		{"a header that is too long", say(status + "X-A: " + strings.Repeat("hush", 32<<10) + "\r\n\r\n"), "no well-formed answer"},
		{"a header without end", func(c net.Conn) {
			_, _ = io.WriteString(c, status)
			for {
				if _, err := io.WriteString(c, "X-A: "+strings.Repeat("hush", 250)+"\r\n"); err != nil {
					return
				}
			}
		}, "no well-formed answer"},
		{"nothing", func(net.Conn) {}, "the connection was closed before an answer"},
		{"half a line", say(status + "X-A"), "no well-formed answer"},
		{"half a header", say(status + "X-A: hush\r\n"), "the connection was closed before an answer"},
		{"a reset", func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, "reset"},
		{"a status of no kind", say("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "answered 101"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWebhook(t, local(raw(t, test.answer)+"/hush"))
			start := time.Now()
			err := w.Notify(t.Context(), message())
			if took := time.Since(start); took > 9*time.Second {
				t.Errorf("took %v: nobody waits for the rest of a body until the timeout", took)
			}
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v, want success", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), "hush") || outbox.IsPermanent(err)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWebhookReadsLittleOfABodyThatNeverEnds(t *testing.T) {
	t.Parallel()
	written := new(atomic.Int64)
	w := newWebhook(t, local(raw(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for {
			n, err := c.Write(make([]byte, 1<<16))
			if written.Add(int64(n)); err != nil {
				return
			}
		}
	})))
	if err := w.Notify(t.Context(), message()); err != nil {
		t.Error(err)
	}
	if n := written.Load(); n > 32<<20 { // what the system keeps on the way counts too
		t.Errorf("%d bytes were taken", n)
	}
}

func TestWebhookServersThatHang(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(net.Conn){
		"silent":       tillClosed,
		"half a line":  func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200"); tillClosed(c) },
		"slow headers": func(c net.Conn) { drip(c, "HTTP/1.1 200 OK\r\n"+strings.Repeat("X-A: b\r\n", 200)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := local(raw(t, answer))
			cfg.Timeout = 100 * time.Millisecond
			if err := newWebhook(t, cfg).Notify(t.Context(), message()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want a deadline", err)
			}
			asked := make(chan struct{})
			w := newWebhook(t, local(raw(t, func(c net.Conn) { close(asked); answer(c) })))
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-asked; cancel() }()
			if err := w.Notify(ctx, message()); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want a cancellation", err)
			}
		})
	}
}

// drip writes a byte every few milliseconds.
func drip(c net.Conn, s string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for i := range len(s) {
		<-tick.C
		if _, err := io.WriteString(c, s[i:i+1]); err != nil {
			return
		}
	}
}

func TestWebhookServersThatAreNotThere(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	err := newWebhook(t, local(gone.URL+"/hush")).Notify(t.Context(), message())
	if !errors.Is(err, syscall.ECONNREFUSED) || outbox.IsPermanent(err) || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
	err = newWebhook(t, local("http://nowhere.invalid/hush")).Notify(t.Context(), message())
	var dns *net.DNSError
	if !errors.As(err, &dns) || outbox.IsPermanent(err) || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
}

func TestWebhookTLS(t *testing.T) {
	t.Parallel()
	calls := new(atomic.Int32)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.ProtoMajor != 2 || r.ContentLength <= 0 {
			t.Errorf("%s with %d bytes", r.Proto, r.ContentLength)
		}
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)

	cfg := local(s.URL + "/hush")
	err := newWebhook(t, cfg).Notify(t.Context(), message())
	var cert *tls.CertificateVerificationError
	if !errors.As(err, &cert) || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v, want a certificate that is not trusted", err)
	}
	cfg.TLS = trust(s)
	cfg.TLS.ServerName = "elsewhere.example.org"
	err = newWebhook(t, cfg).Notify(t.Context(), message())
	if !errors.As(err, &cert) || !strings.Contains(err.Error(), "it is for another host") || strings.Contains(err.Error(), "example.com") {
		t.Errorf("got %v, want a certificate of another host, without the names in it", err)
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d messages were sent nevertheless", n)
	}
	cfg.TLS = trust(s)
	if err := newWebhook(t, cfg).Notify(t.Context(), message()); err != nil {
		t.Error(err)
	}
	cfg.URL = strings.Replace(serve(t, nil).URL, "http:", "https:", 1)
	if err := newWebhook(t, cfg).Notify(t.Context(), message()); err == nil || !strings.Contains(err.Error(), "answers without TLS") {
		t.Errorf("got %v, want an answer without TLS", err)
	}
}

func TestWebhookUsesConnectionsAgain(t *testing.T) {
	t.Parallel()
	opened := new(atomic.Int32)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusInternalServerError)
		_, _ = rw.Write(make([]byte, 60<<10)) // to be read, or the connection is lost
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	w := newWebhook(t, local(s.URL))
	for range 10 {
		if w.Notify(t.Context(), message()) == nil {
			t.Fatal("got no error")
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	s.CloseClientConnections() // as a receiver does that restarts: nobody is to notice
	if err := w.Notify(t.Context(), message()); err == nil || !strings.Contains(err.Error(), "answered 500") {
		t.Errorf("got %v", err)
	}
}
