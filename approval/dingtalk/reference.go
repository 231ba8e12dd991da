package dingtalk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/penstock-go/penstock/approval/internal/platform"
)

// A reference is what the form of an instance carries: which request it is of, and
// whom its nodes ask. It is sealed, so that nobody can make DingTalk vouch for what
// was not asked by filling in the form by hand.
type reference struct {
	Request string `json:"request"`
	Nodes   []seat `json:"nodes"`
}

// A seat is one node of a reference.
type seat struct {
	Needed int               `json:"needed"` // approvals that decide it
	People map[string]string `json:"people"` // DingTalk user id -> id of the party
}

// maxReference is how long a value of a form may be, in characters.
const maxReference = 65_535

var errUnsealed = errors.New("dingtalk: the instance bears no reference that this provider sealed")

// seal returns r as it is written into a form: the request's id for people, and the
// sealed text.
func (r reference) seal(key string) (string, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	return r.Request + " " + encode(text) + "." + encode(mac(key, text)), nil
}

// unseal reads what seal wrote.
func unseal(value, key string) (r reference, err error) {
	words := strings.Fields(value)
	if len(words) == 0 {
		return r, errUnsealed
	}
	body, sum, _ := strings.Cut(words[len(words)-1], ".")
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return r, errUnsealed
	}
	sealed, err := base64.RawURLEncoding.DecodeString(sum)
	if err != nil || !hmac.Equal(sealed, mac(key, text)) || platform.Decode(text, &r) != nil {
		return reference{}, errUnsealed
	}
	return r, nil
}

func mac(key string, text []byte) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte("penstock dingtalk reference 1\n")) // a secret that seals other things, too, does not open this
	h.Write(text)
	return h.Sum(nil)
}

func encode(text []byte) string { return base64.RawURLEncoding.EncodeToString(text) }
