package email_test

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	smtp "github.com/emersion/go-smtp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
	"github.com/penstock-go/penstock/store/outbox/email"
)

var moment = time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC)

func message() outbox.Message {
	return outbox.Message{
		ID: "01K5NT-3", Channel: "mail", To: "Bob <bob@example.org>", Subject: store.Key{Kind: "plan", ID: "01K5NT"},
		Seq: 3, Event: "started", At: moment.Add(-time.Minute), Title: "Shop 2.4: 開始 started",
		Text: "by <Ann> & co\n.\nin production", Data: json.RawMessage(`{}`), Attempt: 1,
	}
}

func newEmail(t testing.TB, cfg email.Config) *email.Email {
	t.Helper()
	cfg.Now = func() time.Time { return moment }
	e, err := email.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A part is a body that was read.
type part struct{ Type, Text string }

// parse reads a mail as a mail program does.
func parse(t *testing.T, data string) (mail.Header, []part) {
	t.Helper()
	msg, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	var parts []part
	for r := multipart.NewReader(msg.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return msg.Header, parts
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Header.Get("Content-Transfer-Encoding"); got != "quoted-printable" {
			t.Fatalf("encoding %q", got)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part{p.Header.Get("Content-Type"), strings.ReplaceAll(string(text), "\r\n", "\n")})
	}
}

func TestEmailIsAWellFormedMail(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]email.TLS{"StartTLS": email.StartTLS, "Implicit": email.Implicit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, nil, nil)
			if mode == email.Implicit {
				s = listenTLS(t)
			}
			cfg := s.config()
			cfg.TLS, cfg.ReplyTo = mode, "ops@example.com"
			if err := newEmail(t, cfg).Notify(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
			mails := s.received()
			if len(mails) != 1 {
				t.Fatalf("%d mails", len(mails))
			}
			if got := mails[0]; got.from != "releases@example.com" || len(got.to) != 1 || got.to[0] != "bob@example.org" {
				t.Errorf("envelope %q to %q", got.from, got.to)
			}
			header, parts := parse(t, mails[0].data)
			got := map[string]string{}
			for name := range header {
				got[name] = header.Get(name)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(got["Subject"])
			if err != nil || !strings.HasPrefix(got["Subject"], "=?UTF-8?q?") {
				t.Errorf("subject %q: %v", got["Subject"], err)
			}
			got["Subject"] = subject
			delete(got, "Content-Type")
			if diff := cmp.Diff(map[string]string{
				"From":                     `"Penstock" <releases@example.com>`,
				"To":                       `"Bob" <bob@example.org>`,
				"Reply-To":                 "<ops@example.com>",
				"Subject":                  "Shop 2.4: 開始 started",
				"Date":                     "Mon, 21 Sep 2026 14:13:20 +0000",
				"Message-Id":               "<01K5NT-3@example.com>",
				"References":               "<plan/01K5NT@example.com>",
				"Mime-Version":             "1.0",
				"Auto-Submitted":           "auto-generated",
				"X-Auto-Response-Suppress": "All",
				"X-Penstock-Event":         "started",
				"X-Penstock-Subject":       "plan/01K5NT",
			}, got); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]part{
				{"text/plain; charset=UTF-8", "Shop 2.4: 開始 started\n\nby <Ann> & co\n.\nin production\n\n-- \n" +
					"started, plan/01K5NT, Mon, 21 Sep 2026 14:12:20 UTC\n"},
				{"text/html; charset=UTF-8", "<!DOCTYPE html>\n<html><body>\n<h3>Shop 2.4: 開始 started</h3>\n" +
					"<p>by &lt;Ann&gt; &amp; co<br>\n.<br>\nin production</p>\n" +
					"<p><small>started, plan/01K5NT, Mon, 21 Sep 2026 14:12:20 UTC</small></p>\n</body></html>\n"},
			}, parts); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}

// What others wrote stays where it belongs.
func TestEmailCannotBeInjectedInto(t *testing.T) {
	t.Parallel()
	s := listen(t, nil, nil)
	const evil = "x\r\nBcc: eve@example.net\r\n\r\n.\r\nMAIL FROM:<eve@example.net>\r\n\x00"
	m := message()
	m.ID, m.Title, m.Text, m.Event, m.Subject.ID = evil, evil+strings.Repeat(" 水", 500), evil, evil, evil
	if err := newEmail(t, s.config()).Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	mails := s.received()
	if len(mails) != 1 || len(mails[0].to) != 1 {
		t.Fatalf("got %q", mails)
	}
	header, parts := parse(t, mails[0].data)
	if header.Get("Bcc") != "" || len(parts) != 2 || len(header) != 12 {
		t.Errorf("got %d parts and %q", len(parts), header)
	}
	for line := range strings.Lines(mails[0].data) {
		if len(line) > 1000 || strings.Contains(line, "\x00") {
			t.Errorf("line of %d bytes: %q", len(line), line)
		}
	}
	for _, p := range parts {
		if strings.ContainsAny(p.Text, "\x00\r") {
			t.Errorf("%s holds what cannot be seen: %q", p.Type, p.Text)
		}
	}
	if id := header.Get("Message-Id"); len(id) != len("<@example.com>")+64 {
		t.Errorf("Message-Id %s", id)
	}
}

func TestEmailWithoutWords(t *testing.T) {
	t.Parallel()
	s := listen(t, nil, nil)
	m := message()
	m.Title, m.Text = "", ""
	if err := newEmail(t, s.config()).Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	header, parts := parse(t, s.received()[0].data)
	if header.Get("Subject") != "started" || !strings.HasPrefix(parts[0].Text, "started\n\n-- \n") || strings.Contains(parts[1].Text, "<p></p>") {
		t.Errorf("got %q, %q", header, parts)
	}
}

