package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/examples/internal/console"
)

var update = flag.Bool("update", false, "write the golden files")

func TestReleaseReplacesTheVersionBefore(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.ends(t, console.ExitDone)
	golden(t, "released.golden", p.printed())
}

func TestSmokeTestThatFailsRollsBack(t *testing.T) {
	t.Parallel()
	p := start(t, "-break")
	p.ends(t, console.ExitFailed)
	golden(t, "rolledback.golden", p.printed())
}

func TestRejectedReleaseChangesNothing(t *testing.T) {
	t.Parallel()
	p := start(t, "-ask")
	p.await(t, "release it? [y/N] ")
	if _, err := io.WriteString(p.stdin, "perhaps\n"); err != nil {
		t.Fatal(err)
	}
	p.ends(t, console.ExitFailed)
	has(t, p.printed(), `Bob: reject ("perhaps" at the terminal)`, "✗ rejected", "hello 1.0.0 served before, hello 1.0.0 serves now. Run 2: rejected.")
}

func TestAsker(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ input, want string }{
		{"y\n", `true "y" at the terminal`},
		{" Yes \n", `true "yes" at the terminal`},
		{"n\n", `false "n" at the terminal`},
		{"yet\n", `false "yet" at the terminal`},
		{"\n", `false "" at the terminal`},
		{"", "false the input has ended"},
	} {
		yes, remark := asker(strings.NewReader(test.input), console.NewScreen(io.Discard, width))(t.Context())
		if got := fmt.Sprint(yes, " ", remark); got != test.want {
			t.Errorf("%q: %s, want %s", test.input, got, test.want)
		}
	}
}

func TestInterruptEndsAQuestion(t *testing.T) {
	t.Parallel()
	silent, end := io.Pipe()
	defer end.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if yes, _ := asker(silent, console.NewScreen(io.Discard, width))(ctx); yes {
		t.Error("nobody said yes")
	}
}

func TestInterruptCancelsTheRun(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.await(t, "── build")
	until(t, "a compiler runs", func() bool {
		here, _ := filepath.Glob(filepath.Join(p.dir, "go-build*"))
		there, _ := filepath.Glob(filepath.Join(p.dir, "*", "jobs", "*", "attempts", "*", "tmp", "go-build*"))
		return len(here)+len(there) > 0
	})
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.ends(t, console.ExitInterrupted)
	has(t, p.printed(), "interrupted: the run is being canceled", "! canceled", "approve   approve     pending")
}

func TestNothingOutlivesAProgramThatIsKilled(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.await(t, "serves at")
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err == nil {
		t.Error("it was killed and says that all is well")
	}
	until(t, "everything has ended", func() bool { return len(p.living(t)) == 0 })
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"help":         {[]string{"-h"}, console.ExitDone, "-break"},
		"unknown flag": {[]string{"-fast"}, console.ExitUsage, "-fast"},
		"argument":     {[]string{"hello"}, console.ExitUsage, `"hello" is not understood`},
	} {
		var out, complaints bytes.Buffer
		if code := run(t.Context(), test.args, strings.NewReader(""), &out, &complaints); code != test.code || out.Len() > 0 {
			t.Errorf("%s: exit status %d, want %d; it prints %q", name, code, test.code, &out)
		}
		has(t, complaints.String(), test.says)
	}
}

// has checks that all of it was printed.
func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q was not printed:\n%s", part, text)
		}
	}
}

// golden compares what was printed with a file, but for what is never the same.
func golden(t *testing.T, name, printed string) {
	t.Helper()
	got := masked(printed)
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-golden +got):\n%s", name, diff)
	}
}

var (
	times  = regexp.MustCompile(` *\b\d+(\.\d+)? ?m?s\b`) // with the blanks before them, which go with their width
	hashes = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	ports  = regexp.MustCompile(`127\.0\.0\.1:\d+`)
)

// masked replaces times and hashes, and of processes and ports each by its own number.
func masked(text string) string {
	text = hashes.ReplaceAllString(text, "HASH")
	text = strings.ReplaceAll(times.ReplaceAllString(text, " TIME"), "( TIME", "(TIME")
	return numbered(pidOf, "pid ", numbered(ports, "127.0.0.1:", text))
}

// numbered replaces what a pattern finds by a prefix and a number, from 1: the same for
// what is the same.
func numbered(pattern *regexp.Regexp, prefix, text string) string {
	known := make(map[string]string)
	return pattern.ReplaceAllStringFunc(text, func(s string) string {
		if known[s] == "" {
			known[s] = fmt.Sprintf("%s%d", prefix, len(known)+1)
		}
		return known[s]
	})
}
