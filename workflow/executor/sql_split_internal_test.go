package executor

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitStatements(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, dialect, text string
		want                []string
	}{
		{"nothing", "", " ;; \n", nil},
		{"one", "", "a", []string{"a"}},
		{"two", "", " a ;\nb; ", []string{"a", "b"}},
		{"quotes", "", "a ';' ; b \";\" ; c `;`", []string{"a ';'", "b \";\"", "c `;`"}},
		{"doubled quotes", "", "a 'it''s;' ; b", []string{"a 'it''s;'", "b"}},
		{"a backslash is one", "sqlite", `a '\' ; b '\'`, []string{`a '\'`, `b '\'`}},
		{"a backslash in MySQL", "mysql", `a '\'; \\' ; b "\";" ; c`, []string{`a '\'; \\'`, `b "\";"`, "c"}},
		{"no backslash in names", "mariadb", "a `\\` ; b", []string{"a `\\`", "b"}},
		{"line comments", "", "a -- it's ; \n ; b", []string{"a -- it's ;", "b"}},
		{"comments", "", "a /* ; ' */ ; b", []string{"a /* ; ' */", "b"}},
		{"comments do not nest", "mysql", "a /* /* ; */ ; b */", []string{"a /* /* ; */", "b */"}},
		{"comments nest", "postgresql", "a /* /* ; */ ; */ ; b", []string{"a /* /* ; */ ; */", "b"}},
		{"hashes", "mysql", "a # it's ;\n; b", []string{"a # it's ;", "b"}},
		{"hashes elsewhere", "postgresql", "a #> 'x;' ; b", []string{"a #> 'x;'", "b"}},
		{"dollars", "postgresql", "a $$ ; ' $$ ; b $x$ ; $$ ; $x$ ; c", []string{"a $$ ; ' $$", "b $x$ ; $$ ; $x$", "c"}},
		{"dollars of arguments and names", "postgresql", "a $1 ; b x$y$ ; c$y$", []string{"a $1", "b x$y$", "c$y$"}},
		{"dollars elsewhere", "mysql", "a $$ ; b $$", []string{"a $$", "b $$"}},
		{"escapes of PostgreSQL", "postgresql", `a E'\'; ' ; b e'\\' ; c code'\' ; d`, []string{`a E'\'; '`, `b e'\\'`, `c code'\'`, "d"}},
		{"what does not end", "", "a ' ; b", []string{"a ' ; b"}},
		{"a comment that does not end", "postgresql", "a /* ; b", []string{"a /* ; b"}},
		{"dollars that do not end", "postgresql", "a $$ ; b", []string{"a $$ ; b"}},
		{"a last backslash", "mysql", `a '\`, []string{`a '\`}},
		{"brackets of SQLite", "sqlite", "a [b;c'] ; d ']' ; e [f", []string{"a [b;c']", "d ']'", "e [f"}},
		{"brackets elsewhere", "postgresql", "a[1;2] ; b", []string{"a[1", "2]", "b"}},
		{"two minuses in MySQL", "mysql", "a 5--1; b 5 --\t; c ;\n; d --", []string{"a 5--1", "b 5 --\t; c ;", "d --"}},
		{"two minuses elsewhere", "sqlite", "a 5--1; b\n; c", []string{"a 5--1; b", "c"}},
		{"bodies of PostgreSQL", "postgresql", "create function f() begin atomic select case when a then b end; delete c; end; b; begin; atomic; end; case; c",
			[]string{"create function f() begin atomic select case when a then b end; delete c; end", "b", "begin", "atomic", "end", "case", "c"}},
		{"bodies with words in quotes", "postgresql", "create procedure p() begin atomic a 'end'; b \"end\" /* end */; end; c", []string{"create procedure p() begin atomic a 'end'; b \"end\" /* end */; end", "c"}},
		{"begin atomic of nothing", "postgresql", "select begin atomic; b", []string{"select begin atomic", "b"}},
		{"bodies elsewhere", "sqlite", "create function f() begin atomic a; end", []string{"create function f() begin atomic a", "end"}},
		{"parentheses of PostgreSQL", "postgresql", "create rule a do (b; c (d)); e ); f", []string{"create rule a do (b; c (d))", "e )", "f"}},
		{"parentheses elsewhere", "mysql", "a (b; c)", []string{"a (b", "c)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, s := range splitStatements(test.text, test.dialect) {
				got = append(got, s.text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatAStatementIs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text         string
		rows, begins bool
	}{
		{"SELECT 1", true, false},
		{"(select 1)", true, false},
		{"/* update */ -- update\n select 1", true, false},
		{"with x as (select 1) select 1", true, false},
		{"with x as (delete from a returning id) select 1", true, false},
		{"with x as (select 1) (select 1)", true, false},
		{"(with x as (select 1) select 1)", true, false},
		{"with x as (select 1) values (1)", true, false},
		{"with delete (a) as (select 1), update as (select 2) select replace(a) from x", true, false},
		{"with recursive x (a) as (select 1) insert into a select a from x", false, false},
		{"with x as materialized (select 1), y as (values (1)) update a set b = (select 1)", false, false},
		{"with x as (delete from a returning id) insert into b select id from x", false, false},
		{"with x as (select 1) delete from a returning id", true, false},
		{"with x as (select 1) merge into a using x on true when matched then delete", false, false},
		{"with x as (select 1) replace into a select 1", false, false},
		{"insert into a (returning) select 1", false, false},
		{"values (1)", true, false},
		{"table t", true, false},
		{"show tables", true, false},
		{"explain update a", true, false},
		{"describe t", true, false},
		{"desc t", true, false},
		{"pragma x", true, false},
		{"call x()", true, false},
		{"delete from a returning id", true, false},
		{"delete from a where x = 'returning'", false, false},
		{"update selected set a = 1", false, false},
		{"insert into a select 1", false, false},
		{"BEGIN", false, true},
		{"start transaction", false, true},
		{"savepoint a", false, true},
		{"set autocommit = 0", false, true},
		{"update a set x = 'begin'", false, false},
		{"update begins set a = 1", false, false},
		{"", false, false},
	} {
		s := newStatement(test.text, "")
		if s.returnsRows() != test.rows || s.begins() != test.begins {
			t.Errorf("%s: rows %t, begins %t", test.text, s.returnsRows(), s.begins())
		}
	}
}

// Whatever the text, its statements are pieces of it in their order, and what is between them
// is white space, semicolons and comments.
func FuzzSplitStatements(f *testing.F) {
	for _, seed := range []string{"a;b", "a ';' ; b", "a $x$ ; $x$;b", "/* /* */ ; */ a", "e'\\'';x", "#;\n--;\n`;`"} {
		for _, dialect := range []string{"", "mysql", "postgresql", "sqlite"} {
			f.Add(seed, dialect)
		}
	}
	f.Fuzz(func(t *testing.T, text, dialect string) {
		rest := text
		for _, s := range splitStatements(text, dialect) {
			i := strings.Index(rest, s.text)
			if i < 0 || s.text == "" || len(s.words) == 0 {
				t.Fatalf("%q is no piece of %q", s.text, rest)
			}
			if again := splitStatements(s.text, dialect); len(again) != 1 || again[0].text != s.text {
				t.Fatalf("%q is taken apart again", s.text)
			}
			rest = rest[i+len(s.text):]
		}
	})
}
