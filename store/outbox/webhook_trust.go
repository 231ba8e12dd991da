package outbox

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// A distrustError says why a certificate cannot be trusted, in words that hold nothing of
// it: who made it chose its names.
type distrustError struct {
	err *tls.CertificateVerificationError
}

func (e *distrustError) Error() string {
	const text = "its certificate cannot be trusted"
	var (
		host    x509.HostnameError
		issuer  x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(e.err, &host):
		return text + ": it is for another host"
	case errors.As(e.err, &issuer):
		return text + ": its issuer is unknown"
	case errors.As(e.err, &invalid) && invalid.Reason == x509.Expired:
		return text + ": it has expired, or is not valid yet"
	default:
		return text
	}
}

func (e *distrustError) Unwrap() error { return e.err }
