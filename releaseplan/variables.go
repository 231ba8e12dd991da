package releaseplan

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
)

// A Variable is a named text. Its value may hold the values of others, {other},
// which are filled in on use; {{ and }} are literal braces.
//
// The value of a secret variable is taken out when it enters a plan: it lives in
// a record of its own, and content, events, exports and diffs hold only a digest
// under a key of that plan.
type Variable struct {
	Name   string `json:"name"`            // [A-Za-z_][A-Za-z0-9_.-]{0,127}
	Value  string `json:"value,omitempty"` // at most 4,096 bytes; of a secret variable, set to change it
	Secret bool   `json:"secret,omitempty"`
	Digest string `json:"digest,omitempty"` // of a secret value: tells only whether it changed; empty: not set
}

// String returns the variable with the value of a secret hidden.
func (v Variable) String() string {
	if v.Secret {
		return v.Name + "=***"
	}
	return v.Name + "=" + v.Value
}

// Format writes what String returns, whatever the verb: none prints a secret.
func (v Variable) Format(f fmt.State, _ rune) { fmt.Fprint(f, v.String()) }

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,127}$`)

// maxFaults bounds how many faults of variables are told at once.
const maxFaults = 100

// maxExpanded bounds a value after all others were filled in.
const maxExpanded = 64 << 10

// seal takes the plain values of secret variables out of vars, leaves their
// digests and returns the values by name.
func seal(vars []Variable, key []byte) map[string]string {
	var secrets map[string]string
	for i := range vars {
		v := &vars[i]
		if !v.Secret {
			v.Digest = ""
			continue
		}
		if v.Value == "" || len(v.Value) > MaxValue || !utf8.ValidString(v.Value) {
			continue // a bad one stays, to be found at fault with the rest of the content
		}
		if secrets == nil {
			secrets = make(map[string]string)
		}
		secrets[v.Name] = v.Value
		v.Digest, v.Value = digest(key, v.Name, v.Value), ""
	}
	return secrets
}

// digest is the HMAC that stands for a secret value.
func digest(key []byte, name, value string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("variable\x00" + name + "\x00" + value))
	return hex.EncodeToString(mac.Sum(nil))
}

// resolve returns every variable with the others filled in. Secret values are
// data: they are not looked into. The error tells every fault: names that are
// not known, cycles with their path, stray braces.
func resolve(vars []Variable, secrets map[string]string) (map[string]string, error) {
	r := resolver{vars: make(map[string]Variable, len(vars)), secrets: secrets, done: make(map[string]string, len(vars)), bad: make(map[string]bool)}
	for _, v := range vars {
		r.vars[v.Name] = v
	}
	for _, v := range vars {
		if r.value(v.Name); len(r.faults) >= maxFaults {
			break
		}
	}
	return r.done, errors.Join(r.faults...)
}

type resolver struct {
	vars    map[string]Variable
	secrets map[string]string
	done    map[string]string
	bad     map[string]bool
	path    []string
	faults  []error
}

// value resolves one variable, once.
func (r *resolver) value(name string) (string, bool) {
	if v, ok := r.done[name]; ok || r.bad[name] {
		return v, ok
	}
	if i := slices.Index(r.path, name); i >= 0 {
		r.fault(name, "refers to itself: %s", strings.Join(append(slices.Clone(r.path[i:]), name), " → "))
		return "", false
	}
	v := r.vars[name]
	if v.Secret {
		r.done[name] = r.secrets[name]
		return r.done[name], true
	}
	r.path = append(r.path, name)
	text, ok := r.expand(name, v.Value)
	r.path = r.path[:len(r.path)-1]
	if !ok {
		r.bad[name] = true
		return "", false
	}
	r.done[name] = text
	return text, true
}

// expand fills in the variables of one text.
func (r *resolver) expand(of, text string) (string, bool) {
	var b strings.Builder
	ok := true
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case (c == '{' || c == '}') && i+1 < len(text) && text[i+1] == c:
			b.WriteByte(c)
			i += 2
		case c == '}':
			r.fault(of, "has a } without {; write }} for the brace itself")
			return "", false
		case c == '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				r.fault(of, "has a { without }; write {{ for the brace itself")
				return "", false
			}
			name := text[i+1 : i+end]
			i += end + 1
			if _, known := r.vars[name]; !known {
				r.fault(of, "refers to the unknown variable %q", short(name))
				ok = false
				if len(r.faults) >= maxFaults {
					return "", false
				}
				continue
			}
			v, good := r.value(name)
			ok = ok && good
			b.WriteString(v)
		default:
			b.WriteByte(c)
			i++
		}
		if b.Len() > maxExpanded {
			r.fault(of, "is longer than %d bytes when all is filled in", maxExpanded)
			return "", false
		}
	}
	return b.String(), ok
}

func (r *resolver) fault(name, format string, args ...any) {
	field := "text"
	if name != "" {
		field = "variables." + name
	}
	fault := penstock.Invalid(field, format, args...)
	if len(r.faults) < maxFaults && !slices.ContainsFunc(r.faults, func(e error) bool { return e.Error() == fault.Error() }) {
		r.faults = append(r.faults, fault)
	}
}

// Expand returns text with the variables filled in, by the rules of [Variable].
// A name that is not in vars, and a stray brace, is an ErrInvalid.
func Expand(text string, vars map[string]string) (string, error) {
	r := resolver{vars: make(map[string]Variable, len(vars)), done: vars}
	for name := range vars {
		r.vars[name] = Variable{Name: name}
	}
	s, ok := r.expand("", text)
	if !ok {
		return "", errors.Join(r.faults...)
	}
	return s, nil
}
