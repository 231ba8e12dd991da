package lark

import (
	"net/http"
	"strconv"

	"github.com/penstock-go/penstock/approval/internal/platform"
)

// Kinds of failures, by the last digits of Lark's codes: 60003, and 1390003 in newer parts.
const (
	noInstance = 3  // there is no such instance
	subscribed = 7  // the definition is subscribed already
	uuidTaken  = 12 // an instance was created with the uuid before
)

// failedBy reports whether err is a failure of one of those kinds.
func failedBy(err error, kind int64) bool {
	code := platform.CodeOf(err)
	return code != "" && (code == strconv.FormatInt(60000+kind, 10) || code == strconv.FormatInt(1390000+kind, 10))
}

// judge says what an answer means. Lark tells failures by a code in the body, with
// whatever status.
func judge(r platform.Reply) platform.Verdict {
	var envelope struct {
		Code    *int64 `json:"code"`
		Message string `json:"msg"`
	}
	readable := platform.Decode(r.Body, &envelope) == nil && envelope.Code != nil
	v := platform.Verdict{Outcome: platform.Failed, Message: envelope.Message}
	var code int64
	if readable {
		code = *envelope.Code
		v.Code = strconv.FormatInt(code, 10)
	}
	switch {
	case r.Status == http.StatusTooManyRequests || code == 99991400:
		v.Outcome, v.After = platform.Throttled, r.After("X-Ogw-Ratelimit-Reset", "Retry-After")
	case r.Status == http.StatusUnauthorized || isTokenRefused(code):
		v.Outcome = platform.Refused
	case readable && code == 0 && r.OK():
		v.Outcome = platform.Taken
	case !readable:
		v.Code, v.Message = "", "an answer without a code"
	}
	return v
}

// isTokenRefused reports whether a code says that the token is missing, malformed,
// expired or not (any more) valid.
func isTokenRefused(code int64) bool {
	switch code {
	case 99991661, 99991663, 99991664, 99991665, 99991668, 99991671, 99991677:
		return true
	default:
		return false
	}
}
