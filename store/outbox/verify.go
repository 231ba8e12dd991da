package outbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// The headers of the Standard Webhooks specification.
const (
	headerKeyID        = "Webhook-Id"
	headerKeyTimestamp = "Webhook-Timestamp" // seconds since 1970
	headerKeySignature = "Webhook-Signature" // v1,<base64>; several are divided by spaces
)

// DefaultTolerance is how far the clocks of sender and receiver may be apart if
// [Verify] is told nothing else.
const DefaultTolerance = 5 * time.Minute

// ErrSignature is what [Verify] returns, with the reason, for a message that cannot be
// trusted. The answer to it is 401.
var ErrSignature = errors.New("webhook not verified")

// Verify reports whether a message that a receiver of a [Webhook] got is what
// somebody who knows one of secrets sent within tolerance of now: nil if so. body is
// all of it, as it came. A tolerance of 0 is [DefaultTolerance].
//
// Within the tolerance an old message can still be sent again by whoever saw it, and each may be
// delivered more than once: a receiver remembers the webhook-id.
//
// An [ErrSignature] is the message's fault; an [penstock.InvalidError] is the caller's:
// no secret, or one shorter than [MinSecret].
func Verify(header http.Header, body []byte, now time.Time, tolerance time.Duration, secrets ...[]byte) error {
	faults := checkSecrets(secrets)
	if len(secrets) == 0 {
		faults = append(faults, penstock.Invalid("secrets", "must not be empty"))
	}
	if tolerance < 0 {
		faults = append(faults, penstock.Invalid("tolerance", "must not be negative"))
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	if tolerance == 0 {
		tolerance = DefaultTolerance
	}
	id, stamp, given := header.Get(headerKeyID), header.Get(headerKeyTimestamp), header.Get(headerKeySignature)
	if id == "" || stamp == "" || given == "" {
		return fmt.Errorf("%w: it lacks a header", ErrSignature)
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: its timestamp is no number", ErrSignature)
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return fmt.Errorf("%w: its timestamp is too far from now", ErrSignature)
	}
	if !signedBy(secrets, id, stamp, body, given) {
		return fmt.Errorf("%w: its signature does not match", ErrSignature)
	}
	return nil
}

// signedBy reports whether one of the signatures that were given is that of one of secrets.
func signedBy(secrets [][]byte, id, stamp string, body []byte, given string) bool {
	found := false
	for _, secret := range secrets {
		want := sign(secret, id, stamp, body)
		for one := range strings.FieldsSeq(given) {
			got, ok := strings.CutPrefix(one, "v1,")
			sum, err := base64.StdEncoding.DecodeString(got)
			if ok && err == nil && hmac.Equal(sum, want) {
				found = true
			}
		}
	}
	return found
}

// signatures returns the signatures of a message by each of secrets, as the header has them.
func signatures(secrets [][]byte, id, stamp string, body []byte) string {
	var b []byte
	for i, secret := range secrets {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, "v1,"...)
		b = base64.StdEncoding.AppendEncode(b, sign(secret, id, stamp, body))
	}
	return string(b)
}

func sign(secret []byte, id, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write([]byte(id + "." + stamp + ".")) // a hash never fails
	_, _ = mac.Write(body)
	return mac.Sum(nil)
}
