package canonical

import (
	"bytes"
	"slices"
)

// A member of an object: its name, and where out holds it, without a comma.
type member struct {
	name       []byte
	start, end int
	at         int // where doc holds the name
}

func (t *transformer) object(depth int) error {
	t.pos++
	t.out = append(t.out, '{')
	if t.next() == '}' {
		t.pos++
		t.out = append(t.out, '}')
		return nil
	}
	first, sorted := len(t.members), true
	for {
		if t.next() != '"' {
			return t.unexpected("the name of a member")
		}
		m := member{start: len(t.out), at: t.pos}
		var err error
		if m.name, err = t.string(); err != nil {
			return err
		}
		if t.next() != ':' {
			return t.unexpected("a colon")
		}
		t.pos++
		t.out = append(t.out, ':')
		if err := t.value(depth); err != nil {
			return err
		}
		m.end = len(t.out)
		if n := len(t.members); n > first {
			sorted = sorted && compareUTF16(t.members[n-1].name, m.name) < 0
		}
		t.members = append(t.members, m)

		c := t.next()
		if c != ',' && c != '}' {
			return t.unexpected("a comma or the end of the object")
		}
		t.pos++
		t.out = append(t.out, c)
		if c == '}' {
			break
		}
	}
	if !sorted {
		if err := t.sort(t.members[first:]); err != nil {
			return err
		}
	}
	t.members = t.members[:first]
	return nil
}

// sort puts the members of the object that ends out in order.
func (t *transformer) sort(members []member) error {
	start := members[0].start
	slices.SortFunc(members, func(a, b member) int { return compareUTF16(a.name, b.name) })
	t.spare = t.spare[:0]
	for i, m := range members {
		if i > 0 && bytes.Equal(members[i-1].name, m.name) {
			return t.fault(max(members[i-1].at, m.at), "the name %s occurs twice", appendString(nil, m.name))
		}
		if i > 0 {
			t.spare = append(t.spare, ',')
		}
		t.spare = append(t.spare, t.out[m.start:m.end]...)
	}
	copy(t.out[start:], t.spare)
	return nil
}

// compareUTF16 compares two UTF-8 texts as if they were UTF-16. The orders
// differ in one thing: what is above U+FFFF, surrogates in UTF-16, comes before
// U+E000 to U+FFFF.
func compareUTF16(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		const privateUse, surrogates = 0xEE, 0xF0 // the first bytes of U+E000 and U+10000
		if x >= privateUse && y >= privateUse && (x >= surrogates) != (y >= surrogates) {
			x, y = y, x
		}
		return int(x) - int(y)
	}
	return len(a) - len(b)
}
