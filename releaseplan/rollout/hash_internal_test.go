package rollout

import (
	"strings"
	"testing"
)

// The check vectors: hash and seed of "group:id".
func TestHashVectors(t *testing.T) {
	for _, x := range []struct {
		key             string
		rollout, number uint32
		variant         uint32 // 0: not given
	}{
		{"gr1:123", 538421172, 73, 4076427795},
		{"groupX:999", 3843606124, 25, 1485091259},
		{"AB12A:122", 1062108722, 23, 0},
		{"AB12A:155", 3268232399, 100, 0},
		{"Feature.flexibleRollout.10:174", 3067997709, 10, 0},
		{"Feature.flexibleRollout.10:499", 330494531, 32, 0},
		{":a", 4144280998, 99, 0},
		{"grp:φ你好", 4269487259, 60, 0},
	} {
		group, _, _ := strings.Cut(x.key, ":")
		s, w := newHash(group, seedRollout), newHash(group, seedVariants)
		for cut := len(group) + 1; cut <= len(x.key); cut++ { // wherever the prefix ends, blocks and tail are the same
			if cut > len(group)+1 {
				s.write(x.key[cut-1])
				w.write(x.key[cut-1])
			}
			if got := sum(&s, x.key[cut:]); got != x.rollout || got%100+1 != x.number {
				t.Errorf("%q cut at %d: %d, number %d; want %d, %d", x.key, cut, got, got%100+1, x.rollout, x.number)
			}
			if got := sum(&w, []byte(x.key[cut:])); x.variant != 0 && got != x.variant {
				t.Errorf("%q cut at %d: %d with the variants' seed, want %d", x.key, cut, got, x.variant)
			}
		}
	}
}

// Few or many, a set has the same members.
func TestSetsAgree(t *testing.T) {
	var values []string
	for i := range 20 {
		values = append(values, string(rune('a'+i)))
		s := newSet(values)
		for j := range 21 {
			if v := string(rune('a' + j)); s.match(v) != (j <= i) {
				t.Errorf("%T of %d: match(%q) = %v", s, i+1, v, s.match(v))
			}
		}
	}
}

func TestVersionPrecedence(t *testing.T) {
	// The order of semver.org, and numbers that no integer holds.
	ordered := []string{
		"0.0.4", "0.9.0", "1.0.0-0", "1.0.0-2", "1.0.0-11", "1.0.0--", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
		"1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0", "18446744073709551616.0.0", "99999999999999999999999.0.0",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			v, ok := parseVersion(a)
			w, also := parseVersion(b + "+build.7")
			if c := v.compare(&w); !ok || !also || (c < 0) != (i < j) || (c == 0) != (i == j) {
				t.Errorf("compare(%s, %s) = %d", a, b, c)
			}
		}
	}
	for _, bad := range []string{"", "1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.02.3", "1.2.03", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "1.2.3+a..b",
		"1.2.3-a_b", " 1.2.3", "1.2.3 ", "1.2.x", "-1.2.3", "1..3", "1.2.3-ä", "1.2.3_a"} {
		if _, ok := parseVersion(bad); ok {
			t.Errorf("%q is taken for a version", bad)
		}
	}
}
