package executor

import (
	"slices"
	"strings"
)

// splitStatements takes SQL apart at its semicolons: those outside of quotes, comments and the bodies of
// functions, as the dialect has them. Statements without a word in them are left out.
func splitStatements(text, dialect string) []statement {
	var all []statement
	for text != "" {
		var s statement
		if s, text = cutStatement(text, dialect); len(s.words) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// cutStatement returns the first statement of a text, and what follows its semicolon.
func cutStatement(text, dialect string) (s statement, rest string) {
	for i := 0; i < len(text); {
		switch n := opaque(text[i:], dialect); {
		case n > 0:
			i += n
		case text[i] == ';' && (dialect != "postgresql" || s.parens == 0 && s.body == 0):
			s.text = strings.TrimSpace(text[:i])
			return s, text[i+1:]
		case inName(text[i]):
			end := i
			for end < len(text) && inName(text[end]) {
				end++
			}
			s.add(strings.ToUpper(text[i:end]))
			i = end
		default:
			s.open(text[i])
			i++
		}
	}
	s.text = strings.TrimSpace(text)
	return s, ""
}

// opaque returns how long the quoted text or comment is that s begins with; 0 if there is none.
// One that does not end goes on to the end. No letter or digit comes before s.
func opaque(s, dialect string) int {
	mysql, postgres := dialect == "mysql" || dialect == "mariadb", dialect == "postgresql"
	switch c := s[0]; {
	case c == '\'', c == '"', c == '`':
		return quoted(s, mysql && c != '`')
	case dialect == "sqlite" && c == '[':
		return through(s, 1, "]")
	case postgres && (c == 'e' || c == 'E') && strings.HasPrefix(s[1:], "'"):
		return 1 + quoted(s[1:], true)
	case strings.HasPrefix(s, "--") && (!mysql || len(s) == 2 || s[2] <= ' ' || s[2] == 0x7f), mysql && c == '#':
		return through(s, 0, "\n")
	case strings.HasPrefix(s, "/*"):
		return comment(s, postgres)
	case postgres && c == '$':
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
	text   string
	words  []string // in capitals, without those in quotes and comments
	outer  []string // those of the words that are not further in parentheses than the first
	parens int      // that are open behind the last word
	least  int      // that were open before the first
	body   int      // BEGIN ATOMIC and CASE that are open
}

// newStatement returns the whole text as one statement, which does what the first in it does.
func newStatement(text, dialect string) statement {
	var whole statement
	for i, s := range splitStatements(text, dialect) {
		if i == 0 {
			whole = s
			continue
		}
		whole.words = append(whole.words, s.words...)
	}
	whole.text = text
	return whole
}

// open minds a parenthesis.
func (s *statement) open(c byte) {
	switch {
	case c == '(':
		s.parens++
	case c == ')' && s.parens > 0:
		s.parens--
	}
}

func (s *statement) add(word string) {
	if len(s.words) == 0 {
		s.least = s.parens
	}
	switch {
	case s.body > 0 && word == "CASE", s.begun() && word == "ATOMIC":
		s.body++
	case s.body > 0 && word == "END":
		s.body--
	}
	s.words = append(s.words, word)
	if s.parens <= s.least {
		s.outer = append(s.outer, word)
	}
}

// begun reports whether ATOMIC now begins the body of a function or procedure.
func (s *statement) begun() bool {
	return s.body == 0 && len(s.words) > 0 && s.words[0] == "CREATE" && s.words[len(s.words)-1] == "BEGIN"
}

// verb returns what the statement does: its first word, or the one behind the queries that WITH names.
func (s *statement) verb() string {
	if len(s.outer) == 0 {
		return ""
	}
	if s.outer[0] == "WITH" {
		for i, word := range s.outer[1:] {
			name := i+2 < len(s.outer) && s.outer[i+2] == "AS"
			if !name && slices.Contains([]string{"SELECT", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"}, word) {
				return word
			}
		}
		return "SELECT" // in parentheses
	}
	return s.outer[0]
}

// changes reports whether the statement changes rows, and can return those.
func (s *statement) changes() bool {
	return slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"}, s.verb())
}

// returnsRows reports whether the result of the statement is rows.
func (s *statement) returnsRows() bool {
	switch s.verb() {
	case "SELECT", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "PRAGMA", "CALL":
		return true
	default:
		return slices.Contains(s.outer, "RETURNING")
	}
}

// begins reports whether the statement can leave a transaction open.
func (s *statement) begins() bool {
	return slices.ContainsFunc(s.words, func(w string) bool {
		return w == "BEGIN" || w == "START" || w == "SAVEPOINT" || w == "AUTOCOMMIT"
	})
}
