package rollout_test

import (
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What the plain evaluator makes of numbers, versions, addresses and ids.

var plainDecimal = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)

func plainNumber(s string) (float64, bool) {
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil && plainDecimal.MatchString(s) && !math.IsInf(x, 0)
}

var plainRFC3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

func plainDate(s string) (time.Time, bool) {
	s = strings.NewReplacer("t", "T", "z", "Z").Replace(s)
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil && plainRFC3339.MatchString(s)
}

// plainSemver is the expression that semver.org suggests.
var plainSemver = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$`)

func plainCompare(a, b string) int {
	x, y := plainSemver.FindStringSubmatch(a), plainSemver.FindStringSubmatch(b)
	for i := 1; i <= 3; i++ {
		if c := plainIdentifier(x[i], y[i]); c != 0 {
			return c
		}
	}
	switch {
	case x[4] == y[4]:
		return 0
	case x[4] == "":
		return 1
	case y[4] == "":
		return -1
	}
	p, q := strings.Split(x[4], "."), strings.Split(y[4], ".")
	for i := range min(len(p), len(q)) {
		if c := plainIdentifier(p[i], q[i]); c != 0 {
			return c
		}
	}
	return len(p) - len(q)
}

func plainIdentifier(a, b string) int {
	number := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	switch an, bn := number(a), number(b); {
	case an && bn && len(a) != len(b):
		return len(a) - len(b)
	case an != bn && an:
		return -1
	case an != bn:
		return 1
	}
	return strings.Compare(a, b)
}

func plainInside(address, of string) bool {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	raw := ip.WithZone("")
	ip = raw.Unmap()
	if one, err := netip.ParseAddr(of); err == nil {
		return one.Unmap().WithZone("") == ip
	}
	p, err := netip.ParsePrefix(of)
	if err != nil {
		return false
	}
	if raw != ip && p.Contains(raw) {
		return true
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Contains(ip)
}

// plainNorm is MurmurHash3 as its description has it, byte by byte.
func plainNorm(group, id string, n uint64, seed uint32) int {
	data := []byte(group + ":" + id)
	h := seed
	for i := 0; i < len(data); i += 4 {
		var k uint32
		for j := range min(4, len(data)-i) {
			k += uint32(data[i+j]) << (8 * j)
		}
		k *= 0xcc9e2d51
		k = (k << 15) | (k >> 17)
		k *= 0x1b873593
		h ^= k
		if i+4 <= len(data) {
			h = (h << 13) | (h >> 19)
			h = h*5 + 0xe6546b64
		}
	}
	h ^= uint32(len(data))
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	h ^= h >> 16
	return int(uint64(h)%n) + 1
}
