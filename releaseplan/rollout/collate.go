package rollout

import (
	"cmp"
	"strings"
)

// compareNames orders names as the root locale of Unicode does: punctuation
// before digits before letters, letters ignoring case; of two names that are the
// same then, the one with a lower-case letter first.
func compareNames(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if c := cmp.Compare(rank(a[i]), rank(b[i])); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return strings.Compare(b, a) // ASCII has capitals first
}

// rank returns the place of a character; those of a URL-safe name come first.
func rank(c byte) int {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	if i := strings.IndexByte("_-!.'()*~0123456789abcdefghijklmnopqrstuvwxyz", c); i >= 0 {
		return i
	}
	return 256 + int(c)
}
