package releaseplan

import (
	"strconv"
	"strings"
)

// A step of a path: a member, and the key in brackets behind it, as it is written.
type pathStep struct{ name, key string }

// part reports whether the step leads to a part in a list.
func (s pathStep) part() bool { return s.key != "" && partWords[s.name] != "" }

const (
	maxPath  = 8 << 10 // bytes
	maxSteps = 5       // phases[…].tasks[…].listeners[…].recipients, and one to spare
)

// parsePath takes the path of a difference apart.
func parsePath(path string) (steps []pathStep, ok bool) {
	if len(path) > maxPath {
		return nil, false
	}
	for len(steps) < maxSteps {
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		step := pathStep{name: path[:end]}
		path = path[end:]
		if !plainMember.MatchString(step.name) {
			return nil, false
		}
		if strings.HasPrefix(path, "[") {
			key, ok := pathKey(path[1:])
			if !ok {
				return nil, false
			}
			step.key, path = key, path[len(key)+2:]
		}
		steps = append(steps, step)
		if path == "" {
			return steps, true
		}
		if path[0] != '.' {
			return nil, false
		}
		path = path[1:]
	}
	return nil, false
}

// pathKey returns the key that a text begins with, which ends with a bracket.
func pathKey(text string) (key string, ok bool) {
	if quoted, err := strconv.QuotedPrefix(text); err == nil && quoted[0] == '"' {
		key = quoted
	}
	end := strings.IndexByte(text[len(key):], ']')
	if end < 0 {
		return "", false
	}
	rest := text[len(key) : len(key)+end]
	base, count, twice := strings.Cut(rest, "#")
	if n, err := strconv.Atoi(count); twice && (err != nil || n < 2 || strconv.Itoa(n) != count) {
		return "", false
	}
	if key == "" && !isPlain(base) || key != "" && base != "" {
		return "", false
	}
	return key + rest, true
}

// unquoted returns the name that a key stands for.
func unquoted(key string) (string, bool) {
	if !strings.HasPrefix(key, `"`) {
		return key, true
	}
	s, err := strconv.Unquote(key)
	return s, err == nil
}
