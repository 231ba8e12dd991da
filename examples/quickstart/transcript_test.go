package main

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// A transcript is what a run has printed so far.
type transcript struct {
	mu    sync.Mutex
	text  strings.Builder
	seen  int           // how much of it was awaited
	grown chan struct{} // closed with the next Write
}

func newTranscript() *transcript { return &transcript{grown: make(chan struct{})} }

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.grown)
	t.grown = make(chan struct{})
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// await returns once text was printed behind what was awaited before.
func (t *transcript) await(tb testing.TB, text string) {
	tb.Helper()
	timeout := time.After(20 * time.Second)
	for {
		t.mu.Lock()
		i, grown := strings.Index(t.text.String()[t.seen:], text), t.grown
		if i >= 0 {
			t.seen += i + len(text)
		}
		t.mu.Unlock()
		if i >= 0 {
			return
		}
		select {
		case <-grown:
		case <-timeout:
			tb.Fatalf("%q was not printed:\n%s", text, t)
		}
	}
}

// A started is a run that is under way.
type started struct {
	*transcript
	errors *transcript
	stdin  *io.PipeWriter
	code   chan int
}

// start runs the program; ctx is what a signal would end.
func start(ctx context.Context, tb testing.TB, args ...string) *started {
	tb.Helper()
	in, out := io.Pipe()
	s := &started{transcript: newTranscript(), errors: newTranscript(), stdin: out, code: make(chan int, 1)}
	go func() { s.code <- run(ctx, args, in, s.transcript, s.errors) }()
	tb.Cleanup(func() { _ = out.Close() })
	return s
}

// say answers a question.
func (s *started) say(tb testing.TB, question, answer string) {
	tb.Helper()
	s.await(tb, question)
	s.await(tb, "> ")
	if _, err := io.WriteString(s.stdin, answer+"\n"); err != nil {
		tb.Fatal(err)
	}
}

// ends checks the exit status.
func (s *started) ends(tb testing.TB, want int) {
	tb.Helper()
	select {
	case got := <-s.code:
		if got != want {
			tb.Fatalf("exit status %d, want %d:\n%s%s", got, want, s, s.errors)
		}
	case <-time.After(30 * time.Second):
		tb.Fatalf("it does not end:\n%s%s", s, s.errors)
	}
}

// has checks that all of it was printed.
func (s *started) has(tb testing.TB, parts ...string) {
	tb.Helper()
	text := s.String()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			tb.Errorf("%q was not printed:\n%s", part, text)
		}
	}
}
