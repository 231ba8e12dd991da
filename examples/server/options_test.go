package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"none":              {nil, -1, ""},
		"all":               {[]string{"-addr", ":0", "-db", "x.db", "-tokens", "t", "-shell", "d", "-approvals", "a", "-calendars", "c", "-webhook", "https://h", "-drain", "1m", "-linger", "1s", "-requests", "3", "-log", "debug"}, -1, ""},
		"help":              {[]string{"-h"}, 0, "-linger DURATION"},
		"unknown flag":      {[]string{"-fast"}, 2, "-fast"},
		"argument":          {[]string{"penstock.db"}, 2, `"penstock.db" is not understood`},
		"negative drain":    {[]string{"-drain", "-1s"}, 2, "must not be negative"},
		"negative linger":   {[]string{"-linger", "-1s"}, 2, "must not be negative"},
		"no requests":       {[]string{"-requests", "0"}, 2, "at least 1"},
		"drain without s":   {[]string{"-drain", "15"}, 2, "-drain"},
		"unknown log level": {[]string{"-log", "all"}, 2, "-log"},
		"empty db":          {[]string{"-db", ""}, 2, "-db must name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said bytes.Buffer
			if _, status := parse(test.args, &said); status != test.status || !strings.Contains(said.String(), test.says) {
				t.Errorf("status %d, said %q", status, &said)
			}
		})
	}
	o, _ := parse(nil, t.Output())
	if o.db != "penstock.db" || o.addr != "127.0.0.1:8080" || o.drain != 15*time.Second || o.requests != 1024 || o.times.header != 5*time.Second {
		t.Errorf("defaults %+v", o)
	}
}

// What cannot be begun says why, with the exit status 1, and shows no password.
func TestRunFails(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	dir := t.TempDir()
	broken, text := filepath.Join(dir, "tokens.json"), filepath.Join(dir, "text.db")
	for file, content := range map[string]string{broken: `{"people": [{"token": "hunter2-hunter2-x", "id": ""}]}`, text: strings.Repeat("no database ", 100)} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"address taken":      {[]string{"-addr", taken.Addr().String(), "-db", filepath.Join(dir, "a.db")}, "address already in use"},
		"tokens missing":     {[]string{"-tokens", filepath.Join(dir, "none")}, "no such file"},
		"tokens wrong":       {[]string{"-tokens", broken}, "people[0].id"},
		"not a database":     {[]string{"-db", text}, "not a database"},
		"database is away":   {[]string{"-db", "postgres://ann:hunter2@127.0.0.1:1/x"}, "the database x at 127.0.0.1 cannot be reached"},
		"unreadable URL":     {[]string{"-db", "postgres://ann:hunter2/x@h/y"}, "cannot be read"},
		"approvals wrong":    {[]string{"-db", filepath.Join(dir, "c.db"), "-approvals", broken}, "not the JSON that is expected"},
		"calendars missing":  {[]string{"-db", filepath.Join(dir, "d.db"), "-calendars", filepath.Join(dir, "none")}, "no such file"},
		"webhook, no key":    {[]string{"-db", filepath.Join(dir, "e.db"), "-webhook", "https://h/hunter2"}, "PENSTOCK_WEBHOOK_SECRET"},
		"shell is no folder": {[]string{"-db", filepath.Join(dir, "b.db"), "-shell", text}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience) // of one that begins all the same
			defer cancel()
			var stdout, stderr bytes.Buffer
			if code := run(ctx, test.args, &stdout, &stderr); code != 1 {
				t.Errorf("exit status %d", code)
			}
			if said := stderr.String(); !strings.Contains(said, test.says) || strings.Contains(said, "hunter2") {
				t.Errorf("it said %s", said)
			}
		})
	}
}

// A signal before anything was begun ends the program, too.
func TestRunEndsBeforeItBegins(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"-addr", "127.0.0.1:0", "-db", filepath.Join(t.TempDir(), "a.db")}, t.Output(), t.Output())
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("it goes on")
	}
}
