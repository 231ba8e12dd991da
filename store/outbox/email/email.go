package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"time"

	smtp "github.com/wneessen/go-mail"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/outbox"
)

// A TLS says when a conversation is encrypted.
type TLS int

// When a conversation is encrypted.
const (
	StartTLS TLS = iota // after a greeting in the clear; a server that cannot is refused. Port 587 mostly
	Implicit            // from the beginning. Port 465 mostly
	None                // never: for a relay on the same machine
)

// A Config says which server takes the mail, and from whom it is.
type Config struct {
	Addr string // of the server, as host:port
	From string // the sender: an address, with a name or without one

	ReplyTo string // who gets the answers; default: the sender

	// Username and Password, if the server asks for them. They are never sent without TLS.
	Username, Password string

	TLS       TLS         // default: StartTLS
	TLSConfig *tls.Config // default: that of the system, for the host in Addr

	Hello   string           // how this machine names itself to the server; default: its host name
	Timeout time.Duration    // for one message, from dialing to the server's answer; default: 30 s
	Now     func() time.Time // default: time.Now
}

const (
	defaultTimeout = 30 * time.Second
	quitTime       = time.Second // for taking leave of a server that has the message
	maxSaid        = 256 << 10   // bytes that a server may say to one message; the library would keep any line
)

// An Email is an [outbox.Notifier] that mails a message to the address in its To, as
// plain text and HTML. It is safe for concurrent use; each message has a connection
// of its own.
//
// The Message-ID is made of the message's ID, and so the same at every attempt. Mails about the same
// subject refer to the same thread.
//
// An address that cannot be one is [outbox.Permanent], and so is what the server says
// will never be delivered: 550, 551, 553, 554 and 556 to the recipient, 550, 552 and 554 to the
// content, unless it speaks of policies (5.7.x), which people can put right. Anything
// else is worth another attempt: a sender or a password that is refused, too.
type Email struct {
	host    string
	port    int
	from    *mail.Address
	replyTo *mail.Address
	tls     *tls.Config
	cfg     Config
}

// New returns an Email. It does not connect. An error is a [penstock.InvalidError] for each fault.
func New(cfg Config) (*Email, error) {
	var faults []error
	invalid := func(field, format string, args ...any) {
		faults = append(faults, penstock.Invalid(field, format, args...))
	}
	e := &Email{cfg: cfg}
	host, port, err := net.SplitHostPort(cfg.Addr)
	if e.host = host; err != nil || host == "" || strings.HasPrefix(host, "unix:") {
		invalid("addr", "must be host:port")
	} else if e.port, err = strconv.Atoi(port); err != nil || e.port < 1 || e.port > 65535 {
		invalid("addr", "must have a port from 1 to 65535")
	}
	if e.from, err = parseAddress(cfg.From); err != nil {
		invalid("from", "%v", err)
	}
	if cfg.ReplyTo != "" {
		if e.replyTo, err = parseAddress(cfg.ReplyTo); err != nil {
			invalid("reply_to", "%v", err)
		}
	}
	if cfg.Username == "" && cfg.Password != "" {
		invalid("username", "must not be empty if there is a password")
	}
	switch cfg.TLS {
	case StartTLS, Implicit:
	case None:
		if cfg.Username != "" {
			invalid("tls", "must not be None if there is a password to be sent")
		}
	default:
		invalid("tls", "must be StartTLS, Implicit or None")
	}
	if strings.ContainsFunc(cfg.Hello, func(r rune) bool { return r <= ' ' || r > '~' }) {
		invalid("hello", "must be a host name")
	}
	if cfg.Timeout < 0 {
		invalid("timeout", "must not be negative")
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if e.tls = cfg.TLSConfig.Clone(); e.tls == nil {
		e.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if e.tls.ServerName == "" {
		e.tls.ServerName = host
	}
	if cfg.Timeout == 0 {
		e.cfg.Timeout = defaultTimeout
	}
	if cfg.Now == nil {
		e.cfg.Now = time.Now
	}
	return e, nil
}

// Notify implements [outbox.Notifier].
func (e *Email) Notify(ctx context.Context, m outbox.Message) error {
	to, err := parseAddress(m.To)
	if err != nil {
		return outbox.Permanent(fmt.Errorf("message %s: to: %w", m.ID, err))
	}
	msg, err := e.compose(&m, to)
	if err != nil {
		return outbox.Permanent(fmt.Errorf("message %s cannot be written as a mail", m.ID))
	}
	ctx, cancel := context.WithTimeout(ctx, e.cfg.Timeout)
	defer cancel()
	if err := e.converse(ctx, msg); err != nil {
		return fmt.Errorf("%s: %w", e.cfg.Addr, explain(ctx, err))
	}
	return nil
}

// converse has one conversation with the server. What it returns may hold what the
// server said, which may be anything.
func (e *Email) converse(ctx context.Context, msg *smtp.Msg) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", e.cfg.Addr)
	if err != nil {
		return err
	}
	conn = &boundedConn{Conn: conn, left: maxSaid}
	defer conn.Close() // the library leaves it open after some errors
	// It sets deadlines of its own, and forgets ctx once it is connected.
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	client, err := smtp.NewClient(e.host, e.options(conn)...) // one each, as it changes while it authenticates
	if err != nil {
		return err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	if err := client.SendWithSMTPClient(session, msg); err != nil {
		return err
	}
	if err := conn.SetDeadline(time.Now().Add(quitTime)); err == nil {
		_ = session.Quit() // the message is delivered, whatever happens now
	}
	return nil
}

func (e *Email) options(conn net.Conn) []smtp.Option {
	options := []smtp.Option{
		smtp.WithPort(e.port),
		smtp.WithTimeout(2 * e.cfg.Timeout), // never before the context ends
		smtp.WithTLSConfig(e.tls),
		smtp.WithoutNoop(),
		smtp.WithoutRset(), // after the message: its failure would be that of the message
		smtp.WithDialContextFunc(func(ctx context.Context, _, _ string) (net.Conn, error) {
			if e.cfg.TLS != Implicit {
				return conn, nil
			}
			encrypted := tls.Client(conn, e.tls)
			err := encrypted.HandshakeContext(ctx)
			return encrypted, err
		}),
	}
	switch e.cfg.TLS {
	case Implicit:
		options = append(options, smtp.WithSSL())
	case None:
		options = append(options, smtp.WithTLSPolicy(smtp.NoTLS))
	case StartTLS:
		options = append(options, smtp.WithTLSPolicy(smtp.TLSMandatory))
	}
	if e.cfg.Hello != "" {
		options = append(options, smtp.WithHELO(e.cfg.Hello))
	}
	if e.cfg.Username != "" {
		options = append(options, smtp.WithUsername(e.cfg.Username), smtp.WithPassword(e.cfg.Password),
			smtp.WithOpportunisticSMTPAuth(smtp.SMTPAuthSCRAMSHA256, smtp.SMTPAuthPlain, smtp.SMTPAuthLogin))
	}
	return options
}

// A boundedConn lets the other side say only so much.
type boundedConn struct {
	net.Conn
	left int
}

var errTooLong = errors.New("too long an answer")

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, errTooLong
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
