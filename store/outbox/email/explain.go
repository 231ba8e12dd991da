package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"

	smtp "github.com/wneessen/go-mail"

	"github.com/penstock-go/penstock/store/outbox"
	"github.com/penstock-go/penstock/store/outbox/internal/distrust"
)

// explain says what went wrong in words that hold nothing the server wrote but its codes: it
// knows the password and the mail, and could write them back.
func explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("no answer in time: %w", ctx.Err())
	}
	if refused, ok := errors.AsType[*smtp.SendError](err); ok && refused.ErrorCode() != 0 {
		return refusal(refused)
	}
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		if answer.Code == 534 || answer.Code == 535 || answer.Code == 538 {
			return fmt.Errorf("user name and password refused: %d", answer.Code)
		}
		return fmt.Errorf("refused: %d", answer.Code)
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &distrust.Error{Err: cert}
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return errors.New("answers without TLS")
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return errors.New("no answer in time")
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op
	}
	if errors.Is(err, errTooLong) {
		return errTooLong
	}
	// The library has no types for these.
	if strings.Contains(err.Error(), "target host does not support STARTTLS") {
		return errors.New("has no STARTTLS; nothing was sent in the clear")
	}
	if strings.Contains(err.Error(), "does not support SMTP AUTH") || errors.Is(err, smtp.ErrNoSupportedAuthDiscovered) {
		return errors.New("takes no user name and password in a way that is known")
	}
	return errors.New("the conversation broke off")
}

// refusal says what the server refused, and whether for good.
func refusal(e *smtp.SendError) error {
	code, policy := e.ErrorCode(), strings.HasPrefix(e.EnhancedStatusCode(), "5.7.")
	what, forGood := "the message", false
	switch e.Reason {
	case smtp.ErrSMTPMailFrom:
		what = "the sender"
	case smtp.ErrSMTPRcptTo:
		what = "the recipient"
		forGood = code == 550 || code == 551 || code == 553 || code == 554 || code == 556
	case smtp.ErrSMTPDataClose:
		what = "the content"
		forGood = code == 550 || code == 552 || code == 554
	default: // nothing of this message
	}
	err := fmt.Errorf("%s was refused: %d %s", what, code, e.EnhancedStatusCode())
	if forGood && !policy {
		return outbox.Permanent(err)
	}
	return err
}
