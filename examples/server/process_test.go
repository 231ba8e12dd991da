package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test's binary the program itself.
const asProgram = "SERVER_IS_THE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	o, code := parse(os.Args[1:], os.Stderr)
	if o.times.lease = 3 * time.Second; code < 0 {
		if code = 0; serve(ctx, o, os.Stdout, os.Stderr) != nil {
			code = 1
		}
	}
	stop()
	os.Exit(code)
}

// patience is how long anything may take on a machine that has much to do.
const patience = time.Minute

// A transcript is what a program wrote.
type transcript struct {
	mu    sync.Mutex
	text  strings.Builder
	grown chan struct{} // closed with the next Write
}

func newTranscript() *transcript { return &transcript{grown: make(chan struct{})} }

func (w *transcript) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	close(w.grown)
	w.grown = make(chan struct{})
	return len(b), nil
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// await waits until a text is there.
func (w *transcript) await(t *testing.T, text string) {
	t.Helper()
	for timeout := time.After(patience); ; {
		w.mu.Lock()
		found, grown := strings.Contains(w.text.String(), text), w.grown
		w.mu.Unlock()
		if found {
			return
		}
		select {
		case <-grown:
		case <-timeout:
			t.Fatalf("%q was not written:\n%s", text, w)
		}
	}
}

// A served is a server under way.
type served struct {
	at       string // its URL
	token    string // that it made; empty if there is a file
	out, log *transcript
	stop     func() // asks it to end
	code     chan int
}

var (
	listening = regexp.MustCompile(`listening on (http://\S+);`)
	shown     = regexp.MustCompile(`'Authorization: (\S+)'`)
)

// start runs a server in this process, on a free port and, unless args say so, on a new database.
func start(t *testing.T, change func(*options), args ...string) *served {
	t.Helper()
	args = append([]string{"-addr", "127.0.0.1:0", "-db", filepath.Join(t.TempDir(), "penstock.db")}, args...)
	s := &served{out: newTranscript(), log: newTranscript(), code: make(chan int, 1)}
	o, status := parse(args, s.log)
	if status >= 0 {
		t.Fatalf("exit status %d: %s", status, s.log)
	}
	if change != nil {
		change(&o)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	s.stop = stop
	go func() {
		defer close(s.code)
		if err := serve(ctx, o, s.out, s.log); err != nil {
			t.Error(err)
			s.code <- 1
			return
		}
		s.code <- 0
	}()
	t.Cleanup(func() {
		stop()
		<-s.code
	})
	s.welcomed(t)
	return s
}

// launch runs a server as a process of its own.
func launch(t *testing.T, args ...string) (*served, *os.Process) {
	t.Helper()
	return launchProgram(t, os.Args[0], args...)
}

// launchProgram runs a server that was built.
func launchProgram(t *testing.T, program string, args ...string) (*served, *os.Process) {
	t.Helper()
	args = append([]string{"-addr", "127.0.0.1:0"}, args...)
	s := &served{out: newTranscript(), log: newTranscript(), code: make(chan int, 1)}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdout, cmd.Stderr = s.out, s.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.code)
		if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) && t.Context().Err() == nil {
			t.Error(err)
		}
		s.code <- cmd.ProcessState.ExitCode() // -1: killed
	}()
	s.stop = func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-s.code
		if t.Failed() {
			t.Logf("%s", s.log)
		}
	})
	s.welcomed(t)
	return s, cmd.Process
}

// welcomed waits until the server says where it is.
func (s *served) welcomed(t *testing.T) {
	t.Helper()
	s.out.await(t, "/features -d ")
	s.at = listening.FindStringSubmatch(s.out.String())[1]
	if token := shown.FindStringSubmatch(s.out.String())[1]; token != "TOKEN" {
		s.token = token
	}
}

// ends waits for the end and checks the exit status.
func (s *served) ends(t *testing.T, code int) {
	t.Helper()
	select {
	case got := <-s.code:
		if got != code {
			t.Errorf("exit status %d, want %d:\n%s", got, code, s.log)
		}
	case <-time.After(patience):
		t.Fatalf("it does not end:\n%s", s.log)
	}
}

// ask sends a request with a token and returns the status, header and body of the answer.
func (s *served) ask(t *testing.T, token, method, path, body string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.at+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return send(t, r)
}

func send(t *testing.T, r *http.Request) (int, http.Header, string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

// expect is ask with an admin's token for a certain status; it returns the body.
func (s *served) expect(t *testing.T, want int, method, path, body string) string {
	t.Helper()
	status, _, text := s.ask(t, s.token, method, path, body)
	if status != want {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, status, want, text)
	}
	return text
}
