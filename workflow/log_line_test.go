package workflow_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

func TestWhereLinesEnd(t *testing.T) {
	long := strings.Repeat("x", workflow.MaxLogLine)
	for _, c := range []struct {
		rule   string
		writes []string
		want   []string
	}{
		{"a line feed", []string{"a\nb\n"}, []string{"a", "b"}},
		{"the end of the log", []string{"a\nb"}, []string{"a", "b"}},
		{"empty lines", []string{"\n\na\n\n"}, []string{"", "", "a", ""}},
		{"a line in pieces", []string{"a", "b", "", "c\nd"}, []string{"abc", "d"}},
		{"CRLF is one end", []string{"a\r\nb\r\n"}, []string{"a", "b"}},
		{"CRLF in two writes", []string{"a\r", "\nb\r", "\n"}, []string{"a", "b"}},
		{"states of a progress bar", []string{"10%\r20%\r", "30%\rdone\n"}, []string{"10%", "20%", "30%", "done"}},
		{"two returns", []string{"a\r\r\nb"}, []string{"a", "", "b"}},
		{"a line feed before a return", []string{"a\n\rb"}, []string{"a", "", "b"}},
		{"as long as may be", []string{long + "\nb\n"}, []string{long, "b"}},
		{"as long as may be, then CRLF, in pieces", []string{long, "\r", "\n", "b\n"}, []string{long, "b"}},
		{"too long", []string{long + "y\nb\n"}, []string{long, "y", "b"}},
		{"a return where a chunk is full, and a line feed", []string{"yyyyyyyyy\n" + long[9:] + "\r", "\nb\n"}, []string{"yyyyyyyyy", long[9:], "b"}},
		{"the same, a byte longer", []string{"yyyyyyyyy\n" + long[8:] + "\r", "\nb\n"}, []string{"yyyyyyyyy", long[8:], "b"}},
		{"endless", []string{long + long, long + "z"}, []string{long, long, long, "z"}},
		{"a rune is not cut", []string{long[1:] + "é!\n"}, []string{long[1:], "é!"}},
		{"a rune is not cut, in pieces", []string{long[1:], "é", "!\n"}, []string{long[1:], "é!"}},
		{"a rune that just fits", []string{long[2:] + "é!\n"}, []string{long[2:] + "é", "!"}},
		{"invalid bytes", []string{"a\xff\xfeb\n\xc3\n\x80"}, []string{"a\ufffd\ufffdb", "\ufffd", "\ufffd"}},
		{"a rune in pieces", []string{"\xe2", "\x82", "\xac\n"}, []string{"€"}},
		{"half a rune at the end", []string{"a\xe2\x82"}, []string{"a\ufffd\ufffd"}},
		{"half a rune, then something else", []string{"\xe2\x82", "a\n"}, []string{"\ufffd\ufffda"}},
		{"control characters", []string{"\x00\x1b[1mA\x1b[0m\t\v\f\u2028\u0085\n"}, []string{"\x00\x1b[1mA\x1b[0m\t\v\f\u2028\u0085"}},
		{"nothing", []string{"", ""}, nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := memory.New()
			logs := workflow.NewLogs(workflow.LogsConfig{Store: s, Ended: logsOver})
			logWrite(t, logs, logBuild, c.writes...)
			if diff := cmp.Diff(c.want, logLines(t, logs, logBuild, -1)); diff != "" {
				t.Error(diff)
			}
			if got, want := logText(t, logs, logBuild), string([]rune(strings.Join(c.writes, ""))); got != want {
				t.Errorf("%d bytes were read, want %d", len(got), len(want))
			}
		})
	}
}

