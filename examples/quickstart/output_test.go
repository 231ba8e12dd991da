package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

func TestOutputMasksSecretsAcrossWritesAndCuts(t *testing.T) {
	t.Parallel()
	var shown []string
	o := &output{show: func(line string) { shown = append(shown, line) }, secrets: []string{"hunter2"}}
	for _, part := range []string{"key hun", "ter2 and \x1b[31mred\r\n", strings.Repeat("x", maxWidth-3) + "hunter2 behind\n", "hunter2, no end of line"} {
		if _, err := o.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	o.close()
	want := []string{"key *** and [31mred", strings.Repeat("x", maxWidth-3) + "**…", "***, no end of line"}
	if !slices.Equal(shown, want) {
		t.Errorf("shown %q, want %q", shown, want)
	}
	if err := o.because("exit code %d", 3); strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), "exit code 3\nkey ***") {
		t.Errorf("because: %v", err)
	}
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	var shown []string
	o := &output{show: func(line string) { shown = append(shown, line) }}
	for i := range 1000 {
		_, _ = fmt.Fprintf(o, "line %d\n", i)
	}
	_, _ = o.Write([]byte(strings.Repeat("y", 3*maxLine)))
	o.close()
	if len(shown) != maxShown+1 || shown[maxShown] != fmt.Sprintf("… and %d more lines", 1001-maxShown) {
		t.Errorf("%d lines shown, the last is %q", len(shown), shown[len(shown)-1])
	}
	if len(o.tail) != maxTail || !strings.HasPrefix(o.tail[maxTail-2], "line 999") || cap(o.part) > 4*maxLine {
		t.Errorf("kept %q", o.tail)
	}
}

func TestBar(t *testing.T) {
	t.Parallel()
	at := func(seconds int) time.Time { return now.Add(time.Duration(seconds) * time.Second) }
	planned := releaseplan.PlannedTime{Start: at(11), End: at(22)}
	for name, test := range map[string]struct {
		span releaseplan.Span
		want string
	}{
		"late and long": {releaseplan.Span{Planned: planned, Started: at(20), Ended: at(30)}, "···········░░░░░░░░░██▒▒▒▒▒▒▒▒··············"},
		"not started":   {releaseplan.Span{Planned: planned}, "···········░░░░░░░░░░░······················"},
		"not planned":   {releaseplan.Span{Started: at(0), Ended: at(44)}, strings.Repeat("▒", barWidth)},
		"in no time":    {releaseplan.Span{Started: at(44), Ended: at(44)}, strings.Repeat("·", barWidth-1) + "▒"},
	} {
		if got := bar(test.span, now, 44*time.Second); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.want)
		}
	}
}
