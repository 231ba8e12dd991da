package console

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		ok   bool
		told string
	}{
		"flags":        {[]string{"-fast"}, ExitDone, true, ""},
		"help":         {[]string{"-h"}, ExitDone, false, "usage\n"},
		"unknown flag": {[]string{"-slow"}, ExitUsage, false, "flag provided but not defined: -slow\nusage\n"},
		"argument":     {[]string{"-fast", "now"}, ExitUsage, false, "\"now\" is not understood; see -h\n"},
	} {
		var told bytes.Buffer
		flags := Flags("program", "usage\n", &told)
		fast := flags.Bool("fast", false, "")
		if code, ok := Parse(flags, test.args); code != test.code || ok != test.ok || ok != *fast && ok {
			t.Errorf("%s: code %d, %t", name, code, ok)
		}
		if diff := cmp.Diff(test.told, told.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestScreen(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		colour bool
		want   string
	}{
		"plain":   {false, "\n── news ──\na  \nb done\n? "},
		"colours": {true, "\n\x1b[2m──\x1b[0m \x1b[1mnews\x1b[0m \x1b[2m──\x1b[0m\na  \nb \x1b[32mdone\x1b[0m\n? "},
	} {
		var out strings.Builder
		s := NewScreen(&out, 10)
		s.colour = test.colour
		s.Heading("news")
		s.Line("a  \nb %s%s  ", s.Paint(Green, "done"), s.Paint(Plain, ""))
		s.Text("? ")
		if diff := cmp.Diff(test.want, out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	if got, want := Printable("a\tb\nc\x1b[2Jd\xffé"), "a b c[2Jd?é"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
