package email_test

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	smtp "github.com/emersion/go-smtp"

	"github.com/penstock-go/penstock/store/outbox"
	"github.com/penstock-go/penstock/store/outbox/email"
)

// relay sends without TLS, to a script.
func relay(addr string) email.Config {
	return email.Config{Addr: addr, From: "releases@example.com", TLS: email.None, Hello: "app.example.com"}
}

var (
	greeting = [2]string{"", "220 mx.example.com ESMTP"}
	hello    = [2]string{"EHLO", "250 mx.example.com"}
	accepted = [][2]string{greeting, hello, {"MAIL", "250 ok"}, {"RCPT", "250 ok"}, {"DATA", "354 go on"}, {".\r\n", "250 ok"}}
)

func TestServersThatDrop(t *testing.T) {
	t.Parallel()
	for n := range accepted {
		t.Run("after "+strings.TrimSpace(accepted[n][0])+" "+accepted[n][1], func(t *testing.T) {
			t.Parallel()
			addr, _ := play(t, script{steps: accepted[:n+1]})
			err := newEmail(t, relay(addr)).Notify(t.Context(), message())
			if last := n == len(accepted)-1; last != (err == nil) || outbox.IsPermanent(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestServersThatHang(t *testing.T) {
	t.Parallel()
	for n := range accepted {
		steps := accepted[:n]
		t.Run("before "+accepted[n][1], func(t *testing.T) {
			t.Parallel()
			addr, _ := play(t, script{steps: steps, hang: true})
			cfg := relay(addr)
			cfg.Timeout = 100 * time.Millisecond
			if err := newEmail(t, cfg).Notify(t.Context(), message()); !errors.Is(err, context.DeadlineExceeded) || outbox.IsPermanent(err) {
				t.Errorf("got %v, want a deadline", err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // the server has long been silent
			defer cancel()
			start := time.Now()
			if err := newEmail(t, relay(addr)).Notify(ctx, message()); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 20*time.Second {
				t.Errorf("got %v after %v, want the end of the context", err, time.Since(start))
			}
		})
	}
	t.Run("after it took the message", func(t *testing.T) {
		t.Parallel()
		addr, _ := play(t, script{steps: accepted, hang: true})
		start := time.Now()
		if err := newEmail(t, relay(addr)).Notify(t.Context(), message()); err != nil || time.Since(start) > 20*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

func TestServersThatLie(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][][2]string{
		"no SMTP":              {{"", "hush"}},
		"busy":                 {{"", "421 hush"}},
		"no hello":             {greeting, {"EHLO", "500 hush"}, {"HELO", "500 hush"}},
		"no code":              {greeting, hello, {"MAIL", "25 hush"}},
		"nothing after DATA":   {greeting, hello, {"MAIL", "250 ok"}, {"RCPT", "250 ok"}, {"DATA", "250 hush"}},
		"a code of no meaning": {greeting, hello, {"MAIL", "999 hush"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr, _ := play(t, script{steps: steps})
			err := newEmail(t, relay(addr)).Notify(t.Context(), message())
			if err == nil || outbox.IsPermanent(err) || strings.Contains(err.Error(), "hush") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestServersThatNeverStop(t *testing.T) {
	t.Parallel()
	addr, _ := play(t, script{steps: [][2]string{{"", "220 " + strings.Repeat("hush", 1<<16)}}, hang: true})
	err := newEmail(t, relay(addr)).Notify(t.Context(), message())
	if err == nil || !strings.Contains(err.Error(), "too long an answer") {
		t.Errorf("got %v", err)
	}
}

// Neither the mail nor the password is ever sent in the clear.
func TestServersWithoutTLS(t *testing.T) {
	t.Parallel()
	with := [2]string{"EHLO", "250-mx.example.com\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS"}
	for name, test := range map[string]struct {
		steps [][2]string
		want  string
	}{
		"not offered":      {append([][2]string{greeting, {"EHLO", "250-mx.example.com\r\n250 AUTH PLAIN LOGIN"}}, accepted[2:]...), "has no STARTTLS"},
		"refused":          {append([][2]string{greeting, with, {"STARTTLS", "454 not now"}}, accepted[2:]...), "refused: 454"},
		"offered, not met": {append([][2]string{greeting, with, {"STARTTLS", "220 go on\r\n250 this was never encrypted"}}, accepted[2:]...), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr, heard := play(t, script{steps: test.steps})
			cfg := relay(addr)
			cfg.TLS, cfg.Username, cfg.Password, cfg.Timeout = email.StartTLS, "ann", "hush", 2*time.Second
			err := newEmail(t, cfg).Notify(t.Context(), message())
			if err == nil || outbox.IsPermanent(err) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if got := heard(); strings.Contains(got, "AUTH") || strings.Contains(got, "MAIL") || !strings.Contains(got, "EHLO") {
				t.Errorf("said %q", got)
			}
		})
	}
}

func TestServersThatCannotBeTrusted(t *testing.T) {
	t.Parallel()
	s := listen(t, nil, nil)
	for why, config := range map[string]*tls.Config{
		"its issuer is unknown":  nil,
		"it is for another host": {RootCAs: s.roots, ServerName: "elsewhere.example.org", MinVersion: tls.VersionTLS12},
	} {
		cfg := s.config()
		cfg.TLSConfig = config
		err := newEmail(t, cfg).Notify(t.Context(), message())
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok || !strings.HasSuffix(err.Error(), why) {
			t.Errorf("got %v, want %q", err, why)
		}
	}
	if n := len(s.received()); n != 0 {
		t.Errorf("%d mails", n)
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	s := listen(t, nil, nil)
	cfg := s.config()
	cfg.Password = "hush, but wrong"
	err := newEmail(t, cfg).Notify(t.Context(), message())
	if err == nil || outbox.IsPermanent(err) || !strings.Contains(err.Error(), "user name and password refused: 535") || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
	addr, heard := play(t, script{steps: accepted, hang: true})
	if err := newEmail(t, relay(addr)).Notify(t.Context(), message()); err != nil {
		t.Errorf("without a password: %v", err)
	}
	if got := heard(); strings.Contains(got, "AUTH") || !strings.HasPrefix(got, "EHLO app.example.com\r\n") || !strings.HasSuffix(got, "\r\n.\r\nQUIT\r\n") {
		t.Errorf("said %q", got)
	}
}

func TestServersThatAreNotThere(t *testing.T) {
	t.Parallel()
	l := loopback(t)
	l.Close()
	if err := newEmail(t, relay(l.Addr().String())).Notify(t.Context(), message()); !errors.Is(err, syscall.ECONNREFUSED) || outbox.IsPermanent(err) {
		t.Errorf("got %v", err)
	}
}

func TestEmailIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := listen(t, nil, nil)
	e := newEmail(t, s.config())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := e.Notify(t.Context(), message()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(s.received()); n != 8 {
		t.Errorf("%d mails, want 8", n)
	}
}

// listenTLS starts a server that is encrypted from the beginning.
func listenTLS(t testing.TB) *server {
	t.Helper()
	var inner *smtp.Server
	s := listen(t, nil, func(srv *smtp.Server) { inner = srv })
	l := tls.NewListener(loopback(t), inner.TLSConfig)
	s.addr = l.Addr().String()
	go func() { _ = inner.Serve(l) }() // ends with the server
	return s
}
