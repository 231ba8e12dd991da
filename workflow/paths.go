package workflow

import (
	"path"
	"strings"
)

// inside reports whether a path with slashes is relative and stays in its
// directory. A variable in it counts as a name: who has filled it in looks again.
func inside(p string) bool {
	if p == "" {
		return true
	}
	clean := path.Clean(strings.ReplaceAll(p, `\`, "/"))
	return !path.IsAbs(clean) && clean != ".." && !strings.HasPrefix(clean, "../") && !strings.ContainsRune(p, 0)
}
