package canonical

import (
	"bytes"
	"math"
	"strconv"
)

// exactDigits is how many digits every integer of that length can have and be
// held by a double.
const exactDigits = 15

// number takes a number. An integer must survive as it is written; what has a
// fraction or an exponent is rounded to a double, as every reader of JSON may.
func (t *transformer) number() error {
	start := t.pos
	if t.doc[t.pos] == '-' {
		t.pos++
	}
	switch {
	case t.pos < len(t.doc) && t.doc[t.pos] == '0':
		t.pos++
	case t.digits() == 0:
		return t.unexpected("a digit")
	}
	integer := true
	if t.pos < len(t.doc) && t.doc[t.pos] == '.' {
		integer = false
		t.pos++
		if t.digits() == 0 {
			return t.unexpected("a digit")
		}
	}
	if t.pos < len(t.doc) && (t.doc[t.pos] == 'e' || t.doc[t.pos] == 'E') {
		integer = false
		t.pos++
		if t.pos < len(t.doc) && (t.doc[t.pos] == '+' || t.doc[t.pos] == '-') {
			t.pos++
		}
		if t.digits() == 0 {
			return t.unexpected("a digit")
		}
	}

	written := t.doc[start:t.pos]
	if integer && len(written) <= exactDigits && string(written) != "-0" {
		t.out = append(t.out, written...)
		return nil
	}
	f, err := strconv.ParseFloat(string(written), 64)
	if err != nil {
		return t.fault(start, "a number that a double cannot hold")
	}
	from := len(t.out)
	t.out = appendNumber(t.out, f)
	if integer && f != 0 && !bytes.Equal(t.out[from:], written) {
		return t.fault(start, "an integer too large to be kept exactly")
	}
	return nil
}

// digits takes digits and returns how many there were.
func (t *transformer) digits() int {
	start := t.pos
	for t.pos < len(t.doc) && '0' <= t.doc[t.pos] && t.doc[t.pos] <= '9' {
		t.pos++
	}
	return t.pos - start
}

// appendNumber appends f as ECMAScript prints it. f is finite.
func appendNumber(dst []byte, f float64) []byte {
	if f == 0 {
		return append(dst, '0') // -0 too
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); dst[n-4] == 'e' && dst[n-2] == '0' { // strconv pads an exponent to two digits, ECMAScript does not
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}
