package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/examples/internal/console"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"help":           {[]string{"-h"}, console.ExitDone, "-users N"},
		"unknown flag":   {[]string{"-speed", "1"}, console.ExitUsage, "-speed"},
		"argument":       {[]string{"fast"}, console.ExitUsage, `"fast" is not understood`},
		"no number":      {[]string{"-users", "many"}, console.ExitUsage, `invalid value "many"`},
		"too few users":  {[]string{"-users", "9999"}, console.ExitUsage, "-users: 9999 is not from 10000 to 1000000"},
		"too many users": {[]string{"-users", "1000001"}, console.ExitUsage, "-users: 1000001 is not"},
		"too narrow":     {[]string{"-width", "59"}, console.ExitUsage, "-width: 59 is not from 60 to 200"},
		"every fault":    {[]string{"-users", "0", "-width", "1000"}, console.ExitUsage, "-users: 0 is not from 10000 to 1000000\n-width: 1000"},
		"no such folder": {[]string{"-users", "10000", "-svg", filepath.Join(t.TempDir(), "none", "r.svg")}, console.ExitFailed, "no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, complaints bytes.Buffer
			if code := run(t.Context(), test.args, &out, &complaints); code != test.code {
				t.Errorf("exit status %d, want %d", code, test.code)
			}
			if text := complaints.String(); !strings.Contains(text, test.says) {
				t.Errorf("it says:\n%s", text)
			}
		})
	}
}

func TestInterruptEndsIt(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, complaints bytes.Buffer
	code := run(ctx, []string{"-users", "10000", "-svg", ""}, &out, &complaints)
	if code != console.ExitInterrupted || complaints.String() != "interrupted\n" || out.Len() > 0 {
		t.Errorf("exit status %d: %s%s", code, &complaints, &out)
	}
}

func TestChartFitsItsWidth(t *testing.T) {
	t.Parallel()
	s := told(t, 10_000, 1)
	for i := range s.entries {
		s.entries[i].Name = strings.Repeat("é", 200)
	}
	for _, width := range []int{60, 80, 133, 200} {
		for line := range strings.Lines(chart(s, width)) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
				t.Errorf("width %d: a line of %d characters: %s", width, n, line)
			}
		}
	}
}
