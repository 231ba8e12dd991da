package outbox

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/publicnet"
)

// check returns the URL, and what is wrong with all that webhooks and robots have in common.
func (c *WebhookConfig) check() (target *url.URL, faults []error) {
	target, err := url.Parse(c.URL) // the error would hold the URL
	switch {
	case c.URL == "":
		faults = append(faults, penstock.Invalid("url", "must not be empty"))
	case err != nil || target.Hostname() == "" || target.Opaque != "":
		faults = append(faults, penstock.Invalid("url", "must be an absolute URL"))
	case target.Scheme != "https" && target.Scheme != "http":
		faults = append(faults, penstock.Invalid("url", "must be an https URL"))
	case target.Scheme == "http" && !c.AllowHTTP:
		faults = append(faults, penstock.Invalid("url", "must be an https URL unless http is allowed"))
	case target.User != nil:
		faults = append(faults, penstock.Invalid("url", "must hold no user information"))
	case target.Fragment != "":
		faults = append(faults, penstock.Invalid("url", "must have no fragment: nobody would get it"))
	case !validPort(target):
		faults = append(faults, penstock.Invalid("url", "must have a port from 1 to 65535, or none"))
	case !c.AllowPrivate:
		if addr, err := netip.ParseAddr(target.Hostname()); err == nil && !publicnet.Contains(addr) {
			faults = append(faults, penstock.Invalid("url", "%v", &privateError{addr}))
		}
	}
	if c.Timeout < 0 {
		faults = append(faults, penstock.Invalid("timeout", "must not be negative"))
	}
	return target, faults
}

// validPort reports whether a URL has no port, or one that there can be.
func validPort(u *url.URL) bool {
	if strings.HasSuffix(u.Host, ":") {
		return false
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Port() == "" || err == nil && n > 0
}

func checkSecrets(secrets [][]byte) (faults []error) {
	for i, s := range secrets {
		if len(s) < MinSecret {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("secrets[%d]", i), "must be of at least %d bytes", MinSecret))
		}
	}
	return faults
}

// checkHeader refuses what HTTP could not carry, and what a message says of itself.
func checkHeader(name string, values []string) (faults []error) {
	field := fmt.Sprintf("header[%q]", name)
	for _, r := range name {
		if r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) {
			return append(faults, penstock.Invalid(field, "is no name of a header"))
		}
	}
	switch key := http.CanonicalHeaderKey(name); key {
	case "":
		faults = append(faults, penstock.Invalid(field, "is no name of a header"))
	case headerKeyID, headerKeyTimestamp, headerKeySignature, "Content-Type", "Content-Length", "Content-Encoding",
		"Transfer-Encoding", "Connection", "Upgrade", "Expect", "Te", "Trailer", "Host", "Idempotency-Key":
		faults = append(faults, penstock.Invalid(field, "is not the caller's to set"))
	}
	for _, v := range values {
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			faults = append(faults, penstock.Invalid(field, "must hold no control characters"))
			break
		}
	}
	return faults
}