func TestEmailRecipients(t *testing.T) {
	t.Parallel()
	s := listen(t, nil, nil)
	e := newEmail(t, s.config())
	for _, to := range []string{
		"", "bob", "@example.org", "bob@", "a@b@c", "bob@example.org, eve@example.net", "bob@example.org\r\nBcc: eve@example.net",
		"bob@example.org\x00", "bob@example.org\t", `"a> SIZE=1"@example.org`, `"a\"b"@example.org`, "bob@[127.0.0.1]", "a b@example.org",
		"=?utf-8?q?x=0D=0ABcc:_eve@example.net=0D=0A?= <bob@example.org>",
		strings.Repeat("a", 250) + "@example.org", "<>",
	} {
		m := message()
		m.To = to
		err := e.Notify(t.Context(), m)
		if !outbox.IsPermanent(err) || strings.Contains(err.Error(), "eve") {
			t.Errorf("to %q: %v, want a permanent error", to, err)
		}
	}
	if n := len(s.received()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
	for to, want := range map[string]string{
		"bob@example.org":                      "bob@example.org",
		" Bob B. <b.o+b=x@sub.example.org> ":   "b.o+b=x@sub.example.org",
		"=?utf-8?q?B=C3=B6b?= <bob@localhost>": "bob@localhost",
		"bøb@exämple.org":                      "bøb@exämple.org",
	} {
		m := message()
		m.To = to
		if err := e.Notify(t.Context(), m); err != nil {
			t.Errorf("to %q: %v", to, err)
			continue
		}
		mails := s.received()
		last := mails[len(mails)-1]
		if header, _ := parse(t, last.data); len(last.to) != 1 || last.to[0] != want || header.Get("Bcc") != "" {
			t.Errorf("to %q: sent to %q with %q", to, last.to, header)
		}
	}
}

func TestEmailRefusals(t *testing.T) {
	t.Parallel()
	no := func(code int, e ...int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{e[0], e[1], e[2]}, Message: "hush"}
	}
	for _, test := range []struct {
		command string
		err     error
		good    bool // for good
		want    string
	}{
		{"AUTH", no(535, 5, 7, 8), false, "user name and password refused: 535"},
		{"AUTH", no(454, 4, 7, 0), false, "refused: 454"},
		{"MAIL", no(550, 5, 1, 0), false, "the sender was refused: 550 5.1.0"},
		{"MAIL", no(451, 4, 3, 0), false, "the sender was refused: 451 4.3.0"},
		{"RCPT", no(550, 5, 1, 1), true, "the recipient was refused: 550 5.1.1"},
		{"RCPT", no(551, 5, 1, 6), true, "551"},
		{"RCPT", no(553, 5, 1, 3), true, "553"},
		{"RCPT", no(554, 5, 1, 1), true, "554"},
		{"RCPT", no(556, 5, 1, 10), true, "556"},
		{"RCPT", no(550, 5, 7, 1), false, "550 5.7.1"},
		{"RCPT", no(552, 5, 2, 2), false, "552"},
		{"RCPT", no(450, 4, 2, 0), false, "450"},
		{"DATA", no(552, 5, 3, 4), true, "the content was refused: 552 5.3.4"},
		{"DATA", no(554, 5, 6, 0), true, "554"},
		{"DATA", no(554, 5, 7, 1), false, "554 5.7.1"},
		{"DATA", no(451, 4, 3, 0), false, "451"},
	} {
		t.Run(test.command+" "+test.want, func(t *testing.T) {
			t.Parallel()
			s := listen(t, map[string]error{test.command: test.err}, nil)
			err := newEmail(t, s.config()).Notify(t.Context(), message())
			if err == nil || outbox.IsPermanent(err) != test.good || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("got %v, permanent %v; want %q, permanent %v", err, outbox.IsPermanent(err), test.want, test.good)
			}
			if n := len(s.received()); n != 0 {
				t.Errorf("%d mails", n)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		cfg  email.Config
		want []string
	}{
		{"nothing is set", email.Config{}, []string{"addr", "from"}},
		{"no port", email.Config{Addr: "mx.example.com", From: "a@example.com"}, []string{"addr"}},
		{"a port that is none", email.Config{Addr: "mx.example.com:smtp", From: "a@example.com"}, []string{"addr"}},
		{"a port that cannot be", email.Config{Addr: "mx.example.com:70000", From: "a@example.com"}, []string{"addr"}},
		{"no host", email.Config{Addr: ":25", From: "a@example.com"}, []string{"addr"}},
		{"no sender", email.Config{Addr: "mx.example.com:587", From: "releases", ReplyTo: "a@b\r\nBcc: c@d"}, []string{"from", "reply_to"}},
		{"a password for nobody", email.Config{Addr: "mx.example.com:587", From: "a@example.com", Password: "hush"}, []string{"username"}},
		{"a password in the clear", email.Config{Addr: "mx.example.com:25", From: "a@example.com", Username: "a", Password: "hush", TLS: email.None}, []string{"tls"}},
		{"no mode", email.Config{Addr: "mx.example.com:25", From: "a@example.com", TLS: 7}, []string{"tls"}},
		{"two lines", email.Config{Addr: "mx.example.com:25", From: "a@example.com", Hello: "a\r\nQUIT", Timeout: -1}, []string{"hello", "timeout"}},
		{"good", email.Config{Addr: "[::1]:25", From: "A <a@example.com>", TLS: email.None}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e, err := email.New(test.cfg)
			var got []string
			for _, f := range penstock.Faults(err) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if err != nil && (e != nil || !errors.Is(err, penstock.ErrInvalid) || strings.Contains(err.Error(), "hush")) {
				t.Errorf("got %v, %v", e, err)
			}
		})
	}
}
