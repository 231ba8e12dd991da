package zadig_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/workflow"
)

const (
	whole = "/openapi/logs/log/v4/workflow/"
	live  = "/openapi/logs/sse/v4/workflow/"
)

// event is a line as it is followed.
func event(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&b, "event: message\ndata: %s\n\n", line)
	}
	return b.String()
}

// says lets a job write a text.
func (f *floor) says(job, text string) {
	f.does(job, func(_ context.Context, e workflow.Execution) (map[string]string, error) {
		_, err := io.WriteString(e.Log, text)
		return nil, err
	})
}

// TestLogsOfTheDocument holds logs against the examples of the document. Where that shows the lines
// of a stream, they are the data of its events.
func TestLogsOfTheDocument(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", "["+oneStage("build", "build")+"]")
	text := example(t, "log-read.200.txt")
	f.says("build", text)
	f.await("dev", f.starts("demo", "dev", "build"), state(workflow.RunPassed))
	for _, job := range []string{"build", "job-0-0-0-build"} {
		got := f.Do(http.MethodGet, whole+"dev/1/"+job, nil).Want(http.StatusOK)
		if string(got.Body) != text || got.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %s %s", job, got.Header.Get("Content-Type"), got.Body)
		}
		got = f.Do(http.MethodGet, live+"dev/1/"+job+"/10", nil).Want(http.StatusOK)
		want := event(strings.Split(strings.TrimSuffix(example(t, "log-follow.200.txt"), "\n"), "\n")...)
		if string(got.Body) != want || got.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s: %s %s", job, got.Header.Get("Content-Type"), got.Body)
		}
	}
}

func TestTheLastLinesOfALog(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", "["+oneStage("build", "build", "quiet")+"]")
	var text strings.Builder
	lines := make([]string, 15)
	for i := range lines {
		lines[i] = fmt.Sprintf(" line %d", i) // of which nothing is lost
		fmt.Fprintf(&text, "%s\r", lines[i])
	}
	f.says("build", text.String())
	f.await("dev", f.starts("demo", "dev", "build", "quiet"), state(workflow.RunPassed))
	for n, want := range map[string]string{
		"3": event(lines[12:]...), "100": event(lines...), "0": "", "x": event(lines[5:]...), "-1": event(lines[5:]...), "99999999999999999999": event(lines[5:]...),
	} {
		if got := f.Do(http.MethodGet, live+"dev/1/build/"+n, nil).Want(http.StatusOK); string(got.Body) != want {
			t.Errorf("%s: %s", n, got.Body)
		}
	}
	if got := f.Do(http.MethodGet, whole+"dev/1/quiet", nil).Want(http.StatusOK); len(got.Body) > 0 {
		t.Errorf("a job that wrote nothing has %s", got.Body)
	}
	if got := f.Do(http.MethodGet, live+"dev/1/quiet/10", nil).Want(http.StatusOK); len(got.Body) > 0 {
		t.Errorf("a job that wrote nothing has %s", got.Body)
	}
	for _, path := range []string{whole + "dev/1/build", live + "dev/1/build/10"} {
		if got := f.Do(http.MethodHead, path, nil); got.Status != http.StatusOK || len(got.Body) > 0 {
			t.Errorf("HEAD %s: %d %s", path, got.Status, got.Body)
		}
	}
}

// A follower reads what a server sends, line by line.
type follower struct {
	t    *testing.T
	body io.ReadCloser
	in   *bufio.Reader
}

// follow begins to follow a log as ann.
func (f *floor) follow(ctx context.Context, path string) *follower {
	f.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header.Set("Authorization", "ann")
	got, err := f.Client.Do(r) //nolint:bodyclose // the follower closes it
	if err != nil {
		f.t.Fatal(err)
	}
	if got.StatusCode != http.StatusOK {
		f.t.Fatalf("status %d", got.StatusCode)
	}
	l := &follower{f.t, got.Body, bufio.NewReader(got.Body)}
	f.t.Cleanup(func() { _ = l.body.Close() })
	return l
}

// hears fails the test unless lines are what comes next.
func (l *follower) hears(lines ...string) {
	l.t.Helper()
	want := event(lines...)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(l.in, got); err != nil || string(got) != want {
		l.t.Fatalf("%q came, not %q (%v)", got, want, err)
	}
}

// ends fails the test unless nothing else comes.
func (l *follower) ends() {
	l.t.Helper()
	if rest, err := io.ReadAll(l.in); err != nil || len(rest) > 0 {
		l.t.Fatalf("%q came (%v)", rest, err)
	}
}

// Lines come while the job runs, to any number of followers, and before it has begun to write.
func TestALogIsFollowedWhileItsJobRuns(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", "["+oneStage("build", "wait", "build")+"]")
	begin, say := make(chan struct{}), make(chan string)
	f.does("wait", func(context.Context, workflow.Execution) (map[string]string, error) {
		<-begin
		return nil, nil
	})
	f.does("build", func(_ context.Context, e workflow.Execution) (map[string]string, error) {
		for text := range say {
			fmt.Fprintln(e.Log, text)
		}
		return nil, nil
	})
	f.starts("demo", "dev", "wait", "build")
	early := f.follow(t.Context(), live+"dev/1/build/10")
	close(begin)
	say <- "one"
	early.hears("one")
	all := []*follower{early}
	for range 20 {
		l := f.follow(t.Context(), live+"dev/1/build/1")
		l.hears("one")
		all = append(all, l)
	}
	var wg sync.WaitGroup
	for _, l := range all {
		wg.Go(func() {
			l.hears("two", "three")
			l.ends()
		})
	}
	say <- "two"
	say <- "three"
	close(say)
	wg.Wait()
	f.await("dev", 1, state(workflow.RunPassed))
}

// A retried job has a log of its own, which is the one that is followed and read.
func TestTheLogIsThatOfTheLatestAttempt(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", "["+oneStage("build", "build")+"]")
	f.does("build", func(_ context.Context, e workflow.Execution) (map[string]string, error) {
		fmt.Fprintln(e.Log, "first")
		return nil, io.ErrUnexpectedEOF
	})
	f.starts("demo", "dev", "build")
	f.await("dev", 1, state(workflow.RunFailed))
	say := make(chan string)
	f.does("build", func(_ context.Context, e workflow.Execution) (map[string]string, error) {
		fmt.Fprintln(e.Log, <-say)
		return nil, nil
	})
	f.Do(http.MethodPost, custom+"/dev/task/1?projectKey=demo", nil).Want(http.StatusOK)
	f.await("dev", 1, job("build", workflow.JobRunning))
	l := f.follow(t.Context(), live+"dev/1/build/10") // before it has written
	say <- "second"
	l.hears("second")
	l.ends()
	f.Do(http.MethodGet, whole+"dev/1/build", nil).Want(http.StatusOK, "second\n")
}
