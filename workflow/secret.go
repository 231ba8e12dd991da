package workflow

import (
	"fmt"
	"slices"
)

// MinSecret is how many bytes a secret has at least to be masked: to mask every
// "1" would destroy a log and tell the secret all the same.
const MinSecret = 3

// Masked is what is shown for a secret.
const Masked = "***"

// A Masker replaces secrets in texts by [Masked]. It is immutable and safe for
// concurrent use; a nil Masker knows no secret.
//
// It finds every secret of at least [MinSecret] bytes: as it is, and without the white
// space around it; each line of it that is that long; as JSON, Go and the shell
// quote it; as it is written in a URL; and in base64, also as part of something
// longer. Where secrets overlap or follow each other, one mask covers them all. Of a
// secret longer than 64 bytes, parts of 64 bytes are masked too.
type Masker struct {
	secrets int
	longest int                   // bytes of a form
	begins  *[1 << 16 / 64]uint64 // a bit for the first two bytes of each form
	forms   map[[3]byte]forms     // by the first three bytes
}

// NewMasker returns a Masker of secrets, in any order. Empty and short ones, and
// those that come twice, are passed over.
func NewMasker(secrets ...string) *Masker {
	m := &Masker{}
	known, texts := make(map[string]bool), make(map[[3]byte][]string)
	for _, s := range secrets {
		if len(s) < MinSecret || known[s] {
			continue
		}
		known[s] = true
		m.secrets++
		for _, form := range secretForms(s) {
			key := [3]byte{form[0], form[1], form[2]}
			texts[key] = append(texts[key], form)
		}
	}
	if len(texts) == 0 {
		return m
	}
	m.begins, m.forms = new([1 << 16 / 64]uint64), make(map[[3]byte]forms, len(texts))
	for key, all := range texts {
		bit := uint(key[0])<<8 | uint(key[1])
		m.begins[bit/64] |= 1 << (bit % 64)
		for _, form := range all {
			m.longest = max(m.longest, len(form))
		}
		m.forms[key] = newForms(all)
	}
	return m
}

// String tells how many secrets there are.
func (m *Masker) String() string {
	if m.empty() {
		return "masker of 0 secrets"
	}
	return fmt.Sprintf("masker of %d secrets", m.secrets)
}

// Format writes what String returns, whatever the verb: none prints a secret.
func (m *Masker) Format(f fmt.State, _ rune) { fmt.Fprint(f, m.String()) }

func (m *Masker) empty() bool { return m == nil || m.longest == 0 }

// Mask returns text without its secrets: text itself if there are none in it.
func (m *Masker) Mask(text string) string {
	if m.empty() || len(text) < MinSecret {
		return text
	}
	s := masking{masker: m}
	out, _ := s.feed(nil, []byte(text), true)
	if !s.found {
		return text
	}
	return string(out)
}

// begin returns the first place in b[from:end] where a form may begin, or one
// that is too near to the end of b for that.
func (m *Masker) begin(b []byte, from, end int) int {
	if end = min(end, len(b)-MinSecret+1); from >= end {
		return max(from, end)
	}
	before := uint(b[from])
	for i := from; i < end; i++ {
		bit := before<<8 | uint(b[i+1])
		if m.begins[bit/64]&(1<<(bit%64)) != 0 {
			return i
		}
		before = uint(b[i+1])
	}
	return end
}

// match returns how long the longest form is that b begins with, or 0.
func (m *Masker) match(b []byte) int {
	if len(b) < MinSecret {
		return 0
	}
	return m.forms[[3]byte(b)].match(b)
}

// hold returns where the first form may begin that goes on behind b.
func (m *Masker) hold(b []byte) int {
	sure := len(b) - MinSecret + 1 // from here on there are too few bytes to look a form up
	for i := m.begin(b, max(0, len(b)-m.longest+1), sure); i < sure; i = m.begin(b, i+1, sure) {
		if m.unfinished(b[i:]) {
			return i
		}
	}
	for i := max(0, sure); i < len(b); i++ {
		if m.unfinished(b[i:]) {
			return i
		}
	}
	return len(b)
}

// unfinished reports whether b, which is not empty, is the beginning of a longer form.
func (m *Masker) unfinished(b []byte) bool {
	row := uint(b[0]) << 8
	switch len(b) {
	case 1:
		return slices.ContainsFunc(m.begins[row/64:row/64+4], func(bits uint64) bool { return bits != 0 })
	case 2:
		bit := row | uint(b[1])
		return m.begins[bit/64]&(1<<(bit%64)) != 0
	default:
		return m.forms[[3]byte(b)].goesOn(b)
	}
}

// masking is how far a text was masked.
type masking struct {
	masker  *Masker
	covered int  // bytes to come that belong to a secret
	masked  bool // the last that was put out is a mask
	found   bool // there was a secret
}

// feed appends b to out, masked, and returns how much of b it used: all of it if
// b is the last of the text.
func (s *masking) feed(out, b []byte, last bool) (_ []byte, used int) {
	end := len(b)
	if !last {
		end = s.masker.hold(b)
	}
	plain := 0 // from here on nothing was put out yet
	for i := 0; i < end; {
		if s.covered == 0 {
			if i = s.masker.begin(b, i, end); i >= end {
				break
			}
		}
		if n := s.masker.match(b[i:]); n > s.covered {
			if s.covered == 0 {
				out = s.plain(out, b[plain:i])
				if !s.masked {
					out = append(out, Masked...)
				}
				s.masked, s.found = true, true
			}
			s.covered = n
		}
		i++
		if s.covered > 0 {
			s.covered--
			plain = i
		}
	}
	return s.plain(out, b[plain:end]), end
}

func (s *masking) plain(out, b []byte) []byte {
	if len(b) == 0 {
		return out
	}
	s.masked = false
	return append(out, b...)
}
