package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/examples/internal/postgrestest"
)

// loadEnv asks for a long run with all the clients: PENSTOCK_LOAD=30s.
const loadEnv = "PENSTOCK_LOAD"

// What a server may have in memory under load, in bytes of its resident set: the caches of plans
// and runs are full at 32 MiB each, and the collector lets twice of what is in use be there.
const (
	maxMemory = 384 << 20
	maxGrowth = 64 << 20 // from the middle of the load to its end
)

// Many clients at once are served without a fault or a lost update, in bounded memory.
func TestLoad(t *testing.T) {
	t.Parallel()
	span, clients := 3*time.Second, "40"
	if long := os.Getenv(loadEnv); long != "" {
		var err error
		if span, err = time.ParseDuration(long); err != nil {
			t.Fatal(err)
		}
		clients = "200"
	}
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".", "./loadtest")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	tokens := filepath.Join(bin, "tokens.json") // two servers have the same
	if err := os.WriteFile(tokens, []byte(`{"people": [{"token": "load-token-000000", "id": "admin", "admin": true}], "clients": [{"token": "*:production.load-token-000000", "environment": "production"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	file := func(t *testing.T) string { return filepath.Join(t.TempDir(), "penstock.db") }
	database := func(t *testing.T) string { return postgrestest.URL(t) }
	for _, on := range []struct {
		name    string
		servers int
		db      func(*testing.T) string
	}{{"sqlite", 1, file}, {"postgres", 1, database}, {"postgres, two servers", 2, database}} {
		t.Run(on.name, func(t *testing.T) { // one after another: each has the machine
			db, jobs := on.db(t), t.TempDir()
			var all []*served
			var urls []string
			for range on.servers {
				s, _ := launchProgram(t, filepath.Join(bin, "server"), "-db", db, "-tokens", tokens, "-shell", jobs, "-log", "warn")
				all, urls = append(all, s), append(urls, s.at)
			}
			begin := memories(t, all)
			load := exec.CommandContext(t.Context(), filepath.Join(bin, "loadtest"), "-url", strings.Join(urls, ","), "-token", "load-token-000000", "-clients", clients, "-for", span.String(), "-scripts")
			var told strings.Builder
			load.Stdout, load.Stderr = &told, &told
			if err := load.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- load.Wait() }()
			half := time.NewTimer(span / 2)
			defer half.Stop()
			<-half.C
			middle := memories(t, all)
			if err := <-ended; err != nil {
				t.Errorf("loadtest: %v", err)
			}
			end := memories(t, all)
			t.Logf("%s clients, %v\n%s", clients, span, &told)
			for i, s := range all {
				t.Logf("resident: %d MiB at the beginning, %d MiB in the middle, %d MiB at the end", begin[i]>>20, middle[i]>>20, end[i]>>20)
				if end[i] > maxMemory || end[i] > middle[i]+maxGrowth {
					t.Errorf("memory grows: %d, %d, %d bytes", begin[i], middle[i], end[i])
				}
				s.await(t, "penstock_http_requests_in_flight 0")
				s.stop()
				s.ends(t, 0)
				if strings.Contains(s.log.String(), `"level":"ERROR"`) {
					t.Errorf("the log: %s", s.log)
				}
			}
		})
	}
}

var resident = regexp.MustCompile(`(?m)^process_resident_memory_bytes (\S+)$`)

// memories are the resident sets of servers: 0 where the system does not tell.
func memories(t *testing.T, all []*served) []int64 {
	t.Helper()
	bytes := make([]int64, len(all))
	for i, s := range all {
		if found := resident.FindStringSubmatch(s.expect(t, http.StatusOK, http.MethodGet, "/metrics", "")); found != nil {
			n, err := strconv.ParseFloat(found[1], 64)
			if err != nil {
				t.Fatal(fmt.Errorf("resident: %w", err))
			}
			bytes[i] = int64(n)
		}
	}
	return bytes
}
