// Package distrust says why a certificate cannot be trusted. The core's webhooks and
// the module for e-mail both need the words.
package distrust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// An Error says why a certificate cannot be trusted, in words that hold nothing of
// it: who made it chose its names.
type Error struct {
	Err *tls.CertificateVerificationError
}

// Error implements error.
func (e *Error) Error() string {
	const text = "its certificate cannot be trusted"
	var (
		host    x509.HostnameError
		issuer  x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(e.Err, &host):
		return text + ": it is for another host"
	case errors.As(e.Err, &issuer):
		return text + ": its issuer is unknown"
	case errors.As(e.Err, &invalid) && invalid.Reason == x509.Expired:
		return text + ": it has expired, or is not valid yet"
	default:
		return text
	}
}

// Unwrap returns what TLS found.
func (e *Error) Unwrap() error { return e.Err }
