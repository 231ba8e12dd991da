package email_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	smtp "github.com/emersion/go-smtp"

	"github.com/penstock-go/penstock/store/outbox/email"
)

// A server is a real one. It takes a mail only over TLS and after ann has given her password.
type server struct {
	addr   string
	roots  *x509.CertPool
	refuse map[string]error // by command: AUTH, MAIL, RCPT, DATA

	mu    sync.Mutex
	mails []received
}

type received struct {
	from string
	to   []string
	data string
}

// listen starts a server; change may alter it before.
func listen(t testing.TB, refuse map[string]error, change func(*smtp.Server)) *server {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	web.Close()
	s := &server{roots: x509.NewCertPool(), refuse: refuse}
	s.roots.AddCert(web.Certificate())
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	srv.Domain = "mx.example.com"
	srv.TLSConfig = &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = log.New(io.Discard, "", 0)
	if change != nil {
		change(srv)
	}
	l := loopback(t)
	s.addr = l.Addr().String()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l)
	}()
	t.Cleanup(func() { srv.Close(); <-done })
	return s
}

func loopback(t testing.TB) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// config is what it takes to send to the server.
func (s *server) config() email.Config {
	return email.Config{
		Addr: s.addr, From: "Penstock <releases@example.com>", Username: "ann", Password: "hush",
		TLSConfig: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}, Hello: "app.example.com",
	}
}

func (s *server) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

type session struct {
	*server
	conn *smtp.Conn
	user string
	mail received
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if err := s.refuse["AUTH"]; err != nil {
			return err
		}
		if user != "ann" || password != "hush" {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if _, encrypted := s.conn.TLSConnectionState(); s.user == "" || !encrypted {
		return smtp.ErrAuthRequired
	}
	s.mail.from = from
	return s.refuse["MAIL"]
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = append(s.mail.to, to)
	return s.refuse["RCPT"]
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.refuse["DATA"]; err != nil {
		return err
	}
	s.mail.data = string(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, s.mail)
	return nil
}

func (s *session) Reset()        { s.mail = received{} }
func (s *session) Logout() error { return nil }

// A script is a server that says what it is told to. A step is a command that it waits for,
// and the answer to it; the first answer is the greeting. A server at the end of its script closes the
// connection, or if hang is set waits until the other side does.
type script struct {
	steps [][2]string
	hang  bool
}

// play serves one connection after the other. It returns its address, and what was said to it.
func play(t testing.TB, s script) (addr string, heard func() string) {
	t.Helper()
	var (
		mu  sync.Mutex
		all strings.Builder
	)
	l := loopback(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(io.TeeReader(conn, writerFunc(func(p []byte) (int, error) {
				mu.Lock()
				defer mu.Unlock()
				return all.Write(p)
			})))
			s.serve(conn, r)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String(), func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

func (s script) serve(conn net.Conn, r *bufio.Reader) {
	for _, step := range s.steps {
		for step[0] != "" {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(line, step[0]) {
				break
			}
		}
		if _, err := io.WriteString(conn, step[1]+"\r\n"); err != nil {
			return
		}
	}
	if s.hang {
		_, _ = io.Copy(io.Discard, r)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
