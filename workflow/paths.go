package workflow

import (
	"path"
	"strings"
)

// inside reports whether a path with slashes is relative and stays in its
// directory. A path with variables is looked at once they are known.
func inside(p string) bool {
	if p == "" || hasVariable(p) {
		return true
	}
	clean := path.Clean(strings.ReplaceAll(p, `\`, "/"))
	return !path.IsAbs(clean) && clean != ".." && !strings.HasPrefix(clean, "../") && !strings.ContainsRune(p, 0)
}
