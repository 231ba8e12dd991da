package executor

import (
	"slices"
	"strings"
)

// splitStatements takes SQL apart at its semicolons: those outside of quotes and comments, as
// the dialect has them. Statements without a word in them are left out.
func splitStatements(text, dialect string) []statement {
	var (
		all   []statement
		start int
	)
	add := func(end int) {
		if s := newStatement(strings.TrimSpace(text[start:end]), dialect); len(s.words) > 0 {
			all = append(all, s)
		}
	}
	for i := 0; i < len(text); {
		if text[i] == ';' {
			add(i)
			start = i + 1
		}
		i += max(opaque(text[i:], i > 0 && inName(text[i-1]), dialect), 1)
	}
	add(len(text))
	return all
}

// opaque returns how long the quoted text or comment is that s begins with; 0 if there is none.
// One that does not end goes on to the end. named says that s follows a letter or digit.
func opaque(s string, named bool, dialect string) int {
	mysql, postgres := dialect == "mysql" || dialect == "mariadb", dialect == "postgresql"
	switch c := s[0]; {
	case c == '\'', c == '"', c == '`':
		return quoted(s, mysql && c != '`')
	case postgres && !named && (c == 'e' || c == 'E') && strings.HasPrefix(s[1:], "'"):
		return 1 + quoted(s[1:], true)
	case strings.HasPrefix(s, "--"), mysql && c == '#':
		return through(s, 0, "\n")
	case strings.HasPrefix(s, "/*"):
		return comment(s, postgres)
	case postgres && !named && c == '$':
		if end := strings.IndexByte(s[1:], '$'); end >= 0 && isTag(s[1:1+end]) {
			return through(s, end+2, s[:end+2])
		}
	}
	return 0
}

// through returns the length of s up to the end of what is sought from index from on.
func through(s string, from int, sought string) int {
	if i := strings.Index(s[from:], sought); i >= 0 {
		return from + i + len(sought)
	}
	return len(s)
}

// quoted returns how long the text in quotes is that s begins with. A doubled quote is two
// texts, which is as good.
func quoted(s string, backslash bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return i + 1
		case backslash && s[i] == '\\':
			i++
		}
	}
	return len(s)
}

// comment returns how long the comment is that s begins with.
func comment(s string, nests bool) int {
	if !nests {
		return through(s, 2, "*/")
	}
	depth := 1
	for i := 2; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// isTag reports whether $s$ can begin a text of PostgreSQL.
func isTag(s string) bool {
	for i := range len(s) {
		if s[i] == '$' || !inName(s[i]) || i == 0 && s[i] >= '0' && s[i] <= '9' {
			return false
		}
	}
	return true
}

func inName(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// A statement is SQL that is run in one call.
type statement struct {
	text  string
	words []string // in capitals, without those in quotes and comments
}

func newStatement(text, dialect string) statement {
	s := statement{text: text}
	for i := 0; i < len(text); {
		if n := opaque(text[i:], i > 0 && inName(text[i-1]), dialect); n > 0 {
			i += n
			continue
		}
		end := i
		for end < len(text) && inName(text[end]) {
			end++
		}
		if end > i {
			s.words = append(s.words, strings.ToUpper(text[i:end]))
		}
		i = max(end, i+1)
	}
	return s
}

// returnsRows reports whether the result of the statement is rows.
func (s statement) returnsRows() bool {
	if len(s.words) == 0 {
		return false
	}
	switch s.words[0] {
	case "SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "PRAGMA", "CALL":
		return true
	default:
		return slices.Contains(s.words, "RETURNING")
	}
}

// begins reports whether the statement can leave a transaction open.
func (s statement) begins() bool {
	return slices.ContainsFunc(s.words, func(w string) bool {
		return w == "BEGIN" || w == "START" || w == "SAVEPOINT" || w == "AUTOCOMMIT"
	})
}
