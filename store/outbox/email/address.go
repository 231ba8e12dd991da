package email

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
)

// maxAddress is the number of bytes that SMTP takes of an address.
const maxAddress = 254

// parseAddress reads an address, with a name or without one. It refuses what no mailbox has in practice, and
// what could end a line or an argument in the conversation with a server.
func parseAddress(s string) (*mail.Address, error) {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return nil, errors.New("must hold no control characters")
	}
	addr, err := mail.ParseAddress(s) // the error would hold it
	if err != nil || len(addr.Address) > maxAddress || strings.Count(addr.Address, "@") != 1 ||
		strings.ContainsAny(addr.Address, " <>()[]\\,;:\"") {
		return nil, errors.New("must be one e-mail address")
	}
	return addr, nil
}

// domain returns what stands behind the @.
func domain(addr *mail.Address) string {
	return addr.Address[strings.LastIndexByte(addr.Address, '@')+1:]
}
