package email

import (
	"crypto/sha256"
	"encoding/hex"
	"html"
	"net/mail"
	"strings"
	"time"
	"unicode"

	smtp "github.com/wneessen/go-mail"

	"github.com/penstock-go/penstock/store/outbox"
)

// maxSubject is the number of characters after which a subject is cut.
const maxSubject = 200

// compose writes the mail. Nothing in m can add a header or a part to it.
func (e *Email) compose(m *outbox.Message, to *mail.Address) (*smtp.Msg, error) {
	msg := smtp.NewMsg(smtp.WithNoDefaultUserAgent())
	if err := msg.FromFormat(e.from.Name, e.from.Address); err != nil {
		return nil, err
	}
	if err := msg.To(to.String()); err != nil {
		return nil, err
	}
	if e.replyTo != nil {
		if err := msg.ReplyToFormat(e.replyTo.Name, e.replyTo.Address); err != nil {
			return nil, err
		}
	}
	title := titleOf(m)
	msg.Subject(title)
	msg.SetDateWithValue(e.cfg.Now())
	msg.SetMessageIDWithValue(token(m.ID) + "@" + domain(e.from))
	msg.SetGenHeaderPreformatted("References", "<"+token(m.Subject.String())+"@"+domain(e.from)+">")
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // no vacation notices: RFC 3834
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same for Exchange
	msg.SetGenHeader("X-Penstock-Event", line(m.Event))  // to filter by
	msg.SetGenHeader("X-Penstock-Subject", line(m.Subject.String()))

	text, about := visible(m.Text), line(m.Event)+", "+line(m.Subject.String())+", "+m.At.UTC().Format(time.RFC1123)
	msg.SetBodyString(smtp.TypeTextPlain, plainBody(title, text, about))
	msg.AddAlternativeString(smtp.TypeTextHTML, htmlBody(title, text, about))
	return msg, nil
}

func plainBody(title, text, about string) string {
	if text != "" {
		text += "\n\n"
	}
	return title + "\n\n" + text + "-- \n" + about + "\n" // mail programs know "-- "
}

func htmlBody(title, text, about string) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html><body>\n<h3>" + html.EscapeString(title) + "</h3>\n")
	if text != "" {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>\n") + "</p>\n")
	}
	b.WriteString("<p><small>" + html.EscapeString(about) + "</small></p>\n</body></html>\n")
	return b.String()
}

func titleOf(m *outbox.Message) string {
	title := m.Title
	if title == "" {
		title = m.Event
	}
	runes := []rune(line(title))
	if len(runes) > maxSubject {
		runes = append(runes[:maxSubject-1], '…')
	}
	return string(runes)
}

// line makes one line of s.
func line(s string) string { return strings.Join(strings.Fields(visible(s)), " ") }

// visible drops what cannot be seen.
func visible(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

// token writes s so that it can stand before the @ of a Message-ID; different ones stay
// different.
func token(s string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/"
	if s != "" && len(s) < sha256.Size*2 && strings.Trim(s, letters) == "" {
		return s
	}
	sum := sha256.Sum256([]byte(s)) // longer than those that are left as they are
	return hex.EncodeToString(sum[:])
}