// naiveLines is where lines end, rune by rune.
func naiveLines(text string) (lines []string) {
	line, ended := "", byte(0) // what ended it, if something did; x: its length
	for _, r := range text {
		switch {
		case r == '\n' && ended != '\n':
			if ended == 0 {
				lines = append(lines, line)
			}
			line, ended = "", '\n'
			continue
		case r == '\r' && ended != '\n' && ended != '\r':
			if ended == 0 {
				lines = append(lines, line)
			}
			line, ended = "", '\r'
			continue
		case ended == 0 && len(line)+utf8.RuneLen(r) > workflow.MaxLogLine:
			lines = append(lines, line)
			line = ""
		}
		if ended != 0 {
			line, ended = "", 0
		}
		switch r {
		case '\n':
			lines, ended = append(lines, ""), '\n'
		case '\r':
			lines, ended = append(lines, ""), '\r'
		default:
			if line += string(r); len(line) == workflow.MaxLogLine {
				lines, line, ended = append(lines, line), "", 'x'
			}
		}
	}
	if ended == 0 && line != "" {
		lines = append(lines, line)
	}
	return lines
}

// However a log is written, its text is what was written made valid, and its lines are
// those of the text.
func FuzzLogLines(f *testing.F) {
	f.Add([]byte("a\nb\r\nc\rd"), uint16(1), uint16(1))
	f.Add([]byte("\r\n\r\r\n\xff\xe2\x82\xac\n"), uint16(2), uint16(3))
	f.Add([]byte("x\r\né"), uint16(7), uint16(9_000))
	f.Add([]byte("12345678\r"), uint16(60_000), uint16(7_300))
	f.Add([]byte("\xe2\x82"), uint16(500), uint16(40_000))
	f.Fuzz(func(t *testing.T, text []byte, piece, times uint16) {
		text = []byte(strings.Repeat(string(text), int(times)%(150_000/(len(text)+1)+1)+1))
		logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New(), Ended: logsOver})
		w := logOpen(t, logs, logBuild)
		for size, rest := int(piece)+1, text; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			_, _ = w.Write(rest[:min(size, len(rest))])
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		want := string([]rune(string(text)))
		if got := logText(t, logs, logBuild); got != want {
			t.Fatalf("read %d bytes, want %d", len(got), len(want))
		}
		if diff := cmp.Diff(naiveLines(want), logLines(t, logs, logBuild, -1)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Secrets are masked before lines are cut and whatever the writes are.
func TestSecretsAreMaskedInLogs(t *testing.T) {
	const secret = "correct-horse"
	for _, c := range []struct {
		rule, text, want string
		size             int
	}{
		{"in one write", "a correct-horse b\n", "a *** b\n", 100},
		{"byte by byte", "a correct-horse b\n", "a *** b\n", 1},
		{"where a line is cut", strings.Repeat("x", workflow.MaxLogLine-5) + secret, strings.Repeat("x", workflow.MaxLogLine-5) + "***", 1000},
		{"at the end", "a correct-horse", "a ***", 4},
		{"its beginning at the end", "a correct", "a correct", 3},
	} {
		t.Run(c.rule, func(t *testing.T) {
			logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New()})
			w := logOpen(t, logs, logBuild, secret)
			for rest := c.text; rest != ""; rest = rest[min(c.size, len(rest)):] {
				_, _ = io.WriteString(w, rest[:min(c.size, len(rest))])
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if got := logText(t, logs, logBuild); got != c.want {
				t.Errorf("got %.100q", got)
			}
		})
	}
}

// Many writers of one log do not tear each other's lines.
func TestALogHasManyWriters(t *testing.T) {
	logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New()})
	w := logOpen(t, logs, logBuild, "secret")
	over := make(chan bool)
	for i := range 8 {
		go func() {
			for j := range 500 {
				_, _ = fmt.Fprintf(w, "writer %d, line %d, secret\n", i, j)
			}
			over <- true
		}()
	}
	for range 8 {
		<-over
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	next := make(map[int]int)
	for _, line := range logLines(t, logs, logBuild, -1) {
		var i, j int
		if _, err := fmt.Sscanf(line, "writer %d, line %d, ***", &i, &j); err != nil || j != next[i] {
			t.Fatalf("%q, %v", line, err)
		}
		next[i]++
	}
	for i := range 8 {
		if next[i] != 500 {
			t.Errorf("%d lines of writer %d", next[i], i)
		}
	}
}
